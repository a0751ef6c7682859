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
    assert repo.runs() == []


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
