"""Hidden branches and reference expressions, over REST and with lakectl."""

import re

import pytest

from tests.lib.client import Lakectl, masked


@pytest.fixture
def history(server, repository):
    """Commits by name: main is first, one, two and a merge of dev, which has side on one."""
    session, base = server.session(), f"{server.api}/repositories/{repository}"
    ids = {"first": session.get(f"{base}/branches/main", timeout=30).json()["commit_id"]}

    def commit(branch, name):
        assert session.post(f"{base}/branches/{branch}/objects", params={"path": name}, data=b"x", timeout=30).ok
        answer = session.post(f"{base}/branches/{branch}/commits", json={"message": name}, timeout=30)
        assert answer.status_code == 201, answer.text
        ids[name] = answer.json()["id"]

    commit("main", "one")
    assert session.post(f"{base}/branches", json={"name": "dev", "source": "main", "hidden": True}, timeout=30).ok
    commit("main", "two")
    commit("dev", "side")
    ids["merge"] = session.post(f"{base}/refs/dev/merge/main", timeout=30).json()["reference"]
    return ids


def test_expressions(server, repository, history):
    session, base = server.session(), f"{server.api}/repositories/{repository}"
    rows = {
        "main": "merge",
        "main@": "merge",
        "main~": "two",
        "main~3": "first",
        "main^2": "side",
        "main^2~": "one",
        "dev^": "one",
        history["merge"] + "^2^": "one",
        history["side"][:50]: "side",
        history["side"][:50] + "~2": "first",
    }
    for ref, name in rows.items():
        answer = session.get(f"{base}/commits/{ref}", timeout=30)
        assert (answer.status_code, answer.json().get("id")) == (200, history[name]), ref
        answer = session.get(f"{base}/refs/{ref}/commits", params={"amount": 1}, timeout=30)
        assert answer.json()["results"][0]["id"] == history[name], ref
    for ref, status in {"main~4": 404, "nowhere": 404, "main^3": 400, "main~x": 400, "main$": 400, "main@~": 400}.items():
        answer = session.get(f"{base}/refs/{ref}/commits", timeout=30)
        assert answer.status_code == status, (ref, answer.text)
    # Only the branch itself shows what is staged.
    assert session.post(f"{base}/branches/main/objects", params={"path": "staged"}, data=b"x", timeout=30).ok
    for ref, status in {"main": 200, "main$": 200, "main@": 404, "main~0": 404, history["merge"]: 404}.items():
        answer = session.get(f"{base}/refs/{ref}/objects/stat", params={"path": "staged"}, timeout=30)
        assert answer.status_code == status, ref


def test_hidden_branches(server, repository, history):
    session, base = server.session(), f"{server.api}/repositories/{repository}"

    def names(**parameters):
        answer = session.get(f"{base}/branches", params=parameters, timeout=30).json()
        return [branch["id"] for branch in answer["results"]]

    assert names() == ["main"]
    assert names(show_hidden="true") == ["dev", "main"]
    assert session.get(f"{base}/branches/dev", timeout=30).json() == {"id": "dev", "commit_id": history["side"]}


def test_lakectl(server, repository, history, tmp_path):
    lakectl = Lakectl(server, tmp_path)
    uri = f"lakefs://{repository}"
    assert lakectl("tag", "create", f"{uri}/v1", f"{uri}/main^2") == f"Created tag 'v1' ({{{history['side']} v1}})\n"
    assert lakectl("tag", "show", f"{uri}/v1") == f"v1 {history['side']}\n"
    assert lakectl("tag", "list", uri) == f"v1\t{history['side']}\n\n"
    _, err = lakectl.fail("tag", "create", f"{uri}/v1", f"{uri}/main")
    assert err == "tag already exists: not unique\n409 Conflict\n"
    assert lakectl("tag", "create", "-f", f"{uri}/v1", f"{uri}/main~2").endswith(f"{{{history['one']} v1}})\n")
    for ref, name in {"v1": "one", "main^2": "side", history["two"][:40]: "two"}.items():
        shown = lakectl("show", "commit", f"{uri}/{ref}")
        assert re.search(r"ID:\s+(\S+)", shown).group(1) == history[name]
        assert masked(shown).startswith("\nID:")
    lakectl("tag", "delete", "-y", f"{uri}/v1")
    _, err = lakectl.fail("tag", "show", f"{uri}/v1")
    assert err == "tag not found\n404 Not Found\n"
    assert lakectl("branch", "list", uri) == f"main\t{history['merge']}\n\n"
