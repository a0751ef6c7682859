"""The S3 gateway as boto3 uses it, with its default settings."""

import hashlib
import io
import os

import pytest
import requests
from boto3.s3.transfer import TransferConfig
from botocore.exceptions import ClientError

MB = 1 << 20
DOMAIN = "s3.local.lakefs.io"


@pytest.fixture(scope="module")
def s3(server):
    return server.s3()


def code(error):
    return error.value.response["Error"]["Code"]


def read(s3, bucket, key, **more):
    return s3.get_object(Bucket=bucket, Key=key, **more)["Body"].read()


@pytest.mark.parametrize(
    "config",
    [
        {},
        {"request_checksum_calculation": "when_required"},
        {"s3": {"addressing_style": "path", "payload_signing_enabled": True}},
        {"s3": {"addressing_style": "path", "payload_signing_enabled": False}},
        {"signature_version": "s3"},
    ],
    ids=["default", "no-checksum", "signed", "unsigned", "version-2"],
)
@pytest.mark.parametrize("size", [0, 1, 100_000])
def test_put_and_get(server, repository, config, size):
    client = server.s3(**config)
    body = os.urandom(size)
    put = client.put_object(Bucket=repository, Key="main/a", Body=body, ContentType="text/csv")
    assert put["ETag"] == '"%s"' % hashlib.md5(body).hexdigest()
    got = client.get_object(Bucket=repository, Key="main/a")
    assert got["Body"].read() == body
    assert got["ContentType"] == "text/csv" and got["ContentLength"] == size and got["ETag"] == put["ETag"]


def test_a_stream_is_put_in_chunks(s3, repository):
    body = os.urandom(300_000)
    s3.put_object(Bucket=repository, Key="main/a", Body=io.BytesIO(body), ChecksumAlgorithm="SHA256")
    assert read(s3, repository, "main/a") == body


@pytest.mark.parametrize("algorithm", ["CRC32", "SHA1", "SHA256"])
def test_checksums_are_checked(s3, repository, algorithm):
    s3.put_object(Bucket=repository, Key="main/a", Body=b"text", ChecksumAlgorithm=algorithm)
    with pytest.raises(ClientError) as error:
        s3.put_object(Bucket=repository, Key="main/b", Body=b"text", ChecksumCRC32="AAAAAA==")
    assert code(error) == "BadDigest"
    with pytest.raises(ClientError) as error:
        s3.head_object(Bucket=repository, Key="main/b")
    assert code(error) == "404"


def test_upload_file_uses_parts(s3, repository, tmp_path):
    body = os.urandom(30 * MB)
    source = tmp_path / "source"
    source.write_bytes(body)
    s3.upload_file(str(source), repository, "main/dir/big.bin", ExtraArgs={"Metadata": {"a": "1"}})
    target = tmp_path / "target"
    s3.download_file(repository, "main/dir/big.bin", str(target))
    assert hashlib.sha256(target.read_bytes()).digest() == hashlib.sha256(body).digest()
    head = s3.head_object(Bucket=repository, Key="main/dir/big.bin")
    assert head["ContentLength"] == len(body) and head["Metadata"] == {"a": "1"}
    # A copy of that size goes part by part, too.
    s3.copy(
        {"Bucket": repository, "Key": "main/dir/big.bin"},
        repository,
        "main/copy.bin",
        Config=TransferConfig(multipart_threshold=8 * MB, multipart_chunksize=8 * MB),
    )
    assert hashlib.sha256(read(s3, repository, "main/copy.bin")).digest() == hashlib.sha256(body).digest()


def test_multipart_by_hand(server, s3, repository):
    upload = s3.create_multipart_upload(Bucket=repository, Key="main/a")["UploadId"]
    parts = []
    for number, body in ((1, b"a" * 5 * MB), (3, b"tail")):
        part = s3.upload_part(Bucket=repository, Key="main/a", UploadId=upload, PartNumber=number, Body=body)
        parts.append({"PartNumber": number, "ETag": part["ETag"]})
    listed = s3.list_parts(Bucket=repository, Key="main/a", UploadId=upload)
    assert [{"PartNumber": p["PartNumber"], "ETag": p["ETag"]} for p in listed["Parts"]] == parts
    uploads = s3.list_multipart_uploads(Bucket=repository)["Uploads"]
    assert [(u["Key"], u["UploadId"]) for u in uploads] == [("main/a", upload)]
    done = s3.complete_multipart_upload(
        Bucket=repository, Key="main/a", UploadId=upload, MultipartUpload={"Parts": parts}
    )
    assert done["ETag"].endswith('-2"') and done["Key"] == "main/a"
    assert done["Location"] == f"{server.url}/{repository}/main/a"
    assert read(s3, repository, "main/a") == b"a" * 5 * MB + b"tail"
    assert "Uploads" not in s3.list_multipart_uploads(Bucket=repository)
    other = s3.create_multipart_upload(Bucket=repository, Key="main/b")["UploadId"]
    s3.abort_multipart_upload(Bucket=repository, Key="main/b", UploadId=other)
    with pytest.raises(ClientError) as error:
        s3.upload_part(Bucket=repository, Key="main/b", UploadId=other, PartNumber=1, Body=b"x")
    assert code(error) == "NoSuchUpload"


def test_uploads_outlive_a_restart(fresh_server):
    server = fresh_server
    server.create_repository("repo")
    s3 = server.s3()
    upload = s3.create_multipart_upload(Bucket="repo", Key="main/a", Metadata={"k": "v"})["UploadId"]
    one = s3.upload_part(Bucket="repo", Key="main/a", UploadId=upload, PartNumber=1, Body=b"a" * 5 * MB)
    server.kill()
    server.start()
    s3 = server.s3()
    two = s3.upload_part(Bucket="repo", Key="main/a", UploadId=upload, PartNumber=2, Body=b"b")
    parts = [{"PartNumber": 1, "ETag": one["ETag"]}, {"PartNumber": 2, "ETag": two["ETag"]}]
    s3.complete_multipart_upload(Bucket="repo", Key="main/a", UploadId=upload, MultipartUpload={"Parts": parts})
    got = s3.get_object(Bucket="repo", Key="main/a")
    assert got["Body"].read() == b"a" * 5 * MB + b"b" and got["Metadata"] == {"k": "v"}


KEYS = ["a/1", "a/2", "b c+d&e", "dir/", "dir/x", "é", "weird\x01key", "z%41"]


@pytest.mark.parametrize("page", [1, 2, 1000])
@pytest.mark.parametrize("operation", ["list_objects", "list_objects_v2"])
def test_listing(s3, repository, operation, page):
    for key in KEYS:
        s3.put_object(Bucket=repository, Key="main/" + key, Body=b"x")
    pages = s3.get_paginator(operation)

    def listed(**arguments):
        keys, prefixes = [], []
        for answer in pages.paginate(Bucket=repository, PaginationConfig={"PageSize": page}, **arguments):
            keys += [c["Key"] for c in answer.get("Contents", [])]
            prefixes += [p["Prefix"] for p in answer.get("CommonPrefixes", [])]
        return keys, prefixes

    names = sorted(KEYS, key=str.encode)
    assert listed(Prefix="main/") == (["main/" + k for k in names], [])
    flat = ["main/" + k for k in names if "/" not in k]
    assert listed(Prefix="main/", Delimiter="/") == (flat, ["main/a/", "main/dir/"])
    assert listed(Prefix="main/dir/") == (["main/dir/", "main/dir/x"], [])
    assert listed(Delimiter="/") == ([], ["main/"])
    assert listed(Prefix="nowhere/") == ([], [])


def test_buckets(s3, repository):
    assert repository in [b["Name"] for b in s3.list_buckets()["Buckets"]]
    s3.head_bucket(Bucket=repository)
    assert s3.get_bucket_location(Bucket=repository)["LocationConstraint"] is None
    assert "Status" not in s3.get_bucket_versioning(Bucket=repository)
    with pytest.raises(ClientError) as error:
        s3.head_bucket(Bucket="no-such-repository")
    assert code(error) == "404"
    with pytest.raises(ClientError) as error:
        s3.create_bucket(Bucket=repository)
    assert code(error) == "BucketAlreadyExists"
    with pytest.raises(ClientError) as error:
        s3.get_bucket_policy(Bucket=repository)
    assert code(error) == "ERRLakeFSNotSupported"


def test_delete_objects(s3, repository):
    keys = [f"main/{n}" for n in range(1000)]
    for key in keys[:20]:
        s3.put_object(Bucket=repository, Key=key, Body=b"x")
    answer = s3.delete_objects(Bucket=repository, Delete={"Objects": [{"Key": k} for k in keys]})
    assert [d["Key"] for d in answer["Deleted"]] == keys and "Errors" not in answer
    assert s3.list_objects_v2(Bucket=repository, Prefix="main/")["KeyCount"] == 0
    s3.put_object(Bucket=repository, Key="main/a", Body=b"x")
    answer = s3.delete_objects(
        Bucket=repository, Delete={"Objects": [{"Key": "main/a"}, {"Key": "main~1/a"}, {"Key": "/"}], "Quiet": True}
    )
    assert "Deleted" not in answer and {e["Key"] for e in answer["Errors"]} == {"main~1/a", "/"}
    s3.delete_object(Bucket=repository, Key="main/never-was")


def test_metadata_ranges_and_conditions(s3, repository):
    s3.put_object(Bucket=repository, Key="main/a", Body=b"hello world", Metadata={"Some-Key": "value"})
    head = s3.head_object(Bucket=repository, Key="main/a")
    assert head["Metadata"] == {"some-key": "value"} and head["AcceptRanges"] == "bytes"
    assert read(s3, repository, "main/a", Range="bytes=6-") == b"world"
    part = s3.get_object(Bucket=repository, Key="main/a", Range="bytes=-5")
    assert part["ContentRange"] == "bytes 6-10/11" and part["ResponseMetadata"]["HTTPStatusCode"] == 206
    with pytest.raises(ClientError) as error:
        s3.get_object(Bucket=repository, Key="main/a", Range="bytes=11-")
    assert code(error) == "InvalidRange"
    with pytest.raises(ClientError) as error:
        s3.get_object(Bucket=repository, Key="main/a", IfNoneMatch=head["ETag"])
    assert code(error) == "304"
    with pytest.raises(ClientError) as error:
        s3.get_object(Bucket=repository, Key="main/a", IfMatch='"x"')
    assert code(error) == "PreconditionFailed"
    with pytest.raises(ClientError) as error:
        s3.put_object(Bucket=repository, Key="main/a", Body=b"y", IfNoneMatch="*")
    assert code(error) == "PreconditionFailed"
    s3.put_object(Bucket=repository, Key="main/a", Body=b"y", IfMatch=head["ETag"])
    assert read(s3, repository, "main/a") == b"y"


def test_copy(s3, repository):
    s3.put_object(Bucket=repository, Key="main/a b+c", Body=b"text", ContentType="text/csv", Metadata={"k": "v"})
    s3.copy_object(Bucket=repository, Key="main/copy", CopySource={"Bucket": repository, "Key": "main/a b+c"})
    got = s3.get_object(Bucket=repository, Key="main/copy")
    assert (got["Body"].read(), got["ContentType"], got["Metadata"]) == (b"text", "text/csv", {"k": "v"})
    s3.copy_object(
        Bucket=repository,
        Key="main/copy",
        CopySource={"Bucket": repository, "Key": "main/a b+c"},
        MetadataDirective="REPLACE",
        ContentType="text/plain",
        Metadata={"n": "w"},
    )
    head = s3.head_object(Bucket=repository, Key="main/copy")
    assert (head["ContentType"], head["Metadata"]) == ("text/plain", {"n": "w"})


def test_presigned_urls(s3, repository):
    put = s3.generate_presigned_url("put_object", {"Bucket": repository, "Key": "main/p q"}, ExpiresIn=60)
    assert requests.put(put, data=b"text", timeout=30).status_code == 200
    get = s3.generate_presigned_url(
        "get_object", {"Bucket": repository, "Key": "main/p q", "ResponseContentType": "text/plain"}, ExpiresIn=60
    )
    answer = requests.get(get, timeout=30)
    assert answer.content == b"text" and answer.headers["Content-Type"] == "text/plain"
    assert requests.get(get, headers={"Range": "bytes=1-2"}, timeout=30).content == b"ex"
    assert requests.get(get.replace("p%20q", "other"), timeout=30).status_code == 403
    assert requests.put(get, data=b"x", timeout=30).status_code == 403
    expired = s3.generate_presigned_url("get_object", {"Bucket": repository, "Key": "main/p q"}, ExpiresIn=-1)
    assert requests.get(expired, timeout=30).status_code in (400, 403)


class VirtualHosts:
    """Sends requests for the gateway's sub-domains to the server of a test, their signed host as it is."""

    def __init__(self, server):
        self.server = server

    def __call__(self, request, **_):
        host = request.url.split("/")[2]
        request.url = request.url.replace(host, f"127.0.0.1:{self.server.port}", 1)
        request.headers["Host"] = host


def test_virtual_hosts(server, repository):
    client = server.s3(url=f"http://{DOMAIN}:{server.port}", s3={"addressing_style": "virtual"})
    client.meta.events.register("before-send.s3", lambda request, **_: VirtualHosts(server)(request))
    client.put_object(Bucket=repository, Key="main/dir/a", Body=b"text")
    assert read(client, repository, "main/dir/a") == b"text"
    listed = client.list_objects_v2(Bucket=repository, Prefix="main/", Delimiter="/")
    assert [p["Prefix"] for p in listed["CommonPrefixes"]] == ["main/dir/"]
    assert repository in [b["Name"] for b in client.list_buckets()["Buckets"]]
    # The same object is under the REST API.
    stat = server.session().get(
        f"{server.api}/repositories/{repository}/refs/main/objects/stat", params={"path": "dir/a"}, timeout=30
    )
    assert stat.json()["size_bytes"] == 4


def test_both_protocols_show_the_same(server, s3, repository):
    s3.put_object(Bucket=repository, Key="main/a", Body=b"one", Metadata={"k": "v"})
    session = server.session()
    base = f"{server.api}/repositories/{repository}"
    session.post(f"{base}/branches/main/commits", json={"message": "one"}, timeout=30).raise_for_status()
    session.post(f"{base}/branches", json={"name": "dev", "source": "main"}, timeout=30).raise_for_status()
    s3.put_object(Bucket=repository, Key="dev/a", Body=b"two")
    assert read(s3, repository, "main/a") == b"one" and read(s3, repository, "dev/a") == b"two"
    assert read(s3, repository, "dev@/a") == b"one"
    stat = session.get(
        f"{base}/refs/main/objects/stat", params={"path": "a", "user_metadata": "true"}, timeout=30
    ).json()
    assert stat["metadata"] == {"X-Amz-Meta-k": "v"}
    with pytest.raises(ClientError) as error:
        s3.put_object(Bucket=repository, Key="nowhere/a", Body=b"x")
    assert code(error) == "NoSuchBucket"


def test_strangers(server, s3, repository):
    s3.put_object(Bucket=repository, Key="main/a", Body=b"x")
    with pytest.raises(ClientError) as error:
        server.s3(secret="x" * 40).get_object(Bucket=repository, Key="main/a")
    assert code(error) == "SignatureDoesNotMatch"
    with pytest.raises(ClientError) as error:
        server.s3(key="AKIAUNKNOWNUNKNOWNXX").get_object(Bucket=repository, Key="main/a")
    assert code(error) == "AccessDenied"
