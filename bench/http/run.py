#!/usr/bin/env python3
"""Requests per second of the http module against a bare Beast coroutine loop.

Starts both servers on free ports, runs wrk (1 thread, 16 keep-alive connections) against them in
alternating turns, so that a slow moment of the machine hits both, and takes the median of the
ratios of neighbouring turns.

    bench/http/run.py --bin build/bench/bin [--rounds 7] [--seconds 3] [--out bench/results/http.json]
"""

import argparse
import os
import pathlib
import re
import statistics
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
from record import record


class Server:
    """One server process; ends when its standard input closes."""

    def __init__(self, path, loops):
        self.process = subprocess.Popen(
            [path, "--port", "0", "--loops", str(loops)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.port = int(self.process.stdout.readline().split()[1])

    def close(self):
        self.process.stdin.close()
        self.process.wait(timeout=30)


def wrk(port, connections, seconds):
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", f"http://127.0.0.1:{port}/"]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    if "Non-2xx" in text or "Socket errors" in text:
        sys.exit(f"wrk saw failures:\n{text}")
    return float(re.search(r"Requests/sec:\s+([0-9.]+)", text).group(1))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", default="build/bench/bin", help="folder of the two servers")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--loops", type=int, default=1)
    parser.add_argument("--out", help="file for the result; always printed too")
    options = parser.parse_args()

    names = {"tarn": "tarn_yardstick", "beast": "tarn_bare_beast"}
    servers = {key: Server(os.path.join(options.bin, name), options.loops) for key, name in names.items()}
    rates = {key: [] for key in names}
    try:
        for key, server in servers.items():
            wrk(server.port, options.connections, 1)  # warm-up
        for turn in range(options.rounds):
            order = list(names) if turn % 2 == 0 else list(reversed(names))
            for key in order:
                rates[key].append(wrk(servers[key].port, options.connections, options.seconds))
    finally:
        for server in servers.values():
            server.close()

    median = {key: statistics.median(values) for key, values in rates.items()}
    result = {
        "what": "constant 200-byte JSON over keep-alive connections, requests per second",
        "settings": {
            "connections": options.connections,
            "loops": options.loops,
            "wrk_threads": 1,
            "seconds": options.seconds,
            "rounds": options.rounds,
        },
        "requests_per_s": {key: {"median": round(median[key]), "all": [round(v) for v in rates[key]]} for key in names},
        "ratio_tarn_to_beast": round(statistics.median(t / b for t, b in zip(rates["tarn"], rates["beast"])), 3),
        "goal": 0.85,
    }
    record("http", result, options.out)


if __name__ == "__main__":
    main()
