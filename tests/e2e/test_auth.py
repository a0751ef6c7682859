"""Who gets in, and that nothing answers a stranger."""

import re

import pytest
import requests
import yaml

from tests.lib.server import ROOT

# Operations that the interface description leaves open, and getCurrentUser, which answers an empty user.
OPEN = {
    "setupCommPrefs",
    "getSetupState",
    "setup",
    "login",
    "externalPrincipalLogin",
    "stsLogin",
    "getAuthCapabilities",
    "healthCheck",
    "oauthCallback",
    "getCurrentUser",
}
WRONG = {"message": "error authenticating request"}


def example(schema, spec):
    """The smallest value that a schema accepts."""
    if "$ref" in schema:
        return example(spec["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]], spec)
    if "allOf" in schema:
        merged = {}
        for part in schema["allOf"]:
            merged.update(example(part, spec))
        return merged
    if "enum" in schema:
        return schema["enum"][0]
    kind = schema.get("type", "object")
    if kind == "object":
        properties = schema.get("properties", {})
        return {name: example(properties[name], spec) for name in schema.get("required", [])}
    if kind == "array":
        return [example(schema["items"], spec)] * schema.get("minItems", 0)
    if kind == "string":
        if schema.get("format") == "date-time":
            return "2026-01-01T00:00:00Z"
        pattern = schema.get("pattern", "")
        return "s3://b/p" if "://" in pattern else "abc"
    return {"integer": 1, "number": 1, "boolean": True}[kind]


def operations():
    spec = yaml.safe_load((ROOT / "api" / "openapi.yaml").read_text())
    for path, item in spec["paths"].items():
        for method in ("get", "head", "put", "post", "delete", "patch"):
            if method not in item:
                continue
            operation = item[method]
            query, segments = {}, {}
            for parameter in item.get("parameters", []) + operation.get("parameters", []):
                if "$ref" in parameter:
                    parameter = spec["components"]["parameters"][parameter["$ref"].rsplit("/", 1)[1]]
                if parameter.get("required") and parameter["in"] == "query":
                    query[parameter["name"]] = example(parameter["schema"], spec)
                if parameter["in"] == "path":
                    segments[parameter["name"]] = example(parameter["schema"], spec)
            content = operation.get("requestBody", {}).get("content", {})
            body = example(content["application/json"]["schema"], spec) if "application/json" in content else None
            url = re.sub(r"\{([^}]*)\}", lambda found: str(segments[found.group(1)]), path)
            yield operation["operationId"], method, url, query, body


def test_no_operation_answers_a_stranger(server):
    asked = 0
    for name, method, path, query, body in operations():
        if name in OPEN:
            continue
        answer = requests.request(method, server.api + path, params=query, json=body, timeout=30)
        assert answer.status_code == 401, f"{name}: {answer.status_code} {answer.text}"
        asked += 1
    assert asked > 100


@pytest.mark.smoke
def test_ways_to_prove_who_one_is(server):
    user = {"id": "admin"}
    basic = requests.get(server.api + "/user", auth=server.auth, timeout=30)
    assert basic.json()["user"].items() >= user.items()
    key, secret = server.auth
    login = requests.post(
        server.api + "/auth/login", json={"access_key_id": key, "secret_access_key": secret}, timeout=30
    )
    token = login.json()["token"]
    bearer = requests.get(server.api + "/user", headers={"Authorization": f"Bearer {token}"}, timeout=30)
    assert bearer.json()["user"].items() >= user.items()
    cookie = requests.get(server.api + "/user", cookies=login.cookies, timeout=30)
    assert cookie.json()["user"].items() >= user.items()
    assert "HttpOnly" in login.headers["Set-Cookie"]


def test_wrong_proofs_look_alike(server):
    key, secret = server.auth
    tries = [
        {"auth": (key, "wrong")},
        {"auth": ("AKIAUNKNOWN", secret)},
        {"headers": {"Authorization": "Bearer a.b.c"}},
        {"headers": {"Authorization": "Basic !!!"}},
        {"cookies": {"internal_auth_session": "a.b.c"}},
        {},
    ]
    for arguments in tries:
        answer = requests.get(server.api + "/repositories", timeout=30, **arguments)
        assert (answer.status_code, answer.json()) == (401, WRONG), arguments
    for body in ({"access_key_id": key, "secret_access_key": "x"}, {"access_key_id": "x", "secret_access_key": "x"}):
        answer = requests.post(server.api + "/auth/login", json=body, timeout=30)
        assert (answer.status_code, answer.json()) == (401, WRONG)


def test_setup_happens_once(server):
    state = requests.get(server.api + "/setup_lakefs", timeout=30).json()
    assert state["state"] == "initialized"
    again = requests.post(server.api + "/setup_lakefs", json={"username": "eve"}, timeout=30)
    assert (again.status_code, again.json()["message"]) == (409, "lakeFS already initialized")


def test_secrets_are_for_the_owner_only(server):
    secrets = server.folder / "data" / "secrets.yaml"
    assert secrets.stat().st_mode & 0o777 == 0o600
    log = server.log.read_text()
    assert log.count(server.secret_access_key) == 1  # printed once, never logged
