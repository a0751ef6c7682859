"""kill -9 at random while clients merge, cherry-pick, revert, import, stage, reset and tag: what was acknowledged is there afterwards, whole.

TARN_CRASH_ROUNDS and TARN_CRASH_SEED make longer and other runs.
"""

import os
import random
import threading

import pytest

from tests.crash.history import Client, first_parents
from tests.lib.fsck import fsck
from tests.lib.server import TarnServer, is_sanitized

ROUNDS = int(os.environ.get("TARN_CRASH_ROUNDS", "12"))
SEED = int(os.environ.get("TARN_CRASH_SEED", "0")) or random.randrange(1, 10**6)
CLIENTS = 4
ENOUGH_S = 120


def play_round(server, clients, requests_wanted):
    """Lets all clients work until together they had so many answers, then kills the server."""
    stop = threading.Event()
    failures = []
    already = sum(client.done for client in clients)

    def work(client):
        try:
            client.run(server.session(), stop)
        except BaseException as error:  # noqa: BLE001: it is raised by the test below
            failures.append(error)
            stop.set()

    threads = [threading.Thread(target=work, args=(client,)) for client in clients]
    for thread in threads:
        thread.start()
    waiting = threading.Event()
    for _ in range(ENOUGH_S * 200):
        if failures or sum(client.done for client in clients) - already >= requests_wanted:
            break
        waiting.wait(0.005)
    else:
        failures.append(AssertionError("the clients did not get to work"))
    server.kill()
    stop.set()
    for thread in threads:
        thread.join(timeout=120)
    if failures:
        raise failures[0]


@pytest.fixture
def source(tmp_path):
    """A folder to import from, and what is in it."""
    files = {f"{n % 3}/{n}": f"imported {n}".encode() for n in range(20)}
    for name, body in files.items():
        path = tmp_path / "source" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
    return tmp_path / "source", files


@pytest.fixture
def importer(tmp_path, source):
    running = TarnServer(
        tmp_path / "server", TARN_BLOCKSTORE_LOCAL_IMPORT_ENABLED="true", TARN_BLOCKSTORE_LOCAL_ALLOWED_EXTERNAL_PREFIXES=str(source[0])
    ).start()
    yield running
    running.stop()


def test_acknowledged_history_survives(importer, source):
    print(f"\nTARN_CRASH_SEED={SEED}")
    server, chance = importer, random.Random(SEED)
    session = server.session()
    server.create_repository("crash")
    clients = [Client(f"{server.api}/repositories/crash", number, SEED, source) for number in range(CLIENTS)]
    for client in clients:
        session.post(
            f"{server.api}/repositories/crash/branches", json={"name": f"own{client.number}", "source": "main"}, timeout=30
        ).raise_for_status()
    for _ in range(2 if is_sanitized() else ROUNDS):
        play_round(server, clients, chance.randint(30, 250))
        fsck(server)  # what the crash left, untouched by a start
        server.start()
        url = f"{server.api}/repositories/crash"
        log = first_parents(server.session(), url, "main")
        for client in clients:
            client.url = url
            client.verify(server.session(), log)
    fsck(server)
    merges = sum(len(client.on_main) for client in clients)
    print(f"{sum(client.done for client in clients)} requests and {merges} commits on main acknowledged, none lost")
