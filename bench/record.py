"""The form of a result: what was measured, at which commit, on which machine."""

import json
import os
import pathlib
import platform
import subprocess


def record(benchmark, figures, out=None):
    """Prints the result, and writes it to the file `out` if there is one."""
    result = {
        "benchmark": benchmark,
        "commit": subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True).stdout.strip(),
        "machine": {"cores": os.cpu_count(), "kernel": platform.release().split("-")[0], "architecture": platform.machine()},
        **figures,
    }
    text = json.dumps(result, indent=2)
    print(text)
    if out:
        pathlib.Path(out).write_text(text + "\n")
