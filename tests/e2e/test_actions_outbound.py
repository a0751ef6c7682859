"""Hooks that ask other servers: webhooks, Airflow and `net/http`, and where they may connect to."""

import base64
import http.server
import json
import threading

import pytest

from tests.e2e.test_actions import Repository, action
from tests.lib.server import TarnServer


class Receiver:
    """An HTTP server of a test that remembers what it was sent; `/dags/` is an Airflow."""

    def __init__(self):
        self.requests = []
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                receiver.requests.append((self.command, self.path, dict(self.headers), body))
                answer = b"{}"
                if self.command == "GET" and "/dagRuns/" in self.path:
                    answer = b'{"state": "success"}'
                self.send_response(200)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            do_GET = do_POST

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    @property
    def port(self):
        return self.server.server_address[1]

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join(timeout=30)


@pytest.fixture
def receiver():
    running = Receiver()
    yield running
    running.close()


def new_repository(server):
    return Repository(server, server.create_repository("out"))


@pytest.fixture
def open_server(tmp_path):
    server = TarnServer(
        tmp_path / "server",
        TARN_ACTIONS_ALLOWED_HOSTS="*.example.com,localhost",
        TARN_ACTIONS_LUA_NET_HTTP_ENABLED="true",
        LAKEFSACTION_TOKEN="s3cret-token",
    )
    server.start()
    yield server
    server.stop()


def webhook(url, **properties):
    hook = {"id": "call", "type": "webhook", "properties": {"url": url, **properties}}
    return "name: web\non: {pre-commit: }\nhooks: " + json.dumps([hook])


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "2130706433"])
def test_hooks_do_not_reach_this_machine_unless_they_may(server, repository, receiver, host):
    repo = Repository(server, repository)
    repo.upload("_lakefs_actions/w", webhook(f"http://{host}:{receiver.port}/x"))
    refused = repo.commit()
    assert refused.status_code == 412
    message = refused.json()["message"]
    assert "actions.allowed_hosts" in message or "cannot connect" in message, message
    assert receiver.requests == []


def test_webhooks_with_secrets(open_server, receiver):
    repo = new_repository(open_server)
    repo.upload(
        "_lakefs_actions/w",
        webhook(f"http://localhost:{receiver.port}/x", headers={"X-Token": "{{ ENV.LAKEFSACTION_TOKEN }}"}),
    )
    repo.committed("to a webhook")
    ((method, path, headers, body),) = receiver.requests
    assert (method, path, headers["X-Token"]) == ("POST", "/x", "s3cret-token")
    assert json.loads(body)["commit_message"] == "to a webhook"
    assert "s3cret" not in repo.log(repo.wait_for_runs(1)[0]["run_id"])
    repo.upload("_lakefs_actions/w", webhook("http://10.0.0.1:9/x"))
    assert "10.0.0.1: hooks may not connect there (actions.allowed_hosts)" in repo.commit().json()["message"]


def test_airflow(open_server, receiver):
    repo = new_repository(open_server)
    properties = {
        "url": f"http://localhost:{receiver.port}/air",
        "dag_id": "nightly",
        "username": "u",
        "password": "{{ ENV.LAKEFSACTION_TOKEN }}",
        "dag_conf": {"table": "sales"},
    }
    hook = {"id": "dag", "type": "airflow", "properties": properties}
    repo.upload("_lakefs_actions/a", "name: air\non: {pre-commit: }\nhooks: " + json.dumps([hook]))
    repo.committed()
    run_id = repo.wait_for_runs(1)[0]["run_id"]
    ((method, path, headers, body),) = receiver.requests
    assert (method, path) == ("POST", "/air/api/v1/dags/nightly/dagRuns")
    assert headers["Authorization"] == "Basic " + base64.b64encode(b"u:s3cret-token").decode()
    sent = json.loads(body)
    assert sent["dag_run_id"] == f"lakeFS_hook_dag_{run_id}"
    assert sent["conf"]["table"] == "sales" and sent["conf"]["lakeFS_event"]["hook_id"] == "dag"


def test_net_http(open_server, receiver):
    repo = new_repository(open_server)
    script = (
        "local http = require('net/http')\n"
        f"local code, body, headers, status = http.request('http://localhost:{receiver.port}/lua', 'text')\n"
        "print(code, body, status)\n"
        "print(pcall(http.request, 'http://169.254.169.254/latest/meta-data'))\n"
    )
    repo.upload("_lakefs_actions/l", action("lua", ["pre-commit"], script))
    repo.committed()
    log = repo.log(repo.wait_for_runs(1)[0]["run_id"])
    assert log.startswith("200\t{}\t200 OK\nfalse\t")
    assert "169.254.169.254, an address of this machine or its link: hooks may not connect there" in log
    assert [(r[0], r[1], r[3]) for r in receiver.requests] == [("POST", "/lua", b"text")]


def test_bad_rules_refuse_the_start(tmp_path):
    server = TarnServer(tmp_path / "server", TARN_ACTIONS_ALLOWED_HOSTS="http://x")
    with pytest.raises(AssertionError, match="'http://x' is no name"):
        server.start()
