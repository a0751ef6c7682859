#!/usr/bin/env python3
"""Builds each mutant of table.py with graveler's model test, runs it, and expects it to fail with a seed.

Usage: run.py [--make] [--run] [--write FILE] [-j JOBS] [NAME...]     without NAMEs all; without --make and --run both

--make writes the mutated sources to build/dev/mutants; the target `mutants` of the preset dev builds a program of each (src/graveler/
CMakeLists.txt). --run runs the programs, and fails if one survives or was not built. --write puts the results into a document.
"""

import argparse
import concurrent.futures
import pathlib
import re
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / "build" / "dev"
FOLDER = BUILD / "mutants"
TEST_TIMEOUT_S = 900

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from table import MUTANTS, places  # noqa: E402

HEAD = """# Mutants

The version store is checked against a model of ordered maps (`src/graveler/model_test.cc`, [testing.md](testing.md)). What the model test is worth
is measured with mutants: copies of the code in which one rule is broken. `make mutants` builds each of them (`tools/mutants/table.py`), runs the
model test and demands that it fails and names the seed. That every mutant can still be made is checked with the unit tests.

`tools/mutants/run.py --write docs/mutants.md` wrote this table.

| Mutant | What is broken | Found by seed | after steps | shrunk to |
| --- | --- | --- | --- | --- |
"""


def make(mutants):
    """Writes the sources; those that did not change keep their time, so that they are not built again."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    wanted = {}
    for mutant in mutants:
        files = places(mutant, ROOT)
        if len(files) != 1:
            sys.exit(f"{mutant.name}: its text occurs {len(files)} times; mend tools/mutants/table.py")
        wanted[FOLDER / f"{mutant.name}.cc"] = files[0].read_text().replace(mutant.old, mutant.new)
    for old in set(FOLDER.glob("*.cc")) - set(wanted):
        old.unlink()
    for file, text in wanted.items():
        if not file.exists() or file.read_text() != text:
            file.write_text(text)


def build(jobs):
    """A mutant that does not compile keeps none from being built."""
    subprocess.run(["cmake", "--preset", "dev"], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["ninja", "-C", BUILD, "-k", "0", "-j", str(jobs), "mutants"], check=False)


def run(mutant):
    """(found, cells of the table or what happened instead)"""
    program = FOLDER / f"mutant_{mutant.name}"
    if not program.exists() or program.stat().st_mtime < (FOLDER / f"{mutant.name}.cc").stat().st_mtime:
        return False, "is not built"
    command = [program, "--gtest_brief=1"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=TEST_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        return False, "hangs"
    if done.returncode == 0:
        return False, "survives"
    output = done.stdout + done.stderr
    found = re.search(r"seed (\d+), step (\d+).*?, (\d+) steps are enough", output)
    return (True, found.groups()) if found else (False, f"fails without a seed:\n{output[-4000:]}")


def run_all(mutants, jobs):
    """Rows of the table, and how many were not found."""
    rows, missed = [], 0
    begin = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        for mutant, (found, result) in zip(mutants, pool.map(run, mutants)):
            said = "seed {}, after {} steps, shrunk to {}".format(*result) if found else "NOT FOUND: " + result
            print(f"{mutant.name}: {said} ({time.monotonic() - begin:.0f} s)", flush=True)
            missed += not found
            if found:
                rows.append(f"| `{mutant.name}` | {mutant.what} | {' | '.join(result)} |\n")
    return rows, missed


def rest_of(document):
    """What others wrote below the table: from its first heading of the second level on."""
    text = document.read_text() if document.exists() else ""
    heading = text.find("\n## ")
    return "" if heading < 0 else text[heading:]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--make", action="store_true")
    parser.add_argument("--run", action="store_true")
    parser.add_argument("--write", type=pathlib.Path)
    parser.add_argument("-j", type=int, default=2, dest="jobs")
    parser.add_argument("names", nargs="*")
    arguments = parser.parse_args()
    unknown = set(arguments.names) - {mutant.name for mutant in MUTANTS}
    if unknown:
        parser.error(f"no such mutant: {', '.join(sorted(unknown))}")
    mutants = [mutant for mutant in MUTANTS if not arguments.names or mutant.name in arguments.names]
    both = not arguments.make and not arguments.run
    if arguments.make or both:
        make(mutants)
    if both:
        build(arguments.jobs)
    if arguments.run or both:
        rows, missed = run_all(mutants, arguments.jobs)
        if arguments.write and not missed and len(mutants) == len(MUTANTS):
            arguments.write.write_text(HEAD + "".join(rows) + rest_of(arguments.write))
        return 1 if missed else 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
