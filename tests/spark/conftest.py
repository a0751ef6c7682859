import pathlib
import sys

import pytest

# Spark fetches them with what they need. Hadoop is that of PySpark; Delta and Iceberg are of releases for Spark 3.5.
PACKAGES = [
    "org.apache.hadoop:hadoop-aws:3.3.4",
    "io.delta:delta-spark_2.12:3.3.2",
    "org.apache.iceberg:iceberg-spark-runtime-3.5_2.12:1.10.0",
    "org.apache.iceberg:iceberg-aws-bundle:1.10.0",
]


def iceberg_catalog(name, aws, **place):
    """A catalog of Spark: Iceberg's own for Glue."""
    settings = {
        "type": "glue",
        "warehouse": "s3://lake/warehouse",
        "glue.endpoint": aws.url,
        "client.region": aws.REGION,
        "s3.path-style-access": "true",
        "cache-enabled": "false",
    } | place
    prefix = f"spark.sql.catalog.{name}"
    return {prefix: "org.apache.iceberg.spark.SparkCatalog"} | {f"{prefix}.{key}": value for key, value in settings.items()}


@pytest.fixture(scope="session")
def spark(aws, s3_server, tmp_path_factory):
    """Spark with Hive support (an embedded metastore), Delta and Iceberg. Iceberg's catalog `glue` is a test's Glue and S3; tables of `gateway` are in
    that Glue, too, and lie in repositories."""
    # Not at the top: the other tests collect this folder as well, and have no Spark.
    from pyspark.sql import SparkSession

    folder = tmp_path_factory.mktemp("spark")
    options = {
        "derby.stream.error.file": folder / "derby.log",
        # For Glue; S3 has its own.
        "aws.accessKeyId": aws.KEY,
        "aws.secretAccessKey": aws.SECRET,
    }
    settings = {
        "spark.master": "local[2]",
        "spark.ui.enabled": "false",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.memory": "2g",
        "spark.jars.packages": ",".join(PACKAGES),
        "spark.jars.ivy": str(pathlib.Path(sys.prefix, "ivy")),
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.shuffle.partitions": "2",
        "spark.databricks.delta.snapshotPartitions": "2",
        # Else VACUUM lists folders in thousands of tasks.
        "spark.sql.sources.parallelPartitionDiscovery.parallelism": "2",
        "spark.hadoop.javax.jdo.option.ConnectionURL": f"jdbc:derby:;databaseName={folder / 'metastore'};create=true",
        "spark.driver.extraJavaOptions": " ".join(f"-D{name}={value}" for name, value in options.items()),
        "spark.hadoop.fs.s3.impl": "org.apache.hadoop.fs.s3a.S3AFileSystem",
        "spark.hadoop.fs.s3a.endpoint": aws.url,
        "spark.hadoop.fs.s3a.access.key": aws.KEY,
        "spark.hadoop.fs.s3a.secret.key": aws.SECRET,
        "spark.hadoop.fs.s3a.path.style.access": "true",
        # Splits of SymlinkTextInputFormat say that they are empty.
        "spark.hadoopRDD.ignoreEmptySplits": "false",
        "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension,org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions",
        "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
    }
    store = {"s3.endpoint": aws.url, "s3.access-key-id": aws.KEY, "s3.secret-access-key": aws.SECRET}
    server = {"s3.endpoint": s3_server.url, "s3.access-key-id": s3_server.access_key_id, "s3.secret-access-key": s3_server.secret_access_key}
    settings |= iceberg_catalog("glue", aws, **store) | iceberg_catalog("gateway", aws, **server)
    builder = SparkSession.builder.enableHiveSupport()
    for name, value in settings.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    yield session
    session.stop()
