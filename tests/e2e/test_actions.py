"""Actions of a running server: files in the repository, hooks in Lua, what they leave behind."""

import json
import time

import lakefs
import pytest
from lakefs.client import Client

from tests.lib.server import TarnServer

RUN_TIMEOUT_S = 30


class Repository:
    """A repository and what these tests do with it."""

    def __init__(self, server, name):
        self.server = server
        self.name = name
        self.session = server.session()
        self.url = f"{server.api}/repositories/{name}"

    def upload(self, path, text):
        answer = self.session.post(
            f"{self.url}/branches/main/objects", params={"path": path}, data=text.encode(), timeout=30
        )
        assert answer.status_code == 201, answer.text

    def commit(self, message="m", **more):
        return self.session.post(
            f"{self.url}/branches/main/commits", json={"message": message, "allow_empty": True, **more}, timeout=60
        )

    def committed(self, message="m", **more):
        answer = self.commit(message, **more)
        assert answer.status_code == 201, answer.text
        return answer.json()["id"]

    def get(self, path, **params):
        return self.session.get(f"{self.url}/actions/runs{path}", params=params, timeout=30)

    def runs(self, **params):
        answer = self.get("", **params)
        assert answer.status_code == 200, answer.text
        return answer.json()["results"]

    def wait_for_runs(self, count, **params):
        """The runs, once there are that many; records appear when a run has ended."""
        deadline = time.monotonic() + RUN_TIMEOUT_S
        while len(runs := self.runs(**params)) < count:
            assert time.monotonic() < deadline, runs
            time.sleep(0.02)
        return runs

    def log(self, run_id, hook_run_id="0000_0000"):
        answer = self.get(f"/{run_id}/hooks/{hook_run_id}/output")
        assert answer.status_code == 200, answer.text
        return answer.text


@pytest.fixture
def repo(server, repository):
    return Repository(server, repository)


def action(name, events, *hooks):
    """An action file with Lua hooks; each is a script or a mapping of properties."""
    lines = [f"name: {name}", "on:", *(f"  {event}:" for event in events), "hooks:"]
    for number, hook in enumerate(hooks):
        properties = hook if isinstance(hook, dict) else {"script": hook}
        lines += [f"  - id: hook_{number}", "    type: lua", f"    properties: {json.dumps(properties)}"]
    return "\n".join(lines) + "\n"


def test_runs_and_their_records(repo):
    repo.upload("scripts/show.lua", "print('script of', username, action.commit_id == '')")
    repo.upload(
        "_lakefs_actions/check.yaml",
        action(
            "Check it",
            ["pre-commit", "post-commit"],
            "print(action.event_type, action.commit.message, args.n)",
            {"script_path": "scripts/show.lua"},
        ),
    )
    commit = repo.committed("hello", metadata={"a": "b"})
    runs = repo.wait_for_runs(2, commit=commit)
    assert sorted(run["event_type"] for run in runs) == ["post-commit", "pre-commit"]
    for run in runs:
        assert run["status"] == "completed"
        assert run["branch"] == "main"
        assert run["commit_id"] == commit
        assert run["start_time"] <= run["end_time"]
        assert repo.get(f"/{run['run_id']}").json() == run
        hooks = repo.get(f"/{run['run_id']}/hooks").json()
        assert hooks["pagination"] == {"has_more": False, "next_offset": "", "results": 2, "max_per_page": 1000}
        assert [(h["hook_run_id"], h["hook_id"], h["action"], h["status"]) for h in hooks["results"]] == [
            ("0000_0000", "hook_0", "Check it", "completed"),
            ("0000_0001", "hook_1", "Check it", "completed"),
        ]
        assert repo.log(run["run_id"]) == f"{run['event_type']}\thello\tnil\n"
        is_pre = "true" if run["event_type"] == "pre-commit" else "false"
        assert repo.log(run["run_id"], "0000_0001") == f"script of\tadmin\t{is_pre}\n"
    output = repo.get(f"/{runs[0]['run_id']}/hooks/0000_0000/output")
    assert output.headers["Content-Type"] == "application/octet-stream"
    assert output.headers["Content-Disposition"] == "attachment; filename=0000_0000.log"


def test_a_failing_pre_commit_hook_refuses_the_commit(repo):
    repo.upload("data", "1")
    repo.upload(
        "_lakefs_actions/no",
        action("no", ["pre-commit"], "print('looking')\nrequire('hook').fail('bad data')", "print('never')"),
    )
    refused = repo.commit()
    assert refused.status_code == 412
    run = repo.wait_for_runs(1)[0]
    assert refused.json()["message"] == (
        f"pre-commit hook aborted, run id '{run['run_id']}': 1 error occurred:\n"
        "\t* hook run id '0000_0000' failed on action 'no' hook 'hook_0': action failed: bad data\n\n"
    )
    assert (run["status"], run["commit_id"]) == ("failed", "")
    assert repo.log(run["run_id"]) == "looking\nError: action failed: bad data\n"
    first, second = repo.get(f"/{run['run_id']}/hooks").json()["results"]
    assert (first["status"], second["status"]) == ("failed", "skipped")
    assert second["start_time"] == "0001-01-01T00:00:00Z" and "end_time" not in second
    assert repo.log(run["run_id"], "0000_0001") == ""
    log = repo.session.get(f"{repo.url}/refs/main/commits", timeout=30).json()["results"]
    assert [entry["message"] for entry in log] == ["Repository created"]


@pytest.mark.parametrize(
    "text, message",
    [
        ("on: {pre-commit: }", "'name' is required: invalid action"),
        ("name: ab", "'on' is required: invalid action"),
        ("name: ab\non: {pre-comit: }", "event 'pre-comit' is not supported: invalid action"),
        ("name: ab\non: [pre-commit]", "yaml: unmarshal errors:\n  line 2: cannot unmarshal !!seq into "),
        ("name: ab\non: {pre-commit: }\nhooks: [{id: h1, type: sh}]", "hook[0] type 'h1' unknown: invalid action"),
        ("name: [", "yaml: line "),
        ("\x00\x01", "yaml: unmarshal errors:\n  line 1: cannot unmarshal !!str "),
        ("", "'name' is required: invalid action"),
    ],
)
def test_bad_files_name_themselves(repo, text, message):
    repo.upload("_lakefs_actions/bad.yaml", text)
    refused = repo.commit()
    assert refused.status_code == 412
    assert f"parsing file _lakefs_actions/bad.yaml: {message}" in refused.json()["message"]
    (run,) = repo.runs()
    assert run["status"] == "failed"
    (hook,) = repo.get(f"/{run['run_id']}/hooks").json()["results"]
    assert (hook["hook_id"], hook["action"]) == ("(action file)", "_lakefs_actions/bad.yaml")
    assert repo.log(run["run_id"]).startswith(f"Error: parsing file _lakefs_actions/bad.yaml: {message}")


def test_wrong_files_break_no_unrelated_event(repo):
    repo.upload("_lakefs_actions/tags.yaml", "name: tt\non: {pre-create-tag: }\nhooks: [{id: x}]\n")
    repo.upload("_lakefs_actions/good.yaml", action("good", ["pre-commit"], "print('ran')"))
    commit = repo.committed()
    refused = repo.session.post(f"{repo.url}/tags", json={"id": "v1", "ref": commit}, timeout=30)
    assert refused.status_code == 412
    assert "parsing file _lakefs_actions/tags.yaml: hook[0] missing ID: invalid action" in refused.json()["message"]
    made = repo.session.post(f"{repo.url}/branches", json={"name": "dev", "source": "main"}, timeout=30)
    assert made.status_code == 201, made.text


def test_folders_below_the_prefix_are_no_actions(repo):
    repo.upload("_lakefs_actions/", "")
    repo.upload("_lakefs_actions/lib/code.lua", "]]]")
    repo.committed()


def test_lists_of_runs(repo):
    repo.upload("_lakefs_actions/a", action("aa", ["pre-commit"], "print(1)"))
    commits = [repo.committed(str(number)) for number in range(3)]
    runs = repo.wait_for_runs(3)
    assert repo.runs(branch="main") == runs
    assert repo.runs(branch="other") == repo.runs(commit="0" * 64) == []
    assert [run["commit_id"] for run in repo.runs(commit=commits[1])] == [commits[1]]
    assert repo.runs(branch="", commit="") == runs
    both = repo.get("", branch="main", commit=commits[0])
    assert (both.status_code, both.json()["message"]) == (
        400,
        "can't use both branchID and MergedCommitID: parameters conflict",
    )
    seen, after = [], ""
    while True:
        page = repo.get("", amount=2, after=after).json()
        seen += page["results"]
        if not page["pagination"]["has_more"]:
            break
        after = page["pagination"]["next_offset"]
        assert after == page["results"][-1]["run_id"]
    assert seen == runs
    for path in ("/nope", "/..%2Ftasks", "/nope/hooks", f"/{runs[0]['run_id']}/hooks/0009_0000/output"):
        assert repo.get(path).status_code == 404, path
    assert repo.session.get(f"{repo.server.api}/repositories/nope/actions/runs", timeout=30).status_code == 404


def test_strangers_see_nothing(repo):
    import requests

    for path in ("", "/x", "/x/hooks", "/x/hooks/0000_0000/output"):
        assert requests.get(f"{repo.url}/actions/runs{path}", timeout=30).status_code == 401


def test_hooks_call_the_api_as_their_user(repo):
    repo.upload(
        "_lakefs_actions/tag.yaml",
        action(
            "tag",
            ["post-commit"],
            "local lakefs = require('lakefs')\n"
            "local code, tag = lakefs.create_tag(action.repository_id, action.commit_id, 'from-hook')\n"
            "print(code, tag.id, tag.commit_id == action.commit_id)\n"
            "print(lakefs.create_tag(action.repository_id, 'nope', 'other'))\n",
        ),
    )
    commit = repo.committed()
    run = repo.wait_for_runs(1)[0]
    assert run["status"] == "completed", repo.log(run["run_id"])
    assert repo.log(run["run_id"]).startswith("201\tfrom-hook\ttrue\n404\t")
    tag = repo.session.get(f"{repo.url}/tags/from-hook", timeout=30).json()
    assert tag["commit_id"] == commit


def test_scripts_without_end_do_not_stop_the_server(fresh_server):
    repo = Repository(fresh_server, fresh_server.create_repository("endless"))
    repo.upload(
        "_lakefs_actions/a",
        action("memory", ["pre-commit"], "local t = {} while true do t[#t + 1] = ('x'):rep(1000000) .. #t end"),
    )
    refused = repo.commit()
    assert refused.status_code == 412
    assert "memory limit" in refused.json()["message"]
    repo.upload("_lakefs_actions/a", action("time", ["post-commit"], "while true do end"))
    repo.committed()
    # The server stops while the hook runs, or just after its limit; the fixture checks that it ends well.
    assert repo.runs()[0]["status"] == "failed"


def test_variables_reach_hooks_by_prefix_only(tmp_path):
    server = TarnServer(
        tmp_path / "server", LAKEFSACTION_VAR="this_is_actions_var", LAKEFS_INSTALLATION_USER_NAME="hidden-user"
    )
    server.start()
    try:
        repo = Repository(server, server.create_repository("vars"))
        args = {"a": "{{ ENV.LAKEFSACTION_VAR }}", "b": "<{{ ENV.LAKEFS_INSTALLATION_USER_NAME }}>"}
        repo.upload("_lakefs_actions/a", action("vars", ["pre-commit"], {"args": args, "script": "print(#args.a, args.a, args.b)"}))
        repo.committed()
        assert repo.log(repo.wait_for_runs(1)[0]["run_id"]) == "19\t*******\t<>\n"
    finally:
        server.stop()


def test_sdk_lists_runs(server, repo):
    repo.upload("_lakefs_actions/a", action("sdk", ["pre-commit"], "print('from sdk')"))
    commit = repo.committed()
    client = Client(host=server.url, username=server.access_key_id, password=server.secret_access_key)
    actions = client.sdk_client.actions_api
    runs = actions.list_repository_runs(repo.name, commit=commit).results
    assert [(run.status, run.commit_id) for run in runs] == [("completed", commit)]
    hooks = actions.list_run_hooks(repo.name, runs[0].run_id).results
    assert [hook.status for hook in hooks] == ["completed"]
    output = actions.get_run_hook_output(repo.name, runs[0].run_id, hooks[0].hook_run_id)
    assert bytes(output) == b"from sdk\n"
    assert lakefs.repository(repo.name, client=client).branch("main").get_commit().id == commit


def test_filters_by_tag_and_by_changed_paths(repo):
    repo.upload(
        "_lakefs_actions/filters.yaml",
        "name: filters\non:\n  pre-create-tag: {tags: ['v*']}\n  post-commit: {paths: [tables/sales/, '**/*.csv']}\n"
        "hooks:\n  - {id: show, type: lua, properties: {script: print(action.event_type)}}\n",
    )
    commit = repo.committed()
    for tag in ("w1", "v1"):
        made = repo.session.post(f"{repo.url}/tags", json={"id": tag, "ref": commit}, timeout=30)
        assert made.status_code == 201, made.text
    assert [run["event_type"] for run in repo.runs()] == ["pre-create-tag"]
    repo.upload("other", "1")
    repo.committed()
    repo.upload("deep/er/x.csv", "1")
    csv = repo.committed()
    repo.upload("tables/sales/p=1/f", "1")
    sales = repo.committed()
    runs = repo.wait_for_runs(3)
    assert {run["commit_id"] for run in runs if run["event_type"] == "post-commit"} == {csv, sales}


def test_post_hooks_are_tried_again(repo):
    repo.upload(
        "_lakefs_actions/flaky.yaml",
        "name: flaky\non: {post-commit: }\nhooks:\n"
        "  - id: flaky\n    type: lua\n    retry: {attempts: 3, delay: 10ms}\n    properties:\n      script: |\n"
        "        local code = require('lakefs').create_tag(action.repository_id, action.commit_id, 'tried')\n"
        "        if code == 201 then error('first try') end\n",
    )
    repo.committed()
    (run,) = repo.wait_for_runs(1)
    assert run["status"] == "completed"
    log = repo.log(run["run_id"])
    assert log.startswith("Attempt 1 of 3: action failed: ") and "first try" in log
    metrics = repo.session.get(f"{repo.server.url}/metrics", timeout=30).text
    assert 'tarn_actions_hook_retries_total{type="lua"}' in metrics
    assert 'tarn_actions_runs_total{event="post-commit",outcome="completed"}' in metrics
    assert 'tarn_actions_run_duration_seconds_count{event="post-commit"}' in metrics


def test_a_restart_loses_no_post_hook(fresh_server):
    """Stopped while one waits: it goes on, as the user that it was for."""
    server = fresh_server
    repo = Repository(server, server.create_repository("queue"))
    repo.upload(
        "_lakefs_actions/a",
        action(
            "waits",
            ["post-commit"],
            "local code = require('lakefs').create_tag(action.repository_id, action.commit_id, 'begun')\n"
            "if code == 201 then require('time').sleep(3600 * 1e9) end\n"
            "print('done', username)",
        ),
    )
    commit = repo.committed()
    deadline = time.monotonic() + RUN_TIMEOUT_S
    while repo.session.get(f"{repo.url}/tags/begun", timeout=30).status_code != 200:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    server.kill()
    server.start()
    repo = Repository(server, "queue")
    (run,) = repo.wait_for_runs(1)
    assert (run["status"], run["commit_id"]) == ("completed", commit)
    assert repo.log(run["run_id"]) == "The server ended while this run was under way; here it goes on.\ndone\tadmin\n"
