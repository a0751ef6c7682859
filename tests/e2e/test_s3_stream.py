"""Bytes through the S3 gateway are streamed: the size of an object is not the size of the server."""

import os

import pytest

from tests.lib.server import is_sanitized

SIZE_MB = int(os.environ.get("TARN_STREAM_MB", "1024"))
GROWTH_KB_MAX = 32 * 1024
MB = 1 << 20


class Endless:
    """A file of `size` bytes, all of them zero."""

    def __init__(self, size):
        self.size, self.at = size, 0

    def read(self, amount=-1):
        left = self.size - self.at
        amount = left if amount is None or amount < 0 else min(amount, left)
        self.at += amount
        return bytes(amount)

    def seek(self, offset, whence=0):
        self.at = max(0, offset + {0: 0, 1: self.at, 2: self.size}[whence])
        return self.at

    def tell(self):
        return self.at


@pytest.mark.skipif(is_sanitized(), reason="sanitizers keep freed memory")
def test_memory_stays_small(fresh_server):
    server = fresh_server
    server.create_repository("big")
    s3 = server.s3(read_timeout=600)
    s3.put_object(Bucket="big", Key="main/small", Body=b"x")
    before = server.memory_peak_kb()
    s3.put_object(Bucket="big", Key="main/big", Body=Endless(SIZE_MB * MB))
    count = 0
    for piece in s3.get_object(Bucket="big", Key="main/big")["Body"].iter_chunks(MB):
        count += len(piece)
    assert count == SIZE_MB * MB
    s3.upload_fileobj(Endless(SIZE_MB * MB // 4), "big", "main/parts")
    assert s3.head_object(Bucket="big", Key="main/parts")["ContentLength"] == SIZE_MB * MB // 4
    grown = server.memory_peak_kb() - before
    print(f"\n{SIZE_MB} MB up and down: the server grew by {grown} kB")
    assert grown < GROWTH_KB_MAX
