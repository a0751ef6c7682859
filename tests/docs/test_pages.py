"""Pages for users: their examples are typed as they stand, and must print what the page says."""

import re
import subprocess

import pytest

from tests.lib.client import LAKECTL, Lakectl
from tests.lib.server import ROOT, TarnServer

TIMEOUT_S = 120
SHELL_PROLOGUE = "set -o pipefail\n"


def examples(page):
    """(command, printed) of each `$` line in the console blocks, in order."""
    out = []
    for block in re.findall(r"^```console\n(.*?)^```$", page, re.M | re.S):
        assert block.startswith("$ "), block
        for part in re.split(r"^\$ ", block, flags=re.M)[1:]:
            command, _, printed = part.partition("\n")
            out.append((command, printed))
    return out


def matches(expected, printed):
    """`…` stands for anything, also for several lines or nothing. A missing newline at the end does not count."""
    if printed and not printed.endswith("\n"):
        printed += "\n"
    if expected.endswith("…\n"):
        expected = expected[:-1]
    pattern = ".*".join(re.escape(piece) for piece in expected.split("…"))
    return re.fullmatch(pattern, printed, re.S) is not None


def test_examples_and_matches():
    page = "text\n```console\n$ one\nout…\n$ two # x\n```\n```sh\n$ no\n```\n```console\n$ three\n…\n```\n"
    assert examples(page) == [("one", "out…\n"), ("two # x", ""), ("three", "…\n")]
    assert matches("a…c\n", "a b\nc\n") and matches("…\n", "a\nb\n") and matches("", "") and matches("…\n", "")
    assert matches("a\n", "a") and matches("a\n…\n", "a\nb")
    assert not matches("", "a\n") and not matches("a\n", "") and not matches("a\n", "b\n") and not matches("a.c\n", "abc\n")


@pytest.fixture
def importing_server(tmp_path):
    """A server that may import from the folder `home` beside its own."""
    (tmp_path / "home").mkdir()
    running = TarnServer(
        tmp_path / "server",
        TARN_BLOCKSTORE_LOCAL_IMPORT_ENABLED="true",
        TARN_BLOCKSTORE_LOCAL_ALLOWED_EXTERNAL_PREFIXES=str(tmp_path / "home"),
    ).start()
    yield running
    running.stop()


@pytest.mark.parametrize("name", ["history.md"])
def test_page(name, importing_server, tmp_path):
    home = tmp_path / "home"
    variables = Lakectl(importing_server, home).variables
    # `tarn fsck` reads what the server reads.
    variables["TARN_DATA_DIR"] = str(importing_server.folder / "data")
    variables["TARN_BLOCKSTORE_LOCAL_ALLOWED_EXTERNAL_PREFIXES"] = str(home)
    variables["PATH"] = f"{LAKECTL.parent}:{variables['PATH']}"
    commands = examples((ROOT / "docs" / name).read_text())
    assert commands
    exports = SHELL_PROLOGUE
    for command, expected in commands:
        if command.startswith("export "):
            exports += command + "\n"
        done = subprocess.run(
            ["bash", "-c", exports + command],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            env=variables,
            cwd=home,
            timeout=TIMEOUT_S,
        )
        printed = done.stdout.decode()
        code = re.search(r"# exits with (\d+)$", command)
        assert done.returncode == (int(code.group(1)) if code else 0), f"$ {command}\n{printed}"
        assert matches(expected, printed), f"$ {command}\n{printed}\ninstead of\n{expected}"
