"""Deleted repositories and branches: what clients see, what comes back, and what is left."""

import time

import lakefs
import pytest
import requests
from lakefs.client import Client

from tests.lib.client import Lakectl, masked
from tests.lib.server import TarnServer

SWEEP_TIMEOUT_S = 60


@pytest.fixture
def lakectl(server, tmp_path):
    return Lakectl(server, tmp_path)


def test_a_branch_comes_back_with_what_was_staged(server, repository):
    client = Client(host=server.url, username=server.access_key_id, password=server.secret_access_key)
    repo = lakefs.Repository(repository, client=client)
    dev = repo.branch("dev").create("main")
    dev.object("a").upload(data="committed", mode="wb")
    commit = dev.commit("one").id
    dev.object("b").upload(data="staged", mode="wb")
    dev.delete()
    assert [branch.id for branch in repo.branches()] == ["main"]
    session, base = server.session(), f"{server.api}/tarn/repositories/{repository}"
    listed = session.get(f"{base}/branches/deleted", timeout=30).json()
    assert [(row["id"], row["commit_id"]) for row in listed["results"]] == [("dev", commit)]
    assert listed["results"][0]["deleted_at"] < listed["results"][0]["purged_at"]
    answer = session.post(f"{base}/branches/dev/undelete", timeout=30)
    assert (answer.status_code, answer.json()) == (200, {"id": "dev", "commit_id": commit})
    assert dev.object("b").reader(mode="r").read() == "staged"
    assert [change.path for change in dev.uncommitted()] == ["b"]
    answer = session.post(f"{base}/branches/dev/undelete", timeout=30)
    assert answer.status_code == 409
    assert answer.json() == {"message": "branch 'dev': cannot undelete: the name is in use"}
    answer = session.post(f"{base}/branches/nobody/undelete", timeout=30)
    assert (answer.status_code, answer.json()) == (404, {"message": "branch 'nobody': nothing to undelete"})
    assert session.get(f"{server.api}/tarn/repositories/nobody-has-this/branches/deleted", timeout=30).status_code == 404


def test_a_repository_comes_back(server, repository):
    session = server.session()
    url, ours = f"{server.api}/repositories/{repository}", f"{server.api}/tarn/repositories/{repository}"
    put = f"{url}/branches/main/objects"
    assert session.post(put, params={"path": "staged"}, data=b"1", timeout=30).status_code == 201
    before = session.get(url, timeout=30).json()
    assert session.delete(url, timeout=30).status_code == 204
    # Gone, as a client of lakeFS sees it.
    assert session.get(url, timeout=30).status_code == 404
    assert session.delete(url, timeout=30).status_code == 404
    assert session.post(put, params={"path": "x"}, data=b"1", timeout=30).status_code == 404
    found = session.get(f"{server.api}/repositories", params={"prefix": repository}, timeout=30).json()
    assert found["results"] == []
    listed = session.get(f"{server.api}/tarn/repositories/deleted", params={"prefix": f"{repository}/"}, timeout=30).json()
    assert [row["repository"] for row in listed["results"]] == [before]
    # The name can be used again, and is then in use.
    taken = {"name": repository, "storage_namespace": f"local://bucket/{repository}-second"}
    assert session.post(f"{server.api}/repositories", json=taken, timeout=30).status_code == 201
    answer = session.post(f"{ours}/undelete", timeout=30)
    assert answer.status_code == 409
    assert answer.json() == {"message": f"repository '{repository}': cannot undelete: the name is in use"}
    assert session.delete(url, timeout=30).status_code == 204
    first = listed["results"][0]["instance"]
    answer = session.post(f"{ours}/undelete", params={"instance": first}, timeout=30)
    assert (answer.status_code, answer.json()) == (200, before)
    read = session.get(f"{url}/refs/main/objects", params={"path": "staged"}, timeout=30)
    assert (read.status_code, read.content) == (200, b"1")


def test_listing_pages(server, repository):
    session = server.session()
    base = f"{server.api}/repositories/{repository}/branches"
    for name in ("b1", "b2", "b3"):
        assert session.post(base, json={"name": name, "source": "main"}, timeout=30).status_code == 201
        assert session.delete(f"{base}/{name}", timeout=30).status_code == 204
    url, after, names = f"{server.api}/tarn/repositories/{repository}/branches/deleted", "", []
    while True:
        page = session.get(url, params={"amount": 1, "after": after}, timeout=30).json()
        names += [row["id"] for row in page["results"]]
        after = page["pagination"]["next_offset"]
        if not page["pagination"]["has_more"]:
            break
    assert names == ["b1", "b2", "b3"]


def test_rights(server, repository):
    """Nobody but a user; what a user may is tested where policies are."""
    base = f"{server.api}/tarn/repositories"
    for method, path in (
        ("GET", "deleted"),
        ("POST", f"{repository}/undelete"),
        ("GET", f"{repository}/branches/deleted"),
        ("POST", f"{repository}/branches/b/undelete"),
    ):
        assert requests.request(method, f"{base}/{path}", timeout=30).status_code == 401


def test_lakectl(lakectl, repository):
    name = f"{repository}-gone"
    uri, branch = f"lakefs://{name}", f"lakefs://{name}/dev"
    lakectl("repo", "create", uri, f"local://bucket/{name}")
    lakectl("branch", "create", branch, "-s", f"{uri}/main")
    lakectl("fs", "upload", f"{branch}/a", "-s", "-", stdin=b"staged")
    lakectl("branch", "delete", branch, "-y")
    row = lakectl("branch", "list", uri, "--deleted").splitlines()[0].split("\t")
    assert row[0] == "dev" and len(row) == 5
    out = lakectl("branch", "undelete", branch)
    assert masked(out) == f"Branch: {branch}\nundeleted branch 'dev' <COMMIT_ID>\n"
    assert lakectl("fs", "cat", f"{branch}/a") == "staged"
    _, err = lakectl.fail("branch", "undelete", branch)
    assert err == "branch 'dev': cannot undelete: the name is in use\n409 Conflict\n"
    lakectl("repo", "delete", uri, "-y")
    row = lakectl("repo", "list", "--deleted", "--prefix", f"{name}/").splitlines()[0].split("\t")
    assert (row[0], row[4], row[5]) == (name, "no", f"local://bucket/{name}")
    assert lakectl("repo", "undelete", uri, "--instance", row[1]) == f"Repository: {uri}\nRepository '{name}' undeleted\n"
    assert lakectl("fs", "cat", f"{branch}/a") == "staged"
    _, err = lakectl.fail("repo", "undelete", uri)
    assert err == f"repository '{name}': cannot undelete: the name is in use\n409 Conflict\n"


def objects(server, place):
    root = server.folder / "data/block/bucket" / place
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


def test_data_goes_when_the_window_has_passed_also_over_a_restart(tmp_path):
    server = TarnServer(tmp_path / "server", TARN_GRAVELER_UNDELETE_WINDOW="2s").start()
    try:
        lakectl = Lakectl(server, tmp_path)
        for name in ("kept", "gone"):
            lakectl("repo", "create", f"lakefs://{name}", f"local://bucket/{name}")
            lakectl("fs", "upload", f"lakefs://{name}/main/a", "-s", "-", stdin=b"bytes")
            lakectl.commit(f"lakefs://{name}/main", "one")
        before = objects(server, "kept")
        assert len(objects(server, "gone")) == len(before) == 4  # dummy, range, metarange, data
        lakectl("repo", "delete", "lakefs://gone", "-y", "--purge-data")
        lakectl("repo", "delete", "lakefs://kept", "-y")
        server.kill()
        server.start()
        lakectl = Lakectl(server, tmp_path)
        deadline = time.monotonic() + SWEEP_TIMEOUT_S
        while objects(server, "gone") and time.monotonic() < deadline:
            time.sleep(0.1)
        assert objects(server, "gone") == []
        assert objects(server, "kept") == before
        _, err = lakectl.fail("repo", "undelete", "lakefs://gone")
        assert err == "repository 'gone': nothing to undelete\n404 Not Found\n"
        assert lakectl("repo", "list", "--deleted") == "\n"
        # The namespace is free again.
        lakectl("repo", "create", "lakefs://next", "local://bucket/gone")
    finally:
        server.stop()


def test_without_a_window_all_is_gone_at_once(tmp_path):
    server = TarnServer(tmp_path / "server", TARN_GRAVELER_UNDELETE_WINDOW="0s").start()
    try:
        lakectl = Lakectl(server, tmp_path)
        lakectl("repo", "create", "lakefs://gone", "local://bucket/gone")
        lakectl("repo", "create", "lakefs://inner", "local://bucket/gone/inner")
        out, err = lakectl.fail("repo", "delete", "lakefs://gone", "-y", "--purge-data")
        assert err == "storage namespace is shared with another repository: inner\n409 Conflict\n"
        lakectl("repo", "delete", "lakefs://inner", "-y")
        lakectl("repo", "delete", "lakefs://gone", "-y", "--purge-data")
        # What the other one wrote stays.
        assert objects(server, "gone") == ["inner/_lakefs/dummy"]
        assert lakectl("repo", "list", "--deleted") == "\n"
        lakectl("repo", "create", "lakefs://gone", "local://bucket/gone")
    finally:
        server.stop()


def test_data_in_s3_goes_and_its_neighbours_stay(aws, tmp_path):
    def keys(prefix):
        return [entry["Key"] for entry in aws.s3.list_objects_v2(Bucket="lake", Prefix=prefix).get("Contents", [])]

    server = TarnServer(tmp_path / "server", TARN_GRAVELER_UNDELETE_WINDOW="0s", **aws.variables()).start()
    try:
        lakectl = Lakectl(server, tmp_path)
        for name in ("purge-a", "purge-ab"):
            lakectl("repo", "create", f"lakefs://{name}", f"s3://lake/{name}")
            for path in ("x", "y/z"):
                lakectl("fs", "upload", f"lakefs://{name}/main/{path}", "-s", "-", stdin=b"bytes")
            lakectl.commit(f"lakefs://{name}/main", "one")
        aws.s3.put_object(Bucket="lake", Key="purge-a/other", Body=b"not ours")
        neighbours = keys("purge-ab/")
        assert len(neighbours) == len(keys("purge-a/")) - 1 == 5  # dummy, range, metarange, data
        lakectl("repo", "delete", "lakefs://purge-a", "-y", "--purge-data")
        assert keys("purge-a/") == ["purge-a/other"]
        assert keys("purge-ab/") == neighbours
        # On the same place again, with the same content: its tables are written again.
        lakectl("repo", "create", "lakefs://purge-a", "s3://lake/purge-a")
        lakectl("fs", "upload", "lakefs://purge-a/main/x", "-s", "-", stdin=b"bytes")
        lakectl.commit("lakefs://purge-a/main", "one")
        lakectl("fs", "rm", "lakefs://purge-a/main/x")
        lakectl.commit("lakefs://purge-a/main", "none")
        assert len([key for key in keys("purge-a/_lakefs/") if len(key.rsplit("/", 1)[1]) == 64]) == 3
    finally:
        server.stop()
