"""A server whose objects, ranges and metaranges lie in S3 (moto): what it keeps there, and on its own disk."""

import hashlib
import http.server
import re
import threading

import pytest

from tests.lib.server import TarnServer


def keys(aws, prefix):
    return [entry["Key"] for entry in aws.s3.list_objects_v2(Bucket="lake", Prefix=prefix).get("Contents", [])]


def test_objects_and_tables_survive_a_restart(aws, tmp_path):
    server = TarnServer(tmp_path / "server", **aws.variables()).start()
    # More than a part, and of unknown length on its way.
    large = b"0123456789abcdef" * (700 * 1024)
    try:
        session = server.session()
        server.create_repository("animals", "s3://lake/a")
        branch = f"{server.api}/repositories/animals/branches/main"
        for path, body in {"small": b"few bytes", "large": (large[i : i + 65536] for i in range(0, len(large), 65536))}.items():
            stored = session.post(f"{branch}/objects", params={"path": path}, data=body, timeout=60)
            assert stored.status_code == 201, stored.text
        committed = session.post(f"{branch}/commits", json={"message": "both"}, timeout=60)
        assert committed.status_code == 201, committed.text
        assert len(keys(aws, "a/data/")) == 2
        tables = [key for key in keys(aws, "a/_lakefs/") if len(key.rsplit("/", 1)[1]) == 64]
        assert len(tables) >= 2
        assert not aws.s3.list_multipart_uploads(Bucket="lake").get("Uploads")
        cache = tmp_path / "server/data/cache/tables"
        assert len(list(cache.iterdir())) == len(tables), "what a commit writes is kept"
        server.stop()

        # The tables are read from the disk of the server: the store lost them meanwhile.
        for key in tables:
            aws.s3.delete_object(Bucket="lake", Key=key)
        server.start()
        read = server.session().get(
            f"{server.api}/repositories/animals/refs/main/objects", params={"path": "large"}, timeout=60
        )
        assert hashlib.sha256(read.content).digest() == hashlib.sha256(large).digest()
        # A damaged copy is not believed, and the store has none: an error and no wrong answer.
        server.stop()
        for file in cache.iterdir():
            file.write_bytes(file.read_bytes()[:-30])
        server.start()
        read = server.session().get(
            f"{server.api}/repositories/animals/refs/main/objects", params={"path": "small"}, timeout=60
        )
        assert read.status_code >= 400
    finally:
        server.stop()


@pytest.fixture
def signed_regions():
    """A store that refuses everything, and the regions that requests to it were signed for."""
    regions = []

    class Store(http.server.BaseHTTPRequestHandler):
        def refuse(self):
            found = re.search(r"Credential=[^/]+/\d{8}/([^/]+)/s3/aws4_request", self.headers.get("Authorization", ""))
            regions.append(found.group(1) if found else None)
            self.close_connection = True
            self.send_response(403)
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_GET = do_PUT = do_HEAD = do_POST = do_DELETE = refuse

        def log_message(self, *_):
            pass

    store = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Store)
    thread = threading.Thread(target=store.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{store.server_address[1]}", regions
    store.shutdown()
    thread.join()
    store.server_close()


@pytest.mark.parametrize(
    "variables, region",
    [
        ({}, "us-east-1"),
        ({"AWS_REGION": "eu-west-1"}, "eu-west-1"),
        ({"AWS_DEFAULT_REGION": "eu-west-2"}, "eu-west-2"),
        ({"AWS_REGION": "eu-west-1", "TARN_BLOCKSTORE_S3_REGION": "eu-south-2"}, "eu-south-2"),
    ],
    ids=["none", "variable", "old-variable", "setting"],
)
def test_region_of_the_store(signed_regions, tmp_path, variables, region):
    url, regions = signed_regions
    server = TarnServer(
        tmp_path / "server",
        AWS_ENDPOINT_URL=url,
        AWS_ACCESS_KEY_ID="AKIAEXAMPLE",
        AWS_SECRET_ACCESS_KEY="secret",
        TARN_BLOCKSTORE_TYPE="s3",
        **variables,
    ).start()
    answer = server.session().post(
        f"{server.api}/repositories", json={"name": "repo", "storage_namespace": "s3://bucket/repo"}, timeout=30
    )
    server.stop()
    assert answer.status_code == 400
    assert set(regions) == {region}
