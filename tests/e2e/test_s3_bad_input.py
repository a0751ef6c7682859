"""What is wrong over the S3 gateway is refused with a reason, and the server goes on."""

import datetime
import hashlib
import socket

import botocore.auth
import pytest
import requests
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

TIMEOUT_S = 30
DOMAIN = "s3.local.lakefs.io"
pytestmark = pytest.mark.usefixtures("healthy_afterwards")


def signed(server, method, path, body=b"", headers=None):
    """Fields of a request with a right signature, which covers the body."""
    request = AWSRequest(method=method, url=server.url + path, data=body, headers=headers or {})
    request.headers["X-Amz-Content-SHA256"] = hashlib.sha256(body).hexdigest()
    signer = S3SigV4Auth(Credentials(server.access_key_id, server.secret_access_key), "s3", "us-east-1")
    signer.add_auth(request)
    return dict(request.headers)


def send(server, method, path, body=b"", headers=None):
    return requests.request(
        method, server.url + path, data=body, headers=signed(server, method, path, body, headers), timeout=TIMEOUT_S
    )


def raw(server, head, body=b""):
    """The answer to exactly these bytes and nothing more."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=TIMEOUT_S) as connection:
        connection.sendall(head.encode() + body)
        connection.shutdown(socket.SHUT_WR)
        answer = b""
        while chunk := connection.recv(65536):
            answer += chunk
        return answer.decode(errors="replace")


def test_no_credentials(server, repository):
    for path in ("/", f"/{repository}", f"/{repository}/main/a"):
        answer = requests.get(server.url + path, headers={"Host": DOMAIN}, timeout=TIMEOUT_S)
        assert answer.status_code == 400 and "<Code>MissingFields</Code>" in answer.text
    # Without signature and on another host it is not for the gateway.
    assert requests.get(f"{server.url}/{repository}/main/a", timeout=TIMEOUT_S).status_code == 404


@pytest.mark.parametrize(
    "authorization, status, code",
    [
        ("AWS4-HMAC-SHA256", 400, "MissingFields"),
        ("AWS4-HMAC-SHA256 Credential=a/b/c", 400, "MissingFields"),
        ("AWS4-HMAC-SHA256 " + "x" * 8000, 400, "MissingFields"),
        ("AWS :", 400, "MissingFields"),
    ],
)
def test_malformed_authorization(server, repository, authorization, status, code):
    answer = requests.get(f"{server.url}/{repository}", headers={"Authorization": authorization}, timeout=TIMEOUT_S)
    assert answer.status_code == status and f"<Code>{code}</Code>" in answer.text, answer.text


def test_old_dates(server, repository, monkeypatch):
    long_ago = datetime.datetime(2020, 1, 1, tzinfo=datetime.timezone.utc)
    monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda *_, **__: long_ago)
    answer = send(server, "GET", f"/{repository}")
    assert answer.status_code == 403 and "RequestTimeTooSkewed" in answer.text


def test_wrong_login(server):
    answer = requests.get(
        server.url + "/", headers={"Host": DOMAIN}, auth=(server.access_key_id, "wrong"), timeout=TIMEOUT_S
    )
    assert answer.status_code == 401 and answer.json() == {"message": "error authenticating request"}
    answer = requests.get(server.url + "/", headers={"Host": DOMAIN}, auth=server.auth, timeout=TIMEOUT_S)
    assert answer.status_code == 200 and "<ListAllMyBucketsResult>" in answer.text


@pytest.mark.parametrize("key", ["../../../etc/passwd", "..", ".", "/etc/passwd", "a/../../b", "%2e%2e/x", "\\..\\x"])
def test_path_traversal(server, repository, key):
    # boto3 sends names as they are; requests would tidy the dots away.
    s3 = server.s3()
    s3.put_object(Bucket=repository, Key="main/" + key, Body=b"text")
    assert s3.get_object(Bucket=repository, Key="main/" + key)["Body"].read() == b"text"
    assert [c["Key"] for c in s3.list_objects_v2(Bucket=repository, Prefix="main/")["Contents"]] == ["main/" + key]


def test_truncated_bodies(server, repository):
    path = f"/{repository}/main/cut"
    fields = signed(server, "PUT", path, b"x" * 1000)
    head = f"PUT {path} HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nContent-Length: 1000\r\n"
    head += "".join(f"{name}: {value}\r\n" for name, value in fields.items() if name.lower() != "content-length")
    answer = raw(server, head + "\r\n", b"x" * 500)
    assert answer == "" or " 400 " in answer.splitlines()[0], answer
    assert send(server, "HEAD", path).status_code == 404


def test_wrong_bodies(server, repository):
    path = f"/{repository}/main/other"
    fields = signed(server, "PUT", path, b"good")
    answer = requests.put(server.url + path, data=b"evil", headers=fields, timeout=TIMEOUT_S)
    assert answer.status_code == 400 and "XAmzContentSHA256Mismatch" in answer.text
    assert send(server, "HEAD", path).status_code == 404


def test_oversized_headers(server, repository):
    answer = send(server, "PUT", f"/{repository}/main/a", b"x", {"x-amz-meta-a": "y" * 2048})
    assert answer.status_code == 400 and "MetadataTooLarge" in answer.text
    big = requests.put(
        f"{server.url}/{repository}/main/a",
        headers={"Authorization": "AWS4-HMAC-SHA256 x", "x-amz-meta-a": "y" * 100_000},
        timeout=TIMEOUT_S,
    )
    assert big.status_code == 431


@pytest.mark.parametrize(
    "body, status, code",
    [
        (b"", 400, "BadRequest"),
        (b"<", 400, "BadRequest"),
        (b"<Delete>", 400, "BadRequest"),
        (b"<Delete></Delete>", 400, "MalformedXML"),
        (b"<a>" * 10_000, 400, "BadRequest"),
        (b'<!DOCTYPE d [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;">]><Delete>&b;</Delete>', 400, "BadRequest"),
        (b"<Delete>" + b"<Object><Key>main/a</Key></Object>" * 1001 + b"</Delete>", 400, "MalformedXML"),
        (b"\xff\xfe<Delete/>", 400, None),
        (b"<Delete>" + b" " * (9 << 20) + b"</Delete>", 400, None),
    ],
)
def test_malformed_xml(server, repository, body, status, code):
    answer = send(server, "POST", f"/{repository}?delete=", body)
    assert answer.status_code == status, answer.text
    assert code is None or f"<Code>{code}</Code>" in answer.text, answer.text


@pytest.mark.parametrize(
    "method, path, status, code",
    [
        ("GET", "/{r}?list-type=9", 400, "BadRequest"),
        ("GET", "/{r}?max-keys=-1", 400, "InvalidArgument"),
        ("GET", "/{r}/ma~x/a", 400, "InvalidArgument"),
        ("PUT", "/{r}/main/" + "k" * 1025, 400, "KeyTooLongError"),
        ("PUT", "/{r}/main/a?uploadId=x&partNumber=1", 404, "NoSuchUpload"),
        ("PUT", "/{r}/main/a?uploadId=..%2F..%2Fx&partNumber=1", 404, "NoSuchUpload"),
        ("POST", "/{r}/main/a?uploadId=x", 400, "MalformedXML"),
        ("DELETE", "/{r}/main/a?uploadId=x", 404, "NoSuchUpload"),
        ("GET", "/UPPER", 400, "InvalidBucketName"),
        ("GET", "/{r}/main/a?versionId=x&acl=", 405, "ERRLakeFSNotSupported"),
        ("PATCH", "/{r}/main/a", 404, None),
        ("GET", "/{r}/main", 404, None),
    ],
)
def test_bad_requests(server, repository, method, path, status, code):
    answer = send(server, method, path.format(r=repository))
    assert answer.status_code == status, answer.text
    assert (f"<Code>{code}</Code>" in answer.text) if code else answer.text == ""
