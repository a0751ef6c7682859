"""Spark with Iceberg reads Iceberg tables that were exported to Glue, by Iceberg's own catalog for Glue: written by PyIceberg and by Spark itself through
the S3 gateway. `make spark` runs this."""

import itertools

import pytest
import yaml
from pyiceberg.types import LongType

from tests.e2e.test_catalog_export import Lake as BareLake
from tests.e2e.test_iceberg_export import Lake

HOOK = {"id": "trips", "type": "catalog_export", "properties": {"tables": ["trips"]}}
_numbers = itertools.count()


@pytest.fixture
def lake(aws, s3_server):
    """With a table of PyIceberg."""
    lake = Lake(aws, s3_server)
    lake.action()
    return lake


class SparkLake(BareLake):
    """With a table of the catalog `gateway`, which Spark writes to the repository."""

    def __init__(self, aws, server, spark):
        super().__init__(aws, server)
        self.put("_lakefs_tables/trips.yaml", yaml.safe_dump({"name": "trips", "type": "iceberg", "path": "wh/trips"}))
        self.put("_lakefs_actions/tables.yaml", yaml.safe_dump({"name": "tables", "on": {"post-commit": None}, "hooks": [HOOK]}))
        schema = f"spark_writer_{next(_numbers)}"
        self.written = f"gateway.{schema}.trips"
        self.read = f"glue.{self.database}.trips"
        spark.sql(f"CREATE NAMESPACE gateway.{schema}")

    def create(self, spark, columns, partitions="", **properties):
        said = ", ".join(f"'{name.replace('_', '-')}' = '{value}'" for name, value in properties.items())
        spark.sql(f"CREATE TABLE {self.written} ({columns}) USING iceberg {partitions} LOCATION 's3://{self.name}/main/wh/trips' TBLPROPERTIES ({said})")


@pytest.fixture
def writer(aws, s3_server, spark):
    return SparkLake(aws, s3_server, spark)


def merge_on_read(version, **more):
    """Properties of a table whose deletes, updates and merges mark rows."""
    said = {f"write.{what}.mode": "merge-on-read" for what in ("delete", "update", "merge")}
    return {"format-version": version, "write.distribution-mode": "none"} | said | more


def rows(spark, table, columns="*", where="", at=""):
    return sorted((tuple(row) for row in spark.sql(f"SELECT {columns} FROM {table} {at} {where}").collect()), key=repr)


def snapshots(spark, table):
    return [found for (found,) in spark.sql(f"SELECT snapshot_id FROM {table}.snapshots ORDER BY committed_at").collect()]


def files(spark, table, content):
    """The rows of the metadata table `files` with that content: 0 data, 1 deletes by position."""
    return spark.sql(f"SELECT file_path, file_format, record_count, file_size_in_bytes FROM {table}.files WHERE content = {content}").collect()


def stored(lake):
    """What lies in the storage namespace but for what exports wrote."""
    listed = lake.aws.s3.get_paginator("list_objects_v2").paginate(Bucket="lake", Prefix=f"{lake.name}/")
    return {item["Key"]: item["ETag"] for page in listed for item in page.get("Contents", []) if "/_lakefs/exported/" not in item["Key"]}


def test_the_exported_table_is_the_table(spark, lake):
    lake.append((1, "Paris"), (2, "Oslo"), (7, "a b%25:=/x"))
    lake.commit("trips")
    table = f"glue.{lake.database}.trips"
    first = [(number, city, [city, None], (number,), None) for number, city in [(1, "Paris"), (2, "Oslo"), (7, "a b%25:=/x")]]
    assert rows(spark, table) == first
    lake.append((3, "Oslo"))
    # What is staged is not exported.
    assert rows(spark, table) == first

    lake.table.delete("id = 1")
    with lake.table.update_schema() as update:
        update.add_column("price", LongType(), "in cents")
        update.delete_column("tags")
        update.rename_column("city", "town")
    lake.table.manage_snapshots().create_tag(lake.table.snapshots()[0].snapshot_id, "first").commit()
    lake.commit("one more, one gone, other columns")
    assert rows(spark, table) == [(2, "Oslo", (2,), None, None), (3, "Oslo", (3,), None, None), (7, "a b%25:=/x", (7,), None, None)]
    assert rows(spark, table, "id", "WHERE town = 'Oslo' AND id > 2") == [(3,)]
    assert all(path.startswith(f"s3://lake/{lake.name}/data/") for (path,) in rows(spark, table, "_file"))
    found = lake.table.snapshots()
    assert snapshots(spark, table) == [snapshot.snapshot_id for snapshot in found]
    moment = f"TIMESTAMP AS OF timestamp_millis({found[0].timestamp_ms})"
    for at in (f"VERSION AS OF {found[0].snapshot_id}", "VERSION AS OF 'first'", moment):
        assert rows(spark, table, "id, city, tags", at=at) == [row[:3] for row in first], at
    assert rows(spark, table, "id", at=f"VERSION AS OF {found[1].snapshot_id}") == [(1,), (2,), (3,), (7,)]


@pytest.mark.parametrize("granularity", ["file", "partition"])
def test_rows_that_spark_deleted_by_position_stay_deleted(spark, writer, granularity):
    writer.create(spark, "id BIGINT, city STRING", "PARTITIONED BY (city)", **merge_on_read(2, **{"write.delete.granularity": granularity}))
    for first in (0, 1000):
        spark.sql(f"INSERT INTO {writer.written} SELECT id, IF(id % 2 = 0, 'Oslo', 'a b%=:/') FROM range({first}, {first + 1000}, 1, 2)")
    writer.commit("trips")
    sums = "count(*), sum(id), count_if(city = 'Oslo'), count_if(city = 'Rome')"
    assert rows(spark, writer.read, sums) == [(2000, 1999000, 1000, 0)]

    spark.sql(f"DELETE FROM {writer.written} WHERE id % 3 = 0")
    spark.sql(f"UPDATE {writer.written} SET city = 'Rome' WHERE id BETWEEN 100 AND 200")
    source = "SELECT id FROM range(1995, 2005)"
    spark.sql(f"MERGE INTO {writer.written} t USING ({source}) s ON t.id = s.id WHEN MATCHED THEN DELETE WHEN NOT MATCHED THEN INSERT (id) VALUES (s.id)")
    writer.commit("deleted, updated, merged")
    assert rows(spark, writer.read) == rows(spark, writer.written)
    assert rows(spark, writer.read, sums) == [expected_sums()]
    for snapshot in snapshots(spark, writer.written):
        at = f"VERSION AS OF {snapshot}"
        assert rows(spark, writer.read, at=at) == rows(spark, writer.written, at=at), snapshot
    deletes, written = files(spark, writer.read, 1), files(spark, writer.written, 1)
    assert sorted(file.record_count for file in deletes) == sorted(file.record_count for file in written) and len(deletes) >= 3
    for file in deletes:
        bucket, key = file.file_path.removeprefix("s3://").split("/", 1)
        assert key.startswith(f"{writer.name}/_lakefs/exported/main/_tables/trips/metadata/")
        assert writer.aws.s3.head_object(Bucket=bucket, Key=key)["ContentLength"] == file.file_size_in_bytes

    schema = writer.written.removeprefix("gateway.")
    spark.sql(f"CALL gateway.system.rewrite_position_delete_files(table => '{schema}', options => map('rewrite-all', 'true'))")
    writer.commit("deletes rewritten")
    assert rows(spark, writer.read) == rows(spark, writer.written) and rows(spark, writer.read, sums) == [expected_sums()]
    spark.sql(f"CALL gateway.system.rewrite_data_files(table => '{schema}', options => map('rewrite-all', 'true', 'remove-dangling-deletes', 'true'))")
    writer.commit("compacted")
    assert rows(spark, writer.read) == rows(spark, writer.written) and rows(spark, writer.read, sums) == [expected_sums()]
    assert files(spark, writer.read, 1) == []


def expected_sums():
    """Of the rows that a model of those statements leaves."""
    model = {number: "Oslo" if number % 2 == 0 else "a b%=:/" for number in range(2000) if number % 3}
    model |= {number: "Rome" for number in model if 100 <= number <= 200}
    for number in range(1995, 2005):
        if number in model:
            del model[number]
        else:
            model[number] = None
    cities = list(model.values())
    return len(model), sum(model), cities.count("Oslo"), cities.count("Rome")


def test_deletion_vectors_of_spark(spark, writer):
    """Of format version 3, in Puffin files."""
    writer.create(spark, "id BIGINT, city STRING", "PARTITIONED BY (city)", **merge_on_read(3))
    spark.sql(f"INSERT INTO {writer.written} SELECT id, IF(id % 2 = 0, 'Oslo', NULL) FROM range(0, 2000, 1, 2)")
    spark.sql(f"DELETE FROM {writer.written} WHERE id % 3 = 0")
    writer.commit("trips")
    deleted = [file.file_format for file in files(spark, writer.read, 1)]
    assert set(deleted) == {"PUFFIN"} and len(deleted) >= 2
    assert rows(spark, writer.read) == rows(spark, writer.written)
    assert rows(spark, writer.read, "count(*), sum(id)") == [(1333, 1332667)]
    spark.sql(f"UPDATE {writer.written} SET city = 'Rome' WHERE id BETWEEN 100 AND 200")
    writer.commit("changed")
    assert rows(spark, writer.read) == rows(spark, writer.written) and rows(spark, writer.read, "count_if(city = 'Rome')") == [(68,)]
    for snapshot in snapshots(spark, writer.written):
        at = f"VERSION AS OF {snapshot}"
        assert rows(spark, writer.read, at=at) == rows(spark, writer.written, at=at), snapshot


@pytest.mark.parametrize("kind", ["orc", "avro"])
def test_deletes_of_other_formats_are_refused(spark, writer, kind):
    writer.create(spark, "id BIGINT, city STRING", "PARTITIONED BY (city)", **merge_on_read(2, **{"write.format.default": kind}))
    spark.sql(f"INSERT INTO {writer.written} SELECT id, 'Oslo' FROM range(0, 10, 1, 1)")
    writer.commit("trips")
    spark.sql(f"DELETE FROM {writer.written} WHERE id = 2")
    _, log = writer.commit("a row deleted", status="failed")
    assert "holds deletes by position" in log and f"as {kind}, of which only Parquet is read" in log
    assert len(rows(spark, writer.read)) == 10
    # Both: after the first one the deletes are in the table still, although nothing is left to delete.
    for what in ("rewrite_data_files", "rewrite_position_delete_files"):
        spark.sql(f"CALL gateway.system.{what}(table => '{writer.written.removeprefix('gateway.')}', options => map('rewrite-all', 'true'))")
    # Deletes that are Parquet beside data that is not.
    spark.sql(f"ALTER TABLE {writer.written} SET TBLPROPERTIES ('write.delete.format.default' = 'parquet')")
    spark.sql(f"DELETE FROM {writer.written} WHERE id = 3")
    writer.commit("compacted, and deleted in Parquet")
    assert rows(spark, writer.read, "id") == [(number,) for number in range(10) if number not in (2, 3)]


def test_branches_and_tags_of_a_table(spark, writer):
    writer.create(spark, "id BIGINT, city STRING", **merge_on_read(2))
    spark.sql(f"INSERT INTO {writer.written} SELECT id, 'Oslo' FROM range(0, 10, 1, 1)")
    spark.sql(f"ALTER TABLE {writer.written} CREATE TAG ten")
    spark.sql(f"ALTER TABLE {writer.written} CREATE BRANCH audit")
    spark.sql(f"DELETE FROM {writer.written}.branch_audit WHERE id < 5")
    spark.sql(f"DELETE FROM {writer.written} WHERE id = 9")
    writer.commit("trips")
    found = [rows(spark, writer.read, "count(*), sum(id)", at=at) for at in ("", "VERSION AS OF 'ten'", "VERSION AS OF 'audit'")]
    assert found == [[(9, 36)], [(10, 45)], [(5, 35)]]


def test_what_spark_does_to_an_exported_table_leaves_the_repository(spark, writer):
    writer.create(spark, "id BIGINT, city STRING", "PARTITIONED BY (city)", **merge_on_read(2))
    spark.sql(f"INSERT INTO {writer.written} SELECT id, IF(id % 2 = 0, 'Oslo', 'Rome') FROM range(0, 10, 1, 1)")
    spark.sql(f"DELETE FROM {writer.written} WHERE id = 3")
    writer.commit("trips")
    before, expected = stored(writer), rows(spark, writer.written)
    name = writer.read.removeprefix("glue.")
    for call in (f"expire_snapshots(table => '{name}', older_than => TIMESTAMP '2100-01-01 00:00:00', retain_last => 1)", f"remove_orphan_files(table => '{name}')"):
        with pytest.raises(Exception, match="GC is disabled"):
            spark.sql(f"CALL glue.system.{call}")
    spark.sql(f"DELETE FROM {writer.read} WHERE city = 'Rome'")
    spark.sql(f"CALL glue.system.rewrite_data_files(table => '{name}', options => map('rewrite-all', 'true'))")
    assert stored(writer) == before
    writer.put("elsewhere", "x")
    writer.commit("nothing of the table")
    writer.ctl("catalog", "export", f"lakefs://{writer.name}/main", "--table", "trips", "--full")
    assert rows(spark, writer.read) == expected
    with pytest.raises(Exception, match="GC is disabled"):
        spark.sql(f"DROP TABLE {writer.read} PURGE")
    assert rows(spark, writer.read) == expected
    spark.sql(f"DROP TABLE {writer.read}")
    assert before.items() <= stored(writer).items() and rows(spark, writer.written) == expected
    writer.ctl("catalog", "export", f"lakefs://{writer.name}/main", "--table", "trips")
    assert rows(spark, writer.read) == expected
