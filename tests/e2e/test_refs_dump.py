"""Dump and restore of references: over REST, with the SDK and lakectl, and of a repository that a real lakeFS wrote."""

import hashlib
import json
import pathlib
import tarfile
import time

import lakefs_sdk
import pytest
import requests

from tests.lib.client import Lakectl
from tests.lib.server import ROOT, TarnServer

LAKEFS = ROOT / "tests/data/lakefs-1.84"
TASK_TIMEOUT_S = 60


@pytest.fixture
def sdk(server):
    return lakefs_sdk.ApiClient(
        lakefs_sdk.Configuration(host=server.api, username=server.access_key_id, password=server.secret_access_key)
    )


def make(server, name, namespace, bare=False, branch="main"):
    answer = server.session().post(
        f"{server.api}/repositories",
        params={"bare": "true" if bare else "false"},
        json={"name": name, "storage_namespace": namespace, "default_branch": branch},
        timeout=30,
    )
    assert answer.status_code == 201, answer.text


def wait(look):
    deadline = time.monotonic() + TASK_TIMEOUT_S
    while True:
        status = look()
        if status.done:
            return status
        assert time.monotonic() < deadline
        time.sleep(0.05)


def refs_of(server, repository):
    """Branches, tags and the whole log of each."""
    session = server.session()
    base = f"{server.api}/repositories/{repository}"
    out = {}
    for kind in ("branches", "tags"):
        answer = session.get(f"{base}/{kind}", params={"amount": 1000}, timeout=30).json()
        out[kind] = {ref["id"]: ref["commit_id"] for ref in answer["results"]}
    out["logs"] = {
        name: session.get(f"{base}/refs/{name}/commits", params={"amount": 1000}, timeout=30).json()["results"]
        for name in [*out["branches"], *out["tags"]]
    }
    return out


def fill(server, repository):
    session = server.session()
    base = f"{server.api}/repositories/{repository}"
    for n in range(3):
        assert session.post(f"{base}/branches/main/objects", params={"path": f"f{n}"}, data=b"x" * n, timeout=30).ok
        assert session.post(
            f"{base}/branches/main/commits", json={"message": f"m{n}", "metadata": {"n": str(n), "a": "ü"}}, timeout=30
        ).ok
    assert session.post(f"{base}/branches", json={"name": "dev", "source": "main~1"}, timeout=30).ok
    assert session.post(f"{base}/tags", json={"id": "v1", "ref": "main~2"}, timeout=30).ok


def test_round_trip_with_the_sdk(server, repository, sdk):
    fill(server, repository)
    internal, repositories = lakefs_sdk.InternalApi(sdk), lakefs_sdk.RepositoriesApi(sdk)
    task = repositories.dump_submit(repository)
    assert task.id.startswith("DR") and len(task.id) == 22
    status = wait(lambda: repositories.dump_status(repository, task.id))
    assert status.error is None and status.id == task.id
    # At once it is the same dump.
    assert internal.dump_refs(repository) == status.refs
    copy = f"{repository}-copy"
    make(server, copy, f"local://bucket/{repository}", bare=True)
    restore = lakefs_sdk.RefsRestore(**status.refs.to_dict())
    task = repositories.restore_submit(copy, restore)
    assert task.id.startswith("RR")
    done = wait(lambda: repositories.restore_status(copy, task.id))
    assert done.error is None
    assert refs_of(server, copy) == refs_of(server, repository)
    # Again it is refused, at once and as a task.
    with pytest.raises(lakefs_sdk.exceptions.BadRequestException) as refused:
        internal.restore_refs(copy, restore)
    assert json.loads(refused.value.body) == {"message": "can only restore into a bare repository"}
    task = repositories.restore_submit(copy, restore)
    assert wait(lambda: repositories.restore_status(copy, task.id)).error == "can only restore into a bare repository"
    for other in (task.id, "RR", "DR" + "x" * 20, "nonsense"):
        with pytest.raises(lakefs_sdk.exceptions.NotFoundException):
            repositories.dump_status(copy, other)


def test_what_is_no_dump_is_refused(server, repository):
    fill(server, repository)
    session = server.session()
    base = f"{server.api}/repositories/{repository}"
    dump = session.put(f"{base}/refs/dump", timeout=30)
    assert dump.status_code == 201
    dump = dump.json()
    assert set(dump) == {"commits_meta_range_id", "branches_meta_range_id", "tags_meta_range_id"}
    copy = f"{repository}-copy"
    make(server, copy, f"local://bucket/{repository}", bare=True)
    restore = f"{server.api}/repositories/{copy}/refs/restore"

    def refused(status, text, **changes):
        answer = session.put(restore, json={**dump, **changes}, timeout=30)
        assert answer.status_code == status, answer.text
        assert text in answer.json()["message"]
        # Nothing was written: the repository is as bare as before.
        assert refs_of(server, copy) == {"branches": {}, "tags": {}, "logs": {}}

    gone = "0" * 64
    refused(410, f"tags_meta_range_id: {gone}: No data", tags_meta_range_id=gone)
    refused(400, "argument commits_meta_range_id", commits_meta_range_id="nonsense")
    refused(400, "holds entities 'tag', not entities 'branch'", branches_meta_range_id=dump["tags_meta_range_id"])
    tree = session.get(f"{base}/refs/main/commits", timeout=30).json()["results"][0]["meta_range_id"]
    refused(400, "holds no entities", commits_meta_range_id=tree)
    table = server.folder / "data/block/bucket" / repository / "_lakefs" / dump["commits_meta_range_id"]
    whole = table.read_bytes()
    table.unlink()
    table.write_bytes(whole[:-100])
    # The server had the whole one open; a new one has not.
    moved = f"{repository}-moved"
    make(server, moved, f"local://bucket/{repository}/", bare=True)
    answer = session.put(f"{server.api}/repositories/{moved}/refs/restore", json=dump, timeout=30)
    assert answer.status_code == 400 and "commits_meta_range_id" in answer.json()["message"], answer.text
    assert session.put(restore, json={"commits_meta_range_id": gone}, timeout=30).status_code == 400


def test_rights(server, repository):
    base = f"{server.api}/repositories/{repository}"
    for method, path in (("PUT", "refs/dump"), ("POST", "dump"), ("GET", "dump?task_id=DR")):
        assert requests.request(method, f"{base}/{path}", timeout=30).status_code == 401


def test_lakectl(server, repository, tmp_path):
    lakectl = Lakectl(server, tmp_path)
    fill(server, repository)
    text = lakectl("refs-dump", f"lakefs://{repository}", "--poll-interval", "1s")
    dump = json.loads(text)
    assert text == json.dumps(dump, indent=2) + "\n"
    assert list(dump) == ["branches_meta_range_id", "commits_meta_range_id", "tags_meta_range_id"]
    manifest = tmp_path / "refs.json"
    out = lakectl("refs-dump", f"lakefs://{repository}", "-o", str(manifest), "--poll-interval", "1s")
    assert out == f"Writing refs to {manifest}\n"
    assert manifest.read_text() == text
    copy = f"{repository}-copy"
    lakectl("repo", "create-bare", f"lakefs://{copy}", f"local://bucket/{repository}")
    out = lakectl("refs-restore", f"lakefs://{copy}", "--manifest", str(manifest), "--poll-interval", "1s")
    assert out == f"Repository: lakefs://{copy}\n\nAll references restored successfully!\n"
    assert refs_of(server, copy) == refs_of(server, repository)
    _, err = lakectl.fail("refs-restore", f"lakefs://{copy}", "--manifest", "-", "--poll-interval", "1s", stdin=text.encode())
    assert err == "Refs restore failed: can only restore into a bare repository\nError executing command.\n"
    _, err = lakectl.fail("refs-dump", f"lakefs://{repository}", "--poll-interval", "10ms")
    assert err == "Poll interval must be at least 1s\nError executing command.\n"
    _, err = lakectl.fail("refs-dump", "lakefs://nobody-has-this")
    assert err == "repository not found\n404 Not Found\n"
    _, err = lakectl.fail("refs-restore", f"lakefs://{copy}")
    assert "manifest" in err


# --- A repository of a real lakeFS ---


@pytest.fixture(scope="module")
def expected():
    return json.loads((LAKEFS / "expected.json").read_text())


@pytest.fixture(scope="module")
def opened(tmp_path_factory, expected):
    """A server over the block store folder of a lakeFS, its repository restored from the dump that lies in it."""
    folder = tmp_path_factory.mktemp("lakefs")
    running = TarnServer(folder)
    block = running.folder / "data/block"
    block.mkdir(parents=True)
    with tarfile.open(LAKEFS / "namespace.tar.xz") as archive:
        archive.extractall(folder / "namespace", filter="data")
    (folder / "namespace/data/fixture-ns").rename(block / "fixture-ns")
    running.start()
    make(running, "fixture", "local://fixture-ns", bare=True)
    dump = expected["dump"]["refs"]
    answer = running.session().put(f"{running.api}/repositories/fixture/refs/restore", json=dump, timeout=120)
    assert answer.status_code == 200, answer.text
    yield running
    running.stop()


def test_lakefs_refs(opened, expected):
    refs = refs_of(opened, "fixture")
    assert refs["branches"] == expected["branches"]
    assert refs["tags"] == expected["tags"]
    for name in [*expected["branches"], *expected["tags"]]:
        assert refs["logs"][name] == expected["logs"][name], name


def shown(address):
    """An address as that server answered it: below the folder of its block store; its root, /srv/lake, as ${ROOT}."""
    inside = address.removeprefix("local://").lstrip("/")
    return f"local:///srv/lake/data/{inside}".replace("/srv/lake", "${ROOT}")


@pytest.mark.parametrize("ref", ["main", "dev", "fix", "none", "v1", "main~1", "main^2"])
def test_lakefs_listings(opened, expected, ref):
    wanted = expected["listings"][ref]
    digest, count, total, after, more = hashlib.sha256(), 0, 0, "", True
    session = opened.session()
    while more:
        page = session.get(
            f"{opened.api}/repositories/fixture/refs/{ref}/objects/ls",
            params={"amount": 1000, "after": after, "user_metadata": "true"},
            timeout=60,
        ).json()
        for item in page["results"]:
            count += 1
            total += item["size_bytes"]
            row = [
                item["path"],
                item["size_bytes"],
                item["checksum"],
                item["mtime"],
                shown(item["physical_address"]),
                item.get("content_type"),
                item.get("metadata", {}),
            ]
            digest.update((json.dumps(row, ensure_ascii=False, sort_keys=True) + "\n").encode())
        more, after = page["pagination"]["has_more"], page["pagination"]["next_offset"]
    assert (count, total) == (wanted["count"], wanted["bytes"])
    assert digest.hexdigest() == wanted["sha256_of_lines"]


def test_lakefs_dump_again(opened, expected):
    """What lakeFS dumped, dumped by us: the records of branches and tags have one encoding, so their ranges have the same names."""
    answer = opened.session().put(f"{opened.api}/repositories/fixture/refs/dump", timeout=60)
    assert answer.status_code == 201
    ours, theirs = answer.json(), expected["dump"]["refs"]
    assert ours["tags_meta_range_id"] == theirs["tags_meta_range_id"]
    assert ours["branches_meta_range_id"] == theirs["branches_meta_range_id"]
    manifest = pathlib.Path(opened.folder / "data/block/fixture-ns/_lakefs/refs_manifest.json").read_text()
    assert manifest == json.dumps(dict(sorted(ours.items())), indent=2)
    make(opened, "again", "local://fixture-ns", bare=True)
    answer = opened.session().put(f"{opened.api}/repositories/again/refs/restore", json=ours, timeout=60)
    assert answer.status_code == 200, answer.text
    assert refs_of(opened, "again") == refs_of(opened, "fixture")
