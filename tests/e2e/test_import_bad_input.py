"""Every wrong id and source given to imports and to the plumbing below commits gets its documented error, and nothing is written."""

import pytest

from tests.lib.refusals import ZERO_ID, Place, Repository, named
from tests.lib.server import TarnServer


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """What may be imported."""
    folder = tmp_path_factory.mktemp("bad-imports") / "source"
    folder.mkdir()
    (folder / "file").write_text("text")
    return folder


@pytest.fixture(scope="module")
def repo(folder):
    server = TarnServer(
        folder.parent / "server", TARN_BLOCKSTORE_LOCAL_IMPORT_ENABLED="true", TARN_BLOCKSTORE_LOCAL_ALLOWED_EXTERNAL_PREFIXES=str(folder)
    ).start()
    yield Repository(server, server.create_repository("repo"))
    server.stop()


@pytest.fixture(autouse=True)
def nothing_is_written(repo):
    yield
    assert repo.snapshot() == repo.before


# --- Ids of ranges and metaranges ---

TABLE_PLACES = [
    Place("range", "get", "/metadata/range/?"),
    Place("metarange", "get", "/metadata/meta_range/?"),
    Place("file of a range", "get", "/metadata/object/range/?"),
    Place("file of a metarange", "get", "/metadata/object/meta_range/?"),
]
MALFORMED_IDS = ["x", "0", ZERO_ID[1:], ZERO_ID + "0", ZERO_ID[1:] + "g", "A" * 64, "a/" + ZERO_ID[2:], "..%2F" + ZERO_ID, ZERO_ID + "\n"]


@named(TABLE_PLACES)
def test_ids_of_tables(repo, place):
    for wrong in MALFORMED_IDS:
        method, path, body, query = place.request(wrong)
        repo.refuses(method, path, 400, "invalid value", json=body, params=query)


def test_files_that_are_not_there(repo):
    for kind in ("range", "meta_range"):
        repo.refuses("get", f"/metadata/object/{kind}/{ZERO_ID}", 410, "No data")
    repo.refuses("get", f"/metadata/object/commit/{repo.tree}", 400, "type")


# --- Commit records ---


def record(**changed):
    whole = {
        "commit_id": ZERO_ID, "version": 1, "committer": "jo", "message": "m", "metarange_id": "", "creation_date": 1700000000, "parents": [],
        "metadata": {}, "generation": 1,
    }  # fmt: skip
    return {key: value for key, value in {**whole, **changed}.items() if value != "absent"}


@pytest.mark.parametrize(
    "changed, text",
    [
        ({}, "commit id: invalid value"),
        ({"commit_id": "x"}, "commit"),
        ({"commit_id": 7}, "commit_id"),
        ({"commit_id": "absent"}, "commit_id"),
        ({"version": 2}, "version"),
        ({"version": -1}, "version"),
        ({"version": "1"}, "version"),
        ({"parents": "absent"}, "parents"),
        ({"parents": ZERO_ID}, "parents"),
        ({"parents": [7]}, "parents"),
        ({"generation": 1.5}, "generation"),
        ({"generation": "absent"}, "generation"),
        ({"generation": 2**63}, "generation"),
        ({"creation_date": "now"}, "creation_date"),
        ({"creation_date": -(2**63) - 1}, "number out of range"),
        ({"metadata": ["a"]}, "metadata"),
        ({"metarange_id": None}, "metarange_id"),
    ],
)
def test_commit_records(repo, changed, text):
    repo.refuses("post", "/commits", 400, text, json=record(**changed))


# --- Imports ---


def source(**changed):
    return {key: value for key, value in {"type": "common_prefix", "path": "local:///nowhere/", "destination": "", **changed}.items() if value != "absent"}


@pytest.mark.parametrize(
    "body, status, text",
    [
        ({}, 400, "paths"),
        ({"paths": [source()]}, 400, "commit"),
        ({"paths": source(), "commit": {"message": ""}}, 400, "paths"),
        ({"paths": [source(type="file")], "commit": {"message": ""}}, 400, "type"),
        ({"paths": [source(type="absent")], "commit": {"message": ""}}, 400, "type"),
        ({"paths": [source(path="absent")], "commit": {"message": ""}}, 400, "path"),
        ({"paths": [source(path=7)], "commit": {"message": ""}}, 400, "path"),
        ({"paths": [source(destination="absent")], "commit": {"message": ""}}, 400, "destination"),
        ({"paths": [source()], "commit": {}}, 400, "message"),
        ({"paths": [source()], "commit": {"message": "", "metadata": {"a": 1}}}, 400, "metadata"),
        ({"paths": [], "commit": {"message": ""}}, 400, ""),
        ({"paths": [source(path="nowhere")], "commit": {"message": ""}}, 400, ""),
        ({"paths": [source(path="")], "commit": {"message": ""}}, 400, ""),
        ({"paths": [source(path="s3://bucket/")], "commit": {"message": ""}}, 400, ""),
        ({"paths": [source(path="local://bucket/repo/")], "commit": {"message": ""}}, 400, "invalid import source"),
        ({"paths": [source(path="local://bucket/")], "commit": {"message": ""}}, 400, "invalid import source"),
        ({"paths": [source(path="local:///etc/")], "commit": {"message": ""}}, 403, ""),
        ({"paths": [source(path="local:///")], "commit": {"message": ""}}, 403, ""),
    ],
)
def test_imports(repo, body, status, text):
    repo.refuses("post", "/branches/main/import", status, text, json=body)


def test_ways_out_of_the_folder(repo, folder):
    for path in (f"local://{folder}/../", f"local://{folder}/../server/", f"local://{folder}-other/", f"local://{folder}/./../server/data/"):
        answer = repo.request("post", "/branches/main/import", json={"paths": [source(path=path)], "commit": {"message": ""}})
        assert answer.status_code in (400, 403), f"{path}: {answer.text}"


def test_imports_on_branches_that_are_none(repo, folder):
    body = {"paths": [source(path=f"local://{folder}/")], "commit": {"message": ""}}
    for name, status in (("nope", 404), ("v1", 404), ("-a", 400), ("a%2Fb", 400), ("main@", 400)):
        repo.refuses("post", f"/branches/{name}/import", status, "branch", json=body)


@pytest.mark.parametrize("method", ["get", "delete"])
def test_imports_that_are_none(repo, method):
    for wrong in ("nope", "c0000000000000000000", ZERO_ID, "../x"):
        repo.refuses(method, "/branches/main/import", 404, "not found", params={"id": wrong})
    repo.refuses(method, "/branches/main/import", 400, "id")
