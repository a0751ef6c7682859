"""Merges, differences, reverts, cherry-picks and resets with the official SDK, with lakectl and on the wire."""

import concurrent.futures

import lakefs
import pytest
from lakefs.client import Client
from lakefs.exceptions import ConflictException

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
