#!/usr/bin/env python3
"""The version store under load: large commits, few changes in large trees, listings, reads, many merges into one branch.

Runs each case of tarn_store_bench (RocksDB and the local block store, no HTTP) in a process and a folder of its own, and the merges once more over REST against the release
server. Figures are medians over `--rounds` runs; what is promised is a ratio between figures of the same run, or a bound that the result says was kept.

    bench/graveler/run.py [--bench build/bench/bin/tarn_store_bench] [--server build/bin/tarn] [--rounds 3] [--out bench/results/graveler.json]
"""

import argparse
import concurrent.futures
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

CLIENTS = 32


def run_case(binary, folder, case, entries):
    place = tempfile.mkdtemp(dir=folder)
    try:
        return json.loads(subprocess.run([binary, place, case, str(entries)], check=True, capture_output=True, text=True).stdout)
    finally:
        shutil.rmtree(place)


def medians(runs):
    return {name: round(statistics.median(run[name] for run in runs), 3) for name in runs[0]}


class RestServer(Server):
    def client(self):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)

    def call(self, client, method, path, body):
        headers = {"Authorization": self.authorization, "Content-Type": "application/json"}
        client.request(method, "/api/v1" + path, json.dumps(body), headers)
        answer = client.getresponse()
        return answer.status, answer.read()

    def must(self, client, method, path, body):
        status, text = self.call(client, method, path, body)
        if status >= 300:
            raise RuntimeError(f"{method} {path}: {status} {text[:200]}")
        return text


def merges_over_rest(binary, folder, merges):
    """`merges` branches of one file each, merged into main by CLIENTS connections at once."""
    place = tempfile.mkdtemp(dir=folder)
    server = RestServer(binary, place)
    repository = "/repositories/bench"

    def prepare(client_index):
        client = server.client()
        for i in range(client_index, merges, CLIENTS):
            branch = f"{repository}/branches/topic-{i}"
            server.must(client, "POST", f"{repository}/branches", {"name": f"topic-{i}", "source": "main"})
            entry = {"physical_address": f"local://b/other/{i}", "checksum": "0" * 32, "size_bytes": 1}
            server.must(client, "PUT", f"{branch}/objects?path=file-{i}", entry)
            server.must(client, "POST", f"{branch}/commits", {"message": "one file"})

    def merge(client_index):
        client = server.client()
        seen = []
        for i in range(client_index, merges, CLIENTS):
            start = time.monotonic()
            status, _ = server.call(client, "POST", f"{repository}/refs/topic-{i}/merge/main", {})
            seen.append((time.monotonic() - start, status))
        return seen

    try:
        server.must(server.client(), "POST", "/repositories", {"name": "bench", "storage_namespace": "local://b/bench"})
        with concurrent.futures.ThreadPoolExecutor(CLIENTS) as pool:
            list(pool.map(prepare, range(CLIENTS)))
            start = time.monotonic()
            seen = [one for client in pool.map(merge, range(CLIENTS)) for one in client]
            took = time.monotonic() - start
    finally:
        server.stop()
        shutil.rmtree(place)
    times = sorted(1000 * seconds for seconds, _ in seen)
    return {
        "merges": len(seen),
        "clients": CLIENTS,
        "errors": sum(status != 200 for _, status in seen),
        "merges_per_s": round(len(seen) / took),
        "p50_ms": round(times[len(times) // 2], 1),
        "p99_ms": round(times[int(len(times) * 0.99)], 1),
        "max_ms": round(times[-1], 1),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bench", default="build/bench/bin/tarn_store_bench")
    parser.add_argument("--server", default="build/bin/tarn", help="empty: no merges over REST")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", help="where the data lies meanwhile (3 GB)")
    parser.add_argument("--out", help="file for the result; always printed too")
    options = parser.parse_args()

    folder = tempfile.mkdtemp(prefix="tarn-bench-", dir=options.folder)

    def case(name, entries, rounds=options.rounds):
        return medians([run_case(options.bench, folder, name, entries) for _ in range(rounds)])

    try:
        commit = {size: case("commit", size) for size in (100_000, 1_000_000)}
        prefix = {size: case("prefix", size) for size in (1_000_000, 10_000_000)}
        scattered = case("scattered", 1_000_000, 1)
        read = case("read", 1_000_000, 1)
        merges = case("merges", 4000)
        rest = merges_over_rest(options.server, folder, 4000) if options.server else None
    finally:
        shutil.rmtree(folder)

    small, large = commit[100_000], commit[1_000_000]
    ratios = {
        "commit_10_times_the_entries": large["ms"] / small["ms"],
        "prefix_commit_10m_to_1m": prefix[10_000_000]["commit_ms"] / prefix[1_000_000]["commit_ms"],
        "prefix_diff_10m_to_1m": prefix[10_000_000]["diff_ms"] / prefix[1_000_000]["diff_ms"],
        "prefix_merge_10m_to_1m": prefix[10_000_000]["merge_ms"] / prefix[1_000_000]["merge_ms"],
        "scattered_commit_to_rewrite_on_one_core": scattered["commit_to_rewrite_on_one_core"],
        "scattered_commit_to_rewrite_on_all_cores": scattered["commit_to_rewrite_on_all_cores"],
        "commit_to_rewrite_on_one_core": large["ms"] * 1e6 / (large["entries"] * large["rewrite_ns_per_entry"]),
    }
    kept = {
        "commit_1m_under_5_s": large["ms"] < 5000,
        "commit_1m_grows_under_250_mb": large["growth_mb"] < 250,
        "commit_10_times_at_most_12_times": ratios["commit_10_times_the_entries"] <= 12,
        "prefix_at_most_1.5_times": all(ratios[f"prefix_{what}_10m_to_1m"] <= 1.5 for what in ("commit", "diff", "merge")),
        "prefix_under_300_ms": all(run[f"{what}_ms"] < 300 for run in prefix.values() for what in ("commit", "diff", "merge")),
        "scattered_at_most_1.5_times": scattered["commit_to_rewrite_on_one_core"] <= 1.5,
        "listing_1m_per_s": read["listed_entries_per_s"] >= 1_000_000,
        "point_read_under_5_us": read["point_read_us"] < 5,
        "merges_p99_under_1_s": all(run["errors"] == 0 and run["p99_ms"] < 1000 for run in (merges, rest) if run),
    }
    result = {
        "settings": {"rounds": options.rounds},
        "commit_of_staged_entries": {str(size): figures for size, figures in commit.items()},
        "change_of_1000_under_a_prefix": {str(size): figures for size, figures in prefix.items()},
        "change_of_1000_scattered": scattered,
        "read": read,
        "merges_into_one_branch": merges,
        "merges_into_one_branch_over_rest": rest,
        "ratios": {name: round(value, 3) for name, value in ratios.items()},
        "kept": kept,
    }
    record("graveler", result, options.out)


if __name__ == "__main__":
    main()
