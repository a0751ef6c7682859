"""Clients of the crash tests over history, each with a folder of its own on the shared branch `main`.

A client knows what its folder on `main` holds: `folder`, path to body. A request under way when the server dies may have happened or not:
`pending` is then what the folder holds if it has. Everything else must be as acknowledged.
"""

import random
import threading

import requests

TIMEOUT_S = 60


class Gone(Exception):
    """The server died."""


class Client:
    """Not thread-safe; one thread at a time runs it. `source`: a folder that the server may import from, and what is in it."""

    def __init__(self, url, number, seed, source):
        self.url, self.number, self.source = url, number, source
        self.random = random.Random(f"{seed}/{number}")
        self.session = None
        self.folder = {}
        self.pending = None
        self.merges = []  # (commit, paths) on main that were acknowledged and not reverted
        self.on_main = []  # every acknowledged commit on main
        self.staged = {}  # on the client's own branch
        self.maybe_staged = {}
        self.tags = {}
        self.importing = None  # the id of an import that was not seen to end
        self.count = 0
        self.done = 0

    # --- Requests ---

    def request(self, method, path, ok, **options):
        """The answer, which must have the status `ok`."""
        try:
            answer = self.session.request(method, self.url + path, timeout=TIMEOUT_S, **options)
        except requests.RequestException as error:
            raise Gone from error
        assert answer.status_code == ok, f"{method} {path}: {answer.status_code} {answer.text}"
        self.done += 1
        return answer

    def on_folder(self, after, method, path, ok, **options):
        """A request that turns the folder into `after`."""
        self.pending = after
        answer = self.request(method, path, ok, **options)
        self.folder, self.pending = after, None
        return answer

    def fresh(self, kind):
        self.count += 1
        return f"{kind}{self.number}-{self.count}"

    # --- What clients do ---

    def side_branch(self):
        """A new branch with a commit; (name, commit, its objects)."""
        name = self.fresh("b")
        self.request("post", "/branches", 201, json={"name": name, "source": "main"})
        objects = {}
        for number in range(self.random.randint(1, 3)):
            path = f"{self.number}/{name}/{number}"
            body = f"{path} {self.random.random()}".encode()
            self.request("post", f"/branches/{name}/objects", 201, params={"path": path}, data=body)
            objects[path] = body
        commit = self.request("post", f"/branches/{name}/commits", 201, json={"message": name}).json()["id"]
        return name, commit, objects

    def merge(self):
        name, _, objects = self.side_branch()
        squash = self.random.random() < 0.3
        answer = self.on_folder({**self.folder, **objects}, "post", f"/refs/{name}/merge/main", 200, json={"squash_merge": squash})
        commit = answer.json()["reference"]
        self.on_main.append(commit)
        self.merges.append((commit, set(objects)))
        self.request("delete", f"/branches/{name}", 204)

    def cherry_pick(self):
        _, commit, objects = self.side_branch()
        answer = self.on_folder({**self.folder, **objects}, "post", "/branches/main/cherry-pick", 201, json={"ref": commit})
        self.on_main.append(answer.json()["id"])
        self.merges.append((answer.json()["id"], set(objects)))

    def revert(self):
        if not self.merges:
            return
        commit, paths = self.merges.pop(self.random.randrange(len(self.merges)))
        after = {path: body for path, body in self.folder.items() if path not in paths}
        self.on_folder(after, "post", "/branches/main/revert", 204, json={"ref": commit, "parent_number": 1})

    def import_folder(self):
        folder, files = self.source
        into = f"{self.number}/{self.fresh('i')}/"
        after = {**self.folder, **{into + name: body for name, body in files.items()}}
        paths = [{"type": "common_prefix", "path": f"local://{folder}/", "destination": into}]
        self.pending = after
        answer = self.request("post", "/branches/main/import", 202, json={"paths": paths, "commit": {"message": into}})
        self.importing = answer.json()["id"]
        status = self.end_of_import()
        assert status["completed"], status
        self.folder, self.pending, self.importing = after, None, None
        self.on_main.append(status["commit"]["id"])

    def end_of_import(self):
        """Its last status."""
        pause = threading.Event()
        for _ in range(TIMEOUT_S * 50):
            status = self.request("get", "/branches/main/import", 200, params={"id": self.importing}).json()
            if status["completed"] or status.get("error"):
                return status
            pause.wait(0.02)
        raise AssertionError(f"import {self.importing} does not end: {status}")

    def stage(self):
        """Writes to the client's own branch, which is never committed to."""
        path = f"{self.number}/staged/{self.random.randint(0, 30)}"
        body = f"{path} {self.random.random()}".encode()
        self.maybe_staged = {path: body}
        self.request("post", f"/branches/own{self.number}/objects", 201, params={"path": path}, data=body)
        self.staged[path] = body
        self.maybe_staged = {}

    def reset(self):
        """Forgets one staged path."""
        if not self.staged:
            return
        path = self.random.choice(sorted(self.staged))
        body = self.staged.pop(path)
        self.maybe_staged = {path: body}
        self.request("put", f"/branches/own{self.number}", 204, json={"type": "object", "path": path})
        self.maybe_staged = {}

    def tag(self):
        if not self.on_main:
            return
        name, commit = self.fresh("t"), self.random.choice(self.on_main)
        self.request("post", "/tags", 201, json={"id": name, "ref": commit})
        self.tags[name] = commit

    def run(self, session, stop):
        """Until the server dies or `stop` is set."""
        self.session = session
        acts = [self.merge] * 4 + [self.cherry_pick] * 2 + [self.revert] * 2 + [self.stage] * 3 + [self.reset, self.tag, self.import_folder]
        try:
            while not stop.is_set():
                self.random.choice(acts)()
        except Gone:
            pass

    # --- What must be true afterwards ---

    def verify(self, session, log):
        """After a restart. `log`: ids of the first-parent history of main."""
        self.session = session
        if self.importing is not None:
            # It ends, one way or the other; and is there if it says so.
            status = self.end_of_import()
            if status["completed"]:
                self.folder, self.pending = self.pending, None
            self.importing = None
        held = self.listing("main", f"{self.number}/")
        wanted = [set(self.folder)] + ([] if self.pending is None else [set(self.pending)])
        assert set(held) in wanted, f"client {self.number}: main lacks {sorted(wanted[0] - set(held))[:3]}, has {sorted(set(held) - wanted[0])[:3]}"
        if self.pending is not None and set(held) == set(self.pending):
            self.folder = self.pending
        self.pending = None
        for path in held:
            body = self.request("get", "/refs/main/objects", 200, params={"path": path}).content
            assert body == self.folder[path], f"{path}: {body!r}"
        lost = [commit for commit in self.on_main if commit not in log]
        assert not lost, f"client {self.number}: main's history lacks {lost}"
        for name, commit in self.tags.items():
            assert self.request("get", f"/tags/{name}", 200).json()["commit_id"] == commit
        self.verify_staged()

    def verify_staged(self):
        own = f"own{self.number}"
        held = set(self.listing(own, f"{self.number}/staged/"))
        maybe, self.maybe_staged = self.maybe_staged, {}
        assert held - set(maybe) == set(self.staged) - set(maybe), f"{own}: {sorted(held ^ set(self.staged))[:3]}"
        for path in held:
            body = self.request("get", f"/refs/{own}/objects", 200, params={"path": path}).content
            assert body in (self.staged.get(path), maybe.get(path)), f"{own}: {path}: {body!r}"
            self.staged[path] = body
        for path in set(self.staged) - held:
            assert path in maybe
            del self.staged[path]

    def listing(self, ref, prefix):
        paths, after = [], ""
        while True:
            page = self.request("get", f"/refs/{ref}/objects/ls", 200, params={"prefix": prefix, "amount": 1000, "after": after}).json()
            paths += [item["path"] for item in page["results"]]
            after = page["pagination"]["next_offset"]
            if not after:
                return paths


def first_parents(session, url, ref):
    """Ids of the first-parent history."""
    ids, after = set(), ""
    while True:
        answer = session.get(f"{url}/refs/{ref}/commits", params={"first_parent": "true", "amount": 1000, "after": after}, timeout=TIMEOUT_S)
        assert answer.status_code == 200, answer.text
        ids.update(commit["id"] for commit in answer.json()["results"])
        after = answer.json()["pagination"]["next_offset"]
        if not after:
            return ids
