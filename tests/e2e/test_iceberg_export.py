"""Iceberg tables registered natively in Glue: PyIceberg writes them through the S3 gateway, a hook exports a commit, and PyIceberg reads the table
that Glue has, directly from moto's S3, knowing nothing of the server."""

import itertools

import pyarrow
import pytest
import yaml
from pyiceberg.catalog import load_catalog
from pyiceberg.catalog.glue import _to_columns
from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.partitioning import PartitionField, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.transforms import IdentityTransform
from pyiceberg.types import ListType, LongType, NestedField, StringType, StructType, TimestamptzType

from tests.lib.client import Lakectl

TABLE = "wh/lake/trips"
SCHEMA = Schema(
    NestedField(1, "id", LongType(), required=False, doc="of the trip"),
    NestedField(2, "city", StringType(), required=False),
    NestedField(3, "tags", ListType(6, StringType(), element_required=False), required=False),
    NestedField(4, "where", StructType(NestedField(7, "x", LongType(), required=False)), required=False),
    NestedField(5, "began", TimestamptzType(), required=False),
)
SPEC = PartitionSpec(PartitionField(2, 1000, IdentityTransform(), "city"))
SCRIPT = """
local aws = require("aws")
local glue = require("lakefs/catalogexport/glue_exporter")
local done = glue.export_glue(aws.glue_client(), "lake", args.table_source, {}, action, {debug = true, writer = aws.s3_client().put_object})
print(done.created, done.written, done.objects)
"""
_numbers = itertools.count()


class Lake:
    """A repository of its own with an Iceberg table."""

    def __init__(self, aws, server):
        self.aws, self.server = aws, server
        self.name = f"iceberg-{next(_numbers)}"
        self.database = f"{self.name.replace('-', '_')}_main"
        self.ctl = Lakectl(server, server.folder)
        self.gateway = server.s3()
        self.ctl("repo", "create", f"lakefs://{self.name}", f"s3://lake/{self.name}")
        self.put("_lakefs_tables/trips.yaml", yaml.safe_dump({"name": "trips", "type": "iceberg", "path": TABLE}))
        self.writer = SqlCatalog(
            "writer",
            uri="sqlite:///:memory:",
            warehouse=f"s3://{self.name}/main/wh",
            **{"s3.endpoint": server.url, "s3.access-key-id": server.access_key_id, "s3.secret-access-key": server.secret_access_key, "s3.region": "us-east-1"},
        )
        self.writer.create_namespace("lake")
        self.table = self.writer.create_table("lake.trips", SCHEMA, partition_spec=SPEC, location=f"s3://{self.name}/main/{TABLE}")

    def put(self, path, text):
        self.gateway.put_object(Bucket=self.name, Key=f"main/{path}", Body=text.encode())

    def action(self, hook=None, **properties):
        hook = hook or {"id": "trips", "type": "catalog_export", "properties": {"tables": ["trips"]} | properties}
        self.put("_lakefs_actions/tables.yaml", yaml.safe_dump({"name": "tables", "on": {"post-commit": None}, "hooks": [hook]}))

    def append(self, *rows):
        columns = {"id": [], "city": [], "tags": [], "where": [], "began": []}
        for number, city in rows:
            for column, value in zip(columns, [number, city, [city, None], {"x": number}, None], strict=True):
                columns[column].append(value)
        self.table.append(pyarrow.table(columns, schema=SCHEMA.as_arrow()))

    def commit(self, message, status="completed"):
        commit = self.ctl.commit(f"lakefs://{self.name}/main", message)
        run = self.ctl.wait_for_run(self.name, commit, "post-commit")
        log = self.ctl("actions", "runs", "describe", f"lakefs://{self.name}", run.id)
        assert run.status == status, log
        return commit, log

    def exported(self, name="trips", database=None):
        """The table as somebody sees it who knows Glue and S3."""
        place = {"region": self.aws.REGION, "access-key-id": self.aws.KEY, "secret-access-key": self.aws.SECRET, "endpoint": self.aws.url}
        properties = {f"{service}.{key}": value for service in ("glue", "s3") for key, value in place.items()}
        return load_catalog("reader", type="glue", **properties).load_table(f"{database or self.database}.{name}")

    def glue(self, name="trips", database=None):
        return self.aws.glue.get_table(DatabaseName=database or self.database, Name=name)["Table"]


def rows(table, **scan):
    return table.scan(**scan).to_arrow().sort_by("id").to_pylist()


def addresses(table):
    return [file.file.file_path for file in table.scan().plan_files()]


@pytest.fixture
def lake(aws, s3_server):
    return Lake(aws, s3_server)


def test_the_exported_table_is_the_table(lake):
    lake.action()
    lake.append((1, "Paris"), (2, "Oslo"))
    first_rows = rows(lake.table)
    first, log = lake.commit("trips")
    assert f"created database {lake.database}" in log
    assert "4 files written" not in log and "3 files written, 0 used again, 2 objects looked up" in log
    exported = lake.exported()
    assert rows(exported) == first_rows and len(first_rows) == 2
    assert all(address.startswith(f"s3://lake/{lake.name}/data/") for address in addresses(exported))
    assert exported.schema() == lake.table.schema() and exported.spec() == lake.table.spec()
    found = lake.glue()
    assert found["TableType"] == "EXTERNAL_TABLE"
    assert found["Parameters"]["table_type"] == "ICEBERG"
    assert found["Parameters"]["tarn.commit"] == first
    assert found["StorageDescriptor"]["Columns"] == _to_columns(lake.table.metadata), "as Iceberg's own catalog writes them"
    assert found["StorageDescriptor"]["Location"] == exported.location()

    lake.append((3, "Oslo"))
    lake.table.delete("id = 1")
    with lake.table.update_schema() as update:
        update.add_column("price", LongType(), "in cents")
        update.delete_column("tags")
    second, log = lake.commit("one more, one gone, other columns")
    assert "used again" in log and " 0 used again" not in log
    exported = lake.exported()
    assert rows(exported) == rows(lake.table) and [row["id"] for row in rows(exported)] == [2, 3]
    assert lake.glue()["StorageDescriptor"]["Columns"] == _to_columns(lake.table.metadata)
    for snapshot in lake.table.snapshots():
        assert rows(exported, snapshot_id=snapshot.snapshot_id) == rows(lake.table, snapshot_id=snapshot.snapshot_id)
    assert lake.glue()["Parameters"]["tarn.commit"] == second


def test_every_branch_shows_its_own_version(lake):
    lake.action()
    lake.append((1, "Paris"))
    lake.commit("trips")
    lake.ctl("branch", "create", f"lakefs://{lake.name}/dev", "-s", f"lakefs://{lake.name}/main")
    done = lake.ctl("catalog", "export", f"lakefs://{lake.name}/dev", "--table", "trips")
    assert f"{lake.name.replace('-', '_')}_dev.trips: created" in done
    lake.append((2, "Oslo"))
    lake.commit("one more")
    assert [row["id"] for row in rows(lake.exported())] == [1, 2]
    assert [row["id"] for row in rows(lake.exported(database=f"{lake.name.replace('-', '_')}_dev"))] == [1]


def test_by_hand_and_by_script(lake):
    lake.append((1, "Paris"))
    commit = lake.ctl.commit(f"lakefs://{lake.name}/main", "trips")
    plan = lake.ctl("catalog", "plan", f"lakefs://{lake.name}/main", "--table", "trips")
    assert f"would write s3://lake/{lake.name}/_lakefs/exported/main/_tables/trips/metadata/00001-" in plan
    assert "would create table" in plan

    lake.action({"id": "trips", "type": "lua", "properties": {"script": SCRIPT, "args": {"table_source": "_lakefs_tables/trips.yaml"}}})
    lake.append((2, "Oslo"))
    commit, log = lake.commit("with a script")
    assert "true\t5\t2" in log, log
    table = lake.exported(f"trips_{lake.name}_main_{commit[:6]}", "lake")
    assert rows(table) == rows(lake.table) and len(rows(table)) == 2
    assert table.metadata_location.startswith(f"s3://lake/{lake.name}/_lakefs/exported/main/{commit[:6]}/trips/metadata/")


def test_what_the_table_needs_is_listed_and_stays(lake):
    lake.append((1, "Paris"), (2, "Oslo"))
    lake.ctl.commit(f"lakefs://{lake.name}/main", "trips")
    lake.ctl("catalog", "export", f"lakefs://{lake.name}/main", "--table", "trips")
    lines = [line.split("\t") for line in lake.ctl("catalog", "references", f"lakefs://{lake.name}").splitlines()]
    assert sorted(address for kind, address in lines if kind == "object") == sorted(addresses(lake.exported()))
    listed = lake.aws.s3.list_objects_v2(Bucket="lake", Prefix=f"{lake.name}/_lakefs/exported/")["Contents"]
    assert {address for kind, address in lines if kind == "manifest"} == {f"s3://lake/{item['Key']}" for item in listed}
    lake.ctl("catalog", "prune", f"lakefs://{lake.name}", "--keep-last", "1")
    assert len(rows(lake.exported())) == 2
    lake.ctl("catalog", "prune", f"lakefs://{lake.name}", "--ref", "main", "--all")
    assert "Contents" not in lake.aws.s3.list_objects_v2(Bucket="lake", Prefix=f"{lake.name}/_lakefs/exported/")


def test_what_is_not_there_is_named(lake):
    lake.action()
    lake.append((1, "Paris"))
    lost = addresses(lake.table)[0].removeprefix(f"s3://{lake.name}/")
    lake.gateway.delete_object(Bucket=lake.name, Key=lost)
    _, log = lake.commit("a table with a hole", status="failed")
    assert f"{lost.removeprefix('main/')} is missing" in log
    assert lake.database not in [found["Name"] for found in lake.aws.glue.get_databases()["DatabaseList"]]

    lake.put("_lakefs_tables/trips.yaml", yaml.safe_dump({"name": "trips", "type": "iceberg", "path": "elsewhere"}))
    _, log = lake.commit("a wrong path", status="failed")
    assert "elsewhere/metadata/: it has no metadata" in log
