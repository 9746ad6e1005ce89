"""Databases to meter in, and back-ends whose usage a test sets."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from storage_api.database import Database
from storage_api.domain.secrets import Secret
from tests.conftest import skip_or_fail
from tests.servers import service
from tests.services.postgres import INSTALL, PostgresServer, postgres_server, programs


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    if programs() is None:
        skip_or_fail(f"PostgreSQL is not installed: {INSTALL}")
    with postgres_server() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of its own."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/samples.sqlite"
    server: PostgresServer = request.getfixturevalue("postgres")
    return server.create(f"test-{uuid.uuid4().hex}")


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Flask]:
    """A service of its own, with its samples."""
    app = service({"SAPI_STATE_DIRECTORY": str(tmp_path)})
    yield app
    app.extensions["storage_api_meter"].database.close()


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    made = Database(Secret(database_url), lambda: pytest.fail("no directory is needed"))
    yield made
    made.close()
