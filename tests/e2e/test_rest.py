"""Details of the wire that clients rely on."""

import os
import pathlib
import re

import pytest


def objects(server, repository, ref="main"):
    return f"{server.api}/repositories/{repository}/refs/{ref}/objects"


@pytest.fixture
def ten(server, repository):
    """An object of ten bytes at `ten`."""
    answer = server.session().post(
        f"{server.api}/repositories/{repository}/branches/main/objects",
        params={"path": "ten"},
        data=b"0123456789",
        headers={"Content-Type": "text/plain"},
        timeout=30,
    )
    assert answer.status_code == 201
    return objects(server, repository)


@pytest.mark.parametrize(
    "field, status, body, content_range",
    [
        ("bytes=0-3", 206, b"0123", "bytes 0-3/10"),
        ("bytes=-3", 206, b"789", "bytes 7-9/10"),
        ("bytes=8-", 206, b"89", "bytes 8-9/10"),
        ("bytes=5-300", 206, b"56789", "bytes 5-9/10"),
        ("bytes=10-", 416, None, "bytes */10"),
        ("bytes=-0", 416, None, "bytes */10"),
        ("bytes=5-3", 416, None, None),
        ("bytes=0-1,3-4", 416, None, None),
        ("items=0-1", 400, None, None),
    ],
)
def test_ranges(server, ten, field, status, body, content_range):
    answer = server.session().get(ten, params={"path": "ten"}, headers={"Range": field}, timeout=30)
    assert answer.status_code == status
    assert answer.headers.get("Content-Range") == content_range
    if body is not None:
        assert answer.content == body


def test_object_headers(server, ten):
    session = server.session()
    answer = session.get(ten, params={"path": "ten"}, timeout=30)
    assert answer.headers["Content-Type"] == "text/plain"
    assert answer.headers["ETag"] == '"781e5e245d69b566979b86e28d23f2c7"'
    assert answer.headers["Content-Disposition"] == "inline"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    same = session.get(ten, params={"path": "ten"}, headers={"If-None-Match": answer.headers["ETag"]}, timeout=30)
    assert (same.status_code, same.content) == (304, b"")
    head = session.head(ten, params={"path": "ten"}, timeout=30)
    assert (head.headers["Content-Length"], head.headers["Accept-Ranges"]) == ("10", "bytes")
    assert session.head(ten, params={"path": "nope"}, timeout=30).status_code == 404


def test_commit_conditions(server, repository):
    session = server.session()
    commits = f"{server.api}/repositories/{repository}/branches/main/commits"
    nothing = session.post(commits, json={"message": "m"}, timeout=30)
    assert (nothing.status_code, nothing.json()["message"]) == (400, "commit: no changes")
    empty = session.post(commits, json={"message": "m", "allow_empty": True, "date": 1700000000}, timeout=30)
    assert empty.status_code == 201
    assert (empty.json()["creation_date"], empty.json()["committer"]) == (1700000000, "admin")


def test_pages(server, repository):
    session = server.session()
    for name in ("a", "b", "c"):
        made = session.post(
            f"{server.api}/repositories/{repository}/branches", json={"name": name, "source": "main"}, timeout=30
        )
        assert made.status_code == 201 and len(made.text) == 64
    seen, after = [], ""
    while True:
        page = session.get(
            f"{server.api}/repositories/{repository}/branches", params={"amount": 2, "after": after}, timeout=30
        ).json()
        seen += [b["id"] for b in page["results"]]
        after = page["pagination"]["next_offset"]
        assert page["pagination"]["has_more"] == bool(after)
        if not after:
            break
    assert seen == ["a", "b", "c", "main"]


def test_health_metrics_and_description(server):
    session = server.session()
    assert session.get(server.api + "/healthcheck", timeout=30).status_code == 204
    assert "tarn_rest_responses_total" in session.get(server.url + "/metrics", timeout=30).text
    assert session.get(server.url + "/openapi.json", timeout=30).json()["openapi"]


def test_a_name_is_given_once(server, repository):
    again = server.session().post(
        f"{server.api}/repositories", json={"name": repository, "storage_namespace": "local://b/else"}, timeout=30
    )
    assert (again.status_code, again.json()["message"]) == (409, "error creating repository: not unique")


def test_pages_resume_inside_and_behind_a_common_prefix(server, repository):
    session = server.session()
    for path in ("a/x", "a/y", "b", "c/z"):
        url = f"{server.api}/repositories/{repository}/branches/main/objects"
        assert session.post(url, params={"path": path}, data=b"1", timeout=30).status_code == 201

    def listed(**query):
        page = session.get(objects(server, repository) + "/ls", params={"delimiter": "/", **query}, timeout=30).json()
        return [o["path"] for o in page["results"]], page["pagination"]["next_offset"]

    assert listed() == (["a/", "b", "c/"], "")
    assert listed(amount=1) == (["a/"], "a/")
    assert listed(after="a/") == (["b", "c/"], "")
    assert listed(after="a/x") == (["a/", "b", "c/"], "")
    assert listed(amount=0) == listed(amount=-1) == listed()


def test_metrics_of_the_process(server):
    """Prometheus's own names, with the numbers that the system has."""
    text = server.session().get(server.url + "/metrics", timeout=30).text
    values = {line.split()[0]: float(line.split()[1]) for line in text.splitlines() if line.startswith("process_")}
    status = pathlib.Path(f"/proc/{server.process.pid}/status").read_text()
    resident = int(re.search(r"VmRSS:\s+(\d+) kB", status).group(1)) * 1024
    assert resident / 2 < values["process_resident_memory_bytes"] < resident * 2
    assert values["process_virtual_memory_bytes"] > resident
    assert 5 < values["process_open_fds"] < values["process_max_fds"]
    assert values["process_cpu_seconds_total"] > 0
    assert abs(values["process_start_time_seconds"] - os.stat(f"/proc/{server.process.pid}").st_mtime) < 60
    assert "# TYPE process_cpu_seconds_total counter\n" in text
