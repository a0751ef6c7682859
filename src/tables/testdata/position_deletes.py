#!/usr/bin/env python3
"""Makes the files of position_deletes/, which position_deletes_test.cc reads: pyarrow 26.0.1, as of tests/requirements.txt.

Usage: position_deletes.py     writes beside itself
"""

import pathlib

import pyarrow
import pyarrow.parquet

FOLDER = pathlib.Path(__file__).parent / "position_deletes"


def field(name, kind, field_id, nullable=False):
    return pyarrow.field(name, kind, nullable=nullable, metadata={b"PARQUET:field_id": str(field_id).encode()})


PATH = field("file_path", pyarrow.string(), 2147483546)
POSITION = field("pos", pyarrow.int64(), 2147483545)
# Two files of data: every third row of one; of the other rows far apart, as deltas of many widths.
ROWS = [("s3a://lake/main/wh/trips/data/a.parquet", 3 * i) for i in range(150)]
ROWS += [("s3a://lake/main/wh/trips/data/b.parquet", 7 * i * i * i + i % 5) for i in range(150)]


def table(path=PATH, position=POSITION, rows=ROWS):
    columns = [pyarrow.array([row[0] for row in rows], path.type), pyarrow.array([row[1] for row in rows], position.type)]
    return pyarrow.Table.from_arrays(columns, schema=pyarrow.schema([path, position]))


def write(name, content, **how):
    pyarrow.parquet.write_table(content, FOLDER / f"{name}.parquet", store_schema=False, **how)


def main():
    FOLDER.mkdir(exist_ok=True)
    plain = {"use_dictionary": False}
    deltas = {"use_dictionary": False, "data_page_version": "2.0"}
    optional = table(field("file_path", pyarrow.string(), 2147483546, True), field("pos", pyarrow.int64(), 2147483545, True))
    write("none_plain_v1", table(), compression="none", **plain)
    write("snappy_dictionary_v1", table(), compression="snappy")
    write("gzip_dictionary_v2", table(), compression="gzip", data_page_version="2.0")
    write("zstd_plain_v2", table(), compression="zstd", data_page_version="2.0", **plain)
    write("lz4_dictionary_v1", table(), compression="lz4")
    write("none_delta_v2", table(), compression="none", column_encoding={"file_path": "DELTA_BYTE_ARRAY", "pos": "DELTA_BINARY_PACKED"}, **deltas)
    write("zstd_delta_length_v1", table(), compression="zstd", column_encoding={"file_path": "DELTA_LENGTH_BYTE_ARRAY", "pos": "DELTA_BINARY_PACKED"}, use_dictionary=False)
    write("optional_v1", optional, compression="snappy")
    write("optional_v2", optional, compression="zstd", data_page_version="2.0")
    # Many pages in many groups of rows, with checksums and an index behind them.
    write("groups_and_pages", table(), compression="zstd", row_group_size=70, data_page_size=64, write_batch_size=16, write_page_index=True, write_page_checksum=True)
    # Dictionaries that grow too large: values follow as they are.
    write("fallback", table(), compression="none", dictionary_pagesize_limit=64, data_page_size=256, write_batch_size=16)
    without_ids = pyarrow.schema([pyarrow.field("pos", pyarrow.int64(), False), pyarrow.field("file_path", pyarrow.string(), False)])
    write("names_only", table().select(["pos", "file_path"]).cast(without_ids), compression="snappy")
    write("empty", table(rows=[]), compression="snappy")
    # Refused.
    write("bad_brotli", table(), compression="brotli")
    write("bad_null", table(*optional.schema, rows=[*ROWS[:5], (None, 7)]), compression="none")
    row = pyarrow.array([{"id": i} for i in range(len(ROWS))])
    write("bad_row", table().append_column("row", row), compression="snappy")
    write("bad_column", table().append_column("other", pyarrow.array(range(len(ROWS)))), compression="snappy")
    write("bad_type", table(position=field("pos", pyarrow.int32(), 2147483545), rows=ROWS[:9]), compression="snappy")


if __name__ == "__main__":
    main()
