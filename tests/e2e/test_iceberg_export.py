"""Iceberg tables registered natively in Glue: PyIceberg writes them through the S3 gateway, a hook exports a commit, and PyIceberg reads the table
that Glue has, directly from moto's S3, knowing nothing of the server."""

import io
import itertools
import uuid

import duckdb
import pyarrow
import pyarrow.parquet
import pytest
import yaml
from pyiceberg.catalog import load_catalog
from pyiceberg.catalog.glue import _to_columns
from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.manifest import DataFile, DataFileContent, FileFormat, ManifestContent, ManifestWriterV2
from pyiceberg.partitioning import PartitionField, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.table.snapshots import Operation
from pyiceberg.table.update.snapshot import _FastAppendFiles
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


class DeletesWriter(ManifestWriterV2):
    """PyIceberg reads deletes by position, and writes none."""

    def content(self):
        return ManifestContent.DELETES

    @property
    def _meta(self):
        return super()._meta | {"content": "deletes"}


class DeletesProducer(_FastAppendFiles):
    def new_manifest_writer(self, spec):
        return DeletesWriter(spec, self._transaction.table_metadata.schema(), self.new_manifest_output(), self._snapshot_id, self._compression)


def delete_rows(table, positions, exact=True, **how):
    """A snapshot with one more file of deletes: positions by data file, all of one partition. `exact` bounds name the first and the last file."""
    rows_of = sorted((file.file_path, position) for file, some in positions.items() for position in some)
    content = pyarrow.table(
        [[path for path, _ in rows_of], [position for _, position in rows_of]],
        schema=pyarrow.schema([
            pyarrow.field("file_path", pyarrow.string(), False, {"PARQUET:field_id": "2147483546"}),
            pyarrow.field("pos", pyarrow.int64(), False, {"PARQUET:field_id": "2147483545"}),
        ]),
    )
    packed = io.BytesIO()
    pyarrow.parquet.write_table(content, packed, **how)
    address = f"{table.location()}/data/deletes-{uuid.uuid4()}.parquet"
    with table.io.new_output(address).create() as out:
        out.write(packed.getvalue())
    bounds = [{2147483546: (path if exact else path[:16]).encode()} for path in (rows_of[0][0], rows_of[-1][0])]
    if not exact:
        bounds[1][2147483546] = bounds[1][2147483546][:-1] + b"\x7f"
    deletes = DataFile.from_args(
        content=DataFileContent.POSITION_DELETES,
        file_path=address,
        file_format=FileFormat.PARQUET,
        partition=next(iter(positions)).partition,
        record_count=len(rows_of),
        file_size_in_bytes=len(packed.getvalue()),
        lower_bounds=bounds[0],
        upper_bounds=bounds[1],
        split_offsets=[4],
    )
    deletes.spec_id = table.spec().spec_id
    with table.transaction() as transaction:
        producer = DeletesProducer(operation=Operation.DELETE, transaction=transaction, io=table.io)
        producer.append_data_file(deletes)
        producer.commit()
    return address


def data_files(table, city):
    """Those of a partition, the oldest first."""
    found = [task.file for task in table.scan(row_filter=f"city = '{city}'").plan_files()]
    return sorted(found, key=lambda file: pyarrow.parquet.read_table(table.io.new_input(file.file_path).open())["id"][0].as_py())


def test_rows_that_were_deleted_by_position_stay_deleted(lake):
    lake.action()
    lake.append((1, "Paris"), (2, "Paris"), (3, "Paris"), (4, "Oslo"), (5, "Oslo"))
    lake.append((6, "Paris"), (7, "Paris"))
    old, new = data_files(lake.table, "Paris")
    (oslo,) = data_files(lake.table, "Oslo")
    delete_rows(lake.table, {oslo: [1]}, compression="zstd", data_page_version="2.0")
    # Of several files: the store orders them by other names.
    delete_rows(lake.table, {old: [0, 2], new: [1]}, exact=False, compression="gzip", use_dictionary=False)
    assert [row["id"] for row in rows(lake.table)] == [2, 4, 6]
    lake.commit("deleted by position")
    exported = lake.exported()
    assert rows(exported) == rows(lake.table)
    assert [row["id"] for row in rows(exported)] == [2, 4, 6]
    assert all(address.startswith(f"s3://lake/{lake.name}/data/") for address in addresses(exported))
    for snapshot in lake.table.snapshots():
        assert rows(exported, snapshot_id=snapshot.snapshot_id) == rows(lake.table, snapshot_id=snapshot.snapshot_id)

    deletes = {file.file_path: file for task in exported.scan().plan_files() for file in task.delete_files}
    assert len(deletes) == 2
    seen = {}
    for address, file in deletes.items():
        assert address.startswith(f"s3://lake/{lake.name}/_lakefs/exported/main/_tables/trips/metadata/") and address.endswith("-p.parquet")
        content = exported.io.new_input(address).open().read()
        assert file.file_size_in_bytes == len(content)
        parquet = pyarrow.parquet.ParquetFile(io.BytesIO(content))
        assert [(field.name, field.nullable, field.metadata[b"PARQUET:field_id"]) for field in parquet.schema_arrow] == [
            ("file_path", False, b"2147483546"),
            ("pos", False, b"2147483545"),
        ]
        found = [tuple(row.values()) for row in parquet.read().to_pylist()]
        assert found == sorted(found) and file.record_count == len(found)
        seen |= {row: address for row in found}
        statistics = parquet.metadata.row_group(0).column(0).statistics
        bounds = [found[0][0].encode(), found[-1][0].encode()]
        assert [statistics.min.encode(), statistics.max.encode()] == bounds
        assert [file.lower_bounds[2147483546], file.upper_bounds[2147483546]] == bounds
        assert file.split_offsets == [parquet.metadata.row_group(0).column(0).dictionary_page_offset] == [4]
        (lake.server.folder / "deletes.parquet").write_bytes(content)
        # Another reader, which knows nothing of Arrow.
        assert duckdb.sql(f"SELECT file_path, pos FROM '{lake.server.folder}/deletes.parquet'").fetchall() == found
        last = f"SELECT pos FROM '{lake.server.folder}/deletes.parquet' WHERE file_path = '{found[-1][0]}'"
        assert duckdb.sql(last).fetchall() == [(position,) for path, position in found if path == found[-1][0]], "its statistics and dictionary hold"
    assert {path for path, _ in seen} == set(addresses(exported))

    lake.append((8, "Paris"))
    _, log = lake.commit("one more")
    assert [row["id"] for row in rows(lake.exported())] == [2, 4, 6, 8]
    assert "deletes" not in log and {file.file_path for task in lake.exported().scan().plan_files() for file in task.delete_files} == set(deletes)
    lines = [line.split("\t") for line in lake.ctl("catalog", "references", f"lakefs://{lake.name}").splitlines()]
    assert set(deletes) <= {address for kind, address in lines if kind == "manifest"}
    assert sorted(address for kind, address in lines if kind == "object") == sorted(addresses(lake.exported()))
    lake.ctl("catalog", "prune", f"lakefs://{lake.name}", "--keep-last", "1")
    assert [row["id"] for row in rows(lake.exported())] == [2, 4, 6, 8]


def test_deletes_that_are_not_read_are_named(lake):
    lake.action()
    lake.append((1, "Paris"), (2, "Paris"))
    address = delete_rows(lake.table, {data_files(lake.table, "Paris")[0]: [0]}, compression="brotli")
    path = address.removeprefix(f"s3://{lake.name}/main/")
    _, log = lake.commit("packed by Brotli", status="failed")
    assert f"{path} holds deletes by position: invalid Parquet file: its codec 4 (Brotli) is not read" in log
