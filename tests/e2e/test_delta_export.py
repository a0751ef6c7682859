"""Delta tables exported by Lua hooks and natively to Glue: written by delta-rs, uploaded through the gateway, exported to moto's S3 and read back there
by delta-rs through the addresses in the exported log."""

import itertools
import json
import subprocess
import sys
import urllib.parse

import deltalake
import pytest
import yaml
from arro3.core import Array, DataType, Table

from tests.lib.client import Lakectl

TABLE = "warehouse/my trips"
_numbers = itertools.count()

SCRIPT = """
local exporter = require("lakefs/catalogexport/delta_exporter")
local s3 = require("aws").s3_client()
local delta = require("formats").delta_client(args.key, args.secret)
local details = exporter.export_delta_log(action, args.tables, s3.put_object, delta, "_lakefs_tables")
for name, table in pairs(details) do
    print(name, table.path, table.metadata.name, #table.metadata.partition_columns)
end
if action.commit.parents[1] then
    local changed = exporter.changed_table_defs(args.tables, "_lakefs_tables", action.repository_id, action.commit.parents[1], action.commit_id)
    print("changed", #changed)
end
"""


def rows_of(*pairs):
    days, numbers = zip(*pairs)
    return Table.from_pydict({"day": Array(list(days), DataType.string()), "n": Array(list(numbers), DataType.int64())})


# In a process of its own: delta-rs keeps Python's lock while it reads, and moto, which it reads from, is a thread of this process.
READER = """
import deltalake, json, sys
location, version, options = json.load(sys.stdin)
table = deltalake.DeltaTable(location, version=version, storage_options=options)
rows = deltalake.QueryBuilder().register("t", table).execute("SELECT day, n FROM t ORDER BY n").read_all()
json.dump([table.version(), list(zip(rows["day"].to_pylist(), rows["n"].to_pylist()))], sys.stdout)
"""


def read(location, version=None, **options):
    """The rows of a Delta table, as delta-rs sees them."""
    return read_all(location, version, **options)[1]


def read_all(location, version=None, **options):
    """The version of a Delta table, and its rows."""
    request = json.dumps([str(location), version, options or None])
    done = subprocess.run([sys.executable, "-c", READER], input=request, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    found, rows = json.loads(done.stdout)
    return found, [tuple(row) for row in rows]


def store_options(aws):
    """Where delta-rs finds S3."""
    return {
        "AWS_ENDPOINT_URL": aws.url,
        "AWS_ACCESS_KEY_ID": aws.KEY,
        "AWS_SECRET_ACCESS_KEY": aws.SECRET,
        "AWS_REGION": aws.REGION,
        "AWS_ALLOW_HTTP": "true",
    }


class Warehouse:
    """A repository of its own with a Delta table that is written here and uploaded."""

    def __init__(self, aws, server, folder):
        self.aws, self.server = aws, server
        self.name = f"delta-{next(_numbers)}"
        self.local = folder / "table"
        self.ctl = Lakectl(server, server.folder)
        self.gateway = server.s3()
        self.ctl("repo", "create", f"lakefs://{self.name}", f"s3://lake/{self.name}")
        self.put("_lakefs_tables/trips.yaml", yaml.safe_dump({"name": "trips", "type": "delta", "path": TABLE, "catalog": "c"}).encode())
        hook = {"id": "export", "type": "lua", "properties": {"script": SCRIPT, "args": {"tables": ["trips"], "key": "", "secret": ""}}}
        self.put("_lakefs_actions/delta.yaml", yaml.safe_dump({"name": "delta", "on": {"post-commit": None}, "hooks": [hook]}).encode())

    def put(self, path, data):
        self.gateway.put_object(Bucket=self.name, Key=f"main/{path}", Body=data)

    def upload(self):
        for file in self.local.rglob("*"):
            if file.is_file():
                self.put(f"{TABLE}/{file.relative_to(self.local).as_posix()}", file.read_bytes())

    def clean_up(self):
        """Makes a checkpoint of the table, removes the versions before it, here and in the repository, and gives its version."""
        table = deltalake.DeltaTable(self.local)
        table.create_checkpoint()
        before = set(self.local.glob("_delta_log/*"))
        table.cleanup_metadata()
        self.upload()
        for gone in before - set(self.local.glob("_delta_log/*")):
            self.gateway.delete_object(Bucket=self.name, Key=f"main/{TABLE}/_delta_log/{gone.name}")
        assert not (self.local / "_delta_log" / f"{0:020}.json").exists(), "nothing was cleaned up"
        return table.version()

    def files(self, location):
        """Names of the exported log."""
        prefix = f"{location.removeprefix('s3://lake/')}/_delta_log/"
        return sorted(item["Key"].removeprefix(prefix) for item in self.aws.s3.list_objects_v2(Bucket="lake", Prefix=prefix)["Contents"])

    def commit(self, message, status="completed"):
        commit = self.ctl.commit(f"lakefs://{self.name}/main", message)
        return commit, self.log(commit, status)

    def log(self, commit, status="completed"):
        run = self.ctl.wait_for_run(self.name, commit, "post-commit")
        log = self.ctl("actions", "runs", "describe", f"lakefs://{self.name}", run.id)
        assert run.status == status, log
        return log

    def exported(self, commit):
        return f"{self.name}/_lakefs/exported/main/{commit[:6]}/trips"

    def export_natively(self, **properties):
        hook = {"id": "trips", "type": "catalog_export", "properties": {"tables": ["trips"]} | properties}
        self.put("_lakefs_actions/delta.yaml", yaml.safe_dump({"name": "delta", "on": {"post-commit": None}, "hooks": [hook]}).encode())

    def glue(self, name="trips"):
        return self.aws.glue.get_table(DatabaseName=f"{self.name.replace('-', '_')}_main", Name=name)["Table"]

    def read(self, commit, version=None):
        return self.read_at(f"s3://lake/{self.exported(commit)}", version)

    def read_at(self, location, version=None):
        return self.read_all_at(location, version)[1]

    def version_at(self, location):
        return self.read_all_at(location)[0]

    def read_all_at(self, location, version=None):
        return read_all(location, version, **store_options(self.aws))

    def actions(self, commit):
        """All actions of the exported log in order."""
        listed = self.aws.s3.list_objects_v2(Bucket="lake", Prefix=f"{self.exported(commit)}/_delta_log/").get("Contents", [])
        bodies = [self.aws.s3.get_object(Bucket="lake", Key=item["Key"])["Body"].read() for item in sorted(listed, key=lambda i: i["Key"])]
        return [json.loads(line) for body in bodies for line in body.splitlines()]


@pytest.fixture
def warehouse(aws, s3_server, tmp_path):
    return Warehouse(aws, s3_server, tmp_path)


def test_the_exported_table_is_the_table(warehouse):
    first = rows_of(("a b", 1), ("c%d", 2), ("e+f", 3), (None, 4))
    deltalake.write_deltalake(warehouse.local, first, partition_by=["day"], name="trips of all", description="it's")
    warehouse.upload()
    commit, log = warehouse.commit("the table")
    assert f"trips\ts3://lake/{warehouse.exported(commit)}\ttrips of all\t1" in log
    assert warehouse.read(commit) == read(warehouse.local) == [("a b", 1), ("c%d", 2), ("e+f", 3), (None, 4)]

    added = [action["add"] for action in warehouse.actions(commit) if "add" in action]
    assert len(added) == 4
    for action in added:
        address = urllib.parse.urlsplit(action["path"])
        assert (address.scheme, address.netloc) == ("s3", "lake")
        key = urllib.parse.unquote(address.path).lstrip("/")
        assert warehouse.aws.s3.head_object(Bucket="lake", Key=key)["ContentLength"] == action["size"]
    assert {"day": None} in [action["partitionValues"] for action in added]

    deltalake.write_deltalake(warehouse.local, rows_of(("a b", 5), ("x/y", 6)), mode="append")
    deltalake.DeltaTable(warehouse.local).delete("n = 2")
    warehouse.upload()
    second, log = warehouse.commit("two more, one gone")
    assert "changed\t1" in log
    assert warehouse.read(second) == read(warehouse.local) == [("a b", 1), ("e+f", 3), (None, 4), ("a b", 5), ("x/y", 6)]
    assert warehouse.read(second, version=0) == read(warehouse.local, version=0), "its history is exported, too"
    assert warehouse.read(commit) == [("a b", 1), ("c%d", 2), ("e+f", 3), (None, 4)], "the first export stays"

    warehouse.put("elsewhere", b"x")
    _, log = warehouse.commit("nothing of the table")
    assert "changed\t0" in log


def test_a_file_that_is_missing_stops_the_export(warehouse):
    deltalake.write_deltalake(warehouse.local, rows_of(("a", 1), ("b", 2)), partition_by=["day"])
    lost = next(warehouse.local.glob("day=b/*"))
    lost.unlink()
    warehouse.upload()
    commit, log = warehouse.commit("a table with a hole", status="failed")
    assert f"The following objects were not found:  day=b/{lost.name}" in log
    assert warehouse.actions(commit) == []


def test_the_table_in_glue_follows_the_branch(warehouse):
    warehouse.export_natively()
    deltalake.write_deltalake(warehouse.local, rows_of(("a b", 1), ("c%d", 2), (None, 3)), partition_by=["day"])
    warehouse.upload()
    first, log = warehouse.commit("the table")
    assert "created, version 0; exported as a whole (the table is new); 1 versions written, 3 objects looked up" in log
    table = warehouse.glue()
    assert table["Parameters"]["table_type"] == "DELTA" and table["Parameters"]["spark.sql.sources.provider"] == "delta"
    assert [(column["Name"], column["Type"]) for column in table["StorageDescriptor"]["Columns"]] == [("day", "string"), ("n", "bigint")]
    location = table["StorageDescriptor"]["Location"]
    assert warehouse.read_at(location) == [("a b", 1), ("c%d", 2), (None, 3)]

    deltalake.write_deltalake(warehouse.local, rows_of(("x/y", 4)), mode="append")
    deltalake.DeltaTable(warehouse.local).delete("n = 2")
    warehouse.upload()
    second, log = warehouse.commit("one more, one gone")
    assert "updated, version 2; exported what is new; 2 versions written" in log
    table = warehouse.glue()
    assert table["StorageDescriptor"]["Location"] == location, "who knows it by its place finds it there"
    assert table["Parameters"]["tarn.commit"] == second
    assert warehouse.read_at(location) == read(warehouse.local) == [("a b", 1), (None, 3), ("x/y", 4)]
    assert warehouse.read_at(location, version=0) == read(warehouse.local, version=0), "its history is there, too"

    # What the table needs can be told, and goes with the ref.
    needed = warehouse.ctl("catalog", "references", f"lakefs://{warehouse.name}").splitlines()
    assert sum(line.startswith("manifest\t") for line in needed) == 3 and sum(line.startswith("object\t") for line in needed) >= 4
    # Back to the first commit: another past, in another folder, and queries of the old one go on.
    log = warehouse.ctl("catalog", "export", f"lakefs://{warehouse.name}/{first}", "--as", "main", "--table", "trips")
    assert "exported as a whole (files of the table were replaced or removed); 1 versions written" in log
    assert warehouse.read_at(warehouse.glue()["StorageDescriptor"]["Location"]) == [("a b", 1), ("c%d", 2), (None, 3)]
    assert warehouse.read_at(location) == [("a b", 1), (None, 3), ("x/y", 4)]
    warehouse.ctl("catalog", "prune", f"lakefs://{warehouse.name}", "--ref", "main", "--all")
    assert not warehouse.aws.s3.list_objects_v2(Bucket="lake", Prefix=f"{warehouse.name}/_lakefs/exported/").get("Contents")


# Versions go as soon as there is a checkpoint.
SHORT_LIVED = {"delta.logRetentionDuration": "interval 0 seconds", "delta.enableExpiredLogCleanup": "false"}


def checkpoint(version):
    return f"{version:020}.checkpoint.parquet"


def test_a_table_that_was_cleaned_up_in_glue(warehouse):
    warehouse.export_natively()
    deltalake.write_deltalake(warehouse.local, rows_of(("a b", 1), ("c%d", 2), (None, 3)), partition_by=["day"], configuration=SHORT_LIVED)
    for number in range(4, 7):
        deltalake.write_deltalake(warehouse.local, rows_of(("x/y", number)), mode="append")
    deltalake.DeltaTable(warehouse.local).delete("n = 2")
    begin = warehouse.clean_up()
    deltalake.write_deltalake(warehouse.local, rows_of(("é", 7)), mode="append")
    warehouse.upload()
    _, log = warehouse.commit("a table without its beginning")
    assert f"created, version {begin + 1}; exported as a whole (the table is new); 2 versions and checkpoint {begin} written" in log
    location = warehouse.glue()["StorageDescriptor"]["Location"]
    assert warehouse.files(location) == [checkpoint(begin), f"{begin:020}.json", f"{begin + 1:020}.json", "_last_checkpoint"]
    rows = [("a b", 1), (None, 3), ("x/y", 4), ("x/y", 5), ("x/y", 6)]
    assert warehouse.read_at(location) == read(warehouse.local) == [*rows, ("é", 7)]
    assert warehouse.read_at(location, version=begin) == read(warehouse.local, version=begin) == rows
    assert warehouse.version_at(location) == deltalake.DeltaTable(warehouse.local).version() == begin + 1

    # New versions go behind it, another cleanup or not.
    deltalake.write_deltalake(warehouse.local, rows_of(("new", 8)), mode="append")
    warehouse.upload()
    _, log = warehouse.commit("one more")
    assert f"updated, version {begin + 2}; exported what is new; 1 versions written" in log
    assert warehouse.read_at(location) == read(warehouse.local) == [*rows, ("é", 7), ("new", 8)]
    assert warehouse.clean_up() == begin + 2
    deltalake.write_deltalake(warehouse.local, rows_of(("newer", 9)), mode="append")
    warehouse.upload()
    _, log = warehouse.commit("cleaned up once more")
    assert f"updated, version {begin + 3}; exported what is new; 1 versions written" in log
    assert warehouse.glue()["StorageDescriptor"]["Location"] == location
    assert warehouse.read_at(location) == read(warehouse.local) == [*rows, ("é", 7), ("new", 8), ("newer", 9)]
    assert warehouse.read_at(location, version=begin) == rows, "what was exported stays"

    needed = warehouse.ctl("catalog", "references", f"lakefs://{warehouse.name}").splitlines()
    assert f"manifest\t{location}/_delta_log/{checkpoint(begin)}" in needed
    assert sum(line.startswith("object\t") for line in needed) >= 8
    warehouse.ctl("catalog", "prune", f"lakefs://{warehouse.name}", "--ref", "main", "--all")
    assert not warehouse.aws.s3.list_objects_v2(Bucket="lake", Prefix=f"{warehouse.name}/_lakefs/exported/").get("Contents")


def test_a_script_exports_a_table_that_was_cleaned_up(warehouse):
    deltalake.write_deltalake(warehouse.local, rows_of(("a b", 1), (None, 2)), partition_by=["day"], name="short", configuration=SHORT_LIVED)
    deltalake.write_deltalake(warehouse.local, rows_of(("x", 3)), mode="append")
    begin = warehouse.clean_up()
    deltalake.write_deltalake(warehouse.local, rows_of(("y", 4)), mode="append")
    warehouse.upload()
    commit, log = warehouse.commit("a table without its beginning")
    location = f"s3://lake/{warehouse.exported(commit)}"
    assert f"trips\t{location}\tshort\t1" in log
    assert warehouse.files(location) == [checkpoint(begin), f"{begin:020}.json", f"{begin + 1:020}.json", "_last_checkpoint"]
    assert warehouse.read(commit) == read(warehouse.local) == [("a b", 1), (None, 2), ("x", 3), ("y", 4)]
    assert warehouse.read(commit, version=begin) == [("a b", 1), (None, 2), ("x", 3)]
    assert warehouse.version_at(location) == begin + 1

    lost = next(warehouse.local.glob("day=x/*")).name
    warehouse.ctl("fs", "rm", f"lakefs://{warehouse.name}/main/{TABLE}/day=x/{lost}")
    _, log = warehouse.commit("a hole", status="failed")
    assert f"The following objects were not found:  day=x/{lost}" in log


def test_a_table_in_glue_for_each_commit(warehouse):
    warehouse.export_natively(mode="commit")
    deltalake.write_deltalake(warehouse.local, rows_of(("a", 1)))
    warehouse.upload()
    commit, _ = warehouse.commit("the table")
    table = warehouse.glue(f"trips_{warehouse.name}_main_{commit[:6]}")
    assert table["StorageDescriptor"]["Location"] == f"s3://lake/{warehouse.exported(commit)}"
    assert warehouse.read(commit) == [("a", 1)]


def test_what_is_wrong_with_a_log_ends_the_native_export(warehouse):
    warehouse.export_natively()
    log = warehouse.commit("no table", status="failed")[1]
    assert f"there is no Delta log: {TABLE}/_delta_log/ holds no versions" in log
    deltalake.write_deltalake(warehouse.local, rows_of(("a", 1)))
    warehouse.upload()
    data = next(warehouse.local.glob("*.parquet")).name
    warehouse.ctl("fs", "rm", f"lakefs://{warehouse.name}/main/{TABLE}/{data}")
    log = warehouse.commit("a table without its data", status="failed")[1]
    assert f"files that are part of the table are missing: {TABLE}/{data}" in log
    assert not warehouse.aws.s3.list_objects_v2(Bucket="lake", Prefix=f"{warehouse.name}/_lakefs/exported/").get("Contents")
