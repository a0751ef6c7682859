"""Spark with Hive support (an embedded metastore) reads exported tables through their manifests. `make spark` runs this; it is no part of
`make test`, since it wants Java and fetches 900 MB.

Each table is created in the metastore as the catalog has it: columns, serde, input format and parameters, and each partition at the location
that it has there. moto plays S3 and Glue, and Spark reads it by s3a, under the name s3 as on EMR."""

import itertools
import json
import pathlib

import pytest
import yaml

from tests.e2e.test_catalog_export import DESCRIPTOR, TABLE, Lake, symlink_table
from tests.lib.client import Lakectl
from tests.spark.metastore import definition, new_name, quoted

_numbers = itertools.count()


@pytest.fixture
def lake(aws, s3_server):
    return Lake(aws, s3_server)


def create(spark, table, partitions):
    """The table as GetTable answers it, in the metastore; its name there. `partitions` are pairs of values and location."""
    name = new_name()
    spark.sql(definition(name, table))
    keys = table["PartitionKeys"]
    for values, location in partitions:
        spec = ", ".join(f"`{key['Name']}` = {quoted(value)}" for key, value in zip(keys, values, strict=True))
        spark.sql(f"ALTER TABLE {name} ADD PARTITION ({spec}) LOCATION {quoted(location)}")
    return name


def create_from_glue(spark, lake, table=None):
    table = table or lake.table()
    return create(spark, table, symlink_table.partitions(lake.aws.glue, table) if table["PartitionKeys"] else [])


def rows(spark, name, where=""):
    return sorted(tuple(row) for row in spark.sql(f"SELECT type, name, born FROM {name} {where}").collect())


def write(lake, path, *names):
    """No header line: Spark does not skip it."""
    lake.put(f"{TABLE}/{path}", "".join(f"{name},2020-02-29\n" for name in names))


def test_spark_reads_exactly_the_version_that_was_exported(spark, lake):
    lake.action(format="csv")
    write(lake, "type=cat/a.csv", "Tom")
    write(lake, "type=dog/a.csv", "Rex", '"Toto, the dog"')
    write(lake, "type=12%3A30/a.csv", "Noon")
    lake.commit("animals")
    first = create_from_glue(spark, lake)
    expected = [("12:30", "Noon", "2020-02-29"), ("cat", "Tom", "2020-02-29"), ("dog", "Rex", "2020-02-29"), ("dog", "Toto, the dog", "2020-02-29")]
    assert rows(spark, first) == expected
    assert rows(spark, first, "WHERE type = '12:30'") == expected[:1]

    write(lake, "type=dog/b.csv", "Lassie")
    lake.gateway.delete_object(Bucket=lake.name, Key=f"main/{TABLE}/type=cat/a.csv")
    # What is staged is in the bucket, but in no manifest.
    assert rows(spark, first) == expected
    lake.commit("one more, one gone")
    second = create_from_glue(spark, lake)
    assert rows(spark, second) == [expected[0], ("dog", "Lassie", "2020-02-29"), *expected[2:]]
    # The metastore that was not told goes on to show the version before.
    assert rows(spark, first) == expected


def test_a_table_of_each_commit(spark, lake):
    lake.action(format="csv", mode="commit", database="lake")
    write(lake, "type=cat/a.csv", "Tom")
    first, _ = lake.commit("a cat")
    write(lake, "type=cat/b.csv", "Garfield")
    second, _ = lake.commit("another")
    tables = [create_from_glue(spark, lake, lake.table("lake", f"animals_{lake.name}_main_{commit[:6]}")) for commit in (first, second)]
    assert rows(spark, tables[0]) == [("cat", "Tom", "2020-02-29")]
    assert rows(spark, tables[1]) == [("cat", "Garfield", "2020-02-29"), ("cat", "Tom", "2020-02-29")]


def test_a_table_without_partitions_and_with_types(spark, lake):
    fields = [("type", "string"), ("name", "string"), ("born", "date"), ("weight", "decimal(5,2)"), ("legs", "long")]
    descriptor = DESCRIPTOR | {"partition_columns": [], "schema": {"fields": [{"name": name, "type": kind} for name, kind in fields]}}
    lake.put("_lakefs_tables/animals.yaml", yaml.safe_dump(descriptor))
    lake.action(table_input={"StorageDescriptor": {"SerdeInfo": {"Parameters": {"field.delim": "|", "serialization.format": "|"}}}}, format="text")
    lake.put(f"{TABLE}/a.txt", "cat|Tom|2020-02-29|4.25|4\n")
    lake.put(f"{TABLE}/_hidden.txt", "cat|Nobody|2020-02-29|4.25|4\n")
    lake.commit("animals")
    name = create_from_glue(spark, lake)
    found = spark.sql(f"SELECT type, name, CAST(born AS string), CAST(weight AS string), legs FROM {name}").collect()
    assert [tuple(row) for row in found] == [("cat", "Tom", "2020-02-29", "4.25", 4)]


def test_header_lines_are_rows(spark, lake):
    """Spark does not know `skip.header.line.count`."""
    lake.action(format="csv")
    lake.animals("type=cat/a.csv", "Tom")
    lake.commit("animals")
    assert rows(spark, create_from_glue(spark, lake)) == [("cat", "Tom", "2020-02-29"), ("cat", "name", "born")]


def test_parquet_cannot_be_read_through_manifests(spark, lake):
    lake.action(format="parquet")
    write(lake, "type=cat/a.parquet", "what it holds does not matter")
    lake.commit("animals")
    name = create_from_glue(spark, lake)
    # Spark takes the manifest for a Parquet file.
    with pytest.raises(Exception, match="is not a Parquet file"):
        rows(spark, name)
    # Told not to use its own reader, it reads the lines of the objects, of which the serde makes nothing.
    spark.conf.set("spark.sql.hive.convertMetastoreParquet", "false")
    try:
        assert rows(spark, name) == [("cat", None, None)]
    finally:
        spark.conf.unset("spark.sql.hive.convertMetastoreParquet")


def test_files_of_a_local_store(spark, server):
    repository = server.create_repository(f"spark-{next(_numbers)}")
    gateway, ctl = server.s3(), Lakectl(server, server.folder)
    hook = {"id": "animals", "type": "catalog_export", "properties": {"tables": ["animals"], "format": "csv"}}
    files = {
        "_lakefs_tables/animals.yaml": yaml.safe_dump(DESCRIPTOR),
        "_lakefs_actions/tables.yaml": yaml.safe_dump({"name": "tables", "on": {"post-commit": None}, "hooks": [hook]}),
        f"{TABLE}/type=cat/a.csv": "Tom,2020-02-29\n",
        f"{TABLE}/type=dog/a.csv": "Rex,2020-02-29\n",
    }

    def commit(files):
        for path, text in files.items():
            gateway.put_object(Bucket=repository, Key=f"main/{path}", Body=text.encode())
        run = ctl.wait_for_run(repository, ctl.commit(f"lakefs://{repository}/main", "m"), "post-commit")
        assert run.status == "completed", ctl("actions", "runs", "describe", f"lakefs://{repository}", run.id)
        folder = pathlib.Path(server.folder, "data", "block", "bucket", repository, "_lakefs", "catalog", f"{repository.replace('-', '_')}_main")
        found = json.loads((folder / "animals.json").read_text())
        return create(spark, found["Table"], [(partition["Values"], partition["Location"]) for partition in found["Partitions"]])

    first = commit(files)
    second = commit({f"{TABLE}/type=dog/b.csv": "Lassie,2020-02-29\n"})
    assert rows(spark, first) == [("cat", "Tom", "2020-02-29"), ("dog", "Rex", "2020-02-29")]
    assert rows(spark, second) == [("cat", "Tom", "2020-02-29"), ("dog", "Lassie", "2020-02-29"), ("dog", "Rex", "2020-02-29")]
