"""Reads a Hive symlink table as a query engine does: the partitions that Glue has, their manifests, then exactly the objects they name."""

import re
import urllib.parse

import duckdb
import fsspec


class S3FileSystem(fsspec.AbstractFileSystem):
    """What DuckDB needs to read objects through boto3. (s3fs would hold boto3 back: it pins an older botocore.)"""

    protocol = "s3"

    def __init__(self, client):
        super().__init__(skip_instance_cache=True)
        self.client = client

    def _head(self, path):
        bucket, key = self._strip_protocol(path).split("/", 1)
        return self.client.head_object(Bucket=bucket, Key=key)

    def info(self, path, **_):
        return {"name": path, "size": self._head(path)["ContentLength"], "type": "file"}

    def modified(self, path):
        return self._head(path)["LastModified"]

    def glob(self, path, **_):
        return [self._strip_protocol(path)]

    def _open(self, path, mode="rb", block_size="default", **_):
        return S3File(self, path, mode, block_size)


class S3File(fsspec.spec.AbstractBufferedFile):
    def _fetch_range(self, start, end):
        bucket, key = self.path.split("/", 1)
        return self.fs.client.get_object(Bucket=bucket, Key=key, Range=f"bytes={start}-{end - 1}")["Body"].read()


def manifests(s3, location):
    """{partition folder: [address, …]} of the manifests below `location`, e.g. {"type=cat/weight=4": ["s3://…", …]}."""
    bucket, prefix = location.removeprefix("s3://").split("/", 1)
    prefix = prefix.rstrip("/") + "/"
    found = {}
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for item in page.get("Contents", []):
            folder, name = item["Key"].removeprefix(prefix).rpartition("/")[::2]
            assert name == "symlink.txt", f"unexpected object {item['Key']}"
            text = s3.get_object(Bucket=bucket, Key=item["Key"])["Body"].read().decode()
            found[folder] = text.splitlines()
    return found


def partition_values(folder):
    return dict((name, urllib.parse.unquote(value)) for name, value in re.findall(r"([^/=]+)=([^/]*)", folder))


def partitions(glue, table):
    """[(values, location), …] that Glue has of the table given as GetTable answers it; a table without partition keys is one."""
    if not table["PartitionKeys"]:
        return [([], table["StorageDescriptor"]["Location"])]
    pages = glue.get_paginator("get_partitions").paginate(DatabaseName=table["DatabaseName"], TableName=table["Name"])
    return [(found["Values"], found["StorageDescriptor"]["Location"]) for page in pages for found in page["Partitions"]]


def query(s3, glue, table, sql):
    """Rows of `sql` over the Glue table given as GetTable answers it; it may name the view `data`, whose files are CSV with a header."""
    columns = table["PartitionKeys"]
    connection = duckdb.connect()
    connection.register_filesystem(S3FileSystem(s3))
    parts = [
        (address, *values) for values, location in partitions(glue, table) for address in manifests(s3, location).get("", [])
    ]
    names = ", ".join(f'"{column["Name"]}" {column["Type"]}' for column in columns)
    connection.execute(f"CREATE TABLE parts (address VARCHAR{', ' + names if names else ''})")
    connection.executemany(f"INSERT INTO parts VALUES ({', '.join('?' * (1 + len(columns)))})", parts)
    types = {column["Name"]: column["Type"].replace("string", "varchar") for column in table["StorageDescriptor"]["Columns"]}
    connection.execute(
        "CREATE TABLE data AS SELECT parts.* EXCLUDE (address), files.* EXCLUDE (filename)"
        " FROM read_csv($files, header = true, columns = $types, filename = true) files JOIN parts ON files.filename = parts.address",
        {"files": [row[0] for row in parts], "types": types},
    )
    return connection.execute(sql).fetchall()
