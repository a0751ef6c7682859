"""Spark with Delta Lake reads Delta tables that were exported to Glue, written by delta-rs and by Spark itself through the S3 gateway. `make spark`
runs this.

Each table is created in the metastore exactly as Glue has it, with the properties by which Spark knows a table of Delta Lake."""

import itertools
import json

import deltalake
import pyarrow
import pytest
import yaml

from tests.e2e.test_catalog_export import Lake
from tests.e2e.test_delta_export import Warehouse, read, store_options
from tests.spark.metastore import register

TABLE = "warehouse/my trips"
ODD = ["a b", "100%", "%25", "a=b", "12:30", "a/b", 'q"q', "it's", "a+b", "a#b", "a?b", "a&b*c", "{x}", "été", "a\\b", "__HIVE", None]
_numbers = itertools.count()


@pytest.fixture
def warehouse(aws, s3_server, tmp_path):
    """With a table of delta-rs."""
    warehouse = Warehouse(aws, s3_server, tmp_path)
    warehouse.export_natively()
    return warehouse


class SparkLake(Lake):
    """A repository of its own to which Spark writes a Delta table, through the gateway."""

    def __init__(self, aws, server, spark):
        super().__init__(aws, server)
        self.put("_lakefs_tables/trips.yaml", yaml.safe_dump({"name": "trips", "type": "delta", "path": TABLE}))
        hook = {"id": "trips", "type": "catalog_export", "properties": {"tables": ["trips"]}}
        self.put("_lakefs_actions/tables.yaml", yaml.safe_dump({"name": "tables", "on": {"post-commit": None}, "hooks": [hook]}))
        place = {"endpoint": server.url, "access.key": server.access_key_id, "secret.key": server.secret_access_key}
        for name, value in place.items():
            spark.conf.set(f"fs.s3a.bucket.{self.name}.{name}", value)
        self.location = f"s3a://{self.name}/main/{TABLE}"
        self.written = f"delta.`{self.location}`"

    def glue_table(self):
        return self.table(name="trips")


@pytest.fixture
def lake(aws, s3_server, spark):
    return SparkLake(aws, s3_server, spark)


def rows(spark, table, columns="*", where="", version=None):
    at = "" if version is None else f"VERSION AS OF {version}"
    return sorted((tuple(row) for row in spark.sql(f"SELECT {columns} FROM {table} {at} {where}").collect()), key=repr)


def history(spark, table):
    """Pairs of a version and its time."""
    return sorted(tuple(row) for row in spark.sql(f"DESCRIBE HISTORY {table}").selectExpr("version", "CAST(timestamp AS STRING)").collect())


def local_rows(path, version=None):
    """As delta-rs sees them, in the order of columns that it has."""
    table = deltalake.QueryBuilder().register("t", deltalake.DeltaTable(path, version=version)).execute("SELECT * FROM t").read_all()
    return sorted((tuple(row) for row in zip(*(table[name].to_pylist() for name in table.schema.names), strict=True)), key=repr)


def trips(*pairs, **more):
    kinds = {"day": pyarrow.string(), "n": pyarrow.int64()}
    columns = {"day": [day for day, _ in pairs], "n": [n for _, n in pairs]}
    return pyarrow.table({name: pyarrow.array(values, kinds[name]) for name, values in columns.items()} | more)


@pytest.mark.parametrize("partitions", [["day"], None], ids=["partitioned", "whole"])
def test_the_exported_table_is_the_table(spark, warehouse, partitions):
    first = [(day, number) for number, day in enumerate(ODD)]
    deltalake.write_deltalake(warehouse.local, trips(*first), partition_by=partitions)
    warehouse.upload()
    warehouse.commit("the table")
    name = register(spark, warehouse.glue())
    first = sorted(first, key=repr)
    assert rows(spark, name) == local_rows(warehouse.local) == first
    for day, number in first:
        condition = "IS NULL" if day is None else "= '{}'".format(day.replace("\\", "\\\\").replace("'", "\\'"))
        assert rows(spark, name, "n", f"WHERE day {condition}") == [(number,)], day

    deltalake.write_deltalake(warehouse.local, trips(("a=b", 98), ("new/one", 99)), mode="append")
    deltalake.DeltaTable(warehouse.local).delete("n = 2 OR n = 4")
    price = pyarrow.array([4.25], pyarrow.float64())
    deltalake.write_deltalake(warehouse.local, trips(("a b", 100), price=price), mode="append", schema_mode="merge")
    warehouse.upload()
    # What is staged is not exported.
    assert rows(spark, name) == first
    commit, log = warehouse.commit("more, less, a column")
    assert "exported what is new; 3 versions written" in log
    assert warehouse.glue()["Parameters"]["tarn.commit"] == commit
    # Who knew it sees the new version, and so does who comes now.
    for table in (name, register(spark, warehouse.glue())):
        assert rows(spark, table) == local_rows(warehouse.local) and len(rows(spark, table)) == len(ODD) - 2 + 3
        assert rows(spark, table, "day, n", "WHERE price > 4") == [("a b", 100)]
        for version in range(4):
            assert rows(spark, table, version=version) == local_rows(warehouse.local, version), version
    assert [version for version, _ in history(spark, name)] == [0, 1, 2, 3]


def test_a_table_of_each_commit(spark, warehouse):
    warehouse.export_natively(mode="commit")
    names = []
    for number in (1, 2):
        deltalake.write_deltalake(warehouse.local, trips(("a", number)), mode="append")
        warehouse.upload()
        commit, _ = warehouse.commit(f"trip {number}")
        names.append(register(spark, warehouse.glue(f"trips_{warehouse.name}_main_{commit[:6]}")))
    assert [rows(spark, name, "n") for name in names] == [[(1,)], [(1,), (2,)]]


def test_deletion_vectors_of_spark(spark, lake):
    """Deletes, updates and merges that mark rows in files beside the data."""
    spark.sql(f"CREATE TABLE {lake.written} (n BIGINT, day STRING) USING delta PARTITIONED BY (day) TBLPROPERTIES ('delta.enableDeletionVectors' = 'true')")
    spark.sql(f"INSERT INTO {lake.written} SELECT id, IF(id % 2 = 0, 'a b%=:', NULL) FROM range(0, 1000, 1, 1)")
    lake.commit("the table")
    name = register(spark, lake.glue_table())
    sums = "count(*), sum(n), count_if(day IS NULL), max(n)"
    assert rows(spark, name, sums) == [(1000, 499500, 500, 999)]

    spark.sql(f"DELETE FROM {lake.written} WHERE n % 10 = 0")
    spark.sql(f"UPDATE {lake.written} SET day = 'é' WHERE n BETWEEN 1 AND 5")
    merge = f"MERGE INTO {lake.written} t USING (SELECT id FROM range(990, 1010)) s ON t.n = s.id"
    spark.sql(f"{merge} WHEN MATCHED THEN DELETE WHEN NOT MATCHED THEN INSERT (n) VALUES (s.id)")
    model = {n: None if n % 2 else "a b%=:" for n in range(1000) if n % 10} | dict.fromkeys(range(1, 6), "é")
    model = {n: day for n, day in model.items() if n < 990} | dict.fromkeys([990, *range(1000, 1010)])
    expected = [(len(model), sum(model), list(model.values()).count(None), 1009)]
    lake.commit("deleted, updated, merged")
    # Vectors are looked for in the exported log: the test is of nothing if there are none.
    added = [action["add"] for action in actions(lake) if "add" in action]
    vectors = [add["deletionVector"] for add in added if add.get("deletionVector")]
    assert len(vectors) >= 3 and {vector["storageType"] for vector in vectors} == {"p"}
    assert all(vector["pathOrInlineDv"].startswith(f"s3://lake/{lake.name}/data/") for vector in vectors)
    assert rows(spark, name) == rows(spark, lake.written)
    assert rows(spark, name, sums) == expected
    for version in range(4):
        assert rows(spark, name, version=version) == rows(spark, lake.written, version=version), version
    # Another reader of the same address.
    assert sorted(read(lake.glue_table()["StorageDescriptor"]["Location"], **store_options(lake.aws)), key=repr) == rows(spark, name, "day, n")

    spark.sql(f"OPTIMIZE {lake.written}")
    lake.commit("compacted")
    assert rows(spark, name) == rows(spark, lake.written) and rows(spark, name, sums) == expected


def actions(lake):
    """Of the exported log, in order."""
    place = lake.glue_table()["StorageDescriptor"]["Location"].removeprefix("s3://lake/")
    listed = lake.aws.s3.list_objects_v2(Bucket="lake", Prefix=f"{place}/_delta_log/")["Contents"]
    bodies = [lake.aws.s3.get_object(Bucket="lake", Key=item["Key"])["Body"].read() for item in sorted(listed, key=lambda item: item["Key"])]
    return [json.loads(line) for body in bodies for line in body.splitlines()]


def test_what_tables_of_spark_have_beside(spark, lake):
    """Columns that were renamed and dropped without writing data anew, nested ones, changes of rows, checkpoints."""
    said = "'delta.columnMapping.mode' = 'name', 'delta.enableChangeDataFeed' = 'true', 'delta.checkpointInterval' = '3', 'delta.enableTypeWidening' = 'true'"
    said += ", 'delta.enableInCommitTimestamps' = 'true'"
    nested = "tags ARRAY<STRING>, place STRUCT<xY: INT, z: STRING>, counts MAP<STRING, BIGINT>"
    spark.sql(f"CREATE TABLE {lake.written} (n BIGINT, `a b` STRING, {nested}, small SHORT, at TIMESTAMP) USING delta PARTITIONED BY (`a b`) TBLPROPERTIES ({said})")
    row = "array('x', NULL), struct(1, 'z'), map('k', 9L), 7S, TIMESTAMP '2020-02-29 12:30:00'"
    for number in range(1, 6):
        spark.sql(f"INSERT INTO {lake.written} SELECT {number}, 'in {number}', {row}")
    lake.commit("the table")
    name = register(spark, lake.glue_table())
    assert rows(spark, name) == rows(spark, lake.written) and len(rows(spark, name)) == 5

    spark.sql(f"ALTER TABLE {lake.written} RENAME COLUMN `a b` TO day")
    spark.sql(f"ALTER TABLE {lake.written} DROP COLUMN tags")
    spark.sql(f"ALTER TABLE {lake.written} ALTER COLUMN small TYPE INT")
    spark.sql(f"UPDATE {lake.written} SET small = 1000000 WHERE n = 2")
    spark.sql(f"DELETE FROM {lake.written} WHERE n = 3")
    lake.commit("other columns, other rows")
    columns = [(column["Name"], column["Type"]) for column in lake.glue_table()["StorageDescriptor"]["Columns"]]
    assert columns == [
        ("n", "bigint"),
        ("day", "string"),
        ("place", "struct<xY:int,z:string>"),
        ("counts", "map<string,bigint>"),
        ("small", "int"),
        ("at", "timestamp"),
    ]
    # Columns of the metastore do not matter: Spark has those of the log.
    assert rows(spark, name) == rows(spark, lake.written) and [row[0] for row in rows(spark, name)] == [1, 2, 4, 5]
    assert rows(spark, name, "day, small, place.xY", "WHERE small > 7") == [("in 2", 1000000, 1)]
    for version in range(11):
        assert rows(spark, name, version=version) == rows(spark, lake.written, version=version), version
    # By when it was committed to the table: without its own times, a version's is that of its export.
    assert history(spark, name) == history(spark, lake.written)
    moment = dict(history(spark, name))[3]
    assert rows(spark, f"{name} TIMESTAMP AS OF '{moment}'", "n") == [(1,), (2,), (3,)]
    changes = "n, day, small, _change_type, _commit_version"
    told = rows(spark, f"table_changes('{name}', 9)", changes)
    assert told == [row for row in rows(spark, f"table_changes_by_path('{lake.location}', 9)", changes)]
    assert [(row[0], row[3]) for row in told] == [(2, "update_postimage"), (2, "update_preimage"), (3, "delete")]


@pytest.mark.parametrize("policy", ["classic", "v2"])
def test_a_log_that_was_cleaned_up(spark, lake, policy):
    """What is exported begins with a checkpoint that the server wrote."""
    said = f"'delta.enableDeletionVectors' = 'true', 'delta.checkpointInterval' = '4', 'delta.checkpointPolicy' = '{policy}'"
    nested = "tags ARRAY<STRING>, place STRUCT<x: INT, y: STRING>"
    spark.sql(f"CREATE TABLE {lake.written} (n BIGINT, {nested}, day STRING) USING delta PARTITIONED BY (day) TBLPROPERTIES ({said})")
    values = "array('a', NULL), struct(1, 'y'), IF(id % 2 = 0, 'a b%=:', NULL)"
    for first in (0, 100):
        spark.sql(f"INSERT INTO {lake.written} SELECT id, {values} FROM range({first}, {first + 100}, 1, 1)")
    spark.sql(f"DELETE FROM {lake.written} WHERE n % 10 = 0")
    spark.sql(f"DELETE FROM {lake.written} WHERE n = 7")
    spark.sql(f"INSERT INTO {lake.written} SELECT id, {values} FROM range(1000, 1003, 1, 1)")
    expected = {version: rows(spark, lake.written, version=version) for version in (4, 5)}
    for version in range(4):
        lake.gateway.delete_object(Bucket=lake.name, Key=f"main/{TABLE}/_delta_log/{version:020}.json")
    lake.commit("a log without its beginning")
    name = register(spark, lake.glue_table())
    assert rows(spark, name) == expected[5] and len(expected[5]) == 182
    assert rows(spark, name, version=4) == expected[4]
    assert rows(spark, name, "n", "WHERE day IS NULL AND n > 1000") == [(1001,)]
    with pytest.raises(Exception, match="DELTA_VERSION_NOT_FOUND|Cannot time travel"):
        rows(spark, name, version=3)
    spark.sql(f"DELETE FROM {lake.written} WHERE n = 1001")
    lake.commit("one less")
    assert rows(spark, name) == rows(spark, lake.written) and len(rows(spark, name)) == 181


def test_an_imported_table(spark, aws, s3_server, tmp_path):
    """Its data keeps addresses of other's making."""
    lake = Warehouse(aws, s3_server, tmp_path)
    lake.export_natively()
    lake.ctl.commit(f"lakefs://{lake.name}/main", "the action")
    first = sorted([(day, number) for number, day in enumerate(ODD)], key=repr)
    deltalake.write_deltalake(lake.local, trips(*first), partition_by=["day"])
    source = f"native of {lake.name}%20+#/trips"
    for file in lake.local.rglob("*"):
        if file.is_file():
            aws.s3.put_object(Bucket="lake", Key=f"{source}/{file.relative_to(lake.local).as_posix()}", Body=file.read_bytes())
    lake.ctl("import", "--from", f"s3://lake/{source}/", "--to", f"lakefs://{lake.name}/main/{TABLE}", "-m", "import", "--no-progress")
    lake.ctl("catalog", "export", f"lakefs://{lake.name}/main", "--table", "trips")
    name = register(spark, lake.glue())
    assert rows(spark, name) == first
    assert all(f"/{source}/".replace("%", "%25").replace(" ", "%20").replace("#", "%23") in path for (path,) in rows(spark, name, "_metadata.file_path"))


def objects(lake):
    """What lies in the repository's storage namespace but for what exports wrote."""
    listed = lake.aws.s3.get_paginator("list_objects_v2").paginate(Bucket="lake", Prefix=f"{lake.name}/")
    return {item["Key"]: item["ETag"] for page in listed for item in page.get("Contents", []) if "/_lakefs/exported/" not in item["Key"]}


def own_files(lake):
    """Data that an engine wrote to the exported table's folder."""
    place = lake.glue_table()["StorageDescriptor"]["Location"].removeprefix("s3://lake/")
    listed = lake.aws.s3.list_objects_v2(Bucket="lake", Prefix=f"{place}/").get("Contents", [])
    return [item["Key"] for item in listed if item["Key"].endswith((".parquet", ".bin"))]


@pytest.fixture
def without_retention(spark):
    """VACUUM takes what was removed a moment ago."""
    spark.conf.set("spark.databricks.delta.retentionDurationCheck.enabled", "false")
    yield
    spark.conf.unset("spark.databricks.delta.retentionDurationCheck.enabled")


def test_what_spark_does_to_an_exported_table_leaves_the_repository(spark, lake, without_retention):
    """The files that the log names are objects of the repository. What Spark writes is gone with the next export."""
    said = "'delta.enableDeletionVectors' = 'true'"
    spark.sql(f"CREATE TABLE {lake.written} (n BIGINT, day STRING) USING delta PARTITIONED BY (day) TBLPROPERTIES ({said})")
    for number in range(4):
        spark.sql(f"INSERT INTO {lake.written} SELECT id, 'day {number}' FROM range({number * 10}, {number * 10 + 10}, 1, 1)")
    spark.sql(f"DELETE FROM {lake.written} WHERE n IN (3, 14) OR day = 'day 3'")
    lake.commit("the table")
    before = objects(lake)
    expected = rows(spark, lake.written)
    name = register(spark, lake.glue_table())
    assert rows(spark, name) == expected and len(expected) == 28

    for how in ("RETAIN 0 HOURS", "LITE RETAIN 0 HOURS"):
        spark.sql(f"VACUUM {name} {how}")
        assert objects(lake) == before and rows(spark, name) == expected, how
    spark.sql(f"DELETE FROM {name} WHERE day = 'day 0'")
    # The second time what it writes takes the place of what it wrote before.
    for _ in range(2):
        spark.sql(f"UPDATE {name} SET n = n + 100")
    written = own_files(lake)
    for how in ("RETAIN 0 HOURS", "LITE RETAIN 0 HOURS"):
        spark.sql(f"VACUUM {name} {how}")
        assert objects(lake) == before, how
    assert len(own_files(lake)) < len(written), "it removes what it may"
    assert rows(spark, name) != expected
    spark.sql(f"DROP TABLE {name}")
    assert objects(lake) == before
    assert rows(spark, lake.written) == expected

    spark.sql(f"INSERT INTO {lake.written} VALUES (1000, 'new')")
    _, log = lake.commit("one more")
    assert "exported as a whole (the log that was exported is another)" in log
    name = register(spark, lake.glue_table())
    assert rows(spark, name) == rows(spark, lake.written) and len(rows(spark, name)) == 29
