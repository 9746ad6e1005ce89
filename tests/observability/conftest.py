"""Servers whose figures are looked at."""

import shutil
from collections.abc import Iterator

import pytest

from tests.conftest import skip_or_fail
from tests.observability.prometheus import INSTALL
from tests.servers import DUMMY, Server, uwsgi_server
from tests.simulators.ontap import OntapSimulator

WORKERS = 4


def filer_entry(sim: OntapSimulator, name: str = "filer") -> str:
    options = ["hostname", sim.hostname, "ca_file", str(sim.ca_file), "vserver", sim.svm]
    account = ["username", sim.username, "password", sim.password]
    return "🌈".join([name, "NetappStorage", *options, *account])


@pytest.fixture(scope="session")
def promtool_here() -> None:
    if shutil.which("promtool") is None:
        skip_or_fail(f"promtool not installed: {INSTALL}")


@pytest.fixture(scope="module")
def sim() -> Iterator[OntapSimulator]:
    with OntapSimulator() as sim:
        yield sim


@pytest.fixture(scope="module")
def server(sim: OntapSimulator, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Four workers, DummyStorage and a simulated filer."""
    log = tmp_path_factory.mktemp("metrics") / "log"
    settings = {"SAPI_BACKENDS": f"{DUMMY}🦄{filer_entry(sim)}", "FLASK_DEBUG": "1"}
    with uwsgi_server(settings, log, processes=WORKERS) as server:
        yield server
