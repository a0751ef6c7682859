import pytest

from tests.trino.server import Trino


@pytest.fixture(scope="session")
def trino(aws, s3_server, tmp_path_factory):
    """Of the session, since it takes half a minute to start."""
    running = Trino(tmp_path_factory.mktemp("trino"), aws, s3_server)
    yield running
    running.stop()
