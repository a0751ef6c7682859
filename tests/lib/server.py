"""A Tarn server of a test: started on a free port with a data folder of its own, stopped by its process id."""

import os
import pathlib
import re
import signal
import subprocess
import time

import boto3
import requests
from botocore.config import Config

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN_DIR = ROOT / os.environ.get("TARN_BIN_DIR", "build/bin")
START_TIMEOUT_S = 60
FAULT_EXIT_CODE = 86  # base/fault_points.h


def is_sanitized():
    """True for a server with sanitizers, which is slower and larger."""
    return "dev" in BIN_DIR.parts


class TarnServer:
    """One data folder and the server processes that live on it, one after the other."""

    def __init__(self, folder, **variables):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.variables = variables
        self.log = self.folder / "server.log"
        self.process = None
        self.port = None
        self.access_key_id = None
        self.secret_access_key = None

    def environment(self, **extra):
        """What every `tarn` process of this data folder runs with."""
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("TARN_", "LAKEFS_", "AWS_"))}
        environment.update(
            HOME=str(self.folder),
            TARN_DATA_DIR=str(self.folder / "data"),
            TARN_LISTEN_ADDRESS="127.0.0.1:0",
            **self.variables,
            **extra,
        )
        return environment

    def start(self, **extra):
        """With `extra` variables this once."""
        offset = self.log.stat().st_size if self.log.exists() else 0
        with open(self.log, "ab") as out:
            self.process = subprocess.Popen(
                [str(BIN_DIR / "tarn"), "run"], stdout=out, stderr=subprocess.STDOUT, env=self.environment(**extra), cwd=self.folder
            )
        deadline = time.monotonic() + START_TIMEOUT_S
        while True:
            text = self.log.read_bytes()[offset:].decode(errors="replace")
            found = re.search(r'msg="listening".* port=(\d+)', text)
            if found:
                break
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.process.kill()
                self.process.wait(timeout=30)
                raise AssertionError(f"the server did not start:\n{text}")
            time.sleep(0.02)
        self.port = int(found.group(1))
        key = re.search(r"access_key_id: (\S+)\n\s+secret_access_key: (\S+)", text)
        if key:
            self.access_key_id, self.secret_access_key = key.groups()
        return self

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    @property
    def api(self):
        return self.url + "/api/v1"

    @property
    def auth(self):
        return (self.access_key_id, self.secret_access_key)

    def session(self):
        session = requests.Session()
        session.auth = self.auth
        return session

    def create_repository(self, name, storage_namespace=None):
        """A new repository, in the local store unless told otherwise; its name."""
        body = {"name": name, "storage_namespace": storage_namespace or f"local://bucket/{name}"}
        answer = self.session().post(f"{self.api}/repositories", json=body, timeout=60)
        assert answer.status_code == 201, answer.text
        return name

    def s3(self, key=None, secret=None, url=None, **config):
        """boto3 on the gateway, path-style unless `config` says otherwise; no retries hide a failure."""
        settings = {
            "s3": {"addressing_style": "path"},
            "retries": {"max_attempts": 1},
            "connect_timeout": 10,
            "read_timeout": 60,
        } | config
        return boto3.client(
            "s3",
            endpoint_url=url or self.url,
            region_name="us-east-1",
            aws_access_key_id=key or self.access_key_id,
            aws_secret_access_key=secret or self.secret_access_key,
            config=Config(**settings),
        )

    def kill(self):
        """As a power button would, except that the machine's page cache stays. Fails if the server had died by itself."""
        assert self.process.poll() is None, f"the server had died:\n{self.log.read_text(errors='replace')[-4000:]}"
        self.process.send_signal(signal.SIGKILL)
        code = self.process.wait(timeout=30)
        assert code == -signal.SIGKILL, f"the server died with {code}:\n{self.log.read_text(errors='replace')[-4000:]}"

    def wait_for_fault(self):
        """Until the server has ended at the point that TARN_FAULT_EXIT names."""
        code = self.process.wait(timeout=60)
        assert code == FAULT_EXIT_CODE, f"the server died with {code}:\n{self.log.read_text(errors='replace')[-4000:]}"

    def stop(self):
        """Politely; fails if the server had died or does not end well."""
        if self.process is None:
            return
        alive = self.process.poll() is None
        if alive:
            self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(timeout=90)
        self.process = None
        text = self.log.read_text(errors="replace")
        assert alive, f"the server had died with {code}:\n{text[-4000:]}"
        assert code == 0, f"the server ended with {code}:\n{text[-4000:]}"
        assert "ERROR: AddressSanitizer" not in text and "runtime error:" not in text, text[-8000:]

    def memory_peak_kb(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmHWM:\s+(\d+) kB", status).group(1))
