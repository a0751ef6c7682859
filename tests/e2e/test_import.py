"""Imports from local folders and from S3 with lakectl, the SDK and on the wire; and the plumbing operations beside them."""

import hashlib
import http.server
import itertools
import json
import re
import signal
import subprocess
import threading
import time

import lakefs
import lakefs_sdk
import pytest
from lakefs.client import Client
from lakefs.exceptions import ImportManagerException

from tests.lib.client import LAKECTL, Lakectl
from tests.lib.server import TarnServer, is_sanitized

TIMEOUT_S = 60
_numbers = itertools.count()


@pytest.fixture(scope="module")
def importer(tmp_path_factory):
    """A server that may import from the folder `source` beside its own."""
    folder = tmp_path_factory.mktemp("import-server")
    (folder / "source").mkdir()
    running = TarnServer(
        folder / "server",
        TARN_BLOCKSTORE_LOCAL_IMPORT_ENABLED="true",
        TARN_BLOCKSTORE_LOCAL_ALLOWED_EXTERNAL_PREFIXES=str(folder / "source"),
        TARN_IMPORTS_SORT_MEMORY_SIZE_BYTES="65536",
    ).start()
    running.source = folder / "source"
    yield running
    running.stop()


@pytest.fixture
def repo(importer):
    return importer.create_repository(f"import-{next(_numbers)}")


def write(folder, files):
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def branch_url(server, repo, branch="main"):
    return f"{server.api}/repositories/{repo}/branches/{branch}"


def put(server, repo, path, text="text"):
    answer = server.session().post(f"{branch_url(server, repo)}/objects", params={"path": path}, data=text, timeout=30)
    assert answer.status_code == 201, answer.text


def commit(server, repo, message="m", **query):
    return server.session().post(f"{branch_url(server, repo)}/commits", json={"message": message}, params=query, timeout=30)


def start(server, repo, *paths, branch="main", **commit_fields):
    body = {
        "paths": [{"type": kind, "path": path, "destination": destination} for kind, path, destination in paths],
        "commit": {"message": "", **commit_fields},
    }
    return server.session().post(f"{branch_url(server, repo, branch)}/import", json=body, timeout=30)


def status(server, repo, import_id):
    answer = server.session().get(f"{branch_url(server, repo)}/import", params={"id": import_id}, timeout=30)
    assert answer.status_code == 200, answer.text
    return answer.json()


def wait(server, repo, answer):
    assert answer.status_code == 202, answer.text
    deadline = time.monotonic() + TIMEOUT_S
    while True:
        found = status(server, repo, answer.json()["id"])
        if found["completed"] or "error" in found:
            return found
        assert time.monotonic() < deadline, found
        time.sleep(0.05)


def content(server, repo, ref="main"):
    """Paths and texts, read through the server."""
    session = server.session()
    refs = f"{server.api}/repositories/{repo}/refs/{ref}/objects"
    listed = session.get(f"{refs}/ls", params={"amount": 1000}, timeout=30).json()["results"]
    return {item["path"]: session.get(refs, params={"path": item["path"]}, timeout=30).text for item in listed}


def test_lakectl_imports_a_folder(importer, repo, tmp_path):
    source = importer.source / "a"
    write(source, {"x.csv": "1,2", "deep/y": "yy", ".hidden": "no", "deep/.z/q": "no"})
    put(importer, repo, "in/old")
    put(importer, repo, "inner")
    commit(importer, repo)
    ctl = Lakectl(importer, tmp_path)
    out = ctl("import", "--from", f"local://{source}/", "--to", f"lakefs://{repo}/main/in", "-m", "all of it", "--meta", "k=v", "--no-progress")
    assert re.fullmatch(
        'Import of 2 object\\(s\\) into "main" completed.\n'
        "MetaRange ID: [0-9a-f]{64}\n"
        "Commit ID: [0-9a-f]{64}\n"
        "Message: all of it\n"
        r"Timestamp: [-0-9: +UTC]+" "\n"
        "Parents: [0-9a-f]{64}\n\n",
        out,
    ), out
    assert content(importer, repo) == {"in/deep/y": "yy", "in/x.csv": "1,2", "inner": "text"}
    stat = importer.session().get(
        f"{importer.api}/repositories/{repo}/refs/main/objects/stat", params={"path": "in/x.csv"}, timeout=30
    ).json()
    assert stat["physical_address"] == f"local://{source}/x.csv"
    assert stat["checksum"] == hashlib.md5(b"1,2").hexdigest()
    assert stat["size_bytes"] == 3
    log = importer.session().get(f"{importer.api}/repositories/{repo}/refs/main/commits", timeout=30).json()["results"]
    assert log[0]["metadata"] == {"k": "v", ".lakefs.merge.strategy": "source-wins"}
    metadata = importer.session().get(f"{importer.api}/repositories/{repo}/metadata", timeout=30).json()
    assert metadata == {".lakefs.last.import.timestamp": str(log[0]["creation_date"])}


def test_lakectl_says_what_is_wrong(importer, repo, tmp_path):
    ctl = Lakectl(importer, tmp_path)
    to = f"lakefs://{repo}/main/"
    out, err = ctl.fail("import", "--from", "s3://bucket/x", "--to", to)
    assert err == (
        "import source 's3://bucket/x' doesn't match current configured storage 'local'\nError executing command.\n"
    )
    out, err = ctl.fail("import", "--from", f"local://{importer.source}/", "--to", f"lakefs://{repo}/nope/")
    assert err == "Target branch 'nope', does not exists!\nError executing command.\n"
    out, err = ctl.fail("import", "--from", "local:///etc/", "--to", to)
    assert "storage access denied" in err and err.endswith("403 Forbidden\n"), err
    out, err = ctl.fail("import", "--from", f"local://{importer.source}/none/", "--to", to, "--no-progress")
    assert err.startswith("Import failed: import error: error on ingest: "), err
    out, err = ctl.fail("import", "--to", to)
    assert '"from"' in err, err


class EndlessImport(http.server.BaseHTTPRequestHandler):
    """A server whose import never ends, unless it is canceled."""

    def answer(self, status, body=None):
        text = b"" if body is None else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def do_GET(self):
        if self.path.endswith("/config"):
            store = {
                "blockstore_type": "local", "blockstore_namespace_example": "local://x/", "blockstore_namespace_ValidityRegex": "^local://",
                "pre_sign_support": False, "pre_sign_support_ui": False, "import_support": True, "import_validity_regex": "^local://",
            }
            self.answer(200, {"version_config": {}, "storage_config": store})
        elif "/import?" in self.path:
            self.answer(200, {"completed": False, "update_time": "2026-01-01T00:00:00Z", "ingested_objects": 1})
            self.server.asked.set()
        else:
            self.answer(200, {"id": "main", "commit_id": "c"})

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.answer(202, {"id": "the-import"})

    def do_DELETE(self):
        self.server.canceled.append(self.path)
        self.answer(204)

    def log_message(self, *_):
        pass


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_lakectl_cancels_at_a_signal(importer, tmp_path, number):
    endless = http.server.ThreadingHTTPServer(("127.0.0.1", 0), EndlessImport)
    endless.asked, endless.canceled = threading.Event(), []
    threading.Thread(target=endless.serve_forever, daemon=True).start()
    ctl = Lakectl(importer, tmp_path, LAKECTL_SERVER_ENDPOINT_URL=f"http://127.0.0.1:{endless.server_port}")
    running = subprocess.Popen(
        [str(LAKECTL), "import", "--from", "local:///data/", "--to", "lakefs://repo/main/", "--no-progress"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=ctl.variables, text=True,
    )
    assert endless.asked.wait(TIMEOUT_S)
    running.send_signal(number)
    out, err = running.communicate(timeout=TIMEOUT_S)
    endless.shutdown()
    assert (running.returncode, out, err) == (1, "\nCanceling import\nImport Canceled\n", "")
    assert endless.canceled == ["/api/v1/repositories/repo/branches/main/import?id=the-import"]


def test_sdk_imports_from_several_sources(importer, repo):
    write(importer.source / "m", {"one/a": "1", "one/b": "1", "two/b": "2", "three": "3"})
    client = Client(host=importer.url, username=importer.access_key_id, password=importer.secret_access_key)
    branch = lakefs.Repository(repo, client=client).branch("main")
    base = f"local://{importer.source}/m"
    manager = branch.import_data("three sources", metadata={"k": "v"})
    manager.prefix(f"{base}/one/", "in/").prefix(f"{base}/two/", "in/").object(f"{base}/three", "in/c")
    done = manager.run()
    assert done.completed and done.ingested_objects == 3 and done.commit.message == "three sources"
    assert content(importer, repo) == {"in/a": "1", "in/b": "2", "in/c": "3"}
    with pytest.raises(ImportManagerException, match="import error: error on ingest"):
        branch.import_data("nothing there").object(f"{base}/four", "x").run()


def test_what_may_not_be_imported(importer, repo):
    put(importer, repo, "mine")
    commit(importer, repo)
    own = f"local://bucket/{repo}"
    on_disk = f"local://{importer.folder}/data/block/bucket/{repo}"
    for source in (own, own + "/", own + "/data/", "local://bucket/", "local://bucket", on_disk, on_disk + "/data/", "s3://x/"):
        answer = start(importer, repo, ("common_prefix", source, ""))
        assert answer.status_code == 400 and "invalid import source" in answer.json()["message"], (source, answer.text)
    for source in ("local:///etc/", f"local://{importer.folder}/", f"local://{importer.source}-more/"):
        assert start(importer, repo, ("common_prefix", source, "")).status_code == 403, source
    for source in (f"local://{importer.source}/../x", f"local://{importer.source}//x", "nonsense", ""):
        assert start(importer, repo, ("common_prefix", source, "")).status_code == 400, source
    assert start(importer, repo).status_code == 400
    assert start(importer, repo, ("object", f"local://{importer.source}/x", "")).status_code == 400
    assert start(importer, repo, ("common_prefix", f"local://{importer.source}/", ""), branch="nope").status_code == 404
    assert content(importer, repo) == {"mine": "text"}


def test_an_entry_cannot_point_out_of_what_is_allowed(importer, repo):
    """Staging any address is easy; reading it is not."""
    (importer.source / "link").symlink_to("/etc/passwd")
    session = importer.session()
    for number, address in enumerate(("local:///etc/passwd", f"local://{importer.source}/link", f"local://{importer.folder}/data/secrets.yaml")):
        body = {"physical_address": address, "checksum": "c", "size_bytes": 5}
        staged = session.put(f"{branch_url(importer, repo)}/objects", params={"path": f"p{number}"}, json=body, timeout=30)
        assert staged.status_code == 201, staged.text
        read = session.get(f"{importer.api}/repositories/{repo}/refs/main/objects", params={"path": f"p{number}"}, timeout=30)
        assert read.status_code in (400, 403, 410), (address, read.status_code)
        assert b"root:" not in read.content and b"Keep it secret" not in read.content


def test_imports_are_off_unless_configured(server, repository):
    answer = start(server, repository, ("common_prefix", "local:///tmp/", ""))
    assert (answer.status_code, answer.json()["message"]) == (403, "import is not supported for this storage")
    assert server.session().get(f"{server.api}/config", timeout=30).json()["storage_config"]["import_support"] is False


def test_import_into_a_changed_branch_fails(importer, repo):
    write(importer.source / "d", {"x": "1"})
    put(importer, repo, "staged")
    found = wait(importer, repo, start(importer, repo, ("common_prefix", f"local://{importer.source}/d/", "")))
    assert found["completed"] is False
    assert found["error"]["message"] == "import error: uncommitted changes (dirty branch)"


def test_cancel_and_status_on_the_wire(importer, repo):
    write(importer.source / "c", {"x": "1"})
    done = start(importer, repo, ("common_prefix", f"local://{importer.source}/c/", ""))
    assert wait(importer, repo, done)["completed"]
    url = f"{branch_url(importer, repo)}/import"
    session = importer.session()
    late = session.delete(url, params={"id": done.json()["id"]}, timeout=30)
    assert (late.status_code, late.json()["message"]) == (409, "conflict found")
    assert session.delete(url, params={"id": "nope"}, timeout=30).status_code == 404
    assert session.get(url, params={"id": "nope"}, timeout=30).status_code == 404


@pytest.mark.smoke
@pytest.mark.skipif(not is_sanitized(), reason="only debug builds stop at named points")
@pytest.mark.parametrize("point", ["graveler.tree.before_metarange", "catalog.import.before_commit"])
def test_an_import_whose_server_died_has_failed(tmp_path, point):
    source = tmp_path / "source"
    write(source, {f"{number}": "x" for number in range(500)})
    variables = {
        "TARN_BLOCKSTORE_LOCAL_IMPORT_ENABLED": "true",
        "TARN_BLOCKSTORE_LOCAL_ALLOWED_EXTERNAL_PREFIXES": str(source),
        "TARN_IMPORTS_SORT_MEMORY_SIZE_BYTES": "65536",
    }
    running = TarnServer(tmp_path / "server", **variables, TARN_FAULT_EXIT=point).start()
    running.create_repository("repo")
    begun = start(running, "repo", ("common_prefix", f"local://{source}/", ""))
    assert begun.status_code == 202
    assert running.process.wait(timeout=TIMEOUT_S) == 86
    running.variables = variables
    running.start()
    after = status(running, "repo", begun.json()["id"])
    assert after["completed"] is False
    assert after["error"]["message"].startswith("import error: the server that ran it stopped"), after
    assert list((tmp_path / "server/data/imports").iterdir()) == []
    assert content(running, "repo") == {}
    assert wait(running, "repo", start(running, "repo", ("common_prefix", f"local://{source}/", "")))["completed"]
    assert len(content(running, "repo")) == 500
    running.stop()


def test_import_from_s3(s3_server, aws, tmp_path):
    name = f"import-s3-{next(_numbers)}"
    session = s3_server.session()
    s3_server.create_repository(name, f"s3://lake/{name}")
    bucket = f"source-{next(_numbers)}"
    aws.s3.create_bucket(Bucket=bucket)
    for number in range(1203):  # more than a page
        aws.s3.put_object(Bucket=bucket, Key=f"data/{number:05}", Body=b"x")
    aws.s3.put_object(Bucket=bucket, Key="data/", Body=b"")
    aws.s3.put_object(Bucket=bucket, Key="one", Body=b"just one")
    ctl = Lakectl(s3_server, tmp_path)
    out = ctl("import", "--from", f"s3://{bucket}/data/", "--to", f"lakefs://{name}/main/d/", "--no-progress")
    assert out.startswith('Import of 1203 object(s) into "main" completed.\n'), out
    found = wait(s3_server, name, start(s3_server, name, ("object", f"s3://{bucket}/one", "o/one")))
    assert found["completed"] and found["commit"]["message"] == "Import objects", found
    read = session.get(f"{s3_server.api}/repositories/{name}/refs/main/objects", params={"path": "o/one"}, timeout=30)
    assert read.text == "just one"
    listed = session.get(f"{s3_server.api}/repositories/{name}/refs/main/objects/ls", params={"prefix": "d/", "amount": 1000}, timeout=30)
    first = listed.json()["results"][0]
    assert first["physical_address"] == f"s3://{bucket}/data/00000" and first["checksum"] == hashlib.md5(b"x").hexdigest()
    gone = wait(s3_server, name, start(s3_server, name, ("common_prefix", "s3://no-such-bucket-here/", "")))
    assert gone["error"]["message"].startswith("import error: error on ingest: ")


# --- Plumbing ---


def test_commit_of_a_written_tree(importer, repo):
    put(importer, repo, "a", "1")
    first = commit(importer, repo).json()
    put(importer, repo, "a", "2")
    commit(importer, repo)
    back = commit(importer, repo, "back", source_metarange=first["meta_range_id"])
    assert back.status_code == 201 and content(importer, repo) == {"a": "1"}
    missing = commit(importer, repo, source_metarange="0" * 64)
    assert missing.status_code == 404 and "metarange not found" in missing.json()["message"]
    put(importer, repo, "a", "3")
    dirty = commit(importer, repo, source_metarange=first["meta_range_id"])
    assert (dirty.status_code, dirty.json()["message"]) == (
        400, "cannot use source MetaRange on a branch with uncommitted changes"
    )


def test_commit_records(importer, repo):
    put(importer, repo, "a", "1")
    made = commit(importer, repo).json()
    other = f"{repo}-copy"
    session = importer.session()
    importer.create_repository(other)
    record = {
        "commit_id": made["id"], "version": made["version"], "committer": made["committer"], "message": made["message"],
        "metarange_id": made["meta_range_id"], "creation_date": made["creation_date"], "parents": made["parents"],
        "generation": made["generation"],
    }
    url = f"{importer.api}/repositories/{other}/commits"
    assert session.post(url, json=record | {"message": "another"}, timeout=30).json()["message"] == (
        "commit id: invalid value: validation error"
    )
    assert session.post(url, json=record, timeout=30).status_code == 204
    again = session.post(url, json=record, timeout=30)
    assert (again.status_code, again.json()["message"]) == (409, "commit already exists: not unique")
    copied = session.get(f"{url}/{made['id']}", timeout=30).json()
    assert copied == made
    for wrong in ({"commit_id": "abc"}, {"metarange_id": "xyz"}, {"parents": ["p"]}, {"generation": -1}):
        assert session.post(url, json=record | wrong, timeout=30).status_code == 400, wrong


def test_files_of_a_commit(importer, repo):
    put(importer, repo, "a", "1")
    tree = commit(importer, repo).json()["meta_range_id"]
    session = importer.session()
    metadata = f"{importer.api}/repositories/{repo}/metadata"
    found = session.get(f"{metadata}/meta_range/{tree}", timeout=30)
    assert (found.json(), found.headers["Location"]) == ({"location": f"_lakefs/{tree}"}, f"_lakefs/{tree}")
    assert session.get(f"{metadata}/range/{tree}", timeout=30).json() == {"location": f"_lakefs/{tree}"}
    file = session.get(f"{metadata}/object/meta_range/{tree}", timeout=30)
    assert file.status_code == 200 and file.headers["Content-Type"] == "application/octet-stream"
    assert file.content[-8:] == bytes.fromhex("f7cff485b741e288")  # a table's magic number
    missing = session.get(f"{metadata}/object/range/{'0' * 64}", timeout=30)
    assert (missing.status_code, missing.json()["message"]) == (410, "No data")
    for bad in ("..%2F..%2Fdummy", "dummy", "0" * 63):
        assert session.get(f"{metadata}/object/range/{bad}", timeout=30).status_code == 400, bad
        assert session.get(f"{metadata}/range/{bad}", timeout=30).status_code == 400, bad


def test_metadata_of_a_repository(importer, repo):
    session = importer.session()
    url = f"{importer.api}/repositories/{repo}/metadata"
    assert session.get(url, timeout=30).json() == {}
    assert session.post(url, json={"metadata": {"a": "1", "b": "2"}}, timeout=30).status_code == 204
    assert session.post(url, json={"metadata": {"b": "3"}}, timeout=30).status_code == 204
    assert session.delete(url, json={"keys": ["a", "nope"]}, timeout=30).status_code == 204
    assert session.get(url, timeout=30).json() == {"b": "3"}
    assert session.post(f"{importer.api}/repositories/no-such-repo/metadata", json={"metadata": {}}, timeout=30).status_code == 404


def test_metadata_of_an_object(importer, repo, tmp_path):
    put(importer, repo, "a", "1")
    client = lakefs_sdk.ApiClient(
        lakefs_sdk.Configuration(host=importer.api, username=importer.access_key_id, password=importer.secret_access_key)
    )
    objects = lakefs_sdk.ObjectsApi(client)
    objects.update_object_user_metadata(repo, "main", "a", lakefs_sdk.UpdateObjectUserMetadata(set={"k": "1", "l": "2"}))
    objects.update_object_user_metadata(repo, "main", "a", lakefs_sdk.UpdateObjectUserMetadata(set={"k": "3"}))
    assert objects.stat_object(repo, "main", "a").metadata == {"k": "3"}
    assert content(importer, repo) == {"a": "1"}
    with pytest.raises(lakefs_sdk.exceptions.NotFoundException):
        objects.update_object_user_metadata(repo, "main", "nope", lakefs_sdk.UpdateObjectUserMetadata(set={}))
