"""The built `lakectl` against a server of a test."""

import collections
import os
import re
import subprocess
import time

from tests.lib.server import BIN_DIR

Run = collections.namedtuple("Run", "id event status")


class Lakectl:
    def __init__(self, server):
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("TARN_", "LAKEFS_", "LAKECTL_", "AWS_"))}
        self.environment = clean | {
            "HOME": str(server.folder),
            "LAKECTL_SERVER_ENDPOINT_URL": server.url,
            "LAKECTL_CREDENTIALS_ACCESS_KEY_ID": server.access_key_id,
            "LAKECTL_CREDENTIALS_SECRET_ACCESS_KEY": server.secret_access_key,
        }

    def run(self, *arguments, input=None):
        """The finished process, whatever its exit code."""
        return subprocess.run(
            [str(BIN_DIR / "lakectl"), *arguments], env=self.environment, input=input, capture_output=True, text=True, timeout=120
        )

    def __call__(self, *arguments, input=None):
        """Standard output of a command that must succeed."""
        done = self.run(*arguments, input=input)
        assert done.returncode == 0, f"lakectl {arguments} ended with {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def commit(self, branch, message):
        """The id of the new commit."""
        return re.search(r"ID: ([0-9a-f]{64})", self("commit", branch, "-m", message)).group(1)

    def wait_for_run(self, repository, commit, event, timeout_s=60):
        """The run that `event` of `commit` started; it is listed once it is done."""
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            listed = self("actions", "runs", "list", f"lakefs://{repository}", "--commit", commit)
            for line in listed.splitlines():
                cells = line.split("\t")
                if len(cells) > 2 and cells[1] == event:
                    return Run(cells[0], cells[1], cells[-1])
            time.sleep(0.1)
        raise AssertionError(f"no {event} run of {commit} within {timeout_s} s")
