"""Fixtures for all tests, and hypothesis' profiles (``--hypothesis-profile=ci``)."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import pytest
from flask import Flask
from hypothesis import HealthCheck, settings

from tests.conformance.client import InProcess
from tests.servers import DUMMY, Server, service, uwsgi_server
from tests.services.ceph import INSTALL, CephCluster, missing_programs
from tests.services.moto import MotoServer, moto_server
from tests.services.venvs import NotInstalled

# A fixture that several examples share is fine: every example uses names of its own.
_SHARED = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
settings.register_profile(
    "dev", max_examples=15, stateful_step_count=15, deadline=None, suppress_health_check=_SHARED
)
settings.register_profile(
    "ci", max_examples=60, stateful_step_count=30, deadline=None, suppress_health_check=_SHARED
)
settings.load_profile("dev")


@pytest.fixture
def app() -> Flask:
    """A service of its own with one DummyStorage, in debug mode."""
    return service()


@pytest.fixture
def api(app: Flask) -> InProcess:
    """A caller of ``app`` who may do everything."""
    return InProcess(app)


@pytest.fixture(scope="session")
def uwsgi(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """DummyStorage behind a real uWSGI with four worker processes."""
    log = tmp_path_factory.mktemp("uwsgi") / "log"
    with uwsgi_server({"SAPI_BACKENDS": DUMMY, "FLASK_DEBUG": "1"}, log) as server:
        yield server


@pytest.fixture(scope="session")
def ceph(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CephCluster]:
    """A real Ceph cluster of one node, the same for the whole run."""
    if missing := missing_programs():
        skip_or_fail(f"{', '.join(missing)} not installed: {INSTALL}")
    cluster = CephCluster(tmp_path_factory.mktemp("ceph"))
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.wipe()


@pytest.fixture(scope="session")
def moto(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MotoServer]:
    """The S3 side of simulated object stores, the same for the whole run."""
    try:
        with moto_server(tmp_path_factory.mktemp("moto")) as server:
            yield server
    except NotInstalled as reason:
        skip_or_fail(str(reason))


def skip_or_fail(missing: str) -> NoReturn:
    """Where ``CI`` is set, a missing program is a failure."""
    if os.environ.get("CI"):
        pytest.fail(missing)
    pytest.skip(missing)


@pytest.fixture(scope="session")
def artifacts() -> Path:
    """A folder, which git ignores, for what people look at afterwards."""
    folder = Path(__file__).parent.parent / "test-artifacts"
    folder.mkdir(exist_ok=True)
    (folder / ".gitignore").write_text("*\n")
    return folder
