"""The server dies at each named point of an operation: afterwards the operation is done whole or not at all, and it can be done (again).

Fault points exist in debug builds only, so this runs against the sanitized server.
"""

import pytest
import requests

from tests.lib.fsck import fsck
from tests.lib.server import TarnServer, is_sanitized

pytestmark = [
    pytest.mark.smoke,
    pytest.mark.skipif(not is_sanitized(), reason="fault points are compiled into debug builds only"),
]
TIMEOUT_S = 60


class Repository:
    """`main`, and `dev` and `side` that left it; every operation below finds something to do."""

    def __init__(self, server, name):
        self.server, self.name = server, name

    def request(self, method, path, **options):
        return self.server.session().request(method, f"{self.server.api}/repositories/{self.name}{path}", timeout=TIMEOUT_S, **options)

    def ok(self, method, path, **options):
        answer = self.request(method, path, **options)
        assert answer.status_code < 300, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer

    def put(self, branch, path, text):
        self.ok("post", f"/branches/{branch}/objects", params={"path": path}, data=text)

    def change(self, branch, path, text):
        self.put(branch, path, text)
        return self.ok("post", f"/branches/{branch}/commits", json={"message": path}).json()["id"]

    def create(self):
        self.server.create_repository(self.name)
        self.change("main", "base", "1")
        self.ok("post", "/branches", json={"name": "dev", "source": "main"})
        self.change("dev", "d", "1")
        self.change("main", "a", "1")
        self.ok("post", "/branches", json={"name": "staged", "source": "main"})
        self.put("staged", "s", "1")
        return self

    def content(self, ref):
        paths = [item["path"] for item in self.ok("get", f"/refs/{ref}/objects/ls").json()["results"]]
        return {path: self.ok("get", f"/refs/{ref}/objects", params={"path": path}).text for path in paths}

    def state(self):
        """What each branch holds, has staged and logs."""
        out = {}
        for branch in self.ok("get", "/branches").json()["results"]:
            name = branch["id"]
            out[name] = (
                self.content(name),
                [(item["type"], item["path"]) for item in self.ok("get", f"/branches/{name}/diff").json()["results"]],
                [commit["message"] for commit in self.ok("get", f"/refs/{name}/commits").json()["results"]],
            )
        return out


# Name -> request that does it.
OPERATIONS = {
    "commit": ("post", "/branches/staged/commits", {"json": {"message": "s"}}),
    "merge": ("post", "/refs/dev/merge/main", {"json": {"message": "merged"}}),
    "revert": ("post", "/branches/main/revert", {"json": {"ref": "main~1", "parent_number": 1}}),
    "cherry-pick": ("post", "/branches/main/cherry-pick", {"json": {"ref": "dev"}}),
    "hard reset": ("put", "/branches/main/hard_reset", {"params": {"ref": "dev"}}),
    "reset": ("put", "/branches/staged", {"json": {"type": "reset"}}),
    "delete branch": ("delete", "/branches/staged", {}),
}
BEFORE, AFTER, EITHER = {"before"}, {"after"}, {"before", "after"}
# Where the server dies, during what, and what must be found then.
CRASHES = [
    ("graveler.commit.before_seal", "commit", BEFORE),
    ("graveler.commit.after_seal", "commit", BEFORE),
    ("graveler.tree.before_metarange", "commit", BEFORE),
    ("graveler.commit.before_ref_swap", "commit", BEFORE),
    ("graveler.commit.after_ref_swap", "commit", AFTER),
    ("graveler.drop_tokens.marked", "commit", AFTER),
    ("block.local.before_publish", "commit", BEFORE),
    ("block.local.after_publish", "commit", BEFORE),
    ("kv.rocksdb.before_sync:1", "commit", EITHER),
    ("kv.rocksdb.before_sync:3", "commit", EITHER),
    ("kv.rocksdb.after_sync:2", "commit", EITHER),
    ("graveler.merge.after_seal", "merge", BEFORE),
    ("graveler.tree.before_metarange", "merge", BEFORE),
    ("graveler.merge.before_ref_swap", "merge", BEFORE),
    ("graveler.move_head.after_ref_swap", "merge", AFTER),
    ("graveler.merge.before_ref_swap", "revert", BEFORE),
    ("graveler.move_head.after_ref_swap", "revert", AFTER),
    ("graveler.tree.before_metarange", "cherry-pick", BEFORE),
    ("graveler.merge.before_ref_swap", "cherry-pick", BEFORE),
    ("graveler.hard_reset.before_ref_swap", "hard reset", BEFORE),
    ("graveler.move_head.after_ref_swap", "hard reset", AFTER),
    ("graveler.reset.after_ref_swap", "reset", AFTER),
    ("graveler.drop_tokens.marked", "reset", AFTER),
    ("graveler.delete_branch.midway", "delete branch", AFTER),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("fault-points")


@pytest.fixture(scope="module")
def server(folder):
    """Started and stopped by the tests."""
    running = TarnServer(folder / "server").start()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def wanted(server):
    """The state after each operation when nothing goes wrong."""
    out = {}
    for number, (name, (method, path, options)) in enumerate(OPERATIONS.items()):
        repository = Repository(server, f"whole-{number}").create()
        out["before"] = repository.state()
        repository.ok(method, path, **options)
        out[name] = repository.state()
        assert out[name] != out["before"], name
    return out


@pytest.mark.parametrize("number", range(len(CRASHES)), ids=[f"{point} {operation}" for point, operation, _ in CRASHES])
def test_operation_is_whole(server, wanted, number):
    point, operation, allowed = CRASHES[number]
    method, path, options = OPERATIONS[operation]
    repository = Repository(server, f"crash-{number}").create()
    server.stop()
    server.start(TARN_FAULT_EXIT=point)
    try:
        repository.request(method, path, **options)  # what runs behind the answer may be what kills it
    except requests.ConnectionError:
        pass
    server.wait_for_fault()
    fsck(server, "--repository", repository.name)  # what the crash left, untouched by a start
    server.start()
    found = repository.state()
    outcome = "before" if found == wanted["before"] else "after"
    assert found in (wanted["before"], wanted[operation]), found
    assert outcome in allowed, f"{operation} at {point}: {outcome}"
    if outcome == "before":
        repository.ok(method, path, **options)
        assert repository.state() == wanted[operation]
    # Whatever was left half done is in nobody's way.
    repository.change("dev", "z", "9")
    repository.ok("post", "/refs/dev/merge/main", json={"message": "merged"})
    assert repository.content("main")["z"] == "9"


def test_deleting_a_repository_goes_on(server):
    """Killed with its rows half gone, a repository stays deleted, and its name is free."""
    Repository(server, "doomed").create()
    at_once = {"TARN_GRAVELER_UNDELETE_WINDOW": "0s"}
    server.stop()
    server.start(TARN_FAULT_EXIT="graveler.delete_repository.midway", **at_once)
    try:
        server.session().delete(f"{server.api}/repositories/doomed", timeout=TIMEOUT_S)
    except requests.ConnectionError:
        pass
    server.wait_for_fault()
    server.start(**at_once)
    session = server.session()
    assert session.get(f"{server.api}/repositories/doomed", timeout=TIMEOUT_S).status_code in (404, 410)
    assert session.delete(f"{server.api}/repositories/doomed", timeout=TIMEOUT_S).status_code in (204, 404)
    fresh = {"name": "doomed", "storage_namespace": "local://b/doomed-again"}
    assert session.post(f"{server.api}/repositories", json=fresh, timeout=TIMEOUT_S).status_code == 201
    again = Repository(server, "doomed")
    assert again.content("main") == {} and list(again.state()) == ["main"]
