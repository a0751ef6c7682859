"""lakectl's file commands against a running server: bytes in, bytes out, and nothing anywhere else."""

import hashlib
import os
import re
import subprocess

import pytest

from tests.lib.client import LAKECTL, Lakectl, masked
from tests.lib.server import is_sanitized

ERROR = "\nError executing command.\n"
ODD_NAMES = [
    "plain.txt",
    "with space.txt",
    "p%20ercent",
    "p%lus+plus",
    "ünïcödé/日本語.txt",
    "deep/er/and/deeper/file",
    "quo\"te'd",
    "question?mark#hash",
    "amper&sand=equals;semi",
    "back\\slash",
    ".hidden/.file",
    "~tilde",
    "colon:at@",
    "tab\there",
]


@pytest.fixture
def lakectl(server, tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    return Lakectl(server, home)


@pytest.fixture
def main(repository):
    return f"lakefs://{repository}/main"


def tree(folder):
    """Relative path -> content."""
    return {
        os.path.relpath(os.path.join(place, name), folder): open(os.path.join(place, name), "rb").read()
        for place, _, names in os.walk(folder)
        for name in names
    }


def put_raw(server, repository, key, content=b"x"):
    """An object with a key that lakectl itself would not make."""
    answer = server.session().post(
        f"{server.api}/repositories/{repository}/branches/main/objects", params={"path": key}, data=content, timeout=30
    )
    assert answer.status_code == 201, answer.text


@pytest.mark.smoke
def test_upload_stat_cat_ls_rm(lakectl, main, tmp_path):
    file = tmp_path / "b.txt"
    content = b"x" * 1024
    file.write_bytes(content)
    shown = lakectl("fs", "upload", f"{main}/a/b.txt", "-s", str(file), "--content-type", "text/x-test")
    assert masked(shown) == (
        "Path: a/b.txt\nModified Time: <DATE>\nSize: 1024 bytes\nHuman Size: 1.0 kB\n"
        "Physical Address: <ADDRESS>\nChecksum: <CHECKSUM>\nContent-Type: text/x-test\n"
    )
    assert hashlib.md5(content).hexdigest() in shown
    assert lakectl("fs", "stat", f"{main}/a/b.txt") == shown
    assert lakectl("fs", "stat", f"{main}/a/b.txt", "--pre-sign=false") == shown
    assert lakectl("fs", "cat", f"{main}/a/b.txt") == content.decode()
    lakectl("fs", "upload", f"{main}/c", "-s", str(file))
    assert masked(lakectl("fs", "ls", f"{main}/")) == (
        "common_prefix                                                    a/\n"
        "object          <DATE>    1.0 kB          c\n"
    )
    row = "object          <DATE>    1.0 kB          "
    assert masked(lakectl("fs", "ls", f"{main}/a/")) == f"{row}b.txt\n"
    assert masked(lakectl("fs", "ls", "-r", f"{main}/")) == f"{row}a/b.txt\n{row}c\n"
    assert lakectl("fs", "ls", f"{main}/nothing/") == ""
    yellow = lakectl.with_variables(LAKECTL_INTERACTIVE="yes")("fs", "ls", f"{main}/")
    assert yellow.startswith("common_prefix") and "\x1b[93ma/\x1b[0m\n" in yellow
    assert lakectl("fs", "rm", f"{main}/c") == ""
    assert lakectl("fs", "rm", f"{main}/c") == "", "a missing object is no error"
    _, err = lakectl.fail("fs", "stat", f"{main}/c")
    assert err.endswith("\n404 Not Found\n")
    out, err = lakectl.fail("fs", "cat", f"{main}/c")
    assert out == "" and err.endswith("\n404 Not Found\n")


def test_stdin_and_stdout(lakectl, main, tmp_path):
    content = os.urandom(300_000)
    lakectl("fs", "upload", f"{main}/piped", "-s", "-", stdin=content)
    assert lakectl.run("fs", "cat", f"{main}/piped").stdout == content
    file = tmp_path / "seekable"
    file.write_bytes(content)
    with open(file, "rb") as stdin:
        stdin.seek(100)
        lakectl("fs", "upload", f"{main}/rest", "-s", "-", stdin=stdin)
    assert lakectl.run("fs", "cat", f"{main}/rest").stdout == content[100:]
    lakectl("fs", "upload", f"{main}/empty", "-s", "-", stdin=b"")
    assert lakectl.run("fs", "cat", f"{main}/empty").stdout == b""
    assert "Size: 0 bytes\nHuman Size: 0 B\n" in lakectl("fs", "stat", f"{main}/empty")


def test_upload_errors(lakectl, main, tmp_path):
    missing = tmp_path / "none"
    assert lakectl.fail("fs", "upload", f"{main}/x", "-s", str(missing))[1] == (
        f"open {missing}: no such file or directory" + ERROR
    )
    assert lakectl.fail("fs", "upload", f"{main}/x", "-s", str(tmp_path))[1] == f"read {tmp_path}: is a directory" + ERROR
    assert lakectl.fail("fs", "upload", "-r", f"{main}/x", "-s", str(missing))[1] == (
        f"failed to stat source: stat {missing}: no such file or directory" + ERROR
    )
    assert lakectl.fail("fs", "upload", f"{main}/x", "-s", "-", "-p", "0")[1] == (
        "Invalid value for parallelism (0), minimum is 1.\n" + ERROR
    )
    repository_missing = lakectl.fail("fs", "upload", "lakefs://no-such-repo/main/x", "-s", "-", stdin=b"abc")[1]
    assert repository_missing.endswith("\n404 Not Found\n")
    folder = tmp_path / "links"
    folder.mkdir()
    (folder / "link").symlink_to("nowhere")
    assert lakectl.fail("fs", "upload", "-r", f"{main}/x/", "-s", str(folder))[1] == "link: not a regular file" + ERROR
    skipping = lakectl.with_variables(LAKECTL_LOCAL_SKIP_NON_REGULAR_FILES="true")
    assert "No changes" in skipping("fs", "upload", "-r", f"{main}/x/", "-s", str(folder))


def test_a_folder_there_and_back(lakectl, main, tmp_path):
    source = tmp_path / "source"
    for number, name in enumerate(ODD_NAMES):
        file = source / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(f"{number} {name}".encode())
    (source / "empty folder").mkdir()
    out = lakectl("fs", "upload", "-r", f"{main}/up/", "-s", str(source), "-p", "4")
    assert out.startswith(f"\ndiff 'local://{source}/' <--> '{main}/up/'...\n")
    assert f"upload plain.txt{' ' * 24} ... done!\n" in out
    assert out.endswith(f"\nUpload Summary:\n\nUploaded: {len(ODD_NAMES)}\n\n")
    assert (source / "empty folder").is_dir(), "an upload deletes nothing"
    stat = lakectl("fs", "stat", f"{main}/up/plain.txt")
    mtime = int((source / "plain.txt").stat().st_mtime)
    assert stat.endswith(f"Metadata:\n\t\n\t::lakefs::client-mtime = {mtime}\n")

    # Nothing changed: nothing is sent.
    again = lakectl("fs", "upload", "-r", f"{main}/up/", "-s", f"{source}/")
    assert again == f"\ndiff 'local://{source}/' <--> '{main}/up/'...\n\nUpload Summary:\n\nNo changes\n"
    (source / "plain.txt").write_bytes(b"longer than before, so it differs")
    (source / "added").write_bytes(b"new")
    assert lakectl("fs", "upload", "-r", f"{main}/up/", "-s", str(source)).endswith("Uploaded: 2\n\n")

    target = tmp_path / "target"
    out = lakectl("fs", "download", "-r", f"{main}/up", str(target), "-p", "3")
    assert out.endswith(f"\nDownload Summary:\n\nDownloaded: {len(ODD_NAMES) + 1}\n\n")
    assert "download deep/er/and/deeper/file ... done!\n" in out
    assert tree(target) == tree(source)
    for name in ("up/p%2520ercent", "up/question%3Fmark%23hash"):
        assert lakectl("fs", "cat", f"{main}/{name}") != ""


def test_download_one(lakectl, main, tmp_path):
    lakectl("fs", "upload", f"{main}/d/file.txt", "-s", "-", stdin=b"content")
    work = tmp_path / "work"
    work.mkdir()
    out = lakectl("fs", "download", f"{main}/d/file.txt", cwd=work)
    assert out == f"download: {main}/d/file.txt to {work}/file.txt\n"
    assert (work / "file.txt").read_bytes() == b"content"
    lakectl("fs", "download", f"{main}/d/file.txt", "new/folder/name", cwd=work)
    assert (work / "new/folder/name").read_bytes() == b"content"
    # An existing file is replaced, also when it is a link: what it points to stays.
    (work / "victim").write_bytes(b"safe")
    (work / "link").symlink_to("victim")
    lakectl("fs", "download", f"{main}/d/file.txt", str(work / "link"))
    assert (work / "victim").read_bytes() == b"safe"
    assert (work / "link").read_bytes() == b"content" and not (work / "link").is_symlink()
    home = lakectl.variables["HOME"]
    assert lakectl("fs", "download", f"{main}/d/file.txt", "~/got").endswith(f" to {home}/got\n")
    lakectl("fs", "download", f"{main}/d/file.txt", "/dev/null")
    assert not os.path.isfile("/dev/null")
    out, err = lakectl.fail("fs", "download", f"{main}/none", str(work / "kept"))
    assert (out, err) == ("", f"download failed: failed to download '{work}/kept' object: request failed: 404 Not Found" + ERROR)
    assert not (work / "kept").exists()
    _, err = lakectl.fail("fs", "download", "-r", f"{main}/d/file.txt", str(work))
    assert err == f"No objects in path: {main}/d/file.txt/" + ERROR
    _, err = lakectl.fail("fs", "download", f"{main}/d/file.txt", "--part-size", "100")
    assert err == "part size must be at least 65536 bytes" + ERROR


@pytest.mark.parametrize("key", ["evil/../../escape", "evil/../escape", "evil/a/../../../escape", "evil/.."])
def test_keys_do_not_lead_out_of_the_target(lakectl, server, repository, main, tmp_path, key):
    put_raw(server, repository, key, b"escaped")
    target = tmp_path / "a/b/target"
    _, err = lakectl.fail("fs", "download", "-r", f"{main}/evil/", str(target))
    assert "leads out of the destination" in err and err.endswith(ERROR)
    assert [name for name, _ in tree(tmp_path).items() if "escape" in name] == []


def test_a_link_in_the_target_is_not_followed(lakectl, main, tmp_path):
    lakectl("fs", "upload", f"{main}/x/out/file", "-s", "-", stdin=b"new")
    outside = tmp_path / "outside"
    outside.mkdir()
    target = tmp_path / "target"
    target.mkdir()
    (target / "out").symlink_to(outside)
    lakectl.fail("fs", "download", "-r", f"{main}/x/", str(target))
    assert tree(outside) == {}


def test_odd_keys_come_down_as_files(lakectl, server, repository, main, tmp_path):
    for key in ("k//double", "k/./dot", "k/folder/", "k/plain"):
        put_raw(server, repository, key)
    lakectl("fs", "download", "-r", f"{main}/k/", str(tmp_path / "t"))
    assert sorted(tree(tmp_path / "t")) == ["dot", "double", "plain"]


def test_remove_recursively(lakectl, server, repository, main):
    session = server.session()
    url = f"{server.api}/repositories/{repository}/branches/main/objects"
    for key in [f"rm/{number:04}" for number in range(30)] + ["rmx", "stays"]:
        session.post(url, params={"path": key}, data=b"x", timeout=30).raise_for_status()
    assert lakectl("fs", "rm", "-r", f"{main}/rm", "-C", "2") == ""
    assert re.findall(r"\S+$", lakectl("fs", "ls", "-r", f"{main}/"), re.M) == ["stays"]
    assert lakectl("fs", "rm", "-r", f"{main}/nothing") == ""
    _, err = lakectl.fail("fs", "rm", "-r", f"lakefs://{repository}/none/")
    assert err.endswith("\n404 Not Found\n")
    _, err = lakectl.fail("fs", "presign", f"{main}/stays")
    assert err == "Pre-signed URL support is currently disabled for this lakeFS server" + ERROR


def test_links_are_kept_on_demand(lakectl, main, tmp_path):
    linking = lakectl.with_variables(LAKECTL_LOCAL_SYMLINK_SUPPORT="true")
    source = tmp_path / "source"
    source.mkdir()
    (source / "file").write_bytes(b"content")
    (source / "link").symlink_to("../dangling")
    assert linking("fs", "upload", "-r", f"{main}/l/", "-s", str(source)).endswith("Uploaded: 2\n\n")
    assert "No changes" in linking("fs", "upload", "-r", f"{main}/l/", "-s", str(source))
    linking("fs", "download", "-r", f"{main}/l/", str(tmp_path / "there"))
    assert os.readlink(tmp_path / "there/link") == "../dangling"
    lakectl("fs", "download", "-r", f"{main}/l/", str(tmp_path / "here"))
    assert (tmp_path / "here/link").read_bytes() == b""


def peak_kb(process):
    """The most memory the process has had, as long as it lives."""
    with open(f"/proc/{process.pid}/status") as status:
        return int(re.search(r"VmHWM:\s+(\d+) kB", status.read()).group(1))


@pytest.mark.skipif(is_sanitized(), reason="sanitizers keep freed memory")
def test_memory_stays_small(lakectl, main):
    """A large object through a pipe in and out again; the client is measured before the last bytes."""
    block = os.urandom(1 << 20)
    count = 256
    command = [str(LAKECTL), "fs", "upload", f"{main}/large", "-s", "-"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=lakectl.variables) as process:
        for _ in range(count):
            process.stdin.write(block)
        process.stdin.flush()
        assert peak_kb(process) < 64 * 1024
        process.stdin.close()
        assert f"Size: {count << 20} bytes".encode() in process.stdout.read()
    assert process.returncode == 0
    command = [str(LAKECTL), "fs", "cat", f"{main}/large"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=lakectl.variables) as process:
        for _ in range(count - 1):
            assert process.stdout.read(1 << 20) == block
        assert peak_kb(process) < 64 * 1024
        assert process.stdout.read() == block
    assert process.returncode == 0


def test_a_reader_that_goes_away_ends_cat(lakectl, server, repository, main):
    put_raw(server, repository, "long", os.urandom(8 << 20))
    with subprocess.Popen(
        [str(LAKECTL), "fs", "cat", f"{main}/long"], stdout=subprocess.PIPE, env=lakectl.variables
    ) as process:
        process.stdout.read(10)
        process.stdout.close()
        assert process.wait(timeout=60) != 0


def test_a_full_disk_is_an_error(lakectl, server, repository, main):
    put_raw(server, repository, "some", b"x" * 100_000)
    for words in (["fs", "cat", f"{main}/some"], ["fs", "ls", f"{main}/"]):
        with open("/dev/full", "wb") as full:
            done = subprocess.run(
                [str(LAKECTL), *words], stdout=full, stderr=subprocess.PIPE, env=lakectl.variables, timeout=60
            )
        assert done.returncode == 1
        assert done.stderr.decode() == "write /dev/stdout: no space left on device" + ERROR
