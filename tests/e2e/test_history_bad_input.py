"""Every wrong name, reference, number and id given to an operation on history gets its documented error, and nothing is written.

Tables: a place is where a reference or a branch name may stand, MALFORMED_* and UNKNOWN_* what may stand there. After each request everything that
the interface shows of the repository, and every file of the block store, is what it was.
"""

import json

import pytest

from tests.lib.refusals import JSON, ZERO_ID, Place, Repository, encode, named

# Where any reference may stand, the staging area of a branch included.
TREE_PLACES = [
    Place("list", "get", "/refs/?/objects/ls"),
    Place("get", "get", "/refs/?/objects", path="a"),
    Place("stat", "get", "/refs/?/objects/stat", path="a"),
]
# Where a commit must come out.
COMMIT_PLACES = [
    Place("diff left", "get", "/refs/?/diff/main"),
    Place("diff right", "get", "/refs/main/diff/?"),
    Place("two-dot left", "get", "/refs/?/diff/main", type="two_dot"),
    Place("merge base source", "get", "/refs/?/merge/main"),
    Place("merge base destination", "get", "/refs/main/merge/?"),
    Place("merge source", "post", "/refs/?/merge/main", {}),
    Place("log", "get", "/refs/?/commits"),
    Place("log after", "get", "/refs/main/commits", after="?"),
    Place("log stop", "get", "/refs/main/commits", stop_at="?"),
    Place("commit", "get", "/commits/?"),
    Place("hard reset", "put", "/branches/main/hard_reset", ref="?"),
    Place("revert", "post", "/branches/main/revert", {"ref": "?", "parent_number": 0}),
    Place("cherry-pick", "post", "/branches/main/cherry-pick", {"ref": "?"}),
    Place("tag", "post", "/tags", {"id": "fresh", "ref": "?"}),
]
BRANCH_SOURCE = Place("branch source", "post", "/branches", {"name": "fresh", "source": "?"})

MALFORMED_REFS = [
    "~1", "^", "@", "$", "main~x", "main~1x", "main~-1", "main^-1", "main^+1", "main~1.5", "main~ 1", " main", "main\t", "ma in", "main\n", "main@1",
    "main$1", "main@@", "main$$", "main@$", "main~1@", "main@~1", "main$^", "main~99999999999999999999", "main^4294967297", "main^5", "v1@", "v1$",
    "v1^2",
]  # fmt: skip
UNKNOWN_REFS = ["nope", "nope~1", ZERO_ID, ZERO_ID + "~", "main~100", "0123456789abcdef", "f" * 65, "a/b", "...", "ключ"]

# Where a branch must be named.
BRANCH_PLACES = [
    Place("branch", "get", "/branches/?"),
    Place("delete", "delete", "/branches/?"),
    Place("uncommitted", "get", "/branches/?/diff"),
    Place("commit", "post", "/branches/?/commits", {"message": "m"}),
    Place("merge into", "post", "/refs/dev/merge/?", {}),
    Place("revert on", "post", "/branches/?/revert", {"ref": "main", "parent_number": 0}),
    Place("cherry-pick on", "post", "/branches/?/cherry-pick", {"ref": "dev"}),
    Place("hard reset of", "put", "/branches/?/hard_reset", ref="main"),
    Place("reset of", "put", "/branches/?", {"type": "reset"}),
    Place("reset a path of", "put", "/branches/?", {"type": "object", "path": "a"}),
    Place("reset a prefix of", "put", "/branches/?", {"type": "common_prefix", "path": "a"}),
]
MALFORMED_BRANCHES = ["-a", "a/b", "a b", "a.b", "main~1", "main@", "main$", "ключ", "a\x00", "%"]
UNKNOWN_BRANCHES = ["nope", "v1", ZERO_ID]


@pytest.fixture(scope="module")
def repo(server):
    return Repository(server, server.create_repository("history-bad-input"))


@pytest.fixture(autouse=True)
def nothing_is_written(repo):
    yield
    assert repo.snapshot() == repo.before


@named(TREE_PLACES + COMMIT_PLACES + [BRANCH_SOURCE])
def test_references(repo, place):
    for ref in MALFORMED_REFS:
        method, path, body, query = place.request(ref)
        repo.refuses(method, path, 400, "invalid value", json=body, params=query)
    for ref in UNKNOWN_REFS:
        method, path, body, query = place.request(ref)
        repo.refuses(method, path, 404, "not found", json=body, params=query)


@named(COMMIT_PLACES)
def test_a_staging_area_is_no_commit(repo, place):
    method, path, body, query = place.request("dirty$")
    repo.refuses(method, path, 400, "is not a commit", json=body, params=query)


@named(BRANCH_PLACES)
def test_branches(repo, place):
    for name in MALFORMED_BRANCHES:
        method, path, body, query = place.request(name)
        repo.refuses(method, path, 400, "branch id: invalid value", json=body, params=query)
    for name in UNKNOWN_BRANCHES:
        method, path, body, query = place.request(name)
        repo.refuses(method, path, 404, "branch not found", json=body, params=query)


@pytest.mark.parametrize("name", ["", "-a", "a/b", "a b", "main~1", "v1", "main", ZERO_ID + "/"])
def test_names_of_new_branches(repo, name):
    taken = name in ("v1", "main")
    repo.refuses("post", "/branches", 409 if taken else 400, "" if taken else "branch", json={"name": name, "source": "main"})


@pytest.mark.parametrize("name", ["", "@", "a.", "a.lock", "a..b", "a/b", "a@{b", "a^", "a:b", "a?", "a*", "a[", "a\\", "a b", "a\t", "v1", "main"])
def test_names_of_new_tags(repo, name):
    taken = name in ("v1", "main")
    repo.refuses("post", "/tags", 409 if taken else 400, "" if taken else "tag", json={"id": name, "ref": "main"})


def test_names_that_are_commits(repo):
    repo.refuses("post", "/branches", 409, "conflict found", json={"name": repo.first, "source": "main"})
    repo.refuses("post", "/tags", 409, "conflict found", json={"id": repo.first, "ref": "main"})


@pytest.mark.parametrize(
    "operation, number, status, text",
    [
        ("revert", 0, 409, "must specify 1-based parent number for reverting merge commit"),
        ("revert", 3, 400, "given commit does not have the given parent number"),
        ("revert", -1, 400, "parent_number"),
        ("revert", 2**31, 400, "parent_number"),
        ("revert", -(2**63), 400, "parent_number"),
        ("revert", 2**63, 400, "parent_number"),
        ("revert", 1.5, 400, "parent_number"),
        ("revert", "1", 400, "parent_number"),
        ("revert", None, 400, "parent_number"),
        ("revert", True, 400, "parent_number"),
        ("cherry-pick", "absent", 400, "must specify 1-based parent number for cherry-picking merge commit"),
        ("cherry-pick", 3, 400, "given commit does not have the given parent number"),
        ("cherry-pick", 0, 400, "parent_number"),
        ("cherry-pick", -1, 400, "parent_number"),
        ("cherry-pick", 2**31, 400, "parent_number"),
        ("cherry-pick", 2**64, 400, "number out of range"),
        ("cherry-pick", [], 400, "parent_number"),
    ],
)
def test_parent_numbers(repo, operation, number, status, text):
    body = {"ref": "main"} if number == "absent" else {"ref": "main", "parent_number": number}
    repo.refuses("post", f"/branches/main/{operation}", status, text, json=body)


@pytest.mark.parametrize(
    "method, path, body, status, text",
    [
        # What is asked for cannot be done.
        ("post", "/refs/main/merge/main", {}, 400, "no changes"),
        ("post", "/refs/v1/merge/main", {}, 400, "no changes"),
        ("post", "/refs/main/merge/dirty", {}, 400, "uncommitted changes (dirty branch)"),
        ("post", "/branches/dirty/revert", {"ref": "main", "parent_number": 1}, 400, "uncommitted changes (dirty branch)"),
        ("post", "/branches/dirty/cherry-pick", {"ref": "dev"}, 400, "uncommitted changes (dirty branch)"),
        ("put", "/branches/dirty/hard_reset?ref=main", None, 400, "uncommitted changes (dirty branch)"),
        ("post", "/branches/main/cherry-pick", {"ref": "main~100"}, 404, "not found"),
        ("post", "/branches/other/revert", {"ref": "main", "parent_number": 2}, 409, "conflict found"),
        ("post", "/branches/other/cherry-pick", {"ref": "main~1"}, 409, "conflict found"),
        ("post", "/branches/main/commits", {"message": "m"}, 400, "no changes"),
        ("delete", "/branches/main", None, 403, "cannot delete repository default branch"),
        # What is given is of the wrong kind.
        ("post", "/refs/dev/merge/other", {"strategy": "theirs"}, 400, "argument strategy: invalid value"),
        ("post", "/refs/dev/merge/other", {"strategy": 1}, 400, "strategy"),
        ("post", "/refs/dev/merge/other", {"squash_merge": "yes"}, 400, "squash_merge"),
        ("post", "/refs/dev/merge/other", {"metadata": {"a": 1}}, 400, "metadata"),
        ("post", "/refs/dev/merge/other", {"metadata": []}, 400, "metadata"),
        ("post", "/refs/dev/merge/other", {"message": None}, 400, "message"),
        ("post", "/refs/dev/merge/other", [], 400, "request body"),
        ("post", "/branches/main/revert", {"parent_number": 0}, 400, "ref"),
        ("post", "/branches/main/revert", {"ref": 1, "parent_number": 0}, 400, "ref"),
        ("post", "/branches/main/revert", {"ref": "", "parent_number": 0}, 400, "ref"),
        ("post", "/branches/main/revert", {"ref": "v1", "parent_number": 0, "commit_overrides": []}, 400, "commit_overrides"),
        ("post", "/branches/main/revert", {"ref": "v1", "parent_number": 0, "allow_empty": 1}, 400, "allow_empty"),
        ("post", "/branches/main/cherry-pick", {}, 400, "ref"),
        ("post", "/branches/main/cherry-pick", {"ref": ["v1"]}, 400, "ref"),
        ("post", "/branches/main/cherry-pick", {"ref": "v1", "commit_overrides": {"metadata": {"a": None}}}, 400, "metadata"),
        ("put", "/branches/dirty", {}, 400, "type"),
        ("put", "/branches/dirty", {"type": "everything"}, 400, "type"),
        ("put", "/branches/dirty", {"type": "object"}, 400, "path"),
        ("put", "/branches/dirty", {"type": "object", "path": ""}, 400, "path"),
        ("put", "/branches/dirty", {"type": "object", "path": "x" * 1025}, 400, "path"),
        ("put", "/branches/dirty", {"type": "common_prefix", "path": 7}, 400, "path"),
        ("put", "/branches/main/hard_reset", None, 400, "ref"),
        ("put", "/branches/main/hard_reset?ref=", None, 400, "ref"),
        ("put", "/branches/main/hard_reset?ref=v1&force=maybe", None, 400, "force"),
        ("post", "/branches", {"name": "fresh"}, 400, "source"),
        ("post", "/branches", {"name": "fresh", "source": "main$"}, 400, "can't create a branch without commit"),
        ("post", "/branches", {"name": "fresh", "source": "main", "hidden": "no"}, 400, "hidden"),
        ("post", "/tags", {"id": "fresh"}, 400, "ref"),
        ("post", "/branches/dirty/commits", {}, 400, "message"),
        ("post", "/branches/dirty/commits", {"message": "m", "date": "today"}, 400, "date"),
        ("post", "/branches/dirty/commits", {"message": "m", "date": 2**63}, 400, "date"),
        ("post", "/branches/dirty/commits", {"message": "m", "metadata": {"a": {}}}, 400, "metadata"),
        ("get", "/refs/main/diff/dev?type=one_dot", None, 400, "type"),
        ("get", "/refs/main/diff/dev?amount=1001", None, 400, "amount"),
        ("get", "/refs/main/diff/dev?amount=-2", None, 400, "amount"),
        ("get", "/refs/main/diff/dev?include_right_stats=7", None, 400, "include_right_stats"),
        ("get", "/refs/main/commits?since=yesterday", None, 400, "since"),
        ("get", "/refs/main/commits?amount=x", None, 400, "amount"),
        ("get", "/refs/main/commits?first_parent=2", None, 400, "first_parent"),
        ("get", "/refs/main/commits?limit=all", None, 400, "limit"),
        ("get", "/branches/dirty/diff?amount=1001", None, 400, "amount"),
    ],
)
def test_operations(repo, method, path, body, status, text):
    repo.refuses(method, path, status, text, json=body)


def test_conflicts_of_a_merge(repo):
    answer = repo.request("post", "/refs/main/merge/other", json={})
    assert (answer.status_code, answer.json()) == (409, {"reference": "", "conflicts": ["a"]})


@pytest.mark.parametrize("body", [b"{", b"", b'{"ref": "v1", "parent_number": 0', b"\xff\xfe", b"[" * 10000, b"null", b'"v1"'])
@pytest.mark.parametrize("path", ["/branches/main/revert", "/branches/main/cherry-pick", "/tags", "/branches", "/branches/dirty/commits"])
def test_bodies_that_are_none(repo, path, body):
    repo.refuses("post", path, 400, "request body", data=body)


@pytest.mark.parametrize("tree, status", [("nope", 400), ("0", 400), (ZERO_ID, 404), (ZERO_ID[1:] + "g", 400), (ZERO_ID + "0", 400), ("../../x", 400)])
def test_trees_that_are_none(repo, tree, status):
    repo.refuses("post", "/branches/main/commits", status, "", json={"message": "m"}, params={"source_metarange": tree})


def test_a_tree_on_a_branch_with_changes(repo):
    repo.refuses(
        "post", "/branches/dirty/commits", 400, "cannot use source MetaRange on a branch with uncommitted changes",
        json={"message": "m"}, params={"source_metarange": repo.tree},
    )  # fmt: skip


def test_repositories_that_are_none(repo, server):
    for name, status in (("nope-nope", 404), ("A", 400), ("a", 400), ("a..b", 400)):
        for place in COMMIT_PLACES + BRANCH_PLACES + [BRANCH_SOURCE]:
            method, path, body, query = place.request("main")
            answer = repo.session.request(
                method, f"{server.api}/repositories/{encode(name)}{path}", params=query, data=json.dumps(body) if body is not None else None,
                headers=JSON, timeout=30,
            )  # fmt: skip
            assert answer.status_code == status, f"{place.name} {name}: {answer.status_code} {answer.text}"


# --- Dumps ---

DUMP = {"commits_meta_range_id": ZERO_ID, "branches_meta_range_id": ZERO_ID, "tags_meta_range_id": ZERO_ID}


@pytest.mark.parametrize("method, path", [("put", "/refs/restore"), ("post", "/restore")])
@pytest.mark.parametrize(
    "body, text",
    [
        ({}, "commits_meta_range_id"),
        ({**DUMP, "commits_meta_range_id": 7}, "commits_meta_range_id"),
        ({**DUMP, "tags_meta_range_id": None}, "tags_meta_range_id"),
        ([], "request body"),
    ],
)
def test_manifests(repo, method, path, body, text):
    repo.refuses(method, path, 400, text, json=body)


def test_restoring_over_a_repository(repo):
    repo.refuses("put", "/refs/restore", 400, "can only restore into a bare repository", json=DUMP)


@pytest.mark.parametrize("path", ["/dump", "/restore"])
def test_tasks_that_are_none(repo, path):
    for wrong in ("nope", "DR", "DR" + "a" * 20, "RR" + "a" * 20, "GCPC" + "a" * 20, ZERO_ID):
        repo.refuses("get", path, 404, "not found", params={"task_id": wrong})
