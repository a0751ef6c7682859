#!/usr/bin/env python3
"""Files of this machine become entries of a branch: walk, MD5, sort, ranges, commit. Over RocksDB and the local block store, without HTTP.

The files are made by a first run, which is not counted, so that the page cache is warm.

    bench/import/run.py [--bench build/bench/bin/tarn_import_bench] [--rounds 5] [--out bench/results/import.json]
"""

import argparse
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
from record import record

FILES, BYTES = 500_000, 100


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bench", default="build/bench/bin/tarn_import_bench")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--out", help="file for the result; always printed too")
    options = parser.parse_args()

    with tempfile.TemporaryDirectory(prefix="tarn-bench-") as folder:

        def rounds(count):
            command = [options.bench, "--files", str(FILES), "--bytes", str(BYTES), "--rounds", str(count), "--folder", folder]
            lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
            return [json.loads(line) for line in lines]

        rounds(1)
        # A process of its own: the growth of memory is that of an import that comes first.
        runs = rounds(options.rounds)
    files_per_s = round(statistics.median(run["files_per_s"] for run in runs))
    figures = {
        "settings": {"rounds": options.rounds, "files": FILES, "bytes_each": BYTES},
        "files_per_s": files_per_s,
        "seconds": round(statistics.median(run["seconds"] for run in runs), 3),
        "first_import_grows_by_mb": round(runs[0]["rss_growth_kb"] / 1024, 1),
        "kept": {"import_100000_files_per_s": files_per_s >= 100_000},
    }
    record("import", figures, options.out)


if __name__ == "__main__":
    main()
