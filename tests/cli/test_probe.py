"""`storage-api probe` against storage systems that are well, that refuse, and that are away."""

import itertools
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from storage_api.domain.units import GIB
from tests.backends.cscs.lab import Lab
from tests.cli.command import Ended, run
from tests.conformance.client import InProcess
from tests.conformance.test_ecs import ecs_entry
from tests.conformance.test_netapp import netapp_entry
from tests.metering.hanging import hanging_gateway
from tests.servers import service
from tests.services.moto import MotoServer
from tests.simulators.ecs import SYSTEM_MONITOR, EcsSimulator
from tests.simulators.hpc_user.simulator import HpcUserSimulator
from tests.simulators.ontap import OntapSimulator
from tests.simulators.waldur import WaldurSimulator

_RGW = "ceph🌈RadosgwStorage🌈endpoint🌈{}🌈admin_access_key🌈a🌈admin_secret_key🌈s3cret"


def verdicts(ended: Ended) -> dict[str, str]:
    """What was found of each family."""
    lines = [re.split(r" {2,}", line, maxsplit=2) for line in ended.output.splitlines()]
    return {what: verdict.split()[0] for what, verdict, *_ in lines}


@pytest.fixture
def filer() -> Iterator[OntapSimulator]:
    with OntapSimulator() as filer:
        yield filer


@pytest.fixture
def cluster() -> Iterator[EcsSimulator]:
    with EcsSimulator() as cluster:
        yield cluster


def test_all_is_well_on_a_filer(filer: OntapSimulator) -> None:
    ended = run("probe", "filer", SAPI_BACKENDS=netapp_entry(filer))
    assert (ended.code, ended.errors) == (0, "")
    # No more than was tried: a filer tells nobody what its account may write.
    assert ended.output.startswith("connection         works    answers, and accepts our account\n")
    assert verdicts(ended) | {"snapshots": "", "locks": ""} == {
        "connection": "works",
        "volumes": "works",
        "snapshots": "",
        "locks": "",
        "export": "works",
        "capacity": "works",
    }
    assert not [call for call in filer.requests if call.method not in {"GET", "HEAD"}]


def test_what_the_account_of_a_filer_lacks_is_named(filer: OntapSimulator) -> None:
    filer.account.denied = ("/protocols/nfs/export-policies",)
    ended = run("probe", "filer", SAPI_BACKENDS=netapp_entry(filer))
    assert ended.code == 1
    assert "does not reach /api/protocols/nfs/export-policies" in ended.output
    found = verdicts(ended)
    assert (found["connection"], found["export"]) == ("FAILS", "FAILS")
    assert found["volumes"] == "works"


def test_a_wrong_password_is_refused(filer: OntapSimulator) -> None:
    """And not tried often enough to have the account locked."""
    wrong = netapp_entry(filer).replace(filer.password, "s3cret")
    ended = run("probe", "filer", SAPI_BACKENDS=wrong)
    assert ended.code == 1
    assert verdicts(ended) == {"connection": "FAILS", "volumes": "FAILS"}
    assert len(filer.requests) == 2


def test_an_account_that_cannot_write_is_named(cluster: EcsSimulator, moto: MotoServer) -> None:
    cluster.add_account("reader", "s3cret", SYSTEM_MONITOR)
    entry = ecs_entry(cluster, moto)
    entry = entry.replace(f"username🌈{cluster.username}", "username🌈reader")
    entry = entry.replace(f"password🌈{cluster.password}", "password🌈s3cret")
    ended = run("probe", "ecs", SAPI_BACKENDS=entry)
    assert ended.code == 1
    assert "lacks the role SYSTEM_ADMIN" in ended.output


def test_a_cluster_without_a_default_namespace_is_tried_in_another(
    cluster: EcsSimulator, moto: MotoServer
) -> None:
    entry = ecs_entry(cluster, moto).replace("default_namespace🌈home🌈", "")
    found = verdicts(run("probe", "ecs", SAPI_BACKENDS=entry))
    assert found["namespaces"] == "works"
    assert "FAILS" not in found.values()


@pytest.mark.parametrize("how", ["down", "hanging"])
def test_a_system_that_does_not_answer_ends_with_three(how: str) -> None:
    with hanging_gateway() as url:
        entry = _RGW.format("http://127.0.0.1:9" if how == "down" else url)
        entry += "🌈read_timeout🌈0.5🌈connect_timeout🌈0.5"
        ended = run("probe", "ceph", SAPI_BACKENDS=entry)
    assert ended.code == 3, ended.output
    assert list(verdicts(ended)) == ["connection"]


def test_everything_is_tried_on_what_is_there(tmp_path: Path) -> None:
    settings = {"SAPI_BACKENDS": f"dummy🌈DummyStorage🌈path🌈{tmp_path}/dummy"}
    api = InProcess(service(settings))
    api.post("/v3/dummy/volumes/v", {"size_total": GIB, "junction_path": "/v"}).expect(201)
    api.post("/v3/dummy/namespaces/physics", {}).expect(201)
    api.post("/v3/dummy/users/alice", {"display_name": "Alice"}).expect(201)
    api.post("/v3/dummy/buckets/data", {"owner": "alice"}).expect(201)
    ended = run("probe", "dummy", **settings)
    assert (ended.code, ended.errors) == (0, "")
    found = verdicts(ended)
    assert set(found.values()) == {"works"}
    assert {"bucket quota", "user usage", "namespace usage", "acl", "allocations"} <= found.keys()


@pytest.mark.parametrize(
    ("endpoint", "backends"), [("nobody", "dummy🌈DummyStorage"), ("dummy", "dummy🌈s3cret")]
)
def test_a_wrong_configuration_ends_with_two(endpoint: str, backends: str) -> None:
    assert run("probe", endpoint, SAPI_BACKENDS=backends).code == 2


def test_a_portal_is_asked_for_what_is_ordered() -> None:
    with WaldurSimulator() as waldur, HpcUserSimulator() as gids:
        lab = Lab(waldur, gids)
        lab.resource("climate")
        entry = "🌈".join(["cscs", "CscsStorage", *itertools.chain(*lab.options().items())])
        ended = run("probe", "cscs", SAPI_BACKENDS=entry)
    assert (ended.code, ended.errors) == (0, "")
    found = verdicts(ended)
    assert (found["orders"], found["storage-resources"]) == ("works", "works")
    assert "namespace usage    works" in ended.output
