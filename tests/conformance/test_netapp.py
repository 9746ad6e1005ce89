"""NetappStorage keeps every promise: with either kind of account, in one process and in four."""

from collections.abc import Iterator

import pytest

from storage_api.domain.capabilities import Capability
from tests.conformance.client import Api, InProcess, OverNetwork
from tests.conformance.declarations import contract_tests
from tests.conformance.target import Quirks, Target
from tests.servers import service, uwsgi_server
from tests.simulators.ontap import OntapSimulator, Settings

FAMILIES = frozenset(
    {
        Capability.VOLUMES,
        Capability.SNAPSHOTS,
        Capability.LOCKS,
        Capability.EXPORT,
        Capability.CAPACITY,
    }
)
SNAPSHOT_LIMIT = 6

globals().update(contract_tests(FAMILIES))


def netapp_entry(filer: OntapSimulator) -> str:
    """The filer as an entry of SAPI_BACKENDS."""
    options = {
        "hostname": filer.hostname,
        "ca_file": str(filer.ca_file),
        "username": filer.username,
        "password": filer.password,
        "vserver": filer.svm,
    }
    pairs = [part for pair in options.items() for part in pair]
    return "🌈".join(["filer", "NetappStorage", *pairs])


@pytest.fixture(scope="module", params=["cluster-account", "svm-account"])
def filer(request: pytest.FixtureRequest) -> Iterator[OntapSimulator]:
    settings = Settings(snapshot_limit=SNAPSHOT_LIMIT)
    svm_account = request.param == "svm-account"
    with OntapSimulator(settings=settings, svm_account=svm_account) as filer:
        yield filer


@pytest.fixture(scope="module", params=["in-process", "uwsgi"])
def caller(
    request: pytest.FixtureRequest, filer: OntapSimulator, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Api]:
    settings = {"SAPI_BACKENDS": netapp_entry(filer)}
    if request.param == "in-process":
        yield InProcess(service(settings))
        return
    log = tmp_path_factory.mktemp("netapp") / "log"
    with uwsgi_server({**settings, "FLASK_DEBUG": "1"}, log) as server:
        yield OverNetwork(server.url)


@pytest.fixture(scope="module")
def target(filer: OntapSimulator, caller: Api) -> Target:
    def plant_lock(volume: str, address: str) -> None:
        filer.add_lock(volume, address)

    quirks = Quirks(
        families=FAMILIES,
        snapshot_limit=SNAPSHOT_LIMIT,
        pins_clones=True,
        size_step=4096,
        plant_lock=plant_lock,
    )
    return Target(caller, "filer", quirks)
