"""The command line client as a user runs it: the built binary, with the environment of a test."""

import collections
import os
import re
import subprocess
import time

from tests.lib.server import BIN_DIR

LAKECTL = BIN_DIR / "lakectl"
TIMEOUT_S = 120
Run = collections.namedtuple("Run", "id event status")


class Lakectl:
    """Runs commands against one server; stdin is empty unless given."""

    def __init__(self, server, home, **variables):
        self.variables = {
            "HOME": str(home),
            "PATH": os.environ.get("PATH", ""),
            "TZ": "UTC",
            "LAKECTL_CREDENTIALS_ACCESS_KEY_ID": server.access_key_id,
            "LAKECTL_CREDENTIALS_SECRET_ACCESS_KEY": server.secret_access_key,
            "LAKECTL_SERVER_ENDPOINT_URL": server.url,
            "LAKECTL_SERVER_RETRIES_MIN_WAIT_INTERVAL": "1ms",
            "LAKECTL_SERVER_RETRIES_MAX_WAIT_INTERVAL": "1ms",
            **variables,
        }

    def with_variables(self, **variables):
        other = Lakectl.__new__(Lakectl)
        other.variables = {k: v for k, v in {**self.variables, **variables}.items() if v is not None}
        return other

    def run(self, *words, stdin=b"", cwd=None):
        """The finished process; output as bytes."""
        return subprocess.run(
            [str(LAKECTL), *words],
            input=stdin if isinstance(stdin, bytes) else None,
            stdin=None if isinstance(stdin, bytes) else stdin,
            capture_output=True,
            env=self.variables,
            cwd=cwd,
            timeout=TIMEOUT_S,
        )

    def __call__(self, *words, **options):
        """stdout of a command that must succeed and say nothing on stderr."""
        done = self.run(*words, **options)
        assert done.returncode == 0, f"{words}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        assert done.stderr == b"", done.stderr
        return done.stdout.decode()

    def fail(self, *words, **options):
        """(stdout, stderr) of a command that must exit with 1."""
        done = self.run(*words, **options)
        assert done.returncode == 1, f"{words}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout.decode(), done.stderr.decode()

    def commit(self, branch, message):
        """The id of the new commit."""
        return re.search(r"ID: ([0-9a-f]{64})", self("commit", branch, "-m", message)).group(1)

    def wait_for_run(self, repository, commit, event, timeout_s=60):
        """The run that `event` of `commit` started; it is listed once it is done."""
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            for line in self("actions", "runs", "list", f"lakefs://{repository}", "--commit", commit).splitlines():
                cells = line.split("\t")
                if len(cells) > 2 and cells[1] == event:
                    return Run(cells[0], cells[1], cells[-1])
            time.sleep(0.1)
        raise AssertionError(f"no {event} run of {commit} within {timeout_s} s")


_PATTERNS = [
    (r"\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}(\.\d+)? \+0000 UTC", "<DATE>"),
    (r"timestamp: \d+", "timestamp: <TIMESTAMP>"),
    (r"\b[0-9a-f]{64}\b", "<COMMIT_ID>"),
    (r"\b[0-9a-f]{32}\b", "<CHECKSUM>"),
    (r"Physical Address: \S+", "Physical Address: <ADDRESS>"),
]


def masked(text):
    """`text` with what changes from run to run replaced by its kind."""
    for pattern, name in _PATTERNS:
        text = re.sub(pattern, name, text)
    return text
