"""Merges, differences, reverts, cherry-picks and resets with the official SDK, with lakectl and on the wire."""

import concurrent.futures
import datetime

import lakefs
import pytest
from botocore.exceptions import ClientError
from lakefs.client import Client
from lakefs.exceptions import BadRequestException, ConflictException, NotFoundException, TransactionException

from tests.lib.client import Lakectl


@pytest.fixture
def repo(server, repository):
    client = Client(host=server.url, username=server.access_key_id, password=server.secret_access_key)
    return lakefs.Repository(repository, client=client)


def put(branch, path, text):
    branch.object(path).upload(data=text, mode="wb")


def change(branch, path, text):
    put(branch, path, text)
    return branch.commit(message=f"{path}={text}")


def content(ref):
    return {item.path: ref.object(item.path).reader(mode="r").read() for item in ref.objects()}


def test_merge_with_the_sdk(repo):
    main = repo.branch("main")
    change(main, "a", "1")
    dev = repo.branch("dev").create("main")
    change(dev, "b", "1")
    change(main, "c", "1")
    assert [(d.type, d.path) for d in main.diff(other_ref=dev)] == [("added", "b")]
    merged = dev.merge_into(main, message="all of dev")
    assert content(main) == {"a": "1", "b": "1", "c": "1"}
    head = main.get_commit()
    assert (head.id, head.message, len(head.parents)) == (merged, "all of dev", 2)
    assert head.metadata == {".lakefs.merge.strategy": "default"}


def test_conflicts_name_their_paths(server, repo):
    main = repo.branch("main")
    change(main, "a", "1")
    dev = repo.branch("dev").create("main")
    change(dev, "a", "2")
    change(main, "a", "3")
    with pytest.raises(ConflictException):
        dev.merge_into(main)
    merge = f"{server.api}/repositories/{repo.id}/refs/dev/merge/main"
    answer = server.session().post(merge, timeout=30)
    assert (answer.status_code, answer.json()) == (409, {"reference": "", "conflicts": ["a"]})
    bad = server.session().post(merge, json={"strategy": "theirs"}, timeout=30)
    assert (bad.status_code, bad.json()["message"]) == (400, "argument strategy: invalid value: validation error")
    assert content(main) == {"a": "3"}
    won = server.session().post(merge, json={"strategy": "source-wins"}, timeout=30)
    assert won.status_code == 200 and won.json()["reference"] == main.get_commit().id
    assert content(main) == {"a": "2"}


def test_revert_cherry_pick_and_reset_with_the_sdk(repo):
    main = repo.branch("main")
    change(main, "a", "1")
    second = change(main, "a", "2")
    main.revert(second.id)
    assert content(main) == {"a": "1"}
    dev = repo.branch("dev").create("main")
    wanted = change(dev, "b", "1")
    picked = main.cherry_pick(wanted.id)
    assert picked.metadata["cherry-pick-origin"] == wanted.id
    assert content(main) == {"a": "1", "b": "1"}
    put(main, "a", "9")
    put(main, "x/y", "9")
    main.reset_changes("object", "a")
    assert content(main) == {"a": "1", "b": "1", "x/y": "9"}
    main.reset_changes("common_prefix", "x/")
    assert content(main) == {"a": "1", "b": "1"}
    put(main, "z", "9")
    main.reset_changes()
    assert content(main) == {"a": "1", "b": "1"}


def test_differences_on_the_wire(server, repo):
    main = repo.branch("main")
    for path in ("d/1", "d/2", "e"):
        put(main, path, "1")
    main.commit(message="base")
    dev = repo.branch("dev").create("main")
    dev.object("d/1").delete()
    put(dev, "d/2", "22")
    put(dev, "f/1", "1")
    dev.commit(message="dev")

    def diff(left, right, **query):
        url = f"{server.api}/repositories/{repo.id}/refs/{left}/diff/{right}"
        return server.session().get(url, params=query, timeout=30)

    found = diff("main", "dev", include_right_stats="true").json()
    assert [(item["type"], item["path"], item["size_bytes"]) for item in found["results"]] == [
        ("removed", "d/1", 1), ("changed", "d/2", 2), ("added", "f/1", 1)
    ]
    assert found["results"][1]["right"]["checksum"] == "b6d767d2f8ed5d21a44b0e5886680cb9"
    assert found["pagination"]["has_more"] is False
    folded = diff("main", "dev", delimiter="/").json()["results"]
    assert [(item["type"], item["path"], item["path_type"]) for item in folded] == [
        ("prefix_changed", "d/", "common_prefix"), ("prefix_changed", "f/", "common_prefix")
    ]
    page = diff("main", "dev", amount=1, after="d/1").json()
    assert [item["path"] for item in page["results"]] == ["d/2"] and page["pagination"]["next_offset"] == "d/2"
    assert [i["path"] for i in diff("main", "dev", prefix="f/").json()["results"]] == ["f/1"]
    assert [(i["type"], i["path"]) for i in diff("dev", "main", type="two_dot").json()["results"]] == [
        ("added", "d/1"), ("changed", "d/2"), ("removed", "f/1")
    ]
    assert diff("main", "dev$").status_code == 400
    assert diff("main", "nope").status_code == 404


def test_log_of_a_path(server, repo):
    main = repo.branch("main")
    change(main, "a/1", "1")
    change(main, "b", "1")
    change(main, "a/2", "1")

    def messages(**query):
        answer = server.session().get(f"{server.api}/repositories/{repo.id}/refs/main/commits", params=query, timeout=30)
        return [commit["message"] for commit in answer.json()["results"]]

    assert messages(objects="b") == ["b=1"]
    assert messages(prefixes=["a/"]) == ["a/2=1", "a/1=1"]
    assert messages(objects=["b", "a/1"]) == ["b=1", "a/1=1"]
    assert messages(objects="nothing") == []


def test_history_with_lakectl(server, repo, tmp_path):
    ctl = Lakectl(server, tmp_path)
    main, dev = f"lakefs://{repo.id}/main", f"lakefs://{repo.id}/dev"
    change(repo.branch("main"), "a", "1")
    ctl("branch", "create", dev, "-s", main)
    wanted = change(repo.branch("dev"), "b", "1")
    assert "added" in ctl("diff", main, dev)
    base = repo.branch("main").get_commit().id
    assert base in ctl("find-merge-base", dev, main)
    ctl("merge", dev, main, "-m", "by hand")
    assert content(repo.branch("main")) == {"a": "1", "b": "1"}
    ctl("branch", "revert", main, "main", "-m", "1", "-y")
    assert content(repo.branch("main")) == {"a": "1"}
    ctl("cherry-pick", f"lakefs://{repo.id}/{wanted.id}", main)
    assert content(repo.branch("main")) == {"a": "1", "b": "1"}
    put(repo.branch("main"), "c", "1")
    ctl("branch", "reset", main, "-y")
    assert content(repo.branch("main")) == {"a": "1", "b": "1"}
    assert ctl.run("merge", "lakefs://nope-nope/dev", main).returncode == 1


def test_moving_a_branch(server, repo):
    main = repo.branch("main")
    first = change(main, "a", "1")
    change(main, "a", "2")
    url = f"{server.api}/repositories/{repo.id}/branches/main/hard_reset"
    put(main, "b", "1")
    dirty = server.session().put(url, params={"ref": "main~1"}, timeout=30)
    assert (dirty.status_code, dirty.json()["message"]) == (400, "uncommitted changes (dirty branch)")
    main.object("b").delete()
    assert server.session().put(url, params={"ref": "main~1"}, timeout=30).status_code == 204
    assert main.get_commit().id == first.id
    unknown = server.session().put(url, params={"ref": "nope"}, timeout=30)
    assert (unknown.status_code, unknown.json()["message"]) == (404, "hard-reset main to nope: not found")


def test_many_merges_into_one_branch_at_once(server, repo):
    """They queue; none is told to come again."""
    count = 64
    main = repo.branch("main")
    change(main, "base", "1")
    session = server.session()
    branches = f"{server.api}/repositories/{repo.id}/branches"
    for number in range(count):
        name = f"b{number}"
        assert session.post(branches, json={"name": name, "source": "main"}, timeout=30).status_code == 201
        assert session.post(f"{branches}/{name}/objects", params={"path": f"file/{number}"}, data=b"x", timeout=30).status_code == 201
        assert session.post(f"{branches}/{name}/commits", json={"message": name}, timeout=30).status_code == 201

    def merge(number):
        own = server.session()
        return own.post(f"{server.api}/repositories/{repo.id}/refs/b{number}/merge/main", timeout=60).status_code

    with concurrent.futures.ThreadPoolExecutor(count) as pool:
        assert set(pool.map(merge, range(count))) == {200}
    assert set(content(main)) == {"base"} | {f"file/{number}" for number in range(count)}
    assert len(list(main.log(max_amount=1000, first_parent=True))) == count + 2


def test_references_of_every_form_with_the_sdk(repo):
    main = repo.branch("main")
    first = change(main, "a", "1")
    second = change(main, "a", "2")
    dev = repo.branch("dev").create("main~1")
    change(dev, "b", "1")
    merge = dev.merge_into(main)
    put(main, "a", "staged")
    tag = repo.tag("v1.0").create("main^1")
    expected = {
        "main": {"a": "staged", "b": "1"},
        "main@": {"a": "2", "b": "1"},
        "main$": {"a": "staged", "b": "1"},
        merge: {"a": "2", "b": "1"},
        merge[:12]: {"a": "2", "b": "1"},
        "main~": {"a": "2"},
        "main~0": {"a": "2", "b": "1"},
        "main^2": {"a": "1", "b": "1"},
        "main^2~1": {"a": "1"},
        "main~2": {"a": "1"},
        "v1.0": {"a": "2"},
        "v1.0~1": {"a": "1"},
        f"{merge[:12]}^2^": {"a": "1"},
    }
    for name, tree in expected.items():
        assert content(repo.ref(name)) == tree, name
    assert tag.get_commit().id == second.id
    assert repo.ref("main~2").get_commit().id == first.id
    for nothing in ("main~9", "none", "v2.0", "00000000000000"):
        with pytest.raises(NotFoundException):
            repo.ref(nothing).get_commit()
    for wrong in ("main^3", "main~x", "main$~1", "main@^"):
        with pytest.raises(BadRequestException):
            list(repo.ref(wrong).objects())


def test_log_with_the_sdk(repo):
    main = repo.branch("main")
    first = change(main, "a/1", "1")
    dev = repo.branch("dev").create("main")
    change(dev, "b/1", "1")
    change(main, "a/2", "1")
    dev.merge_into(main, message="merge")

    def messages(**filters):
        return [commit.message for commit in main.log(**filters)]

    everything = ["merge", "a/2=1", "b/1=1", "a/1=1", "Repository created"]
    assert messages() == everything
    assert messages(max_amount=2) == everything[:2]
    assert messages(first_parent=True) == ["merge", "a/2=1", "a/1=1", "Repository created"]
    assert messages(prefixes=["a/"]) == ["a/2=1", "a/1=1"]
    assert messages(objects=["b/1"]) == ["b/1=1"]
    assert messages(objects=["b/1"], prefixes=["a/2"]) == ["a/2=1", "b/1=1"]
    assert messages(stop_at=first.id) == everything[:4]
    assert messages(limit=True, max_amount=1) == everything[:1]
    assert messages(since=datetime.datetime(2001, 1, 1, tzinfo=datetime.timezone.utc)) == everything
    later = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=1)
    assert messages(since=later) == []
    # Pages of one and two: the same list.
    assert [messages(amount=size) for size in (1, 2)] == [everything, everything]


def test_differences_with_the_sdk(repo):
    main = repo.branch("main")
    for path in ("d/1", "d/2", "e"):
        put(main, path, "1")
    main.commit(message="base")
    dev = repo.branch("dev").create("main")
    dev.object("d/1").delete()
    put(dev, "f/1", "1")
    dev.commit(message="dev")
    change(main, "e", "2")

    def listed(changes):
        return [(change.type, change.path) for change in changes]

    assert listed(main.diff(dev)) == [("removed", "d/1"), ("added", "f/1")]
    assert listed(main.diff("dev", type="two_dot")) == [("removed", "d/1"), ("changed", "e"), ("added", "f/1")]
    assert listed(main.diff(dev, prefix="f/")) == [("added", "f/1")]
    assert listed(main.diff(dev, max_amount=1)) == [("removed", "d/1")]
    assert listed(main.diff(dev, after="d/1")) == [("added", "f/1")]
    assert listed(main.diff(dev, delimiter="/")) == [("prefix_changed", "d/"), ("prefix_changed", "f/")]
    put(dev, "g", "1")
    dev.object("e").delete()
    assert listed(dev.uncommitted()) == [("removed", "e"), ("added", "g")]
    assert listed(dev.uncommitted(prefix="g")) == [("added", "g")]
    dev.reset_changes()
    assert listed(dev.uncommitted()) == []


def test_merges_with_the_sdk(repo):
    main = repo.branch("main")
    change(main, "a", "0")
    dev = repo.branch("dev").create("main")
    change(dev, "a", "theirs")
    change(main, "a", "ours")
    with pytest.raises(ConflictException):
        dev.merge_into(main)
    dev.merge_into(main, strategy="dest-wins", message="ours", metadata={"ticket": "7"})
    assert content(main) == {"a": "ours"}
    assert main.get_commit().metadata == {"ticket": "7", ".lakefs.merge.strategy": "dest-wins"}
    change(dev, "a", "theirs again")
    dev.merge_into(main, strategy="source-wins", squash_merge=True)
    assert content(main) == {"a": "theirs again"}
    assert len(main.get_commit().parents) == 1
    with pytest.raises(BadRequestException, match="no changes"):
        repo.ref("main").merge_into("main")
    old = repo.ref("main~2")
    old.merge_into(main, allow_empty=True)
    assert content(main) == {"a": "theirs again"}
    # A tag, and a commit by its prefix, can be a source too.
    change(dev, "b", "1")
    repo.tag("v1").create(dev)
    release = repo.branch("release").create("main")
    repo.tag("v1").merge_into(release, strategy="source-wins")
    assert content(release)["b"] == "1"


def test_revert_with_the_sdk(repo):
    main = repo.branch("main")
    change(main, "a", "1")
    two = change(main, "b", "1")
    dev = repo.branch("dev").create("main")
    change(dev, "c", "1")
    change(main, "d", "1")
    merge = dev.merge_into(main)
    with pytest.raises(ConflictException):
        main.revert(merge)
    reverted = main.revert(merge, parent_number=1)
    assert reverted.message == f"Revert {merge}"
    assert sorted(content(main)) == ["a", "b", "d"]
    main.revert(two)
    assert sorted(content(main)) == ["a", "d"]
    with pytest.raises(BadRequestException):
        main.revert(merge, parent_number=3)
    with pytest.raises(BadRequestException, match="no changes"):
        main.revert(two)
    change(main, "d", "2")
    with pytest.raises(ConflictException):
        main.revert(merge, parent_number=2)  # which brought d=1
    assert content(main) == {"a": "1", "d": "2"}


def test_cherry_pick_with_the_sdk(repo):
    main = repo.branch("main")
    change(main, "a", "1")
    dev = repo.branch("dev").create("main")
    put(dev, "b", "1")
    picked = dev.commit(message="with metadata", metadata={"k": "v"})
    change(dev, "c", "1")
    made = main.cherry_pick(picked)
    assert (made.message, made.metadata["k"], made.metadata["cherry-pick-origin"]) == ("with metadata", "v", picked.id)
    assert content(main) == {"a": "1", "b": "1"}
    main.cherry_pick(picked)
    assert content(main) == {"a": "1", "b": "1"}, "what is there already makes a commit without changes"
    with pytest.raises(BadRequestException, match="does not have the given parent number"):
        main.cherry_pick(list(main.log())[-1].id)  # nothing is before the first commit
    change(main, "c", "other")
    with pytest.raises(ConflictException):
        main.cherry_pick("dev")
    with pytest.raises(NotFoundException):
        main.cherry_pick("nothing")
    assert content(main) == {"a": "1", "b": "1", "c": "other"}


def test_transactions_with_the_sdk(repo):
    main = repo.branch("main")
    change(main, "a", "1")
    with main.transact(commit_message="all at once", commit_metadata={"k": "v"}, tag="done") as tx:
        tx.object("a").delete()
        tx.object("b").upload(data="2", mode="wb")
        assert content(main) == {"a": "1"}, "nobody sees a part"
        assert [branch.id for branch in repo.branches()] == ["main"], "the branch is hidden"
    assert content(main) == {"b": "2"}
    assert [commit.message for commit in main.log(max_amount=2)][1] == "all at once"
    assert repo.tag("done").get_commit().id == main.get_commit().id
    head = main.get_commit().id
    with pytest.raises(RuntimeError):
        with main.transact(commit_message="never") as tx:
            tx.object("c").upload(data="3", mode="wb")
            raise RuntimeError("changed my mind")
    assert main.get_commit().id == head and content(main) == {"b": "2"}
    # Somebody else changes the same object meanwhile.
    with pytest.raises(TransactionException):
        with main.transact(commit_message="too late") as tx:
            tx.object("b").upload(data="mine", mode="wb")
            change(main, "b", "theirs")
    assert content(main) == {"b": "theirs"}


def test_tags_with_the_sdk(repo):
    main = repo.branch("main")
    first = change(main, "a", "1")
    tag = repo.tag("v1").create("main")
    change(main, "a", "2")
    assert tag.get_commit().id == first.id and content(tag) == {"a": "1"}
    with pytest.raises(ConflictException):
        repo.tag("v1").create("main")
    assert repo.tag("v1").create("main", exist_ok=True).get_commit().id == first.id, "a tag does not move"
    with pytest.raises(ConflictException):
        repo.tag("main").create("main")
    repo.tag("v2").create(repo.ref("main~1"))
    assert [t.id for t in repo.tags()] == ["v1", "v2"]
    assert [t.id for t in repo.tags(prefix="v2")] == ["v2"]
    assert [t.id for t in repo.tags(after="v1")] == ["v2"]
    tag.delete()
    with pytest.raises(NotFoundException):
        tag.get_commit()
    with pytest.raises(NotFoundException):
        list(tag.objects())


def test_references_through_the_gateway(server, repo):
    """A reference of any form is the first part of a key; only branches can be written."""
    s3 = server.s3()
    main = repo.branch("main")
    put(main, "dir/a", "1")
    first = change(main, "dir/b", "1")
    put(main, "dir/a", "22")
    main.object("dir/b").delete()
    second = main.commit(message="second")
    repo.tag("v1.0").create(first)
    put(main, "dir/staged", "333")

    def keys(prefix, **more):
        page = s3.list_objects_v2(Bucket=repo.id, Prefix=prefix, **more)
        return [item["Key"] for item in page.get("Contents", [])] + [p["Prefix"] for p in page.get("CommonPrefixes", [])]

    old = ["dir/a", "dir/b"]
    for ref, paths in {
        "main": ["dir/a", "dir/staged"],
        "main@": ["dir/a"],
        "main~": old,
        "main~1": old,
        "main^1": old,
        "v1.0": old,
        "v1.0~0": old,
        first.id: old,
        first.id[:10]: old,
        f"{second.id[:10]}~1": old,
        f"{second.id}^": old,
    }.items():
        assert keys(f"{ref}/") == [f"{ref}/{path}" for path in paths], ref
        assert keys(f"{ref}/", Delimiter="/") == [f"{ref}/dir/"], ref
        assert keys(f"{ref}/dir/", MaxKeys=1) == [f"{ref}/{paths[0]}"], ref
    assert s3.get_object(Bucket=repo.id, Key="main~1/dir/a")["Body"].read() == b"1"
    assert s3.get_object(Bucket=repo.id, Key="v1.0/dir/a")["Body"].read() == b"1"
    assert s3.get_object(Bucket=repo.id, Key=f"{second.id[:10]}/dir/a", Range="bytes=1-")["Body"].read() == b"2"
    assert s3.head_object(Bucket=repo.id, Key=f"{first.id}/dir/b")["ContentLength"] == 1
    for key in ("main~9/dir/a", "v2.0/dir/a", "main/dir/b", f"{second.id}/dir/b"):
        with pytest.raises(ClientError) as missing:
            s3.get_object(Bucket=repo.id, Key=key)
        assert missing.value.response["ResponseMetadata"]["HTTPStatusCode"] == 404, key
    for key in ("v1.0/new", f"{first.id}/new", "main~1/new"):
        with pytest.raises(ClientError) as refused:
            s3.put_object(Bucket=repo.id, Key=key, Body=b"x")
        assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] in (400, 404), key
    # A copy out of the past brings an object back.
    s3.copy_object(Bucket=repo.id, Key="main/dir/b", CopySource={"Bucket": repo.id, "Key": "main~1/dir/b"})
    assert s3.get_object(Bucket=repo.id, Key="main/dir/b")["Body"].read() == b"1"
