"""`tarn fsck`: beside a busy server, on damaged copies, and what it says when it cannot run."""

import concurrent.futures
import itertools
import os
import pathlib
import shutil
import subprocess
import threading

import lakefs
import pytest
from lakefs.client import Client

from tests.lib.fsck import fsck, run_fsck
from tests.lib.server import BIN_DIR, TarnServer, is_sanitized

REPOSITORY = "checked"


def client_of(server):
    return Client(host=server.url, username=server.access_key_id, password=server.secret_access_key)


def fill(server, name=REPOSITORY):
    """A repository with two commits, a branch, a tag and something staged."""
    repository = lakefs.repository(name, client=client_of(server)).create(f"local://bucket/{name}")
    main = repository.branch("main")
    for path in ("a", "b", "dir/c"):
        main.object(path).upload(f"content of {path}".encode())
    main.commit("first")
    main.object("b").upload(b"another content of b")
    main.commit("second")
    repository.branch("dev").create("main~1")
    repository.tag("v1").create("main")
    main.object("staged").upload(b"staged")
    return repository


def files(folder):
    """Every file with size and time of its last change."""
    found = {}
    for base, _, names in os.walk(folder):
        for name in names:
            status = os.stat(os.path.join(base, name))
            found[os.path.join(base, name)] = (status.st_size, status.st_mtime_ns, status.st_ino)
    return found


@pytest.fixture
def stopped(tmp_path):
    """A filled server that does not run."""
    server = TarnServer(tmp_path / "server").start()
    fill(server)
    server.stop()
    return server


def table(server, metarange):
    return server.folder / "data" / "block" / "bucket" / REPOSITORY / "_lakefs" / metarange


def test_beside_a_running_server(fresh_server):
    fill(fresh_server)
    report = fsck(fresh_server)
    found = report.repositories[REPOSITORY]
    assert found["branches"] == 2 and found["tags"] == 1 and found["commits"] == 3
    assert found["metaranges"] == 2 and found["staged"] == 1
    assert found["objects"] == 5, "a, b twice, dir/c, staged"
    assert found["unreachable_commits"] == 0 and found["unreferenced_tables"] == 0
    assert report.server["other_rows"] > 0, "users, keys and policies"
    # The server did not notice.
    assert fresh_server.session().get(f"{fresh_server.api}/repositories/{REPOSITORY}", timeout=30).status_code == 200


def test_nothing_is_written(stopped):
    before = files(stopped.folder / "data")
    fsck(stopped)
    assert files(stopped.folder / "data") == before


def test_text_report(stopped):
    done = subprocess.run(
        [str(BIN_DIR / "tarn"), "fsck", "--repository", REPOSITORY],
        capture_output=True,
        env=stopped.environment(),
        cwd=stopped.folder,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    line = done.stdout.decode()
    assert line.startswith(f"{REPOSITORY}: clean: 2 branches, 1 tags, 3 commits, 2 metaranges"), line
    assert line.count("\n") == 1


def test_under_load(fresh_server):
    """Commits, merges, deletions of branches and of repositories go on while one check follows the other."""
    repository = fill(fresh_server)
    stop = threading.Event()

    def work(number):
        for step in itertools.count():
            if stop.is_set():
                return step
            branch = repository.branch(f"w{number}-{step}").create("main")
            for item in range(3):
                branch.object(f"{number}/{step}/{item}").upload(b"x" * (step % 50))
            branch.commit(f"{number} {step}")
            branch.merge_into("main-copy" if number % 2 else f"copy{number}")
            branch.delete()

    def come_and_go():
        for step in itertools.count():
            if stop.is_set():
                return step
            fill(fresh_server, f"passing-{step}").delete()

    repository.branch("main-copy").create("main")
    for number in range(0, 4, 2):
        repository.branch(f"copy{number}").create("main")
    with concurrent.futures.ThreadPoolExecutor(5) as pool:
        workers = [pool.submit(work, number) for number in range(4)] + [pool.submit(come_and_go)]
        try:
            for _ in range(5 if is_sanitized() else 15):
                fsck(fresh_server)
        finally:
            stop.set()
        steps = [worker.result(timeout=120) for worker in workers]
    assert all(step > 0 for step in steps), steps
    report = fsck(fresh_server)
    assert report.repositories[REPOSITORY]["commits"] > 3


def test_damaged_range_is_found_and_named(stopped):
    tables = table(stopped, "")
    whole = {name: (tables / name).read_bytes() for name in os.listdir(tables) if len(name) == 64}
    assert len(whole) >= 4
    for name, content in whole.items():
        (tables / name).write_bytes(content[:100])
        report = run_fsck(stopped)
        assert report.code == 1, report
        assert [line["kind"] for line in report.damages] == ["bad_table"]
        assert name in report.damages[0]["subject"]
        (tables / name).unlink()
        report = run_fsck(stopped)
        assert report.code == 1 and report.damages[0]["kind"] == "missing_table", report
        assert name in report.damages[0]["subject"]
        (tables / name).write_bytes(content)
    fsck(stopped)


def test_missing_object_is_found_on_demand(stopped):
    data = sorted(pathlib.Path(table(stopped, "")).parent.glob("data/*/*"))
    assert data
    data[0].unlink()
    assert run_fsck(stopped).code == 0
    report = run_fsck(stopped, "--objects")
    assert report.code == 1
    assert {line["kind"] for line in report.damages} == {"missing_object"}


@pytest.mark.parametrize(
    "words, text",
    [
        (["--repository", "absent"], "absent: repository not found"),
        (["--repository", "A"], "repository id"),
        (["-c", "nowhere.yaml"], "nowhere.yaml"),
    ],
)
def test_what_cannot_be_checked(stopped, words, text):
    report = run_fsck(stopped, *words)
    assert report.code == 2, report
    assert text in report.stderr


def test_missing_data_folder(tmp_path):
    server = TarnServer(tmp_path / "empty")
    report = run_fsck(server)
    assert report.code == 2
    assert not (server.folder / "data").exists()


def test_damaged_database(stopped):
    database = stopped.folder / "data" / "metadata" / "db"
    copy = stopped.folder / "copy"
    shutil.copytree(database, copy)
    (database / "CURRENT").unlink()
    assert run_fsck(stopped).code == 2
    shutil.rmtree(database)
    copy.rename(database)
    fsck(stopped)


# --- A server that meets damage ---


def test_a_server_names_the_damaged_file(stopped):
    """500 with the name of the file, for as long as it is damaged; everything else is served."""
    tables = table(stopped, "")
    whole = {name: (tables / name).read_bytes() for name in os.listdir(tables) if len(name) == 64}
    for name, content in whole.items():
        for damaged in (None, content[:100], content[:-1], bytes([content[0] ^ 1]) + content[1:]):
            if damaged is None:
                (tables / name).unlink()
            else:
                (tables / name).write_bytes(damaged)
            stopped.start()  # what was read before is kept in memory
            session = stopped.session()
            url = f"{stopped.api}/repositories/{REPOSITORY}"
            answers = [
                session.get(f"{url}/refs/{ref}/{what}", timeout=30)
                for ref in ("v1", "dev")
                for what in ("objects/ls", "objects/stat?path=b", "objects?path=b")
            ]
            failed = [answer for answer in answers if answer.status_code != 200]
            assert failed, f"{name} was not needed"
            for answer in failed:
                assert answer.status_code == 500 and name in answer.json()["message"], answer.text
            assert session.get(f"{url}/branches", timeout=30).status_code == 200
            assert session.post(f"{url}/branches/main/objects", params={"path": "new"}, data=b"new", timeout=30).status_code == 201
            assert session.get(f"{url}/refs/main/objects", params={"path": "new"}, timeout=30).content == b"new"
            stopped.stop()
        (tables / name).write_bytes(content)
    # Nothing of that was kept.
    stopped.start()
    fsck(stopped)
    stopped.stop()
