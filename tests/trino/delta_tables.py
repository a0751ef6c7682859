"""Delta tables that were exported to Glue, and the connectors of Trino that do not read them: neither shows anything wrong, and neither removes anything.
`make trino` runs this. Trino's own connector for Delta Lake is not among what tests/trino/install.py fetches."""

import deltalake
import pytest

from tests.e2e.test_delta_export import Warehouse, rows_of
from tests.trino.server import TrinoError


def objects(warehouse):
    listed = warehouse.aws.s3.get_paginator("list_objects_v2").paginate(Bucket="lake", Prefix=f"{warehouse.name}/")
    return {item["Key"]: item["ETag"] for page in listed for item in page.get("Contents", [])}


@pytest.mark.parametrize(("catalog", "refusal"), [("hive", "Cannot query Delta Lake table"), ("iceberg", "Not an Iceberg table")])
def test_connectors_for_other_tables_leave_it_alone(trino, aws, s3_server, tmp_path, catalog, refusal):
    warehouse = Warehouse(aws, s3_server, tmp_path)
    warehouse.export_natively()
    deltalake.write_deltalake(warehouse.local, rows_of(("a b", 1), (None, 2)), partition_by=["day"])
    warehouse.upload()
    warehouse.commit("the table")
    before, found = objects(warehouse), warehouse.glue()
    table = f"{catalog}.{warehouse.name.replace('-', '_')}_main.trips"
    for statement in (f"SELECT * FROM {table}", f"INSERT INTO {table} VALUES ('a', 3)", f"DELETE FROM {table}", f"DROP TABLE {table}"):
        with pytest.raises(TrinoError, match=refusal):
            trino(statement)
    assert objects(warehouse) == before and warehouse.glue() == found
