"""A service that everybody here talks to, and ``sapi`` as pip installs it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from storage_api_client import Client
from tests.clients.installed import Sapi, installed
from tests.clients.signing_on import sign_on
from tests.conftest import skip_or_fail
from tests.servers import DUMMY, Server, flask_server, free_port
from tests.services.oauth import SmallProvider, small_provider
from tests.services.venvs import NotInstalled


@pytest.fixture(scope="session")
def programs() -> Path:
    """The folder of programs of an environment into which the built wheel was installed."""
    try:
        return installed()
    except NotInstalled as reason:
        skip_or_fail(str(reason))


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One back-end that works, and one filer that nobody answers for."""
    lost = f"lost🌈NetappStorage🌈hostname🌈127.0.0.1:{free_port()}🌈vserver🌈vs1"
    backends = f"{DUMMY}🦄{lost}🌈username🌈api🌈password🌈x"
    log = tmp_path_factory.mktemp("service") / "log"
    with flask_server({"SAPI_BACKENDS": backends}, log) as server:
        yield server


@pytest.fixture(scope="session")
def cookies(running: Server, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Those of somebody with every role, as curl would keep them."""
    return sign_on(running.url, tmp_path_factory.mktemp("cookies"))


@pytest.fixture
def client(running: Server, cookies: Path) -> Iterator[Client]:
    with Client(running.url, cookies=cookies) as found:
        yield found


@pytest.fixture
def sapi(running: Server, cookies: Path, programs: Path, tmp_path: Path) -> Sapi:
    own = {"STORAGE_API_URL": running.url, "STORAGE_API_COOKIES": str(cookies)}
    return Sapi(programs, {**own, "HOME": str(tmp_path)})


@pytest.fixture(scope="module")
def provider() -> Iterator[SmallProvider]:
    with small_provider() as found:
        yield found


@pytest.fixture(scope="module")
def strict(provider: SmallProvider, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A service that wants tokens of ``provider``."""
    log = tmp_path_factory.mktemp("strict") / "log"
    with flask_server({"SAPI_BACKENDS": DUMMY, **provider.openid_settings()}, log) as server:
        yield server
