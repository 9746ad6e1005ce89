"""ColdFront with the plugin, in front of the service with its embedded back-end."""

from collections.abc import Iterator

import pytest
import requests

from tests.conftest import skip_or_fail
from tests.integrations.coldfront.front import front_of
from tests.integrations.coldfront.running import ColdFront, coldfront
from tests.integrations.coldfront.stage import Make, Service, cookie_file, maker
from tests.servers import DUMMY, flask_server
from tests.services.venvs import NotInstalled


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("service")
    with (
        flask_server({"SAPI_BACKENDS": DUMMY}, folder / "log") as server,
        front_of(server.url) as front,
        requests.Session() as session,
    ):
        session.trust_env = False
        session.get(f"{server.url}/login", timeout=30)
        yield Service(front, cookie_file(folder / "cookies", session), session, server.url)


@pytest.fixture(scope="module")
def site(service: Service, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ColdFront]:
    folder = tmp_path_factory.mktemp("coldfront")
    try:
        with coldfront(folder, service.settings()) as found:
            found.command("storage_api_setup", "--with-quota-types")
            yield found
    except NotInstalled as error:
        skip_or_fail(str(error))


@pytest.fixture(autouse=True)
def _afresh(request: pytest.FixtureRequest) -> None:
    """Faults and settings of one test are none of the next one's."""
    if "service" in request.fixturenames:
        request.getfixturevalue("service").front.reset()
    if "site" in request.fixturenames:
        request.getfixturevalue("site").settings()


@pytest.fixture
def allocation(site: ColdFront) -> Make:
    return maker(site)
