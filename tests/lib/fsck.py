"""`tarn fsck` over the data folder of a server, which may be running."""

import collections
import json
import subprocess

from tests.lib.server import BIN_DIR

TIMEOUT_S = 300
Report = collections.namedtuple("Report", "code damages repositories server stderr")


def run_fsck(server, *words):
    """What it says, whatever that is. `repositories` by name."""
    done = subprocess.run(
        [str(BIN_DIR / "tarn"), "fsck", "--json", *words],
        capture_output=True,
        env=server.environment(),
        cwd=server.folder,
        timeout=TIMEOUT_S,
    )
    lines = [json.loads(line) for line in done.stdout.decode().splitlines()]
    of = collections.defaultdict(list)
    for line in lines:
        of[line["type"]].append(line)
    repositories = {line["repository"]: line for line in of["repository"]}
    server_line = of["server"][0] if of["server"] else None
    return Report(done.returncode, of["damage"], repositories, server_line, done.stderr.decode())


def fsck(server, *words):
    """The report of a store that must be whole: every object is asked for."""
    report = run_fsck(server, "--objects", *words)
    assert report.code == 0, f"fsck: {report.code}: {report.damages[:5]} {report.stderr}"
    assert not report.damages
    assert "ERROR: AddressSanitizer" not in report.stderr and "runtime error:" not in report.stderr, report.stderr[-8000:]
    return report
