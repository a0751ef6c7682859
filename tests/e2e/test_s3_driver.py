"""The block driver suite against servers that speak S3: moto, which is not ours, and our gateway, which checks signatures. The same
variables point it at any other."""

import os
import subprocess

import pytest

from tests.lib.server import BIN_DIR, ROOT

SUITE_TIMEOUT_S = 300


def suite_binary():
    for folder in (BIN_DIR, ROOT / "build/dev/bin"):
        if (folder / "tarn_block_test").exists():
            return folder / "tarn_block_test"
    pytest.skip("tarn_block_test is not built")


def run_suite(variables):
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("TARN_", "AWS_"))}
    return subprocess.run(
        [str(suite_binary()), "--gtest_filter=Remote/AdapterSuite.*", "--gtest_brief=1"],
        env=environment | variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=SUITE_TIMEOUT_S,
    )


def test_driver_suite_against_moto(aws):
    aws.s3.create_bucket(Bucket="driver-suite")
    done = run_suite(
        {
            "TARN_TEST_S3_ENDPOINT": aws.url,
            "TARN_TEST_S3_BUCKET": "driver-suite",
            "TARN_TEST_S3_ACCESS_KEY_ID": aws.KEY,
            "TARN_TEST_S3_SECRET_ACCESS_KEY": aws.SECRET,
            # moto's routes miss keys with a line break, and a part for an unknown upload is its 500.
            "TARN_TEST_S3_LACKS": "newline-keys,unknown-uploads,single-completion",
        }
    )
    assert done.returncode == 0, done.stdout
    # It must have talked to this server: a filter that matches nothing succeeds, too.
    assert aws.s3.list_objects_v2(Bucket="driver-suite")["KeyCount"] > 0


def test_driver_suite_against_the_gateway(server, repository):
    done = run_suite(
        {
            "TARN_TEST_S3_ENDPOINT": server.url,
            "TARN_TEST_S3_BUCKET": repository,
            "TARN_TEST_S3_PREFIX": "main/",
            "TARN_TEST_S3_ACCESS_KEY_ID": server.access_key_id,
            "TARN_TEST_S3_SECRET_ACCESS_KEY": server.secret_access_key,
            # As with S3 itself, completing again succeeds.
            "TARN_TEST_S3_LACKS": "single-completion",
        }
    )
    assert done.returncode == 0, done.stdout
    listed = server.session().get(f"{server.api}/repositories/{repository}/refs/main/objects/ls", timeout=30)
    assert listed.json()["results"]
