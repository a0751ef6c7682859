"""The S3 gateway as the AWS command line uses it."""

import os
import pathlib
import subprocess
import sys

import pytest
import requests

AWS = pathlib.Path(sys.executable).parent / "aws"
MB = 1 << 20


@pytest.fixture
def aws(server, tmp_path):
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "AWS_ACCESS_KEY_ID": server.access_key_id,
        "AWS_SECRET_ACCESS_KEY": server.secret_access_key,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": server.url,
        "AWS_MAX_ATTEMPTS": "1",
    }

    def run(*arguments, code=0):
        done = subprocess.run(
            [str(AWS), *arguments], env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=120
        )
        assert done.returncode == code, (arguments, done.stdout, done.stderr)
        return done.stdout if code == 0 else done.stderr

    return run


def test_files_there_and_back(aws, repository, tmp_path):
    source = tmp_path / "source"
    (source / "dir" / "deep").mkdir(parents=True)
    (source / "a b+c.txt").write_text("text")
    (source / "dir" / "é.csv").write_text("1,2\n")
    (source / "dir" / "deep" / "big").write_bytes(os.urandom(20 * MB))
    root = f"s3://{repository}/main/data"
    aws("s3", "sync", str(source), root)
    assert aws("s3", "sync", str(source), root) == ""  # nothing left to do
    aws("s3", "sync", root, str(tmp_path / "target"))
    for path in source.rglob("*"):
        if path.is_file():
            assert (tmp_path / "target" / path.relative_to(source)).read_bytes() == path.read_bytes()
    listed = aws("s3", "ls", root + "/")
    assert "PRE dir/" in listed and "a b+c.txt" in listed
    assert aws("s3", "ls", "--recursive", root).count("\n") == 3
    assert "PRE main/" in aws("s3", "ls", f"s3://{repository}")
    assert repository in aws("s3", "ls")

    aws("s3", "mv", f"{root}/a b+c.txt", f"{root}/moved.txt")
    assert aws("s3", "cp", f"{root}/moved.txt", "-") == "text"
    url = aws("s3", "presign", f"{root}/moved.txt").strip()
    assert requests.get(url, timeout=30).text == "text"
    aws("s3", "rm", "--recursive", root)
    aws("s3", "ls", root + "/", code=1)


def test_errors_are_shown(aws, repository):
    assert "NoSuchBucket" in aws("s3api", "list-objects-v2", "--bucket", "no-such-repository", code=255)
    aws("s3api", "head-object", "--bucket", repository, "--key", "main/nope", code=255)
    assert "ERRLakeFSNotSupported" in aws("s3api", "get-bucket-acl", "--bucket", repository, code=255)
