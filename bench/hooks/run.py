#!/usr/bin/env python3
"""What a Lua hook that does nothing costs a commit: the server's own time over memory drivers, and whole commits over REST, disk included.

Runs tarn_actions_bench, then commits of one object each against the release server (RocksDB, local block store): without actions, with the hook before
the commit, and with one after it, in turns, so that a slow moment of the machine hits all.

    cmake --preset bench && ninja -C build/bench tarn_actions_bench && make build && bench/hooks/run.py [--rounds 5] [--out bench/results/hooks.json]
"""

import argparse
import http.client
import json
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
from record import record
from server import Server

COMMITS = 40
EVENTS = {"no_hook": None, "before": "pre-commit", "after": "post-commit"}


def server_time(binary, rounds):
    """Microseconds of a commit for each case, over memory drivers."""
    command = [binary, "--benchmark_format=json", f"--benchmark_repetitions={rounds}", "--benchmark_report_aggregates_only=true"]
    found = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return {
        each["run_name"].split("/")[1]: round(each["real_time"]) for each in found["benchmarks"] if each["aggregate_name"] == "median"
    }


class RestServer(Server):
    def __init__(self, binary, folder):
        super().__init__(binary, folder)
        self.client = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)

    def must(self, method, path, body, content_type="application/json"):
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"Authorization": self.authorization, "Content-Type": content_type}
        self.client.request(method, "/api/v1" + path, data, headers)
        answer = self.client.getresponse()
        text = answer.read()
        if answer.status >= 300:
            raise RuntimeError(f"{method} {path}: {answer.status} {text[:200]}")

    def upload(self, repository, path, data):
        self.must("POST", f"/repositories/{repository}/branches/main/objects?path={path}", data, "application/octet-stream")

    def commit(self, repository):
        self.must("POST", f"/repositories/{repository}/branches/main/commits", {"message": "m"})


def over_rest(binary, rounds):
    """Milliseconds of a commit for each case, as a client sees it: medians of all rounds."""
    folder = tempfile.mkdtemp(prefix="tarn-bench-")
    server = RestServer(binary, folder)
    times = {case: [] for case in EVENTS}
    try:
        for case, event in EVENTS.items():
            repository = case.replace("_", "-")
            server.must("POST", "/repositories", {"name": repository, "storage_namespace": f"local://b/{repository}"})
            if event:
                hook = "{id: hook, type: lua, properties: {script: 'local x'}}"
                server.upload(repository, "_lakefs_actions/nothing", f"name: nothing\non: {{{event}: }}\nhooks: [{hook}]\n".encode())
            server.upload(repository, "a", b"0")
            server.commit(repository)
        for number in range(rounds * COMMITS):
            for case, each in times.items():
                repository = case.replace("_", "-")
                server.upload(repository, f"data/{number % 100}", str(number).encode())
                start = time.perf_counter()
                server.commit(repository)
                each.append((time.perf_counter() - start) * 1000)
    finally:
        server.stop()
        shutil.rmtree(folder)
    return {case: round(statistics.median(each), 2) for case, each in times.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bench", default="build/bench/bin/tarn_actions_bench")
    parser.add_argument("--server", default="build/bin/tarn", help="empty: nothing over REST")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--out", help="file for the result; always printed too")
    options = parser.parse_args()

    commit_us = server_time(options.bench, options.rounds)
    hook_us = {case: commit_us[case] - commit_us["no_hook"] for case in ("before", "after")}
    rest = over_rest(options.server, options.rounds) if options.server else None
    result = {
        "settings": {"rounds": options.rounds, "commits_over_rest": options.rounds * COMMITS},
        "commit_over_memory_us": commit_us,
        "hook_over_memory_us": hook_us,
        "commit_over_rest_ms": rest,
        "kept": {"hook_under_2_ms_of_server_time": all(each < 2000 for each in hook_us.values())},
    }
    record("hooks", result, options.out)


if __name__ == "__main__":
    main()
