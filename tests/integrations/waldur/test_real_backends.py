"""The same orders on systems that are none of ours: a simulated filer and a real Ceph."""

import itertools
import re
from collections.abc import Iterator
from functools import partial

import pytest

from tests.conformance.test_radosgw import radosgw_entry
from tests.integrations.waldur.agent import Agent, Agents, until
from tests.integrations.waldur.lab import GB, OBJECTS, STORAGE, Lab
from tests.services.ceph import CephCluster
from tests.simulators.ontap import OntapSimulator
from tests.simulators.waldur.records import Offering

BOTH = {"storage": STORAGE, "objects": OBJECTS}
VOLUMES = "/api/storage/volumes"
LIMITS = {"storage": 5, "objects": 1000}


@pytest.fixture(scope="module")
def filer() -> Iterator[OntapSimulator]:
    with OntapSimulator() as simulator:
        yield simulator


def netapp_entry(filer: OntapSimulator) -> str:
    options = {
        "hostname": filer.hostname,
        "ca_file": str(filer.ca_file),
        "username": filer.username,
        "password": filer.password,
        "vserver": filer.svm,
    }
    return "🌈".join(["netapp", "NetappStorage", *itertools.chain(*options.items())])


def creations(filer: OntapSimulator) -> int:
    return sum((row.method, row.path) == ("POST", VOLUMES) for row in filer.requests)


@pytest.fixture(scope="module")
def backends(ceph: CephCluster, filer: OntapSimulator) -> str:
    return f"{radosgw_entry(ceph)}🦄{netapp_entry(filer)}"


@pytest.fixture(scope="module")
def offerings(lab: Lab) -> dict[str, Offering]:
    volume = {"subsystem": "netapp", "kind": "volume", "pause_policy": "nobody"}
    purged = {"kind": "user", "delete_policy": "purge"}
    return {
        "volume": lab.offer("volume", settings=volume),
        "user": lab.offer("user", settings=purged, components=BOTH),
        "bucket": lab.offer("bucket", settings={"kind": "bucket"}, components=BOTH),
        # Ceph's gateway has no quota for a namespace.
        "namespace": lab.offer(
            "namespace",
            settings={"kind": "namespace"},
            components={"stored": {**STORAGE, "accounting_type": "usage"}},
        ),
    }


@pytest.fixture(scope="module")
def agents(lab: Lab, offerings: dict[str, Offering]) -> Iterator[Agents]:
    agents = Agents(lab.site, "order_process")
    yield agents
    agents.end()


@pytest.fixture
def agent(agents: Agents) -> Agent:
    return agents.living()


def test_a_volume_on_a_filer(
    lab: Lab, offerings: dict[str, Offering], agent: Agent, filer: OntapSimulator
) -> None:
    [resource] = lab.made(lab.order(offerings["volume"], "ocean"))
    path = f"/v3/netapp/volumes/{resource.backend_id}"
    # ONTAP rounds up to 4 KiB; Waldur sees what was ordered.
    assert 5 * GB <= lab.call("GET", path)["size_total"] < 5 * GB + 4096
    assert resource.limits == {"storage": 5}
    assert re.fullmatch(r"\S+:/\w+", resource.backend_metadata["mount"])

    lab.made(lab.waldur.change_limits(resource, 9))
    assert 9 * GB <= lab.call("GET", path)["size_total"] < 9 * GB + 4096

    with lab.site.running("membership_sync"):
        usual = lab.call("GET", path)["active_policy_name"]
        for paused, policy in ((True, "nobody"), (False, usual)):
            lab.waldur.spoil(resource, paused=paused)
            until(partial(lab.shows, path, active_policy_name=policy))
        assert resource.limits == {"storage": 9}

    lab.made(lab.waldur.terminate(resource))
    assert lab.call("GET", path) is None


def test_an_agent_that_dies_while_the_filer_works_finds_its_volume(
    lab: Lab, offerings: dict[str, Offering], agent: Agent, filer: OntapSimulator
) -> None:
    """The ledger alone tells that the volume is its own: nothing on the filer can."""
    before = len(lab.call("GET", "/v3/netapp/volumes"))
    asked = creations(filer)
    filer.faults.add(method="POST", path=VOLUMES, kind="slow", seconds=2)
    order = lab.order(offerings["volume"], "killed")
    until(lambda: creations(filer) > asked)
    agent.kill()
    with lab.site.running("order_process"):
        [resource] = lab.made(order)
        assert len(lab.call("GET", "/v3/netapp/volumes")) == before + 1
        lab.made(lab.waldur.terminate(resource))


def test_an_account_on_ceph(lab: Lab, offerings: dict[str, Offering]) -> None:
    with lab.site.running("order_process"):
        account, bucket, namespace = lab.made(
            lab.order(offerings["user"], "ocean", limits=LIMITS),
            lab.order(offerings["bucket"], "ocean", limits=LIMITS),
            lab.order(offerings["namespace"], "ocean", limits={}),
        )
        for family, row in (("users", account), ("buckets", bucket)):
            quota = lab.call("GET", f"/v3/ceph/{family}/{row.backend_id}/quota")
            # A bucket's is rounded up to 1 KiB; Waldur sees what was ordered.
            assert 5 * GB <= quota["max_bytes"] < 5 * GB + 1024
            assert quota["max_objects"] == 1000
            assert row.limits == LIMITS
        keys = lab.call("GET", f"/v3/ceph/users/{account.backend_id}/keys")
        told = {key["client_id"] for key in lab.waldur.secrets.of(account)}
        assert {key["access_key"] for key in keys} == told
        assert account.backend_metadata["s3_endpoint"].startswith("http://127.0.0.1:")

        orders = [lab.waldur.terminate(row) for row in (account, bucket, namespace)]
        lab.made(*orders)
    assert lab.call("GET", f"/v3/ceph/users/{account.backend_id}") is None
    assert lab.call("GET", f"/v3/ceph/buckets/{bucket.backend_id}") is None
    assert lab.call("GET", f"/v3/ceph/namespaces/{namespace.backend_id}") is None
