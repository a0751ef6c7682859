"""kill -9 while clients write and commit: what was acknowledged is there afterwards.

Each client records an upload or commit only after the server's answer; after the restart every record is looked up. A request that was under way when
the server died may have happened or not; nothing is said about it.
"""

import os
import threading

import requests

from tests.lib.fsck import fsck

ROUNDS = int(os.environ.get("TARN_CRASH_ROUNDS", "20"))
WRITES_A_ROUND = 100
CLIENTS = 6


class Expected:
    def __init__(self):
        self.lock = threading.Lock()
        self.objects = {}
        self.commits = {}
        self.round_writes = 0
        self.enough = threading.Event()
        self.surprises = []

    def wrote(self, path, body):
        with self.lock:
            self.objects[path] = body
            self.count()

    def committed(self, commit, paths):
        with self.lock:
            self.commits[commit] = paths
            self.count()

    def objects_of(self, number):
        """What a client wrote in earlier rounds; other clients may be writing already."""
        with self.lock:
            return {path: body for path, body in self.objects.items() if path.startswith(f"{number}/")}

    def count(self):
        self.round_writes += 1
        if self.round_writes >= WRITES_A_ROUND:
            self.enough.set()


def client(server, number, round_number, expected, stop):
    session = server.session()
    url = f"{server.api}/repositories/crash/branches/b{number}"
    mine = expected.objects_of(number)
    step = 0
    while not stop.is_set():
        step += 1
        try:
            if step % 5 == 0:
                answer = session.post(f"{url}/commits", json={"message": f"round {round_number}"}, timeout=30)
                if answer.status_code == 201:
                    expected.committed(answer.json()["id"], dict(mine))
                elif "no changes" not in answer.text:
                    expected.surprises.append(answer.text)
                continue
            path = f"{number}/{round_number}/{step}"
            body = f"{path} {os.urandom(8).hex()}".encode()
            answer = session.post(f"{url}/objects", params={"path": path}, data=body, timeout=30)
            if answer.status_code == 201:
                expected.wrote(path, body)
                mine[path] = body
            else:
                expected.surprises.append(answer.text)
        except requests.RequestException:
            return  # the server is gone


def verify(server, expected, paths):
    session = server.session()
    url = f"{server.api}/repositories/crash"
    for path in paths:
        number = path.split("/")[0]
        answer = session.get(f"{url}/refs/b{number}/objects", params={"path": path}, timeout=30)
        assert answer.status_code == 200 and answer.content == expected.objects[path], f"{path} is lost: {answer.text[:200]}"


def test_acknowledged_work_survives(fresh_server):
    server = fresh_server
    session = server.session()
    server.create_repository("crash")
    for number in range(CLIENTS):
        session.post(
            f"{server.api}/repositories/crash/branches", json={"name": f"b{number}", "source": "main"}, timeout=30
        ).raise_for_status()
    expected = Expected()
    for round_number in range(ROUNDS):
        expected.round_writes = 0
        expected.enough.clear()
        before = set(expected.objects)
        commits_before = set(expected.commits)
        stop = threading.Event()
        threads = [
            threading.Thread(target=client, args=(server, n, round_number, expected, stop)) for n in range(CLIENTS)
        ]
        for thread in threads:
            thread.start()
        assert expected.enough.wait(timeout=120), "the clients did not get to write"
        server.kill()
        stop.set()
        for thread in threads:
            thread.join(timeout=60)
        fsck(server)  # what the crash left, untouched by a start
        server.start()
        new = set(expected.objects) - before
        verify(server, expected, new)
        for commit in set(expected.commits) - commits_before:
            listing, after = [], ""
            while True:
                page = server.session().get(
                    f"{server.api}/repositories/crash/refs/{commit}/objects/ls",
                    params={"amount": 1000, "after": after},
                    timeout=30,
                ).json()
                listing += [o["path"] for o in page["results"]]
                after = page["pagination"]["next_offset"]
                if not after:
                    break
            missing = set(expected.commits[commit]) - set(listing)
            assert not missing, f"commit {commit} lacks {sorted(missing)[:3]}"
            path, body = list(expected.commits[commit].items())[-1]
            answer = server.session().get(
                f"{server.api}/repositories/crash/refs/{commit}/objects", params={"path": path}, timeout=30
            )
            assert answer.status_code == 200 and answer.content == body, f"{path} at {commit}: {answer.text[:200]}"
        assert not expected.surprises, expected.surprises[:3]
    # Everything of every round once more, after the last restart.
    verify(server, expected, expected.objects)
    for commit in expected.commits:
        answer = server.session().get(f"{server.api}/repositories/crash/commits/{commit}", timeout=30)
        assert answer.status_code == 200, f"commit {commit} is lost: {answer.text}"
    for number in range(CLIENTS):
        answer = server.session().get(f"{server.api}/repositories/crash/branches/b{number}", timeout=30)
        assert answer.status_code == 200, answer.text
    fsck(server)
    print(f"\n{ROUNDS} rounds, {len(expected.objects)} objects and {len(expected.commits)} commits acknowledged, none lost")
