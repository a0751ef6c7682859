"""What the tests of Trino run: the parts of Trino that archives.sha256 names, fetched by Maven, checked and unpacked to .trino/<version>; and a
Java that is new enough. `python -m tests.trino.install` fetches them; once they are there it does nothing."""

import hashlib
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile

from tests.lib.server import ROOT

# The only place that names the version.
ARCHIVES = [line.split() for line in pathlib.Path(__file__).with_name("archives.sha256").read_text().splitlines()]
VERSION = re.fullmatch(r"trino-server-core-(\d+)\.tar\.gz", ARCHIVES[0][1]).group(1)
FOLDER = ROOT / ".trino" / VERSION
# Of fetching one archive.
FETCH_TIMEOUT_S = 1800
# Of this version of Trino.
JAVA_MIN = 24


def java():
    """The path of JAVA_HOME's java, else of the one that the shell finds; ends the program if it is too old."""
    home = os.environ.get("JAVA_HOME")
    path = str(pathlib.Path(home, "bin", "java")) if home else shutil.which("java")
    try:
        text = subprocess.run([path, "-version"], capture_output=True, text=True, timeout=60, check=True).stderr if path else "none"
    except (OSError, subprocess.CalledProcessError) as error:
        text = str(error)
    found = re.search(r'version "(\d+)', text)
    if found and int(found.group(1)) >= JAVA_MIN:
        return path
    there = f"{path} is Java {found.group(1)}" if found else f"{path}: {text}" if path else "there is none"
    sys.exit(f"Trino {VERSION} needs Java {JAVA_MIN} or newer, which Debian 12 does not have; set JAVA_HOME to the folder of one ({there})")


def fetch(digest, name, folder):
    """The archive `name` in `folder`, from where Maven's settings say; ends the program if it is another than it was."""
    module, kind = re.fullmatch(rf"(.+)-{VERSION}\.(.+)", name).groups()
    coordinates = f"io.trino:{module}:{VERSION}:{kind}"
    subprocess.run(
        ["mvn", "-q", "-B", "dependency:copy", f"-Dartifact={coordinates}", f"-DoutputDirectory={folder}"], check=True, timeout=FETCH_TIMEOUT_S, cwd=folder
    )
    path = folder / name
    with open(path, "rb") as archive:
        found = hashlib.file_digest(archive, "sha256").hexdigest()
    if found != digest:
        sys.exit(f"{name}: its SHA-256 is {found} and should be {digest}")
    return path


def install():
    if FOLDER.exists():
        return
    FOLDER.parent.mkdir(exist_ok=True)
    # Renamed when all of it is there, so that what was cut off is fetched anew.
    with tempfile.TemporaryDirectory(dir=FOLDER.parent) as name:
        folder = pathlib.Path(name)
        for digest, archive in ARCHIVES:
            print(f"fetching {archive}", flush=True)
            path = fetch(digest, archive, folder)
            if archive.endswith(".zip"):
                plugins = folder / f"trino-server-core-{VERSION}" / "plugin"
                with zipfile.ZipFile(path) as packed:
                    packed.extractall(plugins)
                (plugins / archive.removesuffix(".zip")).rename(plugins / archive.removeprefix("trino-").removesuffix(f"-{VERSION}.zip"))
            else:
                with tarfile.open(path) as packed:
                    packed.extractall(folder, filter="data")
            path.unlink()
        (folder / f"trino-server-core-{VERSION}").rename(FOLDER)


if __name__ == "__main__":
    java()
    install()
