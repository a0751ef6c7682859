"""Tables that follow their ref, exported by a hook without a script: `type: catalog_export`. moto plays S3 and Glue; the rows are read by
DuckDB through the partitions that Glue has and the manifests that they point at."""

import datetime
import itertools
import json
import pathlib
import sys
import time

import duckdb
import pyarrow
import pyarrow.orc
import pytest
import yaml

from tests.lib.client import Lakectl
from tests.lib.server import ROOT
from tests.trino import avro

sys.path.insert(0, str(ROOT / "tools" / "quickstart"))
import symlink_table  # noqa: E402

TABLE = "tables/animals"
DESCRIPTOR = {
    "name": "animals",
    "type": "hive",
    "path": TABLE,
    "partition_columns": ["type"],
    "schema": {"type": "struct", "fields": [{"name": name, "type": kind} for name, kind in [("type", "string"), ("name", "string"), ("born", "date")]]},
}
BORN = datetime.date(2020, 2, 29)
_numbers = itertools.count()


class Lake:
    """A repository of its own with a table, and an action that exports it."""

    def __init__(self, aws, server):
        self.aws, self.server = aws, server
        self.name = f"tables-{next(_numbers)}"
        self.database = f"{self.name.replace('-', '_')}_main"
        self.ctl = Lakectl(server, server.folder)
        self.gateway = server.s3()
        self.ctl("repo", "create", f"lakefs://{self.name}", f"s3://lake/{self.name}")
        self.put("_lakefs_tables/animals.yaml", yaml.safe_dump(DESCRIPTOR))

    def put(self, path, text, branch="main"):
        self.gateway.put_object(Bucket=self.name, Key=f"{branch}/{path}", Body=text.encode())

    def animals(self, path, *names, branch="main"):
        self.put(f"{TABLE}/{path}", "name,born\n" + "".join(f"{name},{BORN}\n" for name in names), branch)

    def action(self, events=None, **properties):
        properties = {"tables": ["animals"], "format": "csv"} | properties
        action = {
            "name": "tables",
            "on": events or {"post-commit": None},
            "hooks": [{"id": "animals", "type": "catalog_export", "properties": properties}],
        }
        self.put("_lakefs_actions/tables.yaml", yaml.safe_dump(action))

    def commit(self, message, status="completed", branch="main"):
        commit = self.ctl.commit(f"lakefs://{self.name}/{branch}", message)
        run = self.ctl.wait_for_run(self.name, commit, "post-commit")
        log = self.ctl("actions", "runs", "describe", f"lakefs://{self.name}", run.id)
        assert run.status == status, log
        return commit, log

    def table(self, database=None, name="animals"):
        return self.aws.glue.get_table(DatabaseName=database or self.database, Name=name)["Table"]

    def rows(self, table=None):
        table = table or self.table()
        return [row[:2] for row in symlink_table.query(self.aws.s3, self.aws.glue, table, "SELECT type, name, born FROM data ORDER BY ALL")]

    def locations(self, table=None):
        return {values[0]: location for values, location in symlink_table.partitions(self.aws.glue, table or self.table())}

    def manifests(self):
        listed = self.aws.s3.get_paginator("list_objects_v2").paginate(Bucket="lake", Prefix=f"{self.name}/_lakefs/exported/")
        return {item["Key"] for page in listed for item in page.get("Contents", [])}


@pytest.fixture
def lake(aws, s3_server):
    return Lake(aws, s3_server)


def test_the_table_follows_the_branch_and_only_what_changed_is_written(lake):
    lake.action()
    lake.animals("type=cat/a.csv", "Tom")
    lake.animals("type=dog/a.csv", "Rex", "Toto")
    lake.animals("type=12%3A30/a.csv", "Noon")
    first, log = lake.commit("animals")
    assert f"created database {lake.database}" in log
    assert "exported as a whole (the table is new)" in log
    assert lake.rows() == [("12:30", "Noon"), ("cat", "Tom"), ("dog", "Rex"), ("dog", "Toto")]
    assert lake.table()["Parameters"]["tarn.commit"] == first
    before, places = lake.manifests(), lake.locations()
    assert len(before) == 3

    lake.animals("type=dog/b.csv", "Lassie")
    lake.animals("type=fox/a.csv", "Reynard")
    lake.gateway.delete_object(Bucket=lake.name, Key=f"main/{TABLE}/type=cat/a.csv")
    second, log = lake.commit("one more, one new, one gone")
    assert "exported what changed; 2 manifests of 3 objects; partitions: 1 created, 1 updated, 1 deleted" in log
    assert lake.rows() == [("12:30", "Noon"), ("dog", "Lassie"), ("dog", "Rex"), ("dog", "Toto"), ("fox", "Reynard")]
    assert lake.table()["Parameters"]["tarn.commit"] == second
    assert lake.locations()["12:30"] == places["12:30"]
    assert lake.locations()["dog"] != places["dog"]
    assert len(lake.manifests() - before) == 2

    lake.put("elsewhere/x.txt", "no table's")
    third, log = lake.commit("nothing of the table")
    assert "0 manifests of 0 objects" in log
    assert lake.table()["Parameters"]["tarn.commit"] == third


def test_every_branch_has_its_own_table_of_the_same_name(lake):
    lake.action()
    lake.animals("type=cat/a.csv", "Tom")
    lake.commit("animals")
    lake.ctl("branch", "create", f"lakefs://{lake.name}/Dev-1", "-s", f"lakefs://{lake.name}/main")
    lake.animals("type=cat/b.csv", "Garfield", branch="Dev-1")
    lake.commit("another cat", branch="Dev-1")
    dev = lake.table(f"{lake.name.replace('-', '_')}_dev_1")
    assert lake.rows(dev) == [("cat", "Garfield"), ("cat", "Tom")]
    assert lake.rows() == [("cat", "Tom")]


def test_a_column_can_be_added(lake):
    lake.action()
    lake.animals("type=cat/a.csv", "Tom")
    lake.commit("animals")
    wider = DESCRIPTOR | {"schema": {"fields": DESCRIPTOR["schema"]["fields"] + [{"name": "weight", "type": "double", "comment": "in kilograms"}]}}
    lake.put("_lakefs_tables/animals.yaml", yaml.safe_dump(wider))
    lake.commit("a column")
    assert lake.table()["StorageDescriptor"]["Columns"][-1] == {"Name": "weight", "Type": "double", "Comment": "in kilograms"}


def orc_file(folder):
    path = folder / "a.orc"
    pyarrow.orc.write_table(pyarrow.Table.from_pylist([{"Name": "Tom", "born": BORN, "tags": ["a", "b"]}]), str(path), compression="zlib")
    return path.read_bytes()


AVRO_SCHEMA = {
    "type": "record",
    "name": "animal",
    "fields": [
        {"name": "Name", "type": ["null", "string"]},
        {"name": "born", "type": {"type": "int", "logicalType": "date"}},
        {"name": "tags", "type": {"type": "array", "items": "string"}},
    ],
}


def avro_file(_folder):
    days = (BORN - datetime.date(1970, 1, 1)).days
    row = avro.long(1) + avro.text("Tom") + avro.long(days) + avro.long(2) + avro.text("a") + avro.text("b") + avro.long(0)
    return avro.file(AVRO_SCHEMA, [row])


@pytest.mark.parametrize(("kind", "make"), [("orc", orc_file), ("avro", avro_file)])
def test_columns_are_those_of_the_data(lake, tmp_path, kind, make):
    lake.put("_lakefs_tables/animals.yaml", yaml.safe_dump({key: DESCRIPTOR[key] for key in ("name", "type", "path", "partition_columns")}))
    lake.action(format=kind)
    lake.gateway.put_object(Bucket=lake.name, Key=f"main/{TABLE}/type=cat/a.{kind}", Body=make(tmp_path))
    lake.commit("animals")
    storage = lake.table()["StorageDescriptor"]
    assert [(column["Name"], column["Type"]) for column in storage["Columns"]] == [("name", "string"), ("born", "date"), ("tags", "array<string>")]
    schema = storage["SerdeInfo"].get("Parameters", {}).get("avro.schema.literal")
    assert schema is None if kind == "orc" else json.loads(schema) == AVRO_SCHEMA

    lake.put(f"{TABLE}/type=ant/a.{kind}", "neither")
    _, log = lake.commit("what is no file of that kind", status="failed")
    assert f"{TABLE}/type=ant/a.{kind}: invalid" in log


def test_an_export_ends_after_its_time_and_the_next_one_goes_on(lake):
    lake.action(timeout="1us")
    lake.animals("type=cat/a.csv", "Tom")
    _, log = lake.commit("too slow", status="failed")
    assert "deadline exceeded" in log
    assert not lake.manifests()
    lake.action(timeout="10m")
    lake.commit("in time")
    assert lake.rows() == [("cat", "Tom")]


def test_a_table_for_each_commit(lake):
    lake.action(mode="commit", database="lake")
    lake.animals("type=cat/a.csv", "Tom")
    commit, log = lake.commit("animals")
    table = lake.table("lake", f"animals_{lake.name}_main_{commit[:6]}")
    assert lake.rows(table) == [("cat", "Tom")]
    assert "tarn.commit" not in table["Parameters"]


def test_tables_of_commits_are_kept_as_long_as_wanted(lake):
    lake.action(mode="commit", keep={"last": 2})
    commits = []
    for name in ("Tom", "Garfield", "Benny"):
        lake.animals("type=cat/a.csv", name)
        commit, log = lake.commit(name)
        commits.append(commit[:6])
    tables = {found["Name"] for found in lake.aws.glue.get_tables(DatabaseName=lake.database)["TableList"]}
    assert tables == {f"animals_{lake.name}_main_{commit}" for commit in commits[1:]}
    assert f"removed {lake.database}.animals_{lake.name}_main_{commits[0]}" in log
    assert {key.split("/")[4] for key in lake.manifests()} == set(commits[1:])
    assert lake.rows(lake.table(name=f"animals_{lake.name}_main_{commits[1]}")) == [("cat", "Garfield")]


def test_what_a_deleted_branch_exported_goes_with_it(lake):
    lake.action(events={"post-commit": None, "post-delete-branch": None})
    lake.animals("type=cat/a.csv", "Tom")
    lake.commit("animals")
    lake.ctl("branch", "create", f"lakefs://{lake.name}/dev", "-s", f"lakefs://{lake.name}/main")
    lake.animals("type=cat/b.csv", "Garfield", branch="dev")
    lake.commit("another cat", branch="dev")
    dev = f"{lake.name.replace('-', '_')}_dev"
    assert lake.table(dev)
    lake.ctl("branch", "delete", f"lakefs://{lake.name}/dev", "-y")
    deadline = time.monotonic() + 60
    while any("/exported/dev/" in key for key in lake.manifests()) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not [key for key in lake.manifests() if "/exported/dev/" in key]
    assert lake.aws.glue.get_tables(DatabaseName=dev)["TableList"] == []
    assert lake.rows() == [("cat", "Tom")]


def test_a_role_is_taken_on(lake):
    role = {"role_arn": "arn:aws:iam::123456789012:role/exports", "external_id": "ours", "session_name": "tarn"}
    lake.action(aws=role)
    lake.animals("type=cat/a.csv", "Tom")
    lake.commit("animals")
    assert lake.rows() == [("cat", "Tom")]

    lake.action(aws={"role_arn": "exports"})
    _, log = lake.commit("no role", status="failed")
    assert "'aws.role_arn' : `exports` is no ARN of a role" in log


def test_a_dry_run_prints_the_plan_and_changes_nothing(lake):
    lake.action(dry_run=True)
    lake.animals("type=cat/a.csv", "Tom")
    _, log = lake.commit("animals")
    assert f"would write s3://lake/{lake.name}/_lakefs/exported/main/_tables/animals/" in log
    assert f"would create table {lake.database}.animals" in log
    assert not lake.manifests()
    assert lake.database not in [found["Name"] for found in lake.aws.glue.get_databases()["DatabaseList"]]


def test_what_is_wrong_is_named_and_nothing_is_registered(lake):
    lake.action()
    broken = DESCRIPTOR | {"schema": {"fields": [{"name": "type", "type": "text"}]}}
    lake.put("_lakefs_tables/animals.yaml", yaml.safe_dump(broken))
    lake.animals("type=cat/a.csv", "Tom")
    _, log = lake.commit("animals", status="failed")
    assert "_lakefs_tables/animals.yaml: schema.fields[0].type of `type`: type `text`" in log
    assert not lake.manifests()


@pytest.mark.parametrize(
    ("properties", "message"),
    [
        ({"mode": "sometimes"}, "'mode' should be 'ref' or 'commit'"),
        ({"format": "excel"}, "format `excel` is none of csv"),
        ({"databse": "x"}, "'databse' is no property of catalog_export"),
        ({"database": "{branch}"}, "`{branch}` is none of {table}, {repository}, {ref}, {commit}"),
        ({"aws": {"access_key_id": "x"}}, "'aws' needs an access_key_id and a secret_access_key, or neither"),
        ({"keep": {"last": 0}}, "'keep.last' should be 1 or more"),
        ({"keep": {"weeks": 1}}, "'keep.weeks' is no property of catalog_export"),
        ({"tables": []}, "'tables' should be a list of paths of table descriptors"),
    ],
)
def test_properties_that_make_no_sense_are_named(lake, properties, message):
    lake.action(**properties)
    lake.animals("type=cat/a.csv", "Tom")
    _, log = lake.commit("animals", status="failed")
    assert message in log
    assert not lake.manifests()


def test_a_commit_that_would_break_the_export_can_be_refused(lake):
    lake.action(events={"pre-commit": None})
    lake.ctl.commit(f"lakefs://{lake.name}/main", "the action")
    lake.put("_lakefs_tables/animals.yaml", yaml.safe_dump(DESCRIPTOR | {"schema": {"fields": [{"name": "type", "type": "string"}, {"name": "a", "type": "text"}]}}))
    answer = lake.server.session().post(
        f"{lake.server.api}/repositories/{lake.name}/branches/main/commits", json={"message": "breaks the table"}, timeout=60
    )
    assert answer.status_code == 412, answer.text
    assert "schema.fields[1].type of `a`" in answer.text
    lake.put("_lakefs_tables/animals.yaml", yaml.safe_dump(DESCRIPTOR))
    lake.animals("type=cat/a.csv", "Tom")
    assert lake.ctl.commit(f"lakefs://{lake.name}/main", "does not")


def test_without_a_cloud_everything_is_a_file(server):
    name = server.create_repository(f"files-{next(_numbers)}", storage_namespace=f"local://files/{next(_numbers)}")
    ctl = Lakectl(server, server.folder)
    gateway = server.s3()

    def put(path, text):
        gateway.put_object(Bucket=name, Key=f"main/{path}", Body=text.encode())

    put("_lakefs_tables/animals.yaml", yaml.safe_dump(DESCRIPTOR))
    hook = {"id": "animals", "type": "catalog_export", "properties": {"tables": ["animals"], "format": "csv"}}
    put("_lakefs_actions/tables.yaml", yaml.safe_dump({"name": "tables", "on": {"post-commit": None}, "hooks": [hook]}))
    put(f"{TABLE}/type=cat/a.csv", f"name,born\nTom,{BORN}\n")
    put(f"{TABLE}/type=dog/a.csv", f"name,born\nRex,{BORN}\n")

    def commit(message):
        commit = ctl.commit(f"lakefs://{name}/main", message)
        run = ctl.wait_for_run(name, commit, "post-commit")
        assert run.status == "completed", ctl("actions", "runs", "describe", f"lakefs://{name}", run.id)
        namespace = server.session().get(f"{server.api}/repositories/{name}", timeout=30).json()["storage_namespace"]
        folder = server.folder / "data" / "block" / namespace.removeprefix("local://")
        found = json.loads((folder / "_lakefs" / "catalog" / f"{name.replace('-', '_')}_main" / "animals.json").read_text())
        assert found["Table"]["Parameters"]["tarn.commit"] == commit
        rows = []
        for partition in found["Partitions"]:
            manifest = pathlib.Path(partition["Location"].removeprefix("file://"), "symlink.txt").read_text()
            for address in manifest.splitlines():
                sql = "SELECT name FROM read_csv($file, header = true)"
                rows += [(partition["Values"][0], row[0]) for row in duckdb.execute(sql, {"file": address.removeprefix("file://")}).fetchall()]
        return sorted(rows), {partition["Values"][0]: partition["Location"] for partition in found["Partitions"]}

    rows, before = commit("animals")
    assert rows == [("cat", "Tom"), ("dog", "Rex")]
    put(f"{TABLE}/type=dog/b.csv", f"name,born\nLassie,{BORN}\n")
    rows, after = commit("a dog")
    assert rows == [("cat", "Tom"), ("dog", "Lassie"), ("dog", "Rex")]
    assert after["cat"] == before["cat"] and after["dog"] != before["dog"]
