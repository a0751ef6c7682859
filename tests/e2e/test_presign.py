"""URLs of the block store that the server hands out, used by someone who knows no key."""

import hashlib
import time

import pytest
import requests

from tests.lib.client import Lakectl


@pytest.fixture(scope="module")
def repository(s3_server):
    name = s3_server.create_repository("presigned", "s3://lake/presigned")
    return f"{s3_server.api}/repositories/{name}"


def test_the_configuration_promises_what_works(s3_server, server):
    def storage(of):
        return of.session().get(f"{of.api}/config", timeout=30).json()["storage_config"]

    on_s3, on_disk = storage(s3_server), storage(server)
    assert (on_s3["blockstore_type"], on_s3["pre_sign_support"], on_s3["pre_sign_multipart_upload"]) == ("s3", True, False)
    assert (on_disk["blockstore_type"], on_disk["pre_sign_support"]) == ("local", False)


def test_an_object_goes_in_and_out_by_url(s3_server, repository):
    session = s3_server.session()
    target = {"path": "odd names/a b+c%.csv"}
    staging = session.get(f"{repository}/branches/main/staging/backing", params=target | {"presign": "true"}, timeout=30).json()
    assert 0 < staging["presigned_url_expiry"] - time.time() <= 15 * 60
    body = b"1,2\n" * 100
    assert requests.put(staging["presigned_url"], data=body, timeout=30).status_code == 200
    linked = session.put(
        f"{repository}/branches/main/staging/backing",
        params=target,
        json={
            "staging": {"physical_address": staging["physical_address"]},
            "checksum": hashlib.md5(body).hexdigest(),
            "size_bytes": len(body),
        },
        timeout=30,
    )
    assert linked.status_code == 200, linked.text

    get = session.get(f"{repository}/refs/main/objects", params=target | {"presign": "true"}, timeout=30, allow_redirects=False)
    assert get.status_code == 302
    assert requests.get(get.headers["Location"], timeout=30).content == body
    stat = session.get(f"{repository}/refs/main/objects/stat", params=target | {"presign": "true"}, timeout=30).json()
    assert requests.get(stat["physical_address"], timeout=30).content == body and stat["physical_address_expiry"] > time.time()
    listed = session.get(f"{repository}/refs/main/objects/ls", params={"presign": "true"}, timeout=30).json()["results"]
    assert requests.get(listed[0]["physical_address"], timeout=30).content == body
    plain = session.get(f"{repository}/refs/main/objects/stat", params=target, timeout=30).json()
    assert plain["physical_address"].startswith("s3://lake/presigned/data/") and "physical_address_expiry" not in plain


def test_lakectl_uses_them(s3_server, repository, tmp_path):
    ctl = Lakectl(s3_server, tmp_path)
    source, target = tmp_path / "in", tmp_path / "out"
    source.write_bytes(b"x" * 200_000)
    ctl("fs", "upload", "-s", str(source), "lakefs://presigned/main/up", "--pre-sign")
    ctl("fs", "download", "lakefs://presigned/main/up", str(target), "--pre-sign")
    assert target.read_bytes() == source.read_bytes()
    url = ctl("fs", "presign", "lakefs://presigned/main/up").strip()
    assert requests.get(url, timeout=30).content == source.read_bytes()


def test_a_store_without_urls_says_so(server):
    session = server.session()
    name = server.create_repository("presigned-local")
    answer = session.get(
        f"{server.api}/repositories/{name}/branches/main/staging/backing", params={"path": "a", "presign": "true"}, timeout=30
    )
    assert (answer.status_code, answer.json()["message"]) == (400, "operation not supported")
