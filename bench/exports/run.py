#!/usr/bin/env python3
"""Exports of tables against S3 and Glue whose answers take 2 ms, checked against their goals.

Runs each case of tarn_exports_bench in a process of its own and takes medians; what is counted (requests, memory) is the worst of the rounds.

    cmake --preset bench && ninja -C build/bench tarn_exports_bench && bench/exports/run.py [--rounds 5] [--out bench/results/exports.json]
"""

import argparse
import json
import pathlib
import statistics
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
from record import record

LATENCY_US = 2000
PARTITIONS, FILES = 10_000, 5
MEMORY_PARTITIONS, MEMORY_FILES = 1_000, 1_000
TIMES = ("seconds", "median_ms")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bench", default="build/bench/bin/tarn_exports_bench")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--out", help="file for the result; always printed too")
    options = parser.parse_args()

    def case(name, partitions=PARTITIONS, files=FILES):
        command = [options.bench, name, "--latency-us", str(LATENCY_US), "--partitions", str(partitions), "--files", str(files)]
        rounds = [json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout) for _ in range(options.rounds)]
        return {key: (statistics.median if key in TIMES else max)(each[key] for each in rounds) for key in rounds[0]}

    first, change, unchanged, throttled = (case(name) for name in ("first", "change", "unchanged", "throttled"))
    memory = case("memory", MEMORY_PARTITIONS, MEMORY_FILES)
    batches = -(-PARTITIONS // 100)
    kept = {
        "first_under_10_s": first["seconds"] < 10,
        "change_at_most_6_remote_calls": change["remote_calls_max"] <= 6,
        "change_under_150_ms": change["max_ms"] < 150,
        "unchanged_at_most_2_remote_calls": unchanged["remote_calls_max"] <= 2,
        "partitions_in_batches_of_100": first["batch_max"] == 100 and first["partition_requests"] == batches,
        "throttling_costs_no_batch_twice": throttled["refused"] > 0 and throttled["partition_requests"] == batches,
        "memory_1m_files_grows_under_64_mb": memory["growth_mb"] < 64,
    }
    result = {
        "settings": {"rounds": options.rounds, "answer_latency_ms": LATENCY_US / 1000},
        "first_export": first,
        "next_commit_touches_one_partition": change,
        "next_commit_touches_none": unchanged,
        "first_export_with_200_glue_requests_a_second": throttled,
        "memory_of_a_first_export": memory,
        "kept": kept,
    }
    record("exports", result, options.out)


if __name__ == "__main__":
    main()
