"""Object bytes are streamed: the size of an object is not the size of the server."""

import os

import pytest
import requests

from tests.lib.server import is_sanitized

SIZE_MB = int(os.environ.get("TARN_STREAM_MB", "1024"))
GROWTH_KB_MAX = 32 * 1024


@pytest.mark.skipif(is_sanitized(), reason="sanitizers keep freed memory")
def test_memory_stays_small(fresh_server):
    server = fresh_server
    session = server.session()
    server.create_repository("big")
    before = server.memory_peak_kb()
    block = os.urandom(1 << 20)

    def chunks():
        for _ in range(SIZE_MB):
            yield block

    url = f"{server.api}/repositories/big"
    put = session.post(f"{url}/branches/main/objects", params={"path": "big"}, data=chunks(), timeout=600)
    assert put.status_code == 201, put.text
    assert put.json()["size_bytes"] == SIZE_MB << 20
    with requests.get(
        f"{url}/refs/main/objects", params={"path": "big"}, auth=server.auth, stream=True, timeout=600
    ) as answer:
        count = 0
        for piece in answer.iter_content(1 << 20):
            assert piece == block
            count += 1
    assert count == SIZE_MB
    grown = server.memory_peak_kb() - before
    print(f"\n{SIZE_MB} MB up and down: the server grew by {grown} kB")
    assert grown < GROWTH_KB_MAX
