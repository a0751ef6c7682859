import itertools

import pytest
import requests

from tests.lib.aws import Aws
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
def healthy_afterwards(server):
    """For modules of bad input: after each test the server answers as if nothing had been."""
    yield
    answer = requests.get(server.url + "/_health", timeout=30)
    assert answer.status_code == 200 and answer.text.startswith("alive!")


@pytest.fixture
def repository(server):
    """The name of a new repository."""
    return server.create_repository(f"repo-{next(_numbers)}")


@pytest.fixture(scope="session")
def aws():
    """S3 and Glue of this session, with the bucket `lake` and the Glue database `lake`."""
    running = Aws()
    running.s3.create_bucket(Bucket="lake")
    running.glue.create_database(DatabaseInput={"Name": "lake"})
    yield running
    running.stop()


@pytest.fixture(scope="session")
def s3_server(aws, tmp_path_factory):
    """A server whose objects lie in `aws`."""
    running = TarnServer(tmp_path_factory.mktemp("s3-server"), **aws.variables()).start()
    yield running
    running.stop()
