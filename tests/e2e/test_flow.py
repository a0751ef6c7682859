"""The flow that everything else serves, as its users walk it: data written through the S3 gateway with boto3, everything else done with
lakectl, a commit's hook exports the table, and a query engine reads what exactly that commit held."""

import collections
import datetime
import itertools
import pathlib
import sys

import pytest

from tests.lib.client import Lakectl
from tests.lib.server import ROOT

sys.path.insert(0, str(ROOT / "tools" / "quickstart"))
import symlink_table  # noqa: E402

LAKE = ROOT / "tools" / "quickstart" / "lake"
REPOSITORY = "catalogs"
TABLE = "tables/animals"
_numbers = itertools.count()
TEXT_INPUT = "org.apache.hadoop.hive.ql.io.SymlinkTextInputFormat"
# (type, weight): names, a file each pair of them.
ANIMALS = {
    ("cat", 4): ["Shoshana", "Benny", "Misty"],
    ("cat", 6): ["Garfield", "Tom"],
    ("dog", 12): ["Rex", "Bella", "Toto", "Lassie"],
    ("dog", 30): ["Balto", "Laika"],
    ("horse", 450): ["Rocinante", "Silver", "Marengo"],
    ("sea lion", 90): ["Salt & Pepper", "Ünder"],
}


@pytest.fixture(scope="module")
def flow(aws, s3_server):
    return Flow(aws, s3_server)


class Flow:
    def __init__(self, aws, server):
        self.aws, self.server = aws, server
        self.lakectl = Lakectl(server, server.folder)
        self.gateway = server.s3()
        #: path in the repository -> names in the file
        self.files = {}

    def put(self, path, names=None, body=None):
        text = body if names is None else "name,born\n" + "".join(f"{name},2020-02-29\n" for name in names)
        self.gateway.put_object(Bucket=REPOSITORY, Key=f"main/{path}", Body=text.encode())
        if names is not None:
            self.files[path] = names

    def delete(self, path):
        self.gateway.delete_object(Bucket=REPOSITORY, Key=f"main/{path}")
        del self.files[path]

    def commit(self, message):
        commit = self.lakectl.commit(f"lakefs://{REPOSITORY}/main", message)
        run = self.lakectl.wait_for_run(REPOSITORY, commit, "post-commit")
        log = self.lakectl("actions", "runs", "describe", f"lakefs://{REPOSITORY}", run.id)
        assert run.status == "completed", log
        return commit, log

    def addresses(self):
        """{partition folder: physical addresses in path order} of the files that count, asked of the REST API."""
        expected = collections.defaultdict(list)
        for path in sorted(self.files):
            answer = self.server.session().get(
                f"{self.server.api}/repositories/{REPOSITORY}/refs/main/objects/stat", params={"path": path}, timeout=30
            )
            expected[str(pathlib.PurePosixPath(path).parent.relative_to(TABLE))].append(answer.json()["physical_address"])
        return dict(expected)

    def table(self, commit):
        return self.aws.glue.get_table(DatabaseName="lake", Name=f"animals_{REPOSITORY}_main_{commit[:6]}")["Table"]

    def rows(self, table):
        return symlink_table.query(self.aws.s3, self.aws.glue, table, "SELECT type, weight, name, born FROM data ORDER BY ALL")

    def expected_rows(self):
        found = []
        for path, names in self.files.items():
            values = symlink_table.partition_values(path)
            found += [(values["type"], int(values["weight"]), name, datetime.date(2020, 2, 29)) for name in names]
        return sorted(found)


@pytest.fixture(scope="module")
def first(flow):
    """The repository after its first exported commit: (commit, manifests, table, rows, hook log)."""
    ctl = flow.lakectl
    ctl("repo", "create", f"lakefs://{REPOSITORY}", f"s3://lake/{REPOSITORY}")
    for path in ("_lakefs_tables/animals.yaml", "scripts/animals_exporter.lua", "_lakefs_actions/animals_glue.yaml"):
        ctl("fs", "upload", "-s", str(LAKE / path), f"lakefs://{REPOSITORY}/main/{path}")
    for (kind, weight), names in ANIMALS.items():
        folder = f"{TABLE}/type={kind}/weight={weight}"
        flow.put(folder + "/", body="")  # a directory marker, as Spark writes them
        for at in range(0, len(names), 2):
            flow.put(f"{folder}/part-{at}.csv", names[at : at + 2])
        flow.put(f"{folder}/_SUCCESS", body="")
        flow.put(f"{folder}/.part-0.csv.crc", body="checksum")
    flow.put(f"{TABLE}/_metadata/x.csv", body="no,data\n")
    flow.put(f"{TABLE}/type=cat_$folder$", body="")
    flow.put(f"{TABLE}2/type=dog/weight=12/part-0.csv", body="name,born\nstranger,2020-02-29\n")
    commit, log = flow.commit("animals")
    table = flow.table(commit)
    return commit, symlink_table.manifests(flow.aws.s3, table["StorageDescriptor"]["Location"]), table, flow.rows(table), log


def test_one_manifest_for_each_partition_holds_exactly_the_live_addresses(flow, first):
    commit, manifests, _, _, _ = first
    prefix = f"{REPOSITORY}/_lakefs/exported/main/{commit[:6]}/animals/"
    listed = flow.aws.s3.list_objects_v2(Bucket="lake", Prefix=f"{REPOSITORY}/_lakefs/exported/")["Contents"]
    assert sorted(item["Key"] for item in listed) == sorted(
        f"{prefix}type={kind}/weight={weight}/symlink.txt" for kind, weight in ANIMALS
    )
    assert manifests == flow.addresses()
    for addresses in manifests.values():
        for address in addresses:
            bucket, key = address.removeprefix("s3://").split("/", 1)
            assert flow.aws.s3.head_object(Bucket=bucket, Key=key)["ContentLength"] > 0


def test_the_glue_table_describes_the_version(first):
    commit, _, table, _, _ = first
    assert table["Name"] == f"animals_catalogs_main_{commit[:6]}"
    assert table["PartitionKeys"] == [
        {"Name": "type", "Type": "string", "Comment": "kind of animal"},
        {"Name": "weight", "Type": "int", "Comment": "in kilograms"},
    ]
    descriptor = table["StorageDescriptor"]
    assert descriptor["Columns"] == [{"Name": "name", "Type": "string"}, {"Name": "born", "Type": "date"}]
    assert descriptor["Location"] == f"s3://lake/catalogs/_lakefs/exported/main/{commit[:6]}/animals"
    assert table["TableType"] == "EXTERNAL_TABLE"
    assert descriptor["InputFormat"] == TEXT_INPUT
    assert descriptor["OutputFormat"] == "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat"
    assert descriptor["SerdeInfo"] == {
        "SerializationLibrary": "org.apache.hadoop.hive.serde2.OpenCSVSerde",
        "Parameters": {"separatorChar": ","},
    }
    assert table["Parameters"] == {"classification": "csv", "skip.header.line.count": "1"}


def test_every_partition_is_registered_with_its_manifest(flow, first):
    _, _, table, _, _ = first
    location = table["StorageDescriptor"]["Location"]
    assert sorted(symlink_table.partitions(flow.aws.glue, table)) == sorted(
        ([kind, str(weight)], f"{location}/type={kind}/weight={weight}") for kind, weight in ANIMALS
    )
    for partition in flow.aws.glue.get_partitions(DatabaseName="lake", TableName=table["Name"])["Partitions"]:
        assert partition["StorageDescriptor"] | {"Location": location} == table["StorageDescriptor"]


def test_an_engine_reads_every_row_with_its_partition_values(flow, first):
    _, _, _, rows, _ = first
    assert rows == flow.expected_rows()
    assert len(rows) == sum(len(names) for names in ANIMALS.values())


def test_the_log_says_what_was_exported(first):
    commit, _, _, _, log = first
    assert f"hive table `lakefs://{REPOSITORY}/{commit[:6]}/{TABLE}`" in log
    assert log.count("S3 writing bucket: lake key: ") == len(ANIMALS)
    assert "Creating Glue Table - input:" in log
    assert f"Glue partitions: {len(ANIMALS)} created, 0 updated, 0 deleted" in log


def test_a_second_commit_makes_a_second_table_and_leaves_the_first(flow, first):
    commit, manifests, table, rows, _ = first
    flow.delete(f"{TABLE}/type=cat/weight=4/part-0.csv")
    flow.put(f"{TABLE}/type=dog/weight=12/part-9.csv", ["Snoopy"])
    flow.put(f"{TABLE}/type=parrot/weight=1/part-0.csv", ["Polly"])
    flow.put(f"{TABLE}/type=horse/weight=450/part-0.csv", ["Jolly Jumper"])
    next_commit, _ = flow.commit("one gone, one changed, two more")
    second = flow.table(next_commit)
    assert symlink_table.manifests(flow.aws.s3, second["StorageDescriptor"]["Location"]) == flow.addresses()
    assert flow.rows(second) == flow.expected_rows()
    # Other tests use the database, too.
    names = [found["Name"] for found in flow.aws.glue.get_tables(DatabaseName="lake")["TableList"] if f"_{REPOSITORY}_" in found["Name"]]
    assert sorted(names) == sorted(f"animals_catalogs_main_{id[:6]}" for id in (commit, next_commit))
    assert flow.table(commit) == table
    assert symlink_table.manifests(flow.aws.s3, table["StorageDescriptor"]["Location"]) == manifests
    assert flow.rows(table) == rows


@pytest.mark.parametrize(
    ("descriptor", "message"),
    [
        ("name: animals\ntype: iceberg2\npath: tables/animals\n", ["_lakefs_tables/broken.yaml", "type", "iceberg2"]),
        ("name: animals\ntype: hive\n", ["_lakefs_tables/broken.yaml", "path"]),
        ("type: hive\npath: tables/animals\n", ["_lakefs_tables/broken.yaml", "name"]),
        ("name: [", ["_lakefs_tables/broken.yaml"]),
        (
            "name: animals\ntype: hive\npath: tables/animals\npartition_columns: [colour]\nschema: {type: struct, fields: []}\n",
            ["_lakefs_tables/broken.yaml", "colour"],
        ),
    ],
)
def test_a_bad_descriptor_fails_the_run_and_names_file_and_field(flow, first, descriptor, message):
    ctl = flow.lakectl
    branch = f"lakefs://{REPOSITORY}/bad-descriptor-{next(_numbers)}"
    ctl("branch", "create", branch, "-s", f"lakefs://{REPOSITORY}/main")
    action = (LAKE / "_lakefs_actions/animals_glue.yaml").read_text()
    action = action.replace('"main"', '"bad-descriptor-*"').replace("animals.yaml", "broken.yaml")
    ctl("fs", "upload", "-s", "-", f"{branch}/_lakefs_actions/animals_glue.yaml", stdin=action.encode())
    ctl("fs", "upload", "-s", "-", f"{branch}/_lakefs_tables/broken.yaml", stdin=descriptor.encode())
    before = flow.aws.glue.get_tables(DatabaseName="lake")["TableList"]
    commit = ctl.commit(branch, "broken")
    run = ctl.wait_for_run(REPOSITORY, commit, "post-commit")
    log = ctl("actions", "runs", "describe", f"lakefs://{REPOSITORY}", run.id)
    assert run.status == "failed", log
    for part in message:
        assert part in log
    assert flow.aws.glue.get_tables(DatabaseName="lake")["TableList"] == before
