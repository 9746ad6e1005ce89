"""What the template starts does start: the very commands, with the very environment."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from tests.conftest import skip_or_fail
from tests.deploy.site import Site, probes
from tests.metering.hanging import hanging_gateway
from tests.servers import ROOT, Server, environment, uwsgi_server
from tests.services import postgres, redis
from tests.services.postgres import PostgresServer, postgres_server
from tests.services.redis import RedisServer, redis_server

_START_SECONDS = 30.0
_HANGING = "slow🌈RadosgwStorage🌈endpoint🌈{url}🌈admin_access_key🌈a🌈admin_secret_key🌈b"


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    if redis.is_missing():
        skip_or_fail(f"redis-server is not installed: {redis.INSTALL}")
    with redis_server(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture(scope="module")
def database() -> Iterator[PostgresServer]:
    if postgres.programs() is None:
        skip_or_fail(f"PostgreSQL is not installed: {postgres.INSTALL}")
    with postgres_server() as server:
        yield server


@pytest.fixture(scope="module")
def hanging() -> Iterator[str]:
    """An entry for a gateway that takes connections and never answers."""
    with hanging_gateway() as url:
        yield _HANGING.format(url=url)


@pytest.fixture(scope="module")
def services(shared: RedisServer, database: PostgresServer) -> dict[str, str]:
    return {
        "SAPI_REDIS_URL": shared.url,
        "SAPI_DATABASE_URL": database.create("template"),
        "SAMPLE_EVERY": "1m",
    }


@pytest.fixture(scope="module")
def site(services: dict[str, str]) -> Site:
    return Site(**services)


def settings_of(site: Site, deployment: str, state: Path) -> dict[str, str]:
    """The container's environment, with a directory of this machine for the mounted one."""
    return site.environment(deployment) | {"SAPI_STATE_DIRECTORY": str(state)}


@pytest.fixture(scope="module")
def server(
    services: dict[str, str], hanging: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("template")
    site = Site(**services, SAPI_BACKENDS=f"dummy🌈DummyStorage🦄{hanging}")
    settings = settings_of(site, "storage-api", folder)
    with uwsgi_server(settings, folder / "log") as server:
        yield server


def test_the_probes_find_a_service_that_a_storage_system_keeps_waiting(
    site: Site, server: Server
) -> None:
    for name, probe in probes(site.container("storage-api")).items():
        began = time.monotonic()
        answer = requests.get(f"{server.url}{probe['httpGet']['path']}", timeout=30)
        assert answer.status_code == 200, name
        assert time.monotonic() - began < probe["timeoutSeconds"] / 2, name


def test_pages_know_that_the_router_speaks_tls(server: Server) -> None:
    answer = requests.get(
        f"{server.url}/login",
        headers={"X-Forwarded-Proto": "https", "X-Forwarded-Host": "storage.example.org"},
        allow_redirects=False,
        timeout=30,
    )
    assert "https%3A%2F%2Fstorage.example.org%2Foauth-done" in answer.headers["Location"]


@contextmanager
def running(
    site: Site, deployment: str, folder: Path
) -> Iterator[tuple[subprocess.Popen[str], Path]]:
    """A container's process, and its log; ended with the signal that OpenShift sends."""
    command: Sequence[str] = site.container(deployment)["command"]
    settings = settings_of(site, deployment, folder)
    search = {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    log = folder / "log"
    with log.open("w") as output:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment(settings) | search,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
        )
    try:
        yield process, log
    finally:
        process.kill()
        process.wait()


def wait_for(word: str, process: subprocess.Popen[str], log: Path) -> None:
    end = time.monotonic() + _START_SECONDS
    while word not in log.read_text(encoding="utf-8"):
        assert process.poll() is None, log.read_text(encoding="utf-8")
        assert time.monotonic() < end, log.read_text(encoding="utf-8")
        time.sleep(0.05)


@pytest.mark.parametrize(
    ("deployment", "word"),
    [("storage-api-jobs", "consumer-started"), ("storage-api-sampler", '"event": "sampled"')],
)
def test_what_runs_beside_starts_and_ends_in_time(
    site: Site, deployment: str, word: str, tmp_path: Path
) -> None:
    pod = site.one("Deployment", deployment)["spec"]["template"]["spec"]
    with running(site, deployment, tmp_path) as (process, log):
        wait_for(word, process, log)
        process.send_signal(signal.SIGTERM)
        assert process.wait(pod["terminationGracePeriodSeconds"]) == 0, log.read_text()


def state_of_jobs(server: Server) -> str:
    """As the last probe found them; unknown until there was one."""
    found = requests.get(f"{server.url}/health/ready", timeout=30).json()
    state: str = found["jobs"]["status"]
    return state


def test_the_service_sees_the_pod_that_does_jobs(site: Site, tmp_path: Path) -> None:
    with running(site, "storage-api-jobs", tmp_path) as (process, log):
        wait_for("consumer-started", process, log)
        folder = tmp_path / "api"
        folder.mkdir()
        with uwsgi_server(settings_of(site, "storage-api", folder), tmp_path / "api-log") as server:
            end = time.monotonic() + _START_SECONDS
            while state_of_jobs(server) != "up":
                assert time.monotonic() < end, state_of_jobs(server)
                time.sleep(0.1)
