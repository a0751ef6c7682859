#!/usr/bin/env python3
"""Writes requests signed and bodies chunked by botocore, with which the tests of src/aws compare our own.

Usage: botocore_vectors.py [FOLDER]     (default: src/aws/testdata beside this repository's tools)

botocore_vectors.json: signed requests.

The requests come from a fixed seed, keys and names from lists of odd ones; botocore signs them at a frozen time. The file is the same for every botocore that
signs alike; tests/compat/test_botocore_vectors.py compares it with the installed one. One vector a line:

- kind: `header` (Authorization) or `query` (presigned URL)
- service, region, access_key, secret, token (may be empty), time
- method, target (encoded path and query, for `query` without the signature), headers (with Host, without what signing adds)
- payload_hash: what the signature says of the body (`header` only)
- expires_s (`query` only), signs_headers: whether more than Host is signed (`query` only)
- expected: the value of Authorization, or the target with the signature

botocore_chunked.json: bodies of STREAMING-UNSIGNED-PAYLOAD-TRAILER uploads: trailer (its name), content and body (both base64).
"""

import base64
import datetime
import io
import json
import pathlib
import random
import sys
from unittest import mock
from urllib.parse import quote, urlsplit

from botocore import auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.httpchecksum import AwsChunkedWrapper, Crc32Checksum, Sha1Checksum, Sha256Checksum

SEED = 20130524
FOLDER = pathlib.Path(__file__).resolve().parent.parent / "src/aws/testdata"

PARTS = ["a", "data", "x.txt", "with space", "  two  ", "per%cent", "100%25", "plus+plus", "é", "日本語", "emoji😀", "~tilde", "dot.", "..", ".", "...", "", "a=b&c",
         "semi;colon", "star*", "(paren)", "!bang", "quo'te", "quo\"te", "at@colon:", "comma,", "dollar$", "hash#", "quest?ion", "back\\slash", "br[ack]et", "{brace}",
         "pipe|", "caret^", "tick`", "<angle>", "_under", "-dash", "part=1", "year=2024", "\u00a0nbsp", "tab\there", "line\nbreak", "\x7fdel", "e\u0301"]
NAMES = ["prefix", "delimiter", "marker", "max-keys", "list-type", "continuation-token", "start-after", "encoding-type", "uploads", "uploadId", "partNumber", "acl",
         "location", "versioning", "delete", "x-id", "tagging", "response-content-type", "response-content-disposition", "versionId", "select", "select-type", "a b",
         "a-b", "a.b", "A", "é", "key+", "~", "_"]
VALUES = ["", "", "1", "2", "main/", "main/a b+", "/", "a&b=c", "%2F", "é", "日本", "~-._", "+", " ", "  ", "url", "attachment; filename=\"a b.txt\"", "text/plain; charset=utf-8",
          "AbCdEf0123456789+/==", "*'()!", "a,b", "100%"]
HEADER_NAMES = ["x-amz-meta-a", "x-amz-meta-b", "X-Amz-Meta-Mixed-Case", "x-amz-meta-a-b", "x-amz-meta-ab", "x-amz-meta-a.b", "x-amz-acl", "x-amz-storage-class", "Content-Type", "Range",
                "If-None-Match", "Content-Encoding", "Cache-Control", "x-amz-copy-source", "x-amz-metadata-directive", "Accept", "Content-Disposition", "x-amz-tagging"]
HEADER_VALUES = ["1", "value", "  leading", "trailing  ", "a  b   c", "a, b", "\"quoted  text\"", "bytes=0-9", "*", "a=b&c=d", "é", "日本", "/bucket/a%20b", "REDUCED_REDUNDANCY", "",
                 "tab\tin\t\tit", ": ; ,", "gzip"]
UNSIGNED_HEADERS = [("User-Agent", "Boto3/1.0 ua/2.0"), ("Expect", "100-continue"), ("X-Amzn-Trace-Id", "Root=1-2-3"), ("Connection", "keep-alive"), ("TE", "trailers")]
REGIONS = ["us-east-1", "us-west-2", "eu-central-1", "ap-southeast-2", "cn-north-1", "us-gov-west-1", "local"]
KEYS = [("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"), ("AKIAJ12ZZZZZZZZZZZZQ", "0" * 40), ("minio", "minio+secret/with=all")]
TOKENS = ["", "", "FwoGZXIvYXdzE+token/with==", "short"]
METHODS = ["GET", "PUT", "HEAD", "DELETE", "POST"]
BODIES = [b"", b"", b"Welcome to Amazon S3.", b"\x00\xff binary", "é".encode()]


def encode(text, safe=""):
    return quote(text, safe=safe + "-._~")


def a_key(rng):
    key = "/".join(rng.choice(PARTS) for _ in range(rng.randint(1, 4)))
    return key + rng.choice(["", "", "", "/"])


def a_query(rng, repeats):
    names = [rng.choice(NAMES) for _ in range(rng.choice([0, 0, 1, 2, 3, 5]))]
    if repeats and names and rng.random() < 0.4:
        names.append(names[0])
    if not repeats:
        names = list(dict.fromkeys(names))
    pairs = [(encode(name), encode(rng.choice(VALUES))) for name in names]
    # A presigned URL always has the `=`: botocore writes its query anew.
    return "&".join(name if repeats and not value and rng.random() < 0.5 else f"{name}={value}" for name, value in pairs)


def some_headers(rng):
    chosen = rng.sample(HEADER_NAMES, rng.choice([0, 0, 1, 2, 4]))
    headers = [(name, rng.choice(HEADER_VALUES)) for name in chosen]
    if headers and rng.random() < 0.3:
        headers.append((headers[0][0], rng.choice(HEADER_VALUES)))
    return headers


def an_identity(rng):
    access_key, secret = rng.choice(KEYS)
    moment = datetime.datetime(2013, 5, 24, tzinfo=datetime.timezone.utc) + datetime.timedelta(seconds=rng.randrange(20 * 365 * 86400))
    return access_key, secret, rng.choice(TOKENS), moment


def add_auth(signer, request, moment):
    with mock.patch.object(auth, "get_current_datetime", lambda *_, **__: moment):
        signer.add_auth(request)


def target_of(url):
    parts = urlsplit(url)
    return parts.path + (f"?{parts.query}" if parts.query else "")


def s3_target(rng, repeats):
    bucket = rng.choice(["bucket", "repo1/main", "my.bucket-1"])
    path = "/" + bucket + rng.choice(["", "/"]) if rng.random() < 0.15 else f"/{bucket}/{encode(a_key(rng), '/')}"
    if rng.random() < 0.1:
        path = "/" + encode(a_key(rng), "/")  # virtual-host style
    query = a_query(rng, repeats)
    return path + (f"?{query}" if query else "")


def base_vector(kind, service, region, identity, method, host, target, headers):
    access_key, secret, token, moment = identity
    return {"kind": kind, "service": service, "region": region, "access_key": access_key, "secret": secret, "token": token,
            "time": moment.strftime("%Y%m%dT%H%M%SZ"), "method": method, "target": target, "headers": [["Host", host], *map(list, headers)]}


def header_vector(rng, service):
    region, identity = rng.choice(REGIONS), an_identity(rng)
    access_key, secret, token, moment = identity
    credentials = Credentials(access_key, secret, token or None)
    host = rng.choice(["s3.tarn.test", "127.0.0.1:9000", "bucket.s3.us-east-1.amazonaws.com"]) if service == "s3" else f"{service}.{region}.amazonaws.com"
    body = rng.choice(BODIES)
    if service == "s3":
        method, target, headers = rng.choice(METHODS), s3_target(rng, repeats=True), some_headers(rng)
        signer = auth.S3SigV4Auth(credentials, service, region)
    else:
        method, target = "POST", "/"
        headers = [("Content-Type", "application/x-amz-json-1.1"), ("X-Amz-Target", "AWSGlue.GetTable")] if service == "glue" else [
            ("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")]
        signer = auth.SigV4Auth(credentials, service, region)
    headers += rng.sample(UNSIGNED_HEADERS, rng.choice([0, 0, 1, 3]))
    request = AWSRequest(method=method, url=f"http://{host}{target}", data=body)
    for name, value in headers:
        request.headers[name] = value
    if service == "s3" and rng.random() < 0.3:
        request.context["client_config"] = Config(s3={"payload_signing_enabled": False})
        request.url = request.url.replace("http://", "https://", 1)
    payload_hash = signer.payload(request)
    add_auth(signer, request, moment)
    vector = base_vector("header", service, region, identity, method, host, target, headers)
    return {**vector, "payload_hash": payload_hash, "expected": request.headers["Authorization"]}


def query_vector(rng, service):
    region, identity = rng.choice(REGIONS), an_identity(rng)
    access_key, secret, token, moment = identity
    credentials = Credentials(access_key, secret, token or None)
    expires_s = rng.choice([0, 1, 900, 3600, 86400, 604800])
    if service == "s3":
        host, method, target = rng.choice(["s3.tarn.test", "bucket.s3.us-east-1.amazonaws.com"]), rng.choice(["GET", "PUT", "HEAD", "DELETE"]), s3_target(rng, repeats=False)
        headers = some_headers(rng) if rng.random() < 0.2 else []
        signer = auth.S3SigV4QueryAuth(credentials, region_name=region, service_name=service, expires=expires_s)
    else:
        host, method, target, headers = f"{service}.{region}.amazonaws.com", "GET", "/?Action=GetCallerIdentity&Version=2011-06-15", []
        signer = auth.SigV4QueryAuth(credentials, region_name=region, service_name=service, expires=expires_s)
    request = AWSRequest(method=method, url=f"https://{host}{target}")
    for name, value in headers:
        request.headers[name] = value
    add_auth(signer, request, moment)
    vector = base_vector("query", service, region, identity, method, host, target, headers)
    return {**vector, "expires_s": expires_s, "signs_headers": bool(headers), "expected": target_of(request.url)}


def lines(vectors):
    return "[\n" + ",\n".join(json.dumps(vector, ensure_ascii=True) for vector in vectors) + "\n]\n"


def signed_requests():
    rng = random.Random(SEED)
    vectors = [header_vector(rng, "s3") for _ in range(200)]
    vectors += [query_vector(rng, "s3") for _ in range(100)]
    vectors += [header_vector(rng, service) for service in ("glue", "sts") for _ in range(12)]
    vectors += [query_vector(rng, "sts") for _ in range(8)]
    return vectors


def chunked_bodies():
    rng = random.Random(SEED)
    vectors = []
    # CRC-32C and CRC-64/NVME would need botocore's native extra.
    for name, checksum in (("crc32", Crc32Checksum), ("sha1", Sha1Checksum), ("sha256", Sha256Checksum)):
        for size_bytes, chunk_bytes in ((0, None), (1, None), (3000, None), (3000, 1000), (2500, 1024), (40, 1)):
            content, trailer = rng.randbytes(size_bytes), f"x-amz-checksum-{name}"
            body = AwsChunkedWrapper(io.BytesIO(content), checksum_cls=checksum, checksum_name=trailer, chunk_size=chunk_bytes).read()
            vectors.append({"trailer": trailer, "content": base64.b64encode(content).decode(), "body": base64.b64encode(body).decode()})
    return vectors


def generate():
    """The text of each file by its name."""
    return {"botocore_vectors.json": lines(signed_requests()), "botocore_chunked.json": lines(chunked_bodies())}


def main():
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    for name, text in generate().items():
        (folder / name).write_text(text)


if __name__ == "__main__":
    main()
