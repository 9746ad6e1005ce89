from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import skip_or_fail
from tests.integrations.waldur.agent import Site, agent_programs
from tests.integrations.waldur.front import Front
from tests.integrations.waldur.lab import Lab
from tests.servers import DUMMY, Server, flask_server
from tests.services.issuer import Issuer, issuer
from tests.services.rabbitmq import INSTALL, RabbitMq, missing_programs, rabbitmq
from tests.services.venvs import NotInstalled
from tests.simulators.waldur import WaldurSimulator


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The first run installs two hundred megabytes."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.timeout(900))


@pytest.fixture(scope="session")
def programs() -> Path:
    try:
        return agent_programs()
    except NotInstalled as reason:
        skip_or_fail(str(reason))


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RabbitMq]:
    if missing_programs():
        skip_or_fail(f"no RabbitMQ: {INSTALL}")
    with rabbitmq(tmp_path_factory.mktemp("rabbitmq")) as found:
        yield found


@pytest.fixture(scope="module")
def believed() -> Iterator[Issuer]:
    with issuer() as found:
        yield found


@pytest.fixture(scope="module")
def backends() -> str:
    """``SAPI_BACKENDS`` of the service; modules choose their own."""
    return DUMMY


@pytest.fixture(scope="module")
def settings(believed: Issuer, backends: str) -> dict[str, str]:
    """The service's environment; modules add to it."""
    return believed.settings(SAPI_BACKENDS=backends)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, settings: dict[str, str]) -> Iterator[Server]:
    log = tmp_path_factory.mktemp("service") / "log"
    with flask_server(settings, log) as server:
        yield server


@pytest.fixture(scope="module")
def front(service: Server) -> Iterator[Front]:
    with Front(service.url) as found:
        yield found


@pytest.fixture(scope="module")
def waldur() -> Iterator[WaldurSimulator]:
    with WaldurSimulator(offerings=()) as simulator:
        yield simulator


@pytest.fixture(scope="module")
def lab(  # noqa: PLR0917 - fixtures come by name
    tmp_path_factory: pytest.TempPathFactory,
    programs: Path,
    believed: Issuer,
    service: Server,
    front: Front,
    waldur: WaldurSimulator,
    backends: str,
) -> Lab:
    folder = tmp_path_factory.mktemp("agent")
    token = folder / "token"
    token.touch(mode=0o600)
    token.write_text(believed.token(), encoding="utf-8")
    customer = waldur.add_customer("Climate Laboratory", slug="climate-lab")
    project = waldur.add_project(customer, "Ocean Modelling", slug="msocean")
    subsystem = backends.partition("🌈")[0]
    return Lab(waldur, service, front, token, Site(programs, folder), project, subsystem)
