"""The client and ``sapi`` at simulated vendors: a filer, an object store and a portal."""

import itertools
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass

import pytest

from storage_api_client import Client, NotSupported
from tests.backends.cscs.lab import Lab
from tests.clients.installed import Sapi
from tests.clients.signing_on import sign_on
from tests.servers import Server, flask_server
from tests.simulators.ecs import EcsSimulator
from tests.simulators.hpc_user.simulator import HpcUserSimulator
from tests.simulators.ontap import OntapSimulator
from tests.simulators.waldur import WaldurSimulator


@dataclass(frozen=True)
class Site:
    server: Server
    lab: Lab


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    log = tmp_path_factory.mktemp("vendors") / "log"
    with ExitStack() as stack:
        filer = stack.enter_context(OntapSimulator())
        store = stack.enter_context(EcsSimulator())
        waldur = stack.enter_context(WaldurSimulator())
        lab = Lab(waldur, stack.enter_context(HpcUserSimulator()))
        entries = [
            _entry("filer", "NetappStorage", _filer_options(filer)),
            _entry("ecs", "EcsStorage", _store_options(store)),
            _entry("cscs", "CscsStorage", lab.options()),
        ]
        server = stack.enter_context(flask_server({"SAPI_BACKENDS": "🦄".join(entries)}, log))
        yield Site(server, lab)


def _entry(name: str, kind: str, options: Mapping[str, str]) -> str:
    return "🌈".join([name, kind, *itertools.chain(*options.items())])


def _filer_options(filer: OntapSimulator) -> dict[str, str]:
    return {
        "hostname": filer.hostname,
        "ca_file": str(filer.ca_file),
        "username": filer.username,
        "password": filer.password,
        "vserver": filer.svm,
    }


def _store_options(store: EcsSimulator) -> dict[str, str]:
    return {
        "url": store.url,
        "ca_file": str(store.ca_file),
        "username": store.username,
        "password": store.password,
        "replication_group": "rg1",
    }


@pytest.fixture
def vendors(site: Site, sapi: Sapi, signed_on: str) -> Sapi:
    own = {"STORAGE_API_URL": site.server.url, "STORAGE_API_COOKIES": signed_on}
    return Sapi(sapi.programs, {**sapi.environ, **own})


@pytest.fixture(scope="module")
def signed_on(site: Site, tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(sign_on(site.server.url, tmp_path_factory.mktemp("signed-on")))


@pytest.fixture
def asker(site: Site, signed_on: str) -> Iterator[Client]:
    with Client(site.server.url, cookies=signed_on) as client:
        yield client


def test_a_filer(vendors: Sapi, asker: Client) -> None:
    place = ("filer", "lab_data", "--junction-path", "/lab_data")
    made = vendors("volumes", "create", *place, "--size", "20GiB", "--json")
    assert made.json["size_total"] == 20 * 2**30
    snapshots = asker.backend("filer").snapshots("lab_data")
    snapshots.create("first")
    snapshots.create("second")
    told = vendors("volumes", "rollback", "filer", "lab_data", "first", "--dry-run").out
    assert "second" in told
    grown = vendors("volumes", "set", "filer", "lab_data", "--size", "30GiB", "--json")
    assert grown.json["size_total"] == 30 * 2**30
    assert vendors("volumes", "delete", "filer", "lab_data", "--yes").code == 0
    assert vendors("buckets", "list", "filer").code == 7
    with pytest.raises(NotSupported):
        asker.backend("filer").users.get("alice")


def test_an_object_store(vendors: Sapi, asker: Client) -> None:
    made = vendors("allocations", "create", "ecs", "Smith Lab", "--size", "1TiB", "--json").json
    assert made["connection"]["secret_key"]
    told = vendors("allocations", "delete", "ecs", "Smith Lab", "--dry-run").out
    assert made["bucket"] in told
    assert made["owner"] in told
    inside = asker.backend("ecs").in_namespace(made["namespace"])
    assert [bucket["name"] for bucket in inside.buckets.list()] == [made["bucket"]]
    assert vendors("allocations", "delete", "ecs", "Smith Lab", "--yes").code == 0


def test_a_portals_orders(asker: Client, site: Site) -> None:
    resource = site.lab.resource("climate")
    site.lab.waldur.change_limits(resource, 30)
    backend = asker.backend("cscs")
    (volume,) = backend.volumes.list()
    (order,) = backend.orders(volume["name"]).list()
    orders = backend.orders(volume["name"])
    assert orders.approve(order["uuid"])["state"] == "executing"
    assert orders.approve(order["uuid"])["state"] == "executing"
    assert orders.complete(order["uuid"])["state"] == "done"
    assert list(orders.list()) == []
    items = list(backend.storage_resources.list(storage_system="capstor"))
    assert len(items) == len(list(asker.storage_resources.list())) > 0
    assert backend.storage_resources.gid_cache()["failures"] == 0


def test_capacity_of_every_vendor(vendors: Sapi) -> None:
    rows = {row["backend"]: row for row in vendors("capacity", "--json").json}
    assert sorted(rows) == ["cscs", "ecs", "filer"]
    assert not any(row["error"] for row in rows.values())
    assert vendors("capacity").out.count("\n") == 4
