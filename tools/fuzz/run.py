#!/usr/bin/env python3
"""Runs the fuzz targets that CI runs, for a while each, two at a time.

Usage: run.py [--seconds N] [--jobs N] [--keep] [--list] [BIN_DIR [NAME...]]     BIN_DIR holds the programs of the preset `fuzz`

Each starts with the corpus that the repository keeps; what it finds beyond that goes to build/fuzz/corpus and helps the next run. --keep adds to
the repository's corpus what covers new code (and leaves out what does not). A crash, a leak or an input that takes longer than 10 s fails the
run; the input is kept in build/fuzz/artifacts, and `BIN_DIR/NAME FILE` repeats it.
"""

import argparse
import concurrent.futures
import pathlib
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
WORK = ROOT / "build" / "fuzz"
INPUT_TIMEOUT_S = 10
MEMORY_MB_MAX = 2048
CANARY = "canary_fuzz"

# Program -> corpus. The canary has none, and must fail.
TARGETS = {
    "range_reader_fuzz": "src/sstable/testdata/corpus",
    "records_fuzz": "src/graveler/testdata/corpus/records",
    "refs_dump_fuzz": "src/graveler/testdata/corpus/refs_dump",
    "ref_expression_fuzz": "src/names/testdata/corpus/ref_expression",
    "avro_fuzz": "src/tables/testdata/corpus/avro",
    "delta_checkpoint_fuzz": "src/tables/testdata/corpus/delta_checkpoint",
    "descriptor_fuzz": "src/tables/testdata/corpus/descriptor",
    "position_deletes_fuzz": "src/tables/testdata/corpus/position_deletes",
    "schema_fuzz": "src/tables/testdata/corpus/schema",
}


def fuzz(program, corpora, seconds):
    """The finished process."""
    artifacts = WORK / "artifacts"
    artifacts.mkdir(parents=True, exist_ok=True)
    command = [program, f"-max_total_time={seconds}", f"-timeout={INPUT_TIMEOUT_S}", f"-rss_limit_mb={MEMORY_MB_MAX}", "-print_final_stats=1"]
    command += [f"-artifact_prefix={artifacts}/{program.name}-", *corpora]
    return subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=seconds + 300)


def run_target(bin_dir, name, seconds):
    """(passed, text)"""
    found = WORK / "corpus" / name
    found.mkdir(parents=True, exist_ok=True)
    done = fuzz(bin_dir / name, [found, ROOT / TARGETS[name]], seconds)
    runs = re.search(r"number_of_executed_units: (\d+)", done.stderr)
    if done.returncode == 0 and runs:
        return True, f"{name}: {runs.group(1)} inputs in {seconds} s"
    return False, f"{name} FAILED ({done.returncode}):\n{done.stderr[-6000:]}"


def check_canary(bin_dir):
    """(passed, text)"""
    done = fuzz(bin_dir / CANARY, [], 60)
    if done.returncode != 0 and "deadly signal" in done.stderr:
        return True, f"{CANARY}: found"
    return False, f"{CANARY} was not found: the fuzzer sees nothing\n{done.stderr[-3000:]}"


def keep(bin_dir, name):
    """Replaces the repository's corpus by the smallest files that cover what both corpora cover."""
    corpus = ROOT / TARGETS[name]
    merged = WORK / "merged" / name
    shutil.rmtree(merged, ignore_errors=True)
    merged.mkdir(parents=True)
    command = [bin_dir / name, "-merge=1", f"-timeout={INPUT_TIMEOUT_S}", merged, corpus, WORK / "corpus" / name]
    subprocess.run(command, check=True, capture_output=True, timeout=600)
    for old in corpus.iterdir():
        old.unlink()
    for new in merged.iterdir():
        shutil.copy(new, corpus / new.name)
    return sum(file.stat().st_size for file in corpus.iterdir()), len(list(corpus.iterdir()))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=30)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--list", action="store_true", help="print the names of the programs, the canary's too")
    parser.add_argument("bin_dir", type=pathlib.Path, nargs="?")
    parser.add_argument("names", nargs="*", default=None)
    arguments = parser.parse_args()
    if arguments.list:
        print(" ".join([*TARGETS, CANARY]))
        return 0
    if arguments.bin_dir is None:
        parser.error("where are the programs?")
    bin_dir = arguments.bin_dir.resolve()
    names = arguments.names or list(TARGETS)
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        running = [pool.submit(run_target, bin_dir, name, arguments.seconds) for name in names]
        running.append(pool.submit(check_canary, bin_dir))
        results = [future.result() for future in running]
    for _, text in results:
        print(text)
    passed = all(ok for ok, _ in results)
    if passed and arguments.keep:
        for name in names:
            size, count = keep(bin_dir, name)
            print(f"{name}: corpus of {count} files, {size} bytes")
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
