"""Just enough of Avro to write a file by hand."""

import json

SYNC = b"0123456789abcdef"


def long(value):
    value = (value << 1) ^ (value >> 63)
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes(out) + bytes([value])


def text(value):
    return long(len(value.encode())) + value.encode()


def file(schema, records):
    """An uncompressed file of records that are encoded already."""
    header = long(2) + text("avro.schema") + text(json.dumps(schema)) + text("avro.codec") + text("null") + long(0)
    block = b"".join(records)
    return b"Obj\x01" + header + SYNC + long(len(records)) + long(len(block)) + block + SYNC
