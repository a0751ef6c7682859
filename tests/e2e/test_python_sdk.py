"""The official Python SDKs, unchanged, against a running server."""

import lakefs
import lakefs_sdk
import pytest
from lakefs.client import Client
from lakefs_sdk.client import LakeFSClient


@pytest.fixture
def client(server):
    return Client(host=server.url, username=server.access_key_id, password=server.secret_access_key)


@pytest.fixture
def raw(server):
    configuration = lakefs_sdk.Configuration(
        host=server.api, username=server.access_key_id, password=server.secret_access_key
    )
    return LakeFSClient(configuration)


def test_versions_of_an_object(client, repository):
    repo = lakefs.Repository(repository, client=client)
    main = repo.branch("main")
    main.object("tables/a.csv").upload(data="1,2\n", mode="wb", content_type="text/csv", metadata={"owner": "jo"})
    assert [c.path for c in main.uncommitted()] == ["tables/a.csv"]
    first = main.commit(message="first", metadata={"k": "v"})
    main.object("tables/a.csv").upload(data="3,4\n", mode="wb")
    second = main.commit(message="second")
    assert repo.ref(first.id).object("tables/a.csv").reader(mode="r").read() == "1,2\n"
    assert main.object("tables/a.csv").reader(mode="r").read() == "3,4\n"
    stat = repo.ref(first.id).object("tables/a.csv").stat()
    assert (stat.size_bytes, stat.content_type, stat.metadata) == (4, "text/csv", {"owner": "jo"})
    assert [c.message for c in main.log()] == ["second", "first", "Repository created"]
    assert second.get_commit().metadata == {} and first.get_commit().metadata == {"k": "v"}


def test_branches_and_tags(client, repository):
    repo = lakefs.Repository(repository, client=client)
    main = repo.branch("main")
    main.object("a").upload(data="1")
    commit = main.commit(message="one")
    dev = repo.branch("dev").create(source_reference="main")
    dev.object("b").upload(data="2")
    dev.commit(message="on dev")
    assert [o.path for o in main.objects()] == ["a"]
    assert [o.path for o in dev.objects()] == ["a", "b"]
    tag = repo.tag("v1").create(commit.id)
    assert tag.get_commit().id == commit.id
    assert sorted(b.id for b in repo.branches()) == ["dev", "main"]
    assert [t.id for t in repo.tags()] == ["v1"]
    with pytest.raises(lakefs.exceptions.ConflictException):
        repo.branch("dev").create(source_reference="main")
    dev.delete()
    tag.delete()
    assert [b.id for b in repo.branches()] == ["main"]
    with pytest.raises(lakefs.exceptions.NotFoundException):
        dev.object("b").stat()


def test_listing_pages_and_prefixes(client, repository):
    main = lakefs.Repository(repository, client=client).branch("main")
    paths = sorted(f"p/{i % 3}/{i:02}" for i in range(25))
    for path in paths:
        main.object(path).upload(data=path)
    assert [o.path for o in main.objects(max_amount=1000)] == paths
    groups = list(main.objects(prefix="p/", delimiter="/"))
    assert [g.path for g in groups] == ["p/0/", "p/1/", "p/2/"]


def test_exclusive_create(client, repository):
    main = lakefs.Repository(repository, client=client).branch("main")
    main.object("once").upload(data="1", mode="x")
    with pytest.raises(lakefs.exceptions.ObjectExistsException):
        main.object("once").upload(data="2", mode="x")


@pytest.mark.smoke
def test_generated_sdk(raw, repository, tmp_path):
    body = bytes(range(256)) * 1000
    file = tmp_path / "data.bin"
    file.write_bytes(body)
    stats = raw.objects_api.upload_object(repository, "main", "bin/data.bin", content=str(file))
    assert stats.size_bytes == len(body)
    assert bytes(raw.objects_api.get_object(repository, "main", "bin/data.bin")) == body
    assert bytes(raw.objects_api.get_object(repository, "main", "bin/data.bin", range="bytes=10-19")) == body[10:20]
    raw.objects_api.copy_object(
        repository, "main", "bin/copy.bin", lakefs_sdk.ObjectCopyCreation(src_path="bin/data.bin")
    )
    commit = raw.commits_api.commit(repository, "main", lakefs_sdk.CommitCreation(message="m"))
    listing = raw.objects_api.list_objects(repository, commit.id)
    assert [o.path for o in listing.results] == ["bin/copy.bin", "bin/data.bin"]
    assert listing.results[0].checksum == listing.results[1].checksum
    errors = raw.objects_api.delete_objects(
        repository, "main", lakefs_sdk.PathList(paths=["bin/copy.bin", "bin/data.bin", "never"])
    )
    assert errors.errors == []
    assert raw.objects_api.list_objects(repository, "main").results == []
    assert {d.path: d.type for d in raw.branches_api.diff_branch(repository, "main").results} == {
        "bin/copy.bin": "removed",
        "bin/data.bin": "removed",
    }
    assert raw.config_api.get_config().storage_config.blockstore_type == "local"
    raw.repositories_api.delete_repository(repository)
    with pytest.raises(lakefs_sdk.exceptions.NotFoundException):
        raw.repositories_api.get_repository(repository)
