#!/usr/bin/env python3
"""Makes the files of orc/, which orc_columns_test.cc reads: pyarrow 26.0.1, as of tests/requirements.txt.

Usage: orc.py     writes beside itself
"""

import decimal
import pathlib

import pyarrow
import pyarrow.orc

FOLDER = pathlib.Path(__file__).parent / "orc"
TYPES = {
    "Flag": pyarrow.bool_(),
    "tiny": pyarrow.int8(),
    "small": pyarrow.int16(),
    "number": pyarrow.int32(),
    "big": pyarrow.int64(),
    "ratio": pyarrow.float32(),
    "wide": pyarrow.float64(),
    "text": pyarrow.string(),
    "raw": pyarrow.binary(),
    "at": pyarrow.timestamp("ns"),
    "instant": pyarrow.timestamp("ns", tz="UTC"),
    "day": pyarrow.date32(),
    "price": pyarrow.decimal128(9, 2),
    "list": pyarrow.list_(pyarrow.int64()),
    "map": pyarrow.map_(pyarrow.string(), pyarrow.struct([("X", pyarrow.int32())])),
    "nested": pyarrow.struct([("a", pyarrow.string()), ("B", pyarrow.list_(pyarrow.float64()))]),
}
ROW = {"price": decimal.Decimal("1.25"), "text": "Tom", "list": [1, 2], "map": [("k", {"X": 1})]}


def main():
    FOLDER.mkdir(exist_ok=True)
    schema = pyarrow.schema(list(TYPES.items()))
    rows = pyarrow.Table.from_pylist([{name: ROW.get(name) for name in TYPES}] * 3, schema=schema)
    for codec in ("uncompressed", "zlib", "snappy", "lz4", "zstd"):
        pyarrow.orc.write_table(rows, str(FOLDER / f"{codec}.orc"), compression=codec)
    hive = pyarrow.Table.from_pylist([{"_col0": 1, "_col1": "x"}])
    pyarrow.orc.write_table(hive, str(FOLDER / "nameless.orc"))


main()
