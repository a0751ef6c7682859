"""Runs of actions that users order, by API and by command line; checking of action files."""

import re

import pytest

from tests.e2e.test_actions import Repository, action
from tests.lib.client import Lakectl

BACKFILL = action("backfill", ["post-commit"], "print(action.event_type, action.commit.message, username)", "print('two')")


@pytest.fixture
def repo(server, repository):
    return Repository(server, repository)


@pytest.fixture
def lakectl(server, tmp_path):
    return Lakectl(server, tmp_path)


def order(repo, path="", **parts):
    url = f"{repo.server.api}/tarn/repositories/{repo.name}/actions/runs{path}"
    return repo.session.post(url, json=parts.pop("body", None), params=parts, timeout=30)


def finished(repo, run_id):
    repo.wait_for_runs(1)
    for _ in range(1500):
        found = repo.get(f"/{run_id}")
        if found.status_code == 200:
            return found.json()
        repo.get("")
    raise AssertionError(f"run {run_id} does not end")


def test_a_new_action_runs_for_an_old_commit(repo):
    old = repo.committed("old")
    repo.upload("_lakefs_actions/b.yaml", BACKFILL)
    repo.committed("new")
    repo.wait_for_runs(1)
    answer = order(repo, body={"action": "backfill", "ref": old})
    assert (answer.status_code, answer.json()["message"]) == (404, f"action 'backfill' at '{old}': nothing to run")
    answer = order(repo, body={"action": "backfill", "ref": old, "actions_ref": "main", "branch": "main"})
    assert answer.status_code == 202, answer.text
    run = finished(repo, answer.json()["run_id"])
    assert (run["status"], run["commit_id"], run["branch"], run["event_type"]) == ("completed", old, "main", "post-commit")
    assert repo.log(run["run_id"]) == "post-commit\told\tadmin\n"
    assert [r["run_id"] for r in repo.runs(commit=old)] == [run["run_id"]]


@pytest.mark.parametrize(
    "body, status, message",
    [
        ({"action": "nope", "ref": "main"}, 404, "action 'nope' at "),
        ({"action": "backfill", "ref": "nowhere"}, 404, "not found"),
        ({"action": "backfill", "ref": "main", "hook": "nope"}, 404, "with hook 'nope'"),
        ({"action": "backfill", "ref": "main", "event": "post-lunch"}, 400, "event 'post-lunch' is not supported"),
        ({"action": "backfill", "ref": "main", "event": "post-create-tag"}, 400, "needs a tag"),
        ({"action": "", "ref": "main"}, 400, "action"),
        ({"ref": "main"}, 400, "action"),
        ({"action": "backfill", "ref": "main", "branch": "a b"}, 400, "branch"),
    ],
)
def test_bad_orders(repo, body, status, message):
    repo.upload("_lakefs_actions/b.yaml", action("backfill", ["post-merge"], "print(1)"))
    repo.committed()
    answer = order(repo, body=body)
    assert answer.status_code == status and message in answer.json()["message"], answer.text
    assert repo.runs() == []


def test_strangers_order_nothing(repo):
    import requests

    url = f"{repo.server.api}/tarn/repositories/{repo.name}/actions/runs"
    assert requests.post(url, json={"action": "a", "ref": "main"}, timeout=30).status_code == 401
    assert requests.post(f"{url}/x/rerun", timeout=30).status_code == 401


def test_a_refused_commit_is_checked_again_by_hand(repo):
    repo.upload("_lakefs_actions/c.yaml", action("check", ["pre-commit"], "error('no')", "print('second')"))
    assert repo.commit().status_code == 412
    failed = repo.runs()[0]["run_id"]
    repo.upload("_lakefs_actions/c.yaml", action("check", ["pre-commit"], "print('fixed')", "print('second')"))
    answer = order(repo, f"/{failed}/rerun")
    assert answer.status_code == 202, answer.text
    run = finished(repo, answer.json()["run_id"])
    assert (run["status"], run["event_type"], run["commit_id"]) == ("completed", "pre-commit", "")
    assert repo.log(run["run_id"]) == "fixed\n"
    answer = order(repo, f"/{failed}/rerun", hook_run_id="0000_0001")
    again = finished(repo, answer.json()["run_id"])["run_id"]
    assert [h["hook_run_id"] for h in repo.get(f"/{again}/hooks").json()["results"]] == ["0000_0001"]
    assert repo.log(again, "0000_0001") == "second\n"
    assert order(repo, "/nope/rerun").status_code == 404
    assert order(repo, f"/{failed}/rerun", hook_run_id="0009_0000").status_code == 404


def test_the_command_line_runs_and_reruns(repo, lakectl):
    repo.upload("_lakefs_actions/b.yaml", BACKFILL)
    commit = repo.committed("hello")
    first = repo.wait_for_runs(1)[0]["run_id"]
    out = lakectl("actions", "run", f"lakefs://{repo.name}/{commit}", "backfill", "--event", "post-merge", "--branch", "x")
    run_id = re.fullmatch(r"Run ID: ([0-9a-v]{20})\n", out).group(1)
    run = finished(repo, run_id)
    assert (run["event_type"], run["branch"]) == ("post-merge", "x")
    out = lakectl("actions", "rerun", f"lakefs://{repo.name}", first, "0000_0001")
    run_id = re.fullmatch(r"Run ID: ([0-9a-v]{20})\n", out).group(1)
    finished(repo, run_id)
    assert repo.log(run_id, "0000_0001") == "two\n"
    out, err = lakectl.fail("actions", "run", f"lakefs://{repo.name}/main", "nope")
    assert out == "" and err.endswith("': nothing to run\n404 Not Found\n")


def test_validate(lakectl, tmp_path):
    file = tmp_path / "action.yaml"
    file.write_text(BACKFILL)
    # Nothing of a server is needed.
    offline = lakectl.with_variables(LAKECTL_SERVER_ENDPOINT_URL="http://127.0.0.1:1")
    assert offline("actions", "validate", str(file)) == f"File validated successfully: '{file}'\n"
    assert offline("actions", "validate", "-", stdin=BACKFILL.encode()) == "File validated successfully: '-'\n"
    for text, message in [
        ("on: {pre-commit: }", "'name' is required: invalid action"),
        ("name: a", "'name' is invalid: invalid action"),
        ("name: ab", "'on' is required: invalid action"),
        ("name: ab\non: {pre-comit: }", "event 'pre-comit' is not supported: invalid action"),
        ("name: ab\non: {pre-commit: }\nhooks: [{type: lua}]", "hook[0] missing ID: invalid action"),
        ("name: ab\non: {pre-commit: }\nhooks: [{id: h1, type: sh}]", "hook[0] type 'h1' unknown: invalid action"),
    ]:
        file.write_text(text)
        out, err = offline.fail("actions", "validate", str(file))
        assert (out, err) == ("", f"{message}\nError executing command.\n"), text
    out, err = offline.fail("actions", "validate", str(tmp_path / "nope"))
    assert out == "" and "no such file or directory" in err
