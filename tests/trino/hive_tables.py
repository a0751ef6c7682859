"""Trino reads Hive tables that were exported: the partitions that Glue has, their manifests, the objects that these name. `make trino` runs this; it is
no part of `make test`, since it wants Java 24 and fetches 800 MB.

Nothing is told to Trino about a table: it asks Glue, which moto plays, as it plays S3."""

import datetime
import decimal
import gzip
import io
import itertools
import json

import pyarrow
import pytest
import yaml
from pyarrow import orc, parquet

from tests.e2e.test_catalog_export import DESCRIPTOR, TABLE, Lake
from tests.trino import avro
from tests.trino.server import TrinoError

PARTITIONS = [("type", "string"), ("year", "int"), ("day", "date")]
COLUMNS = {
    "name": ("string", pyarrow.string()),
    "n": ("bigint", pyarrow.int64()),
    "i": ("integer", pyarrow.int32()),
    "s": ("smallint", pyarrow.int16()),
    "d": ("double", pyarrow.float64()),
    "f": ("float", pyarrow.float32()),
    "ok": ("boolean", pyarrow.bool_()),
    "born": ("date", pyarrow.date32()),
    "at": ("timestamp", pyarrow.timestamp("ms")),
    "price": ("decimal(10,2)", pyarrow.decimal128(10, 2)),
    "raw": ("binary", pyarrow.binary()),
    "tags": ("array<string>", pyarrow.list_(pyarrow.string())),
    "where": ("struct<x:int,y:string>", pyarrow.struct([("x", pyarrow.int32()), ("y", pyarrow.string())])),
    "counts": ("map<string,bigint>", pyarrow.map_(pyarrow.string(), pyarrow.int64())),
}
ROW = {
    "name": "Tom, the \"cat\" 🐈",
    "n": 1 << 40,
    "i": -5,
    "s": 7,
    "d": 1.5,
    "f": 0.5,
    "ok": True,
    "born": datetime.date(2020, 2, 29),
    "at": datetime.datetime(2020, 2, 29, 12, 30, 1),
    "price": decimal.Decimal("4.25"),
    "raw": b"\x00\xff",
    "tags": ["a", None],
    "where": {"x": 1, "y": "z"},
    "counts": {"k": 9},
}
# As Trino says it in JSON.
SHOWN = (ROW["name"], 1 << 40, -5, 7, 1.5, 0.5, True, "2020-02-29", "2020-02-29 12:30:01.000", "4.25", "AP8=", ["a", None], [1, "z"], {"k": 9})
NOTHING = (None,) * len(SHOWN)
SCRIPT = """
local aws = require("aws")
local symlinks = require("lakefs/catalogexport/symlink_exporter")
local tables = require("lakefs/catalogexport/glue_exporter")
symlinks.export_s3(aws.s3_client(), args.table_source, action)
tables.export_glue(aws.glue_client(), "lake", args.table_source, args.table_input, action, {partitions = args.partitions})
"""
# docs/catalog-exports.md, "What you write".
PARQUET_INPUT = {
    "StorageDescriptor": {
        "InputFormat": "org.apache.hadoop.hive.ql.io.SymlinkTextInputFormat",
        "OutputFormat": "org.apache.hadoop.hive.ql.io.IgnoreKeyTextOutputFormat",
        "SerdeInfo": {"SerializationLibrary": "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"},
    },
    "Parameters": {"classification": "parquet", "EXTERNAL": "TRUE"},
}
_numbers = itertools.count()


class TrinoLake(Lake):
    def describe(self, fields, *partition_columns):
        fields = [{"name": name, "type": kind} for name, kind in fields]
        self.put("_lakefs_tables/animals.yaml", yaml.safe_dump(DESCRIPTOR | {"partition_columns": partition_columns, "schema": {"fields": fields}}))

    def write(self, path, data):
        self.gateway.put_object(Bucket=self.name, Key=f"main/{TABLE}/{path}", Body=data)

    def remove(self, path):
        self.gateway.delete_object(Bucket=self.name, Key=f"main/{TABLE}/{path}")


@pytest.fixture
def lake(aws, s3_server):
    return TrinoLake(aws, s3_server)


def rows(trino, table, where="", columns="*"):
    return sorted(trino(f"SELECT {columns} FROM {table} {where}"), key=repr)


def written(kind, table):
    out = io.BytesIO()
    {"parquet": parquet, "orc": orc}[kind].write_table(table, out)
    return out.getvalue()


def json_lines(row):
    texts = {"born": "2020-02-29", "at": "2020-02-29 12:30:01", "price": 4.25, "raw": "AP8="}
    return "".join(json.dumps(line) + "\n" for line in (row | texts, {"name": None})).encode()


def test_trino_reads_exactly_the_version_that_was_exported(trino, lake):
    lake.action()
    lake.animals("type=cat/a.csv", "Tom")
    lake.animals("type=dog/a.csv", "Rex", "Toto")
    lake.commit("animals")
    table = f"{lake.database}.animals"
    first = [("Rex", "2020-02-29", "dog"), ("Tom", "2020-02-29", "cat"), ("Toto", "2020-02-29", "dog")]
    assert rows(trino, table) == first
    assert rows(trino, table, "WHERE type = 'cat'") == first[1:2]
    assert rows(trino, table, columns="count(*)") == [(3,)]
    assert all(path.startswith(f"s3://lake/{lake.name}/data/") for (path,) in rows(trino, table, columns='"$path"'))

    lake.animals("type=dog/b.csv", "Lassie")
    lake.animals("type=fox/a.csv", "Reynard")
    lake.remove("type=cat/a.csv")
    # What is staged is in the bucket, but in no manifest.
    assert rows(trino, table) == first
    lake.commit("one more, one new, one gone")
    second = [("Lassie", "2020-02-29", "dog"), first[0], ("Reynard", "2020-02-29", "fox"), first[2]]
    assert rows(trino, table) == second
    assert rows(trino, f'{lake.database}."animals$partitions"') == [("dog",), ("fox",)]

    for path in ("type=dog/a.csv", "type=dog/b.csv", "type=fox/a.csv"):
        lake.remove(path)
    lake.commit("all gone")
    assert rows(trino, table) == []
    with pytest.raises(TrinoError, match="Cannot write to non-managed Hive table"):
        trino(f"INSERT INTO {table} VALUES ('Tom', '2020-02-29', 'cat')")


def test_a_table_of_each_commit(trino, lake):
    lake.action(mode="commit", database="lake")
    lake.animals("type=cat/a.csv", "Tom")
    first, _ = lake.commit("a cat")
    lake.animals("type=cat/b.csv", "Garfield")
    second, _ = lake.commit("another")
    tables = [f'lake."animals_{lake.name}_main_{commit[:6]}"' for commit in (first, second)]
    assert rows(trino, tables[0], columns="name") == [("Tom",)]
    assert rows(trino, tables[1], columns="name") == [("Garfield",), ("Tom",)]
    assert trino(f"SELECT name FROM {tables[1]} EXCEPT SELECT name FROM {tables[0]}") == [("Garfield",)]


def test_branches_side_by_side(trino, lake):
    lake.action()
    lake.animals("type=cat/a.csv", "Tom")
    lake.commit("a cat")
    lake.ctl("branch", "create", f"lakefs://{lake.name}/dev", "-s", f"lakefs://{lake.name}/main")
    lake.animals("type=cat/b.csv", "Garfield", branch="dev")
    lake.commit("another", branch="dev")
    dev = f"{lake.name.replace('-', '_')}_dev.animals"
    assert trino(f"SELECT name FROM {dev} EXCEPT SELECT name FROM {lake.database}.animals") == [("Garfield",)]


def test_values_of_partitions(trino, lake):
    folders = {
        "a b": "a b", "100%25": "100%", "%25": "%", "a%2525b": "a%25b", "a%3Db": "a=b", "x=y": "x=y", "12%3A30": "12:30", "a%2Fb": "a/b",
        "q%22q": 'q"q', "a+b": "a+b", "a#b": "a#b", "a?b": "a?b", "a&b*c": "a&b*c", "{x}": "{x}", "été": "été", "it's": "it's",
        "__HIVE_DEFAULT_PARTITION__": None,
    }  # fmt: skip
    lake.action()
    for folder in folders:
        lake.animals(f"type={folder}/a%20 b+%.csv", f"in {folder}")
    lake.commit("animals")
    table = f"{lake.database}.animals"
    assert dict(rows(trino, table, columns="name, type")) == {f"in {folder}": value for folder, value in folders.items()}
    for folder, value in folders.items():
        # moto does not know that a quote is doubled in the text that Glue gets.
        if value != "it's":
            condition = "IS NULL" if value is None else f"= '{value}'"
            assert rows(trino, table, f"WHERE type {condition}", "name") == [(f"in {folder}",)], value


@pytest.mark.parametrize("kind", ["parquet", "orc", "json"])
def test_types(trino, lake, kind):
    lake.describe([(name, hive) for name, (hive, _) in COLUMNS.items()] + PARTITIONS, *(name for name, _ in PARTITIONS))
    lake.action(format=kind)
    if kind == "json":
        data = json_lines(ROW)
    else:
        schema = pyarrow.schema([(name, arrow) for name, (_, arrow) in COLUMNS.items()])
        data = written(kind, pyarrow.Table.from_pylist([ROW, {}], schema=schema))
    lake.write(f"type=a%3Ab/year=2020/day=2020-01-02/x.{kind}", data)
    lake.write(f"type=c/year=2021/day=2021-01-02/x.{kind}", data)
    if kind == "json":
        lake.write("type=zip/year=2021/day=2021-01-02/x.json.gz", gzip.compress(data))
    lake.commit("animals")
    table = f"{lake.database}.animals"
    partitions = [("a:b", 2020, "2020-01-02"), ("c", 2021, "2021-01-02")] + ([("zip", 2021, "2021-01-02")] if kind == "json" else [])
    assert rows(trino, table) == sorted([row + values for row in (SHOWN, NOTHING) for values in partitions], key=repr)
    assert rows(trino, table, "WHERE year = 2020 AND day = DATE '2020-01-02' AND n > 5 AND price = 4.25", "type, tags[1]") == [("a:b", "a")]


@pytest.mark.parametrize(("kind", "separator", "has_header"), [("tsv", "\t", True), ("text", "\x01", False)])
def test_text_with_types_and_without_partitions(trino, lake, kind, separator, has_header):
    fields = [("name", "string"), ("n", "long"), ("d", "double"), ("ok", "boolean"), ("born", "date"), ("price", "decimal(5,2)")]
    lake.describe(fields)
    lake.action(format=kind)
    lines = [name for name, _ in fields], ["Tom", "5", "1.5", "true", "2020-02-29", "4.25"], ["\\N"] * len(fields)
    text = "".join(separator.join(line) + "\n" for line in lines[0 if has_header else 1 :]).encode()
    lake.write("x.txt", text)
    lake.write("y.txt.gz", gzip.compress(text))
    lake.write("_hidden.txt", text)
    lake.commit("animals")
    expected = [("Tom", 5, 1.5, True, "2020-02-29", "4.25"), (None,) * len(fields)]
    assert rows(trino, f"{lake.database}.animals") == sorted(expected * 2, key=repr)
    lake.remove("x.txt")
    lake.remove("y.txt.gz")
    lake.commit("all gone")
    assert rows(trino, f"{lake.database}.animals") == []


def test_columns_of_csv_are_text(trino, lake):
    lake.describe([("name", "string"), ("n", "long"), ("born", "date")])
    lake.action()
    lake.write("x.csv", b'name,n,born\n"Toto, the ""dog""",5,2020-02-29\n,,\n')
    lake.write("y.csv.gz", gzip.compress(b"name,n,born\nRex,6,2020-02-29\n"))
    lake.commit("animals")
    table = f"{lake.database}.animals"
    assert [kind for _, kind, *_ in trino(f"DESCRIBE {table}")] == ["varchar"] * 3
    assert rows(trino, table) == [("", "", ""), ("Rex", "6", "2020-02-29"), ('Toto, the "dog"', "5", "2020-02-29")]


@pytest.mark.parametrize("with_schema", [True, False])
def test_avro(trino, lake, with_schema):
    """Trino does not need `avro.schema.literal`."""
    lake.describe([("name", "string"), ("n", "long")])
    schema = {"type": "record", "name": "animal", "fields": [{"name": "name", "type": ["null", "string"]}, {"name": "n", "type": "long"}]}
    more = {"table_input": {"StorageDescriptor": {"SerdeInfo": {"Parameters": {"avro.schema.literal": json.dumps(schema)}}}}}
    lake.action(format="avro", **(more if with_schema else {}))
    lake.write("x.avro", avro.file(schema, [avro.long(1) + avro.text("Tom") + avro.long(5), avro.long(0) + avro.long(-7)]))
    lake.commit("animals")
    assert rows(trino, f"{lake.database}.animals") == [("Tom", 5), (None, -7)]


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_column_is_added(trino, lake, kind):
    def data(**columns):
        if kind == "csv":
            return "".join(",".join(map(str, line)) + "\n" for line in (columns, columns.values())).encode()
        return written(kind, pyarrow.Table.from_pylist([columns]))

    lake.describe([("name", "string"), ("type", "string")], "type")
    lake.action(format=kind)
    lake.write(f"type=cat/a.{kind}", data(name="Tom"))
    lake.commit("a cat")
    lake.describe([("name", "string"), ("type", "string"), ("weight", "double")], "type")
    lake.write(f"type=dog/a.{kind}", data(name="Rex", weight=4.5))
    lake.commit("a dog, heavier")
    assert rows(trino, f"{lake.database}.animals", columns="name, weight, type") == [("Rex", "4.5" if kind == "csv" else 4.5, "dog"), ("Tom", None, "cat")]


def test_what_trino_changes_of_a_table(trino, lake):
    lake.action()
    lake.animals("type=cat/a.csv", "Tom")
    lake.commit("a cat")
    table = f"{lake.database}.animals"
    trino(f"ALTER TABLE {table} ADD COLUMN weight varchar")
    assert rows(trino, table) == [("Tom", "2020-02-29", None, "cat")]
    lake.animals("type=dog/a.csv", "Rex")
    lake.commit("a dog")
    assert rows(trino, table) == [("Rex", "2020-02-29", "dog"), ("Tom", "2020-02-29", "cat")]

    # Partitions lie elsewhere than in the table's folder.
    trino(f"CALL system.sync_partition_metadata('{lake.database}', 'animals', 'FULL')")
    assert rows(trino, table) == []
    lake.ctl("catalog", "export", f"lakefs://{lake.name}/main", "--table", "animals", "--format", "csv", "--full")
    assert rows(trino, table, columns="name") == [("Rex",), ("Tom",)]


def test_imported_objects_keep_their_names(trino, lake):
    """Names that would be decoded or cut off if manifests held URIs."""
    lake.describe([("name", "string"), ("type", "string")], "type")
    lake.action()
    lake.ctl.commit(f"lakefs://{lake.name}/main", "the action")
    source = f"from {lake.name}%20+#x"
    names = {"cat": "a b.csv", "dog": "a%20b.csv", "fox": "a+b#c?.csv", "owl": "é.csv"}
    for kind, name in names.items():
        lake.aws.s3.put_object(Bucket="lake", Key=f"{source}/type={kind}/{name}", Body=f"name\n{kind}\n".encode())
    lake.ctl("import", "--from", f"s3://lake/{source}/", "--to", f"lakefs://{lake.name}/main/{TABLE}", "-m", "import", "--no-progress")
    lake.put("any", "thing")
    lake.commit("after the import")
    expected = [(kind, kind, f"s3://lake/{source}/type={kind}/{name}") for kind, name in names.items()]
    assert rows(trino, f"{lake.database}.animals", columns='name, type, "$path"') == sorted(expected)


def test_partition_projection(trino, lake):
    fields = [("name", "string"), ("type", "string"), ("year", "int")]
    lake.describe(fields, "type", "year")
    arguments = {"table_source": "_lakefs_tables/animals.yaml", "table_input": PARQUET_INPUT, "partitions": "projection"}
    hook = {"id": "projected", "type": "lua", "properties": {"script": SCRIPT, "args": arguments}}
    lake.put("_lakefs_actions/tables.yaml", yaml.safe_dump({"name": "tables", "on": {"post-commit": None}, "hooks": [hook]}))
    partitions = [("a b", 2019), ("100%", 2022), ("c+d=é", 2022)]
    for kind, year in partitions:
        lake.write(f"type={kind}/year={year}/x.parquet", written("parquet", pyarrow.table({"name": [f"{kind} {year}"]})))
    commit, _ = lake.commit("animals")
    name = f"animals_{lake.name}_main_{commit[:6]}"
    table = f'lake."{name}"'
    assert lake.aws.glue.get_partitions(DatabaseName="lake", TableName=name)["Partitions"] == []
    # 2020 and 2021, and the other combinations, have no manifest.
    assert rows(trino, table) == sorted([(f"{kind} {year}", kind, year) for kind, year in partitions], key=repr)
    assert rows(trino, table, "WHERE type = '100%' AND year > 2020", "year") == [(2022,)]
