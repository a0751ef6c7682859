import itertools

import pytest

from tests.lib.server import TarnServer

_numbers = itertools.count()


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """One server for tests that do not disturb each other: each takes a repository of its own."""
    running = TarnServer(tmp_path_factory.mktemp("server")).start()
    yield running
    running.stop()


@pytest.fixture
def fresh_server(tmp_path):
    """A server of the test's own."""
    running = TarnServer(tmp_path / "server").start()
    yield running
    running.stop()


@pytest.fixture
def repository(server):
    """The name of a new repository."""
    name = f"repo-{next(_numbers)}"
    answer = server.session().post(
        f"{server.api}/repositories", json={"name": name, "storage_namespace": f"local://bucket/{name}"}, timeout=30
    )
    assert answer.status_code == 201, answer.text
    return name
