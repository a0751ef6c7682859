#!/usr/bin/env python3
"""Unpacks what a real lakeFS wrote (a SQL dump of its kv table, a tar of its local block store) into one file that a C++ test can read.

    pack_lakefs_fixture.py kv.sql.xz namespace.tar.xz lakefs.pack

Lines: `row <partition> <key> <value>` and `file <bucket>/<key> <bytes>`, everything but the first word in hexadecimal; `-` is empty.
"""

import lzma
import sys
import tarfile


def hexed(data):
    return data.hex() or "-"


def rows(path):
    """(partition, key, value) of every row in the COPY sections."""
    copying = False
    with lzma.open(path, "rt", encoding="utf-8") as dump:
        for line in dump:
            line = line.rstrip("\n")
            if line.startswith("COPY public.kv_"):
                copying = True
            elif line == "\\.":
                copying = False
            elif copying:
                cells = line.split("\t")
                assert len(cells) == 3 and all(cell.startswith("\\\\x") for cell in cells), line[:200]
                yield tuple(bytes.fromhex(cell[3:]) for cell in cells)


def files(path):
    with tarfile.open(path) as tar:
        for member in tar:
            if member.isfile():
                yield member.name.removeprefix("data/").encode(), tar.extractfile(member).read()


def main():
    dump, namespace, target = sys.argv[1:]
    with open(target, "w", encoding="ascii") as out:
        for partition, key, value in rows(dump):
            out.write(f"row {hexed(partition)} {hexed(key)} {hexed(value)}\n")
        for name, content in files(namespace):
            out.write(f"file {hexed(name)} {hexed(content)}\n")


if __name__ == "__main__":
    main()
