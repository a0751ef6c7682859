#!/usr/bin/env python3
"""The REST API against the http yardstick, in one run: requests per second as ratios, memory and start-up.

Starts the release server on a data folder of its own and the yardstick (a constant 200-byte JSON through the same http module), fills a repository, and runs wrk (1
thread, 16 keep-alive connections) against both in turns, so that a slow moment of the machine hits both. Ratios are medians over neighbouring turns.

    bench/rest/run.py --server build/bin/tarn --yardstick build/bench/bin/tarn_yardstick [--rounds 5] [--seconds 2] [--out bench/results/rest.json]
"""

import argparse
import json
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
from record import record
from server import Server

LISTED = 20_000


class Tarn(Server):
    def __init__(self, binary, folder):
        started = time.monotonic()
        super().__init__(binary, folder)
        urllib.request.urlopen(f"http://127.0.0.1:{self.port}/_health").read()
        self.start_ms = (time.monotonic() - started) * 1000

    def call(self, method, path, body=None, content_type="application/json"):
        data = json.dumps(body).encode() if isinstance(body, dict) else body
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/api/v1{path}", data=data, method=method)
        request.add_header("Authorization", self.authorization)
        request.add_header("Content-Type", content_type)
        with urllib.request.urlopen(request) as answer:
            text = answer.read()
        return json.loads(text) if text[:1] == b"{" else text

    def memory_kb(self):
        return int(re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{self.process.pid}/status").read_text()).group(1))


def wrk(port, path, authorization, seconds, script=None):
    command = ["wrk", "-t1", "-c16", f"-d{seconds}s", "-H", f"Authorization: {authorization}"]
    if script:
        command += ["-s", script]
    text = subprocess.run(command + [f"http://127.0.0.1:{port}{path}"], check=True, capture_output=True, text=True).stdout
    if "Non-2xx" in text:
        sys.exit(f"wrk saw failures on {path}:\n{text}")
    return float(re.search(r"Requests/sec:\s+([0-9.]+)", text).group(1))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--server", default="build/bin/tarn")
    parser.add_argument("--yardstick", default="build/bench/bin/tarn_yardstick")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=2)
    parser.add_argument("--out", help="file for the result; always printed too")
    options = parser.parse_args()

    folder = tempfile.mkdtemp(prefix="tarn-bench-")
    yardstick = subprocess.Popen(
        [options.yardstick, "--port", "0", "--loops", str(os.cpu_count())], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    yardstick_port = int(yardstick.stdout.readline().split()[1])
    tarn = Tarn(options.server, folder)
    idle_kb = tarn.memory_kb()
    try:
        tarn.call("POST", "/repositories", {"name": "bench", "storage_namespace": "local://b/bench"})
        objects = "/repositories/bench/branches/main/objects"
        for i in range(50):
            tarn.call("POST", f"{objects}?path=k/{i:03}", os.urandom(1024), "application/octet-stream")
        for i in range(LISTED):
            body = {"physical_address": f"local://b/other/{i}", "checksum": "0" * 32, "size_bytes": 1}
            tarn.call("PUT", f"{objects}?path=list/{i:06}", body)
        commit = tarn.call("POST", "/repositories/bench/branches/main/commits", {"message": "m"})["id"]
        token = tarn.call("POST", "/auth/login", {"access_key_id": tarn.key, "secret_access_key": tarn.secret})["token"]
        upload = folder + "/upload.lua"
        pathlib.Path(upload).write_text(
            'local n = 0\nwrk.method = "POST"\nwrk.body = string.rep("x", 1024)\nfunction request()\n  n = n + 1\n'
            '  return wrk.format(nil, wrk.path .. "?path=up/" .. n)\nend\n'
        )
        api = "/api/v1/repositories/bench"
        cases = {
            "stat_at_commit": (f"{api}/refs/{commit}/objects/stat?path=k/007", None),
            "get_1kb": (f"{api}/refs/{commit}/objects?path=k/007", None),
            "get_branch": (f"{api}/branches/main", None),
            "list_1000": (f"{api}/refs/{commit}/objects/ls?amount=1000&prefix=list/", None),
            "upload_1kb": (f"{api}/branches/main/objects", upload),
        }
        ways = {"bearer": "Bearer " + token, "basic": tarn.authorization}
        rates = {(case, way): [] for case in cases for way in ways}
        ratios = {key: [] for key in rates}
        yard = []
        for _ in range(options.rounds):
            for case, (path, script) in cases.items():
                for way, authorization in ways.items():
                    base = wrk(yardstick_port, "/", "x", options.seconds)
                    rate = wrk(tarn.port, path, authorization, options.seconds, script)
                    yard.append(base)
                    rates[case, way].append(rate)
                    ratios[case, way].append(rate / base)
        result = {
            "settings": {"connections": 16, "wrk_threads": 1, "seconds": options.seconds, "rounds": options.rounds},
            "yardstick_requests_per_s": round(statistics.median(yard)),
            "requests_per_s": {f"{c}.{w}": round(statistics.median(v)) for (c, w), v in rates.items()},
            "ratio_to_yardstick": {f"{c}.{w}": round(statistics.median(v), 3) for (c, w), v in ratios.items()},
            "listed_entries_per_s": round(statistics.median(rates["list_1000", "bearer"]) * 1000),
            "idle_memory_mb": round(idle_kb / 1024, 1),
            "memory_after_mb": round(tarn.memory_kb() / 1024, 1),
            "start_to_first_answer_ms": round(tarn.start_ms, 1),
        }
    finally:
        yardstick.stdin.close()
        yardstick.wait(timeout=30)
        tarn.stop()
        shutil.rmtree(folder)
    record("rest", result, options.out)


if __name__ == "__main__":
    main()
