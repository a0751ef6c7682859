"""What is wrong is refused with a reason, and the server goes on."""

import socket

import pytest
import requests

pytestmark = pytest.mark.usefixtures("healthy_afterwards")


@pytest.mark.parametrize(
    "body, status",
    [
        (b"{", 400),
        (b"[]", 400),
        (b'{"name": 7, "storage_namespace": "local://b/x"}', 400),
        (b'{"name": "abc"}', 400),
        (b'{"name": null, "storage_namespace": "local://b/x"}', 400),
        (b'{"name": "A", "storage_namespace": "local://b/x"}', 400),
        (b'{"name": "abcd", "storage_namespace": "s3://b/x"}', 400),
        (b'{"name": "abcd", "storage_namespace": "nowhere"}', 400),
        (b'{"name": "abcd", "storage_namespace": "local://"}', 400),
        (b'{"name": "abcd", "storage_namespace": "local://b/x", "default_branch": "a/b"}', 400),
        (b"[" * 100000, 400),
        (b'{"name": "' + b"x" * 2_000_000 + b'"}', 400),
        (b"", 400),
    ],
)
def test_repository_creation(server, body, status):
    answer = server.session().post(
        server.api + "/repositories", data=body, headers={"Content-Type": "application/json"}, timeout=30
    )
    assert answer.status_code == status, answer.text
    assert answer.json()["message"]


@pytest.mark.parametrize(
    "method, path, status, text",
    [
        ("get", "/repositories/nope", 404, "repository not found"),
        ("get", "/repositories/A", 400, "repository id: invalid value"),
        ("get", "/repositories/{r}/branches/nope", 404, "branch not found"),
        ("get", "/repositories/{r}/branches/a%2Fb", 400, "branch id: invalid value"),
        ("get", "/repositories/{r}/refs/nope/objects/ls", 404, "not found"),
        ("get", "/repositories/{r}/refs/main~x/objects/ls", 400, "ref: invalid value"),
        ("get", "/repositories/{r}/refs/main/objects?path=nope", 404, "not found"),
        ("get", "/repositories/{r}/refs/main/objects?path=", 400, "path"),
        ("get", "/repositories/{r}/refs/main/objects", 400, "path"),
        ("get", "/repositories/{r}/refs/main/objects/stat?path=" + "x" * 1025, 400, "1025 is above maximum length"),
        ("get", "/repositories/{r}/commits/deadbeef", 404, "commit not found"),
        ("get", "/repositories/{r}/branches?amount=1001", 400, "amount"),
        ("get", "/repositories/{r}/branches?amount=x", 400, "amount"),
        ("get", "/repositories//branches", 400, "repository"),
        ("get", "/nothing/here", 404, "invalid API endpoint"),
        ("patch", "/repositories", 404, "invalid API endpoint"),
        ("delete", "/repositories/{r}/branches/main", 403, "cannot delete repository default branch"),
        ("post", "/repositories/{r}/branches/nope/objects?path=a", 404, "branch 'nope' not found"),
    ],
)
def test_names_and_paths(server, repository, method, path, status, text):
    answer = server.session().request(method, server.api + path.format(r=repository), timeout=30)
    assert answer.status_code == status, answer.text
    assert text in answer.text


@pytest.mark.smoke
@pytest.mark.parametrize(
    "path", ["../../../../etc/passwd", "..", "/etc/passwd", "a/../../b", "a//b", "./a", "a/", "\x01", "%2e%2e/x", "ключ"]
)
def test_odd_paths_are_ordinary_keys(server, repository, path):
    session = server.session()
    objects = f"{server.api}/repositories/{repository}/branches/main/objects"
    body = path.encode() + b" body"
    put = session.post(objects, params={"path": path}, data=body, timeout=30)
    assert put.status_code == 201, put.text
    assert put.json()["path"] == path
    back = session.get(f"{server.api}/repositories/{repository}/refs/main/objects", params={"path": path}, timeout=30)
    assert back.content == body
    listing = session.get(f"{server.api}/repositories/{repository}/refs/main/objects/ls", timeout=30).json()
    assert [o["path"] for o in listing["results"]] == [path]


def exchange(server, data):
    """Sends bytes, half-closes, and reads until the server closes."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        answer = b""
        while chunk := connection.recv(65536):
            answer += chunk
        return answer


def test_truncated_upload_leaves_nothing(server, repository):
    token = requests.auth._basic_auth_str(*server.auth)
    head = (
        f"POST /api/v1/repositories/{repository}/branches/main/objects?path=cut HTTP/1.1\r\nHost: x\r\n"
        f"Authorization: {token}\r\nContent-Length: 1000\r\n\r\n"
    )
    exchange(server, head.encode() + b"only this")
    answer = server.session().get(f"{server.api}/repositories/{repository}/refs/main/objects/ls", timeout=30)
    assert answer.json()["results"] == []


def test_oversized_head(server):
    answer = exchange(server, b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 200_000 + b"\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 431")


def test_garbage(server):
    answer = exchange(server, b"\x16\x03\x01 this is no HTTP\r\n\r\n")
    assert answer == b"" or answer.startswith(b"HTTP/1.1 400")


def test_smuggling(server):
    answer = exchange(server, b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 400")


def test_content_types_and_forms(server, repository):
    session = server.session()
    text = session.post(
        server.api + "/repositories", data=b'{"name": "x"}', headers={"Content-Type": "text/plain"}, timeout=30
    )
    assert text.status_code == 400 and "Content-Type" in text.json()["message"]
    url = f"{server.api}/repositories/{repository}/branches/main/objects"
    other = session.post(url, params={"path": "a"}, files={"other": b"1"}, timeout=30)
    assert other.status_code == 400 and "missing key 'content'" in other.json()["message"]
    for content_type, body in (("multipart/form-data", b"x"), ("multipart/form-data; boundary=b", b"--b\r\nbroken")):
        broken = session.post(url, params={"path": "a"}, data=body, headers={"Content-Type": content_type}, timeout=30)
        assert broken.status_code == 400, broken.text
    listing = session.get(f"{server.api}/repositories/{repository}/refs/main/objects/ls", timeout=30)
    assert listing.json()["results"] == []


def test_traversal_leaves_the_folder_alone(server, repository):
    session = server.session()
    url = f"{server.api}/repositories/{repository}/branches/main/objects"
    for raw in ("..%2F..%2F..%2Fescaped", "%2Fescaped", "..%2f..%2fescaped"):
        assert session.post(f"{url}?path={raw}", data=b"x", timeout=30).status_code == 201
    assert not [p for p in server.folder.parent.rglob("*escaped*") if server.folder / "data" not in p.parents]
