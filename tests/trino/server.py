"""A Trino of a test: one node on a free port of this machine, with the catalogs `hive` and `iceberg` over a test's Glue and S3; asked over its HTTP
protocol, stopped by its process id."""

import pathlib
import signal
import socket
import subprocess
import time

import requests

from tests.trino.install import FOLDER, java

START_TIMEOUT_S = 180
QUERY_TIMEOUT_S = 120
# As Trino's manual has it, but for the sizes.
JVM = [
    "-Xmx2G",
    "-XX:+UseG1GC",
    "-XX:G1HeapRegionSize=32M",
    "-XX:+ExitOnOutOfMemoryError",
    "-XX:ReservedCodeCacheSize=256M",
    "-Djdk.attach.allowAttachSelf=true",
    "-Djdk.nio.maxCachedBufferSize=2000000",
    "-Dfile.encoding=UTF-8",
    "-XX:+EnableDynamicAgentLoading",
]


class TrinoError(Exception):
    """What Trino says about a query that failed."""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Trino:
    def __init__(self, folder, aws, server):
        self.folder = pathlib.Path(folder)
        self.log = self.folder / "trino.log"
        self.url = f"http://127.0.0.1:{free_port()}"
        self.session = requests.Session()
        self._configure(aws, server)
        with open(self.log, "wb") as out:
            self.process = subprocess.Popen(self._command(), stdout=out, stderr=subprocess.STDOUT, cwd=self.folder)
        try:
            self._wait()
        except BaseException:
            self.stop()
            raise

    def _command(self):
        settings = {"node.environment": "test", "node.id": "test", "node.data-dir": self.folder / "data", "config": self.folder / "config.properties"}
        options = [f"-D{name}={value}" for name, value in settings.items()]
        return [java(), *JVM, "-cp", f"{FOLDER}/lib/*", *options, "io.trino.server.TrinoServer"]

    def _configure(self, aws, server):
        glue = {
            "hive.metastore.glue.endpoint-url": aws.url,
            "hive.metastore.glue.region": aws.REGION,
            "hive.metastore.glue.aws-access-key": aws.KEY,
            "hive.metastore.glue.aws-secret-key": aws.SECRET,
        }
        s3 = {
            "fs.native-s3.enabled": "true",
            "s3.endpoint": aws.url,
            "s3.region": aws.REGION,
            "s3.path-style-access": "true",
            "s3.aws-access-key": aws.KEY,
            "s3.aws-secret-key": aws.SECRET,
        }
        self._write(
            "config.properties",
            {
                "coordinator": "true",
                "node-scheduler.include-coordinator": "true",
                "node.bind-ip": "127.0.0.1",
                "node.internal-address": "127.0.0.1",
                "http-server.http.port": self.url.rpartition(":")[2],
                "discovery.uri": self.url,
                "query.max-memory-per-node": "512MB",
                "catalog.config-dir": self.folder / "catalogs",
                "plugin.dir": FOLDER / "plugin",
            },
        )
        # moto has no statistics of columns.
        without = {"hive.table-statistics-enabled": "false", "hive.collect-column-statistics-on-write": "false"}
        hive = {"connector.name": "hive", "hive.metastore": "glue"} | without | glue | s3
        iceberg = {"connector.name": "iceberg", "iceberg.catalog.type": "glue"} | glue | s3
        of_server = {"s3.endpoint": server.url, "s3.aws-access-key": server.access_key_id, "s3.aws-secret-key": server.secret_access_key}
        catalogs = {
            "hive": hive,
            "iceberg": iceberg,
            # Its tables lie in repositories.
            "gateway": iceberg | of_server,
        }
        for name, settings in catalogs.items():
            self._write(f"catalogs/{name}.properties", settings)

    def _write(self, name, settings):
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("".join(f"{key}={value}\n" for key, value in settings.items()))

    def _wait(self):
        deadline = time.monotonic() + START_TIMEOUT_S
        while True:
            try:
                if not self.session.get(f"{self.url}/v1/info", timeout=10).json()["starting"]:
                    return
            except requests.RequestException:
                pass
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"Trino did not start:\n{self.log.read_text(errors='replace')[-4000:]}")
            time.sleep(0.2)

    def __call__(self, sql):
        """The rows of a query, as JSON has their values. Tables without a catalog are those of `hive`."""
        deadline = time.monotonic() + QUERY_TIMEOUT_S
        while True:
            rows, error = self._ask(sql, deadline)
            if error is None:
                return rows
            # Of the first seconds, in which it does not know yet that it is a node itself.
            if error["errorName"] != "NO_NODES_AVAILABLE" or time.monotonic() > deadline:
                raise TrinoError(error["message"])
            time.sleep(0.2)

    def _ask(self, sql, deadline):
        headers = {"X-Trino-User": "test", "X-Trino-Catalog": "hive"}
        answer = self.session.post(f"{self.url}/v1/statement", data=sql.encode(), headers=headers, timeout=60)
        rows = []
        while True:
            assert answer.status_code == 200, answer.text
            page = answer.json()
            rows += [tuple(row) for row in page.get("data", [])]
            if "error" in page or "nextUri" not in page:
                return rows, page.get("error")
            assert time.monotonic() < deadline, f"no answer to {sql}"
            answer = self.session.get(page["nextUri"], timeout=60)

    def stop(self):
        """By force if it does not end when asked."""
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(timeout=30)
