#!/usr/bin/env python3
"""Walks the flow that Tarn exists for, on this machine and with real data:

    a repository on an S3 block store -> a Hive table descriptor -> partitioned data -> a commit ->
    a Lua hook exports manifests and a Glue table -> the table's rows, read from exactly that commit

moto stands in for AWS (S3 and Glue). Everything lies in a temporary folder. Leaves the server running until Ctrl-C; with --check it
ends after the walk, non-zero if anything is not as it should be.
"""

import argparse
import contextlib
import logging
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

import boto3
from moto.server import ThreadedMotoServer

import symlink_table

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
BIN_DIR = ROOT / os.environ.get("TARN_BIN_DIR", "build/bin")
BUCKET, DATABASE, REPOSITORY = "lake", "lake", "catalogs"
ROWS = 13
AWS = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing", "AWS_REGION": "us-east-1"}


def say(text):
    print(f"\n\033[1m{text}\033[0m" if sys.stdout.isatty() else f"\n{text}", flush=True)


def clean_environment():
    """This process's variables without those that would configure Tarn or AWS."""
    return {k: v for k, v in os.environ.items() if not k.startswith(("TARN_", "LAKEFS_", "LAKECTL_", "AWS_"))}


def port_is_free(port):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        return probe.connect_ex(("127.0.0.1", port)) != 0


class Server:
    """`tarn run` on an S3 block store, everything else at its defaults."""

    def __init__(self, folder, aws_url, port):
        self.log = folder / "server.log"
        environment = clean_environment() | AWS | {
            "HOME": str(folder),
            "AWS_ENDPOINT_URL": aws_url,
            "TARN_DATA_DIR": str(folder / "tarn"),
            "TARN_LISTEN_ADDRESS": f"127.0.0.1:{port}",
            "TARN_BLOCKSTORE_TYPE": "s3",
        }
        with open(self.log, "wb") as out:
            self.process = subprocess.Popen([str(BIN_DIR / "tarn"), "run"], stdout=out, stderr=out, env=environment, cwd=folder)
        deadline = time.monotonic() + 60
        while not (listening := re.search(r'msg="listening".* port=(\d+)', self.text())):
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                sys.exit(f"the server did not start:\n{self.text()}")
            time.sleep(0.02)
        self.url = f"http://127.0.0.1:{listening.group(1)}"
        self.key, self.secret = re.search(r"access_key_id: (\S+)\n\s+secret_access_key: (\S+)", self.text()).groups()

    def text(self):
        return self.log.read_text(errors="replace")

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()


class Walk:
    def __init__(self, folder, server, s3, glue):
        self.server, self.s3, self.glue = server, s3, glue
        self.environment = clean_environment() | {
            "HOME": str(folder),
            "LAKECTL_SERVER_ENDPOINT_URL": server.url,
            "LAKECTL_CREDENTIALS_ACCESS_KEY_ID": server.key,
            "LAKECTL_CREDENTIALS_SECRET_ACCESS_KEY": server.secret,
        }

    def lakectl(self, *arguments, quiet=False):
        print("$ lakectl", *(f"'{a}'" if " " in a else a for a in arguments), flush=True)
        done = subprocess.run(
            [str(BIN_DIR / "lakectl"), *arguments], env=self.environment, cwd=HERE, stdout=subprocess.PIPE, text=True, timeout=60
        )
        if done.returncode != 0:
            sys.exit(f"lakectl ended with {done.returncode}: {done.stdout}")
        if not quiet:
            print(done.stdout, end="", flush=True)
        return done.stdout

    def upload(self, path, recursive=False):
        flags = ["-r"] if recursive else []
        slash = "/" if recursive else ""
        self.lakectl("fs", "upload", *flags, "-s", f"lake/{path}{slash}", f"lakefs://{REPOSITORY}/main/{path}{slash}", quiet=True)

    def commit(self, message):
        text = self.lakectl("commit", f"lakefs://{REPOSITORY}/main", "-m", message)
        return re.search(r"ID: ([0-9a-f]{64})", text).group(1)

    def wait_for_run(self, commit):
        """The hook runs after the commit; its run appears when it is done."""
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            done = subprocess.run(
                [str(BIN_DIR / "lakectl"), "actions", "runs", "list", f"lakefs://{REPOSITORY}", "--commit", commit],
                env=self.environment, stdout=subprocess.PIPE, text=True, timeout=60,
            )
            if done.returncode != 0:
                sys.exit("lakectl cannot list runs")
            if (run := re.search(r"^(\S+)\tpost-commit\t.*\t(\w+)$", done.stdout, re.MULTILINE)):
                self.lakectl("actions", "runs", "describe", f"lakefs://{REPOSITORY}", run.group(1))
                if run.group(2) != "completed":
                    sys.exit("the export failed")
                return
            time.sleep(0.1)
        sys.exit("the export did not run within 30 s")

    def show_table(self, commit):
        name = f"animals_{REPOSITORY}_main_{commit[:6]}"
        table = self.glue.get_table(DatabaseName=DATABASE, Name=name)["Table"]
        location = table["StorageDescriptor"]["Location"]
        say(f"The manifests below {location}")
        for folder, addresses in sorted(symlink_table.manifests(self.s3, location).items()):
            print(f"{folder}/symlink.txt")
            print("\n".join(f"    {address}" for address in addresses))
        say(f"The Glue table {DATABASE}.{name}")
        for what, columns in ("column", table["StorageDescriptor"]["Columns"]), ("partition key", table["PartitionKeys"]):
            for column in columns:
                print(f"{what} {column['Name']} {column['Type']}")
        print("input format", table["StorageDescriptor"]["InputFormat"])
        for values, location in symlink_table.partitions(self.glue, table):
            print("partition", *values, "at", location.removeprefix(table["StorageDescriptor"]["Location"]))
        say("Its rows")
        rows = symlink_table.query(self.s3, self.glue, table, "SELECT type, weight, name, born FROM data ORDER BY ALL")
        for row in rows:
            print(*row, sep="\t")
        return rows

    def run(self):
        say("A repository on an S3 block store")
        self.lakectl("repo", "create", f"lakefs://{REPOSITORY}", f"s3://{BUCKET}/{REPOSITORY}")
        say("The table's descriptor, its data, and the action that exports it")
        self.upload("_lakefs_tables/animals.yaml")
        self.upload("tables/animals", recursive=True)
        self.upload("scripts/animals_exporter.lua")
        self.upload("_lakefs_actions/animals_glue.yaml")
        say("A commit, and the run of the action that it starts")
        commit = self.commit("animals, with their table")
        self.wait_for_run(commit)
        rows = self.show_table(commit)
        if len(rows) != ROWS:
            sys.exit(f"expected {ROWS} rows, got {len(rows)}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="end after the walk")
    check = parser.parse_args().check
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    # Ctrl-C and a polite kill both go through the clean-up below.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    started = time.monotonic()
    with contextlib.ExitStack() as stack:
        folder = pathlib.Path(tempfile.mkdtemp(prefix="tarn-quickstart-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        say("AWS, played by moto (S3 and Glue on this machine)")
        moto = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        moto.start()
        stack.callback(moto.stop)
        aws_url = "http://%s:%s" % moto.get_host_and_port()
        session = boto3.Session(AWS["AWS_ACCESS_KEY_ID"], AWS["AWS_SECRET_ACCESS_KEY"], region_name=AWS["AWS_REGION"])
        s3, glue = (session.client(service, endpoint_url=aws_url) for service in ("s3", "glue"))
        s3.create_bucket(Bucket=BUCKET)
        glue.create_database(DatabaseInput={"Name": DATABASE})
        print(f"{aws_url}, bucket {BUCKET}, Glue database {DATABASE}")
        say("The server: tarn run")
        server = Server(folder, aws_url, 0 if check or not port_is_free(8000) else 8000)
        stack.callback(server.stop)
        print(server.url)
        Walk(folder, server, s3, glue).run()
        say(f"Done in {time.monotonic() - started:.1f} s.")
        if check:
            code = server.stop()
            sys.exit(f"the server ended with {code}:\n{server.text()}" if code else 0)
        print(f"The server runs until Ctrl-C:\n\n  endpoint           {server.url}\n  access key id      {server.key}")
        print(f"  secret access key  {server.secret}\n\nTry it:\n")
        print(f"  export LAKECTL_SERVER_ENDPOINT_URL={server.url}")
        print(f"  export LAKECTL_CREDENTIALS_ACCESS_KEY_ID={server.key}\n  export LAKECTL_CREDENTIALS_SECRET_ACCESS_KEY={server.secret}")
        print(f"  {BIN_DIR}/lakectl log lakefs://{REPOSITORY}/main", flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            server.process.wait()
        say("Stopping.")


if __name__ == "__main__":
    main()
