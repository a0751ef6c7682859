#!/usr/bin/env python3
"""Makes the files of delta_checkpoints/, which delta_checkpoint_test.cc reads: pyarrow 26.0.1 and deltalake 1.6.6, as of tests/requirements.txt.

Usage: delta_checkpoints.py     writes beside itself

NAME.parquet are checkpoints, NAME.jsonl what they say: `all.jsonl` is that of all that pyarrow wrote of the actions below, in every encoding, codec
and version of pages. delta_rs.parquet is one of delta-rs; delta_rs.jsonl is what pyarrow reads of it.
"""

import datetime
import decimal
import json
import pathlib
import tempfile

import deltalake
import pyarrow
import pyarrow.parquet

FOLDER = pathlib.Path(__file__).parent / "delta_checkpoints"

string, long, integer, flag = pyarrow.string(), pyarrow.int64(), pyarrow.int32(), pyarrow.bool_()
texts = pyarrow.map_(string, string)
words = pyarrow.list_(string)
vector = pyarrow.struct([("storageType", string), ("pathOrInlineDv", string), ("offset", integer), ("sizeInBytes", integer), ("cardinality", long)])
SCHEMA = pyarrow.schema(
    {
        "txn": pyarrow.struct([("appId", string), ("version", long), ("lastUpdated", long)]),
        "add": pyarrow.struct(
            [("path", string), ("partitionValues", texts), ("size", long), ("modificationTime", long), ("dataChange", flag), ("stats", string)]
            + [("tags", texts), ("deletionVector", vector), ("baseRowId", long), ("defaultRowCommitVersion", long), ("clusteringProvider", string)]
        ),
        "remove": pyarrow.struct(
            [("path", string), ("deletionTimestamp", long), ("dataChange", flag), ("extendedFileMetadata", flag), ("partitionValues", texts)]
            + [("size", long), ("stats", string), ("tags", texts), ("deletionVector", vector), ("baseRowId", long), ("defaultRowCommitVersion", long)]
        ),
        "metaData": pyarrow.struct(
            [("id", string), ("name", string), ("description", string), ("format", pyarrow.struct([("provider", string), ("options", texts)]))]
            + [("schemaString", string), ("partitionColumns", words), ("createdTime", long), ("configuration", texts)]
        ),
        "protocol": pyarrow.struct([("minReaderVersion", integer), ("minWriterVersion", integer), ("readerFeatures", words), ("writerFeatures", words)]),
        "domainMetadata": pyarrow.struct([("domain", string), ("configuration", string), ("removed", flag)]),
    }
)


def add(number):
    """One of many; what it has differs."""
    values = {"day": None if number % 7 == 0 else f"2024-01-{number % 28 + 1:02}", "name": ["a b", "c%d", "ä/ö", ""][number % 4]}
    made = {"path": f"day={number % 28}/part-{number:05}-%20.parquet", "partitionValues": values if number % 11 else {}}
    made |= {"size": number * number * 1_000_003, "modificationTime": 1_700_000_000_000 + number * 977, "dataChange": number % 3 == 0}
    if number % 2:
        made["stats"] = json.dumps({"numRecords": number, "minValues": {"n": -number}, "nullCount": {"n": 0}})
    if number % 5 == 0:
        made["tags"] = {"INSERTION_TIME": str(number), "nothing": None} if number % 10 else {}
    if number % 13 == 0:
        made["deletionVector"] = {"storageType": "u", "pathOrInlineDv": "ab^-aqEH.-t@S}K{vb[*k^", "offset": number, "sizeInBytes": 40, "cardinality": 6}
    if number % 13 == 1:
        made["deletionVector"] = {"storageType": "i", "pathOrInlineDv": "wi5b=000010000siXQKl0rr91000f55c8Xg0@@D72lkbi5=-{L", "sizeInBytes": 40, "cardinality": 6}
    if number % 17 == 0:
        made |= {"baseRowId": number, "defaultRowCommitVersion": number // 2, "clusteringProvider": "liquid"}
    return {"add": made}


def remove(number):
    made = {"path": f"gone-{number}.parquet", "deletionTimestamp": 1_600_000_000_000 + number, "dataChange": True, "extendedFileMetadata": number % 2 == 0}
    return {"remove": made | ({"partitionValues": {"day": None, "name": "x"}, "size": number} if number % 2 == 0 else {})}


COLUMNS = [{"name": "day", "type": "date", "nullable": True, "metadata": {}}, {"name": "name", "type": "string", "nullable": True, "metadata": {}}]
FEATURES = {"readerFeatures": ["deletionVectors", "timestampNtz"], "writerFeatures": ["deletionVectors", "timestampNtz", "domainMetadata"]}
METADATA = {"id": "af23", "description": "it's \"all\"\n", "format": {"provider": "parquet", "options": {}}}
METADATA |= {"schemaString": json.dumps({"type": "struct", "fields": COLUMNS}), "partitionColumns": ["day", "name"], "createdTime": 1_700_000_000_123}
METADATA |= {"configuration": {"delta.enableDeletionVectors": "true", "delta.logRetentionDuration": "interval 1 days"}}
ACTIONS = [
    {"protocol": {"minReaderVersion": 3, "minWriterVersion": 7} | FEATURES},
    *[add(number) for number in range(150)],
    {"metaData": METADATA},
    {"txn": {"appId": "stream", "version": 1 << 53, "lastUpdated": 1_700_000_000_000}},
    {"txn": {"appId": "other", "version": 7}},
    {"domainMetadata": {"domain": "delta.liquid", "configuration": "{}", "removed": False}},
    *[remove(number) for number in range(20)],
    *[add(number) for number in range(150, 300)],
]


def arrow(value, kind):
    """As pyarrow takes it: maps as pairs."""
    if value is None:
        return None
    if pyarrow.types.is_struct(kind):
        return {field.name: arrow(value.get(field.name), field.type) for field in kind}
    return list(value.items()) if pyarrow.types.is_map(kind) else value


def plain(value, kind):
    """The other way round, without what is not there."""
    if value is None:
        return None
    if pyarrow.types.is_struct(kind):
        return {field.name: plain(value[field.name], field.type) for field in kind if value[field.name] is not None}
    return dict(value) if pyarrow.types.is_map(kind) else value


def table(actions=ACTIONS, schema=SCHEMA):
    return pyarrow.Table.from_pylist([{field.name: arrow(action.get(field.name), field.type) for field in schema} for action in actions], schema)


def say(name, actions):
    (FOLDER / f"{name}.jsonl").write_text("".join(json.dumps(action, ensure_ascii=False) + "\n" for action in actions), encoding="utf-8")


def write(name, content, **how):
    pyarrow.parquet.write_table(content, FOLDER / f"{name}.parquet", store_schema=False, **how)


def with_types(old, new):
    """The schema with another type for one of its own."""

    def change(kind):
        if kind == old:
            return new
        return pyarrow.struct([(field.name, change(field.type)) for field in kind]) if pyarrow.types.is_struct(kind) else kind

    return pyarrow.schema([(field.name, change(field.type)) for field in SCHEMA])


def delta_rs():
    """A table of all types of partitions with some history, as delta-rs makes a checkpoint of it."""
    days = [datetime.date(2024, 1, 1), None, datetime.date(1969, 12, 31)]
    columns = {"day": days, "name": ["a b", "c%d/ä", None], "number": [1, -2, None], "flag": [True, False, None]}
    columns |= {"price": [decimal.Decimal("1.50"), None, decimal.Decimal("7.25")], "at": [datetime.datetime(2024, 1, 1, 12, 30), None, None]}
    rows = pyarrow.table(columns | {"value": [0.5, None, float("nan")]}, schema=pyarrow.schema(
        {"day": pyarrow.date32(), "name": string, "number": integer, "flag": flag, "price": pyarrow.decimal128(9, 2), "at": pyarrow.timestamp("us"), "value": pyarrow.float64()}
    ))
    with tempfile.TemporaryDirectory() as folder:
        deltalake.write_deltalake(folder, rows, partition_by=["day", "name", "number", "flag", "price", "at"], name="all of it", description="types")
        deltalake.write_deltalake(folder, rows, mode="append", commit_properties=deltalake.CommitProperties(app_transactions=[deltalake.Transaction("app", 4, 5)]))
        deltalake.DeltaTable(folder).delete("number = 1")
        deltalake.DeltaTable(folder).create_checkpoint()
        content = next(pathlib.Path(folder, "_delta_log").glob("*.checkpoint.parquet")).read_bytes()
    (FOLDER / "delta_rs.parquet").write_bytes(content)
    read = pyarrow.parquet.read_table(FOLDER / "delta_rs.parquet")
    say("delta_rs", [plain(row, pyarrow.struct(list(read.schema))) for row in read.to_pylist()])


def main():
    FOLDER.mkdir(exist_ok=True)
    say("all", ACTIONS)
    plain_values = {"use_dictionary": False}
    small_pages = {"data_page_size": 64, "write_batch_size": 16}
    write("none_plain_v1", table(), compression="none", **plain_values)
    write("snappy_dictionary_v1", table(), compression="snappy")
    write("gzip_dictionary_v2", table(), compression="gzip", data_page_version="2.0")
    write("zstd_plain_v2", table(), compression="zstd", data_page_version="2.0", **plain_values)
    write("lz4_dictionary_v1", table(), compression="lz4", row_group_size=50)
    write("zstd_groups_and_pages", table(), compression="zstd", row_group_size=70, data_page_version="2.0", write_page_index=True, **small_pages)
    write("snappy_pages_v1", table(), compression="snappy", dictionary_pagesize_limit=64, **small_pages)
    leaves = {"add.path": "DELTA_BYTE_ARRAY", "add.stats": "DELTA_LENGTH_BYTE_ARRAY", "add.size": "DELTA_BINARY_PACKED", "add.dataChange": "RLE"}
    leaves |= {"add.deletionVector.offset": "DELTA_BINARY_PACKED", "add.partitionValues.key_value.value": "DELTA_BYTE_ARRAY"}
    write("zstd_deltas", table(), compression="zstd", use_dictionary=False, column_encoding=leaves)
    # Names of parts as they were before the format had a form for them.
    write("old_names", table(), compression="snappy", use_compliant_nested_type=False)
    # What is not read, between what is.
    parsed = pyarrow.struct([("numRecords", long), ("minValues", pyarrow.struct([("n", pyarrow.float64())])), ("l", pyarrow.list_(pyarrow.list_(long)))])
    extra = with_types(SCHEMA.field("add").type, pyarrow.struct([("stats_parsed", parsed), *SCHEMA.field("add").type, ("unknown", pyarrow.float32())]))
    extra = extra.insert(0, pyarrow.field("other", pyarrow.list_(pyarrow.struct([("x", pyarrow.float64())]))))
    write("more_columns", table(schema=extra), compression="snappy")
    # Writers that have no 32 bits.
    write("wide", table(schema=with_types(vector, pyarrow.struct([(field.name, long if field.type == integer else field.type) for field in vector]))))
    write("empty", table(actions=[]), compression="snappy")
    # Refused.
    write("bad_brotli", table(), compression="brotli")
    write("bad_type", table(actions=[], schema=with_types(texts, string)))
    write("bad_number", table(actions=[], schema=with_types(long, pyarrow.float64())))
    # V2: a file that names others.
    sidecar = pyarrow.struct([("path", string), ("sizeInBytes", long), ("modificationTime", long), ("tags", texts)])
    v2 = SCHEMA.append(pyarrow.field("sidecar", sidecar)).append(pyarrow.field("checkpointMetadata", pyarrow.struct([("version", long), ("tags", texts)])))
    heads = [{"checkpointMetadata": {"version": 9}}, *[{"sidecar": {"path": f"part{n}.parquet", "sizeInBytes": 9, "modificationTime": 1}} for n in (1, 2)]]
    write("v2", table(heads + [action for action in ACTIONS if "add" not in action and "remove" not in action], v2), compression="snappy")
    delta_rs()


if __name__ == "__main__":
    main()
