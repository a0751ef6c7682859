"""Trino reads Iceberg tables that were exported to Glue, written by PyIceberg and by Trino itself through the S3 gateway. `make trino` runs this."""

import itertools

import pytest
import yaml
from pyiceberg.types import LongType

from tests.e2e.test_catalog_export import Lake as BareLake
from tests.e2e.test_iceberg_export import Lake
from tests.trino.server import TrinoError

HOOK = {"id": "trips", "type": "catalog_export", "properties": {"tables": ["trips"]}}
_numbers = itertools.count()


@pytest.fixture
def lake(aws, s3_server):
    """With a table of PyIceberg."""
    lake = Lake(aws, s3_server)
    lake.action()
    return lake


class WriterLake(BareLake):
    """With a schema of Trino's catalog `gateway`, whose tables lie in the repository."""

    def __init__(self, aws, server, trino, path="wh/trips"):
        super().__init__(aws, server)
        self.put("_lakefs_tables/trips.yaml", yaml.safe_dump({"name": "trips", "type": "iceberg", "path": path}))
        self.put("_lakefs_actions/tables.yaml", yaml.safe_dump({"name": "tables", "on": {"post-commit": None}, "hooks": [HOOK]}))
        self.written = f"gateway.writer_{next(_numbers)}.trips"
        trino(f"CREATE SCHEMA {self.written.removesuffix('.trips')}")


def rows(trino, table, columns="*", where=""):
    return sorted(trino(f"SELECT {columns} FROM {table} {where}"), key=repr)


def test_the_exported_table_is_the_table(trino, lake):
    lake.append((1, "Paris"), (2, "Oslo"), (7, "a b%25:=/x"))
    lake.commit("trips")
    table = f"iceberg.{lake.database}.trips"
    first = [(number, city, [city, None], [number], None) for number, city in [(1, "Paris"), (2, "Oslo"), (7, "a b%25:=/x")]]
    assert rows(trino, table) == first
    lake.append((3, "Oslo"))
    # What is staged is not exported.
    assert rows(trino, table) == first

    lake.table.delete("id = 1")
    with lake.table.update_schema() as update:
        update.add_column("price", LongType(), "in cents")
        update.delete_column("tags")
        update.rename_column("city", "town")
    lake.table.manage_snapshots().create_tag(lake.table.snapshots()[0].snapshot_id, "first").commit()
    lake.commit("one more, one gone, other columns")
    assert rows(trino, table) == [(2, "Oslo", [2], None, None), (3, "Oslo", [3], None, None), (7, "a b%25:=/x", [7], None, None)]
    assert rows(trino, table, "id", "WHERE town = 'Oslo' AND id > 2") == [(3,)]
    assert rows(trino, table, "id", "WHERE town = 'a b%25:=/x'") == [(7,)]
    assert all(path.startswith(f"s3://lake/{lake.name}/data/") for (path,) in rows(trino, table, '"$path"'))
    assert ("price", "bigint", "", "in cents") in trino(f"DESCRIBE {table}")

    snapshots = lake.table.snapshots()
    assert [found for (found,) in trino(f'SELECT snapshot_id FROM iceberg.{lake.database}."trips$snapshots" ORDER BY committed_at')] == [
        snapshot.snapshot_id for snapshot in snapshots
    ]
    moment = f"TIMESTAMP AS OF from_unixtime_nanos({snapshots[0].timestamp_ms} * BIGINT '1000000')"
    for version in (f"VERSION AS OF {snapshots[0].snapshot_id}", "VERSION AS OF 'first'", moment):
        assert rows(trino, f"{table} FOR {version}") == first, version
    assert rows(trino, f"{table} FOR VERSION AS OF {snapshots[1].snapshot_id}", "id") == [(1,), (2,), (3,), (7,)]


def test_a_table_of_each_commit(trino, lake):
    lake.action(mode="commit", database="lake")
    commits = []
    for number in (1, 2):
        lake.append((number, "Oslo"))
        commits.append(lake.commit(f"trip {number}")[0])
    tables = [f'iceberg.lake."trips_{lake.name}_main_{commit[:6]}"' for commit in commits]
    assert [rows(trino, table, "id") for table in tables] == [[(1,)], [(1,), (2,)]]


def test_reading_leaves_the_table_alone(trino, lake):
    """Trino may keep what it learns about a table in Glue."""
    lake.append((1, "Paris"))
    lake.commit("trips")
    before = lake.glue()
    trino(f"SELECT * FROM iceberg.{lake.database}.trips")
    trino(f"SELECT * FROM iceberg.information_schema.columns WHERE table_schema = '{lake.database}'")
    trino(f"SELECT * FROM system.metadata.table_comments WHERE catalog_name = 'iceberg' AND schema_name = '{lake.database}'")
    assert lake.glue() == before


def test_what_an_engine_writes_is_gone_with_the_next_export(trino, lake):
    """Although Trino drops the parameters by which an export knows its table."""
    lake.append((1, "Paris"))
    lake.commit("trips")
    table = f"iceberg.{lake.database}.trips"
    trino(f"INSERT INTO {table} (id, city) VALUES (77, 'Nowhere')")
    assert rows(trino, table, "id") == [(1,), (77,)]
    lake.append((2, "Oslo"))
    lake.commit("one more")
    assert rows(trino, table, "id") == [(1,), (2,)]


def test_dropping_a_table_leaves_the_data(trino, lake):
    """Its files are objects of the repository."""
    lake.append((1, "Paris"))
    lake.commit("trips")
    table = f"iceberg.{lake.database}.trips"
    with pytest.raises(TrinoError, match="GC is disabled"):
        trino(f"ALTER TABLE {table} EXECUTE expire_snapshots(retention_threshold => '8d')")
    trino(f"DROP TABLE {table}")
    lake.ctl("catalog", "export", f"lakefs://{lake.name}/main", "--table", "trips")
    assert rows(trino, table, "id") == [(1,)]


@pytest.mark.parametrize("kind", ["PARQUET", "ORC", "AVRO"])
def test_tables_that_trino_writes_through_the_gateway(aws, s3_server, trino, kind):
    lake = WriterLake(aws, s3_server, trino)
    columns = "id bigint, city varchar, at timestamp(6), tags array(varchar)"
    options = f"partitioning = ARRAY['bucket(id, 4)', 'city', 'day(at)'], format = '{kind}', location = 's3://{lake.name}/main/wh/trips'"
    trino(f"CREATE TABLE {lake.written} ({columns}) WITH ({options})")
    day = "TIMESTAMP '2020-02-29 12:30:00'"
    trino(f"INSERT INTO {lake.written} VALUES (1, 'Oslo', {day}, ARRAY['a']), (2, 'a b%:=/', {day}, NULL), (3, 'Paris', NULL, ARRAY[NULL])")
    first = rows(trino, lake.written)
    lake.commit("trips")
    table = f"iceberg.{lake.database}.trips"
    assert rows(trino, table) == first and len(first) == 3
    assert rows(trino, table, "id", f"WHERE city = 'a b%:=/' AND at = {day}") == [(2,)]

    trino(f"DELETE FROM {lake.written} WHERE city = 'Oslo'")
    trino(f"INSERT INTO {lake.written} VALUES (4, 'Rome', NULL, NULL)")
    lake.commit("a partition gone, one new")
    second = rows(trino, lake.written)
    assert rows(trino, table) == second and [row[0] for row in second] == [2, 3, 4]
    ids = snapshots(trino, lake)
    assert [rows(trino, f"{table} FOR VERSION AS OF {found}") for found in (ids[1], ids[-1])] == [first, second]


def snapshots(trino, lake):
    return [found for (found,) in trino(f'SELECT snapshot_id FROM iceberg.{lake.database}."trips$snapshots" ORDER BY committed_at')]


def test_rows_that_trino_deleted_by_position_stay_deleted(aws, s3_server, trino):
    """Trino deletes and updates by merge-on-read: files of deletes by position, which name data by its addresses in the repository."""
    lake = WriterLake(aws, s3_server, trino)
    trino(f"CREATE TABLE {lake.written} (id bigint, city varchar) WITH (location = 's3://{lake.name}/main/wh/trips', partitioning = ARRAY['city'])")
    trino(f"INSERT INTO {lake.written} VALUES (1, 'Oslo'), (2, 'Oslo'), (3, 'Rome')")
    trino(f"INSERT INTO {lake.written} SELECT id, if(id % 2 = 0, 'Oslo', 'Rome') FROM UNNEST(sequence(4, 9999)) AS t (id)")
    lake.commit("trips")
    table = f"iceberg.{lake.database}.trips"
    sums = "count(*), sum(id), count_if(city = 'Oslo'), count_if(city = 'Paris')"
    assert rows(trino, table, sums) == [(9999, 49995000, 5000, 0)]
    trino(f"DELETE FROM {lake.written} WHERE id = 2")
    trino(f"DELETE FROM {lake.written} WHERE id % 3 = 0")
    trino(f"UPDATE {lake.written} SET city = 'Paris' WHERE id BETWEEN 100 AND 200")
    lake.commit("rows deleted and changed")
    assert rows(trino, table, sums) == rows(trino, lake.written, sums) == [(6665, 33326665, 3299, 68)]
    assert rows(trino, table, "*", "WHERE id < 8 OR id BETWEEN 98 AND 103") == rows(trino, lake.written, "*", "WHERE id < 8 OR id BETWEEN 98 AND 103")
    for snapshot in snapshots(trino, lake):
        version = f"FOR VERSION AS OF {snapshot}"
        assert rows(trino, f"{table} {version}", sums) == rows(trino, f"{lake.written} {version}", sums)
    files = "SELECT file_path, record_count, file_size_in_bytes FROM {} WHERE content = 1"
    deletes = trino(files.format(f'iceberg.{lake.database}."trips$files"'))
    written = trino(files.format(lake.written.replace("trips", '"trips$files"')))
    assert sorted(count for _, count, _ in deletes) == sorted(count for _, count, _ in written) and len(deletes) >= 3
    for address, _, size_bytes in deletes:
        bucket, key = address.removeprefix("s3://").split("/", 1)
        assert key.startswith(f"{lake.name}/_lakefs/exported/main/_tables/trips/metadata/")
        assert lake.aws.s3.head_object(Bucket=bucket, Key=key)["ContentLength"] == size_bytes

    trino(f"ALTER TABLE {lake.written} EXECUTE optimize")
    lake.commit("compacted")
    assert rows(trino, table, sums) == [(6665, 33326665, 3299, 68)]
    assert trino(f'SELECT count(*) FROM iceberg.{lake.database}."trips$files" WHERE content = 1') == [(0,)]


def test_deletes_in_orc_are_refused_until_the_table_is_compacted(aws, s3_server, trino):
    lake = WriterLake(aws, s3_server, trino)
    trino(f"CREATE TABLE {lake.written} (id bigint, city varchar) WITH (location = 's3://{lake.name}/main/wh/trips', format = 'ORC')")
    trino(f"INSERT INTO {lake.written} VALUES (1, 'Oslo'), (2, 'Oslo'), (3, 'Rome')")
    lake.commit("trips")
    table = f"iceberg.{lake.database}.trips"
    trino(f"DELETE FROM {lake.written} WHERE id = 2")
    _, log = lake.commit("a row deleted", status="failed")
    assert "holds deletes by position" in log and "as orc, of which only Parquet is read" in log
    assert rows(trino, table, "id") == [(1,), (2,), (3,)]

    trino(f"ALTER TABLE {lake.written} EXECUTE optimize")
    _, log = lake.commit("compacted")
    assert rows(trino, table, "id") == [(1,), (3,)]
    # The snapshot between cannot be read, rather than shown with what was deleted.
    snapshot = snapshots(trino, lake)[2]
    assert f"cannot be read: snapshot {snapshot}" in log
    with pytest.raises(TrinoError):
        rows(trino, f"{table} FOR VERSION AS OF {snapshot}", "id")


def test_an_imported_table_is_registered_as_it_is(aws, s3_server, trino):
    lake = WriterLake(aws, s3_server, trino, path="imported/trips")
    lake.ctl.commit(f"lakefs://{lake.name}/main", "the action")
    place = f"s3://lake/native of {lake.name}/trips"
    native = f"iceberg.lake.native_{lake.name.replace('-', '_')}"
    trino(f"CREATE TABLE {native} (id bigint, city varchar) WITH (location = '{place}', partitioning = ARRAY['city'])")
    trino(f"INSERT INTO {native} VALUES (1, 'Oslo'), (2, 'a b%')")

    def take_over():
        lake.ctl("import", "--from", f"{place}/", "--to", f"lakefs://{lake.name}/main/imported/trips", "-m", "import", "--no-progress")
        lake.ctl("catalog", "export", f"lakefs://{lake.name}/main", "--table", "trips")

    take_over()
    table = f"iceberg.{lake.database}.trips"
    assert lake.table(name="trips")["Parameters"]["metadata_location"].startswith(f"{place}/metadata/")
    assert rows(trino, table, "id") == [(1,), (2,)]
    trino(f"INSERT INTO {native} VALUES (3, 'Rome')")
    assert rows(trino, table, "id") == [(1,), (2,)]
    take_over()
    assert rows(trino, table, "id") == [(1,), (2,), (3,)]
