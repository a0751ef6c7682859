"""The server dies at each named point of a run of actions: after the restart the run goes on, or has ended with a clear state.

Fault points exist in debug builds only.
"""

import time

import pytest
import requests

from tests.lib.server import TarnServer, is_sanitized

RUN_TIMEOUT_S = 60

pytestmark = [
    pytest.mark.smoke,  # nothing else runs them
    pytest.mark.skipif(not is_sanitized(), reason="fault points exist in debug builds only"),
]

TWO_HOOKS = """\
name: two hooks
on: {%s: }
hooks:
  - id: first
    type: lua
    properties:
      script: |
        print('first', action.commit.message, username)
  - id: second
    type: lua
    properties:
      script: |
        local code = require('lakefs').stat_object(action.repository_id, action.source_ref, 'data')
        print('second', code)
"""


def prepare(server, event):
    """A repository with an action and data, staged on main."""
    server.create_repository("kill")
    session = server.session()
    for path, text in (("data", "1"), ("_lakefs_actions/a.yaml", TWO_HOOKS % event)):
        answer = session.post(
            f"{server.api}/repositories/kill/branches/main/objects", params={"path": path}, data=text.encode(), timeout=30
        )
        assert answer.status_code == 201, answer.text


def commit(server):
    return server.session().post(
        f"{server.api}/repositories/kill/branches/main/commits", json={"message": "hello"}, timeout=60
    )


def restart_with(server, **variables):
    server.stop()
    server.variables = variables
    server.start()


def commit_or_not(server):
    """Commits, which ends the server at the armed point; whether the commit was acknowledged."""
    try:
        acknowledged = commit(server).status_code == 201
    except requests.RequestException:
        acknowledged = False
    server.wait_for_fault()
    return acknowledged


def die_in_commit(server):
    acknowledged = commit_or_not(server)
    server.variables = {}
    server.start()
    return acknowledged


def runs(server):
    answer = server.session().get(f"{server.api}/repositories/kill/actions/runs", timeout=30)
    assert answer.status_code == 200, answer.text
    return answer.json()["results"]


def wait_for_runs(server):
    deadline = time.monotonic() + RUN_TIMEOUT_S
    while not (found := runs(server)):
        assert time.monotonic() < deadline, "the run is lost"
        time.sleep(0.05)
    return found


def log(server, run, hook):
    url = f"{server.api}/repositories/kill/actions/runs/{run['run_id']}/hooks/{hook}/output"
    return server.session().get(url, timeout=30).text


def newest_message(server):
    answer = server.session().get(f"{server.api}/repositories/kill/refs/main/commits", timeout=30)
    return answer.json()["results"][0]["message"]


@pytest.fixture
def server(tmp_path):
    server = TarnServer(tmp_path / "server")
    server.start()
    yield server
    server.stop()


@pytest.mark.parametrize(
    "point",
    [
        "actions.run.queued",
        "actions.run.before_hooks",
        "actions.run.after_hook",
        "actions.run.after_hook:2",
        "actions.run.before_save",
        "actions.run.after_save",
    ],
)
def test_post_hooks_are_not_lost(server, point):
    prepare(server, "post-commit")
    restart_with(server, TARN_FAULT_EXIT=point)
    die_in_commit(server)
    assert newest_message(server) == "hello"
    found = wait_for_runs(server)
    assert [(run["event_type"], run["status"]) for run in found] == [("post-commit", "completed")]
    assert log(server, found[0], "0000_0000").endswith("first\thello\tadmin\n")
    assert log(server, found[0], "0000_0001").endswith("second\t200\n")
    # Once recorded it does not run again.
    restart_with(server)
    assert runs(server) == found


@pytest.mark.parametrize("point", ["actions.run.before_hooks", "actions.run.after_hook", "actions.run.after_save"])
def test_pre_hooks_end_with_their_operation(server, point):
    prepare(server, "pre-commit")
    restart_with(server, TARN_FAULT_EXIT=point)
    assert not die_in_commit(server)
    assert newest_message(server) == "Repository created"
    before = runs(server)
    answer = commit(server)
    assert answer.status_code == 201, answer.text
    # At most the run that was recorded before the end, without a commit, and the one that passed.
    after = runs(server)
    assert len(after) == len(before) + 1 and len(before) <= 1
    assert [run["status"] for run in after if run["commit_id"] == answer.json()["id"]] == ["completed"]
    assert all(run["commit_id"] == "" for run in before)


def test_a_run_that_always_takes_the_server_down_ends_failed(server):
    prepare(server, "post-commit")
    restart_with(server, TARN_FAULT_EXIT="actions.run.after_hook")
    commit_or_not(server)
    for _ in range(2):
        # The run that is left takes this one down, too, once it listens.
        try:
            server.start()
        except AssertionError:
            pass  # it died before it could say so
        server.wait_for_fault()
    server.variables = {}
    server.start()
    found = wait_for_runs(server)
    assert [run["status"] for run in found] == ["failed"]
    assert "Error: the server ended 3 times while this run was under way\n" in log(server, found[0], "0000_0000")
