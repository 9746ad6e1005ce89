"""Dell's strict client finds the simulator to be a cluster of 4.x."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.simulators.checks.ecs_clients.clients import objectscale_client
from tests.simulators.ecs import EcsSimulator

# The fixture installs the client first.
pytestmark = pytest.mark.timeout(400)

DOMAIN = "ad.example.org"


@pytest.fixture(scope="module")
def sim() -> Iterator[EcsSimulator]:
    with EcsSimulator(password="made-up") as sim:
        sim.add_domain(DOMAIN)
        yield sim


@pytest.fixture(scope="module")
def seen(sim: EcsSimulator, tmp_path_factory: pytest.TempPathFactory) -> Any:
    return objectscale_client(sim, tmp_path_factory.mktemp("objectscale-client"), DOMAIN)


def test_it_sees_groups_and_pools(seen: Any) -> None:
    assert seen["groups"] == ["rg1"]
    assert seen["group"] == {"name": "rg1", "inactive": False}
    assert seen["pool"] == {"name": "pool1", "number_of_data_blocks": 12}


def test_a_namespace_lives(sim: EcsSimulator, seen: Any) -> None:
    namespace = seen["namespace"]
    assert namespace["made"] == {
        "id": "osc-ns",
        "default_data_services_vpool": sim.replication_group,
        "block_size": 10,
        "notification_size": 9,
    }
    assert namespace["mapping"] == {"domain": DOMAIN, "groups": ["g1"]}
    assert namespace["attribute"] == {"key": "department", "value": ["physics", "chemistry"]}
    updated = {"is_stale_allowed": True, "block_size": 20, "notification_size": 18}
    assert namespace["updated"] == updated
    assert namespace["list"] == namespace["prefix"] == ["osc-ns"]


def test_a_user_and_its_key_live(seen: Any) -> None:
    user = seen["user"]
    assert user["tags"] == [{"name": "a", "value": "b"}]
    # It shows both places for keys, the empty one too.
    assert user["keys"] == [True, False]
    assert (user["locked"], user["list"]) == (True, ["osc-user"])


def test_a_bucket_lives(sim: EcsSimulator, seen: Any) -> None:
    bucket = seen["bucket"]
    assert bucket["made"] == {
        "owner": "osc-user",
        "vpool": sim.replication_group,
        "block_size": 5,
        "notification_size": 4,
    }
    assert bucket["tags"] == [{"key": "a", "value": "b"}]
    assert bucket["updated"] == {
        "block_size": 8,
        "retention": 5,
        "is_stale_allowed": True,
        "versioning_status": "Enabled",
    }
    assert bucket["new tags"] == [{"key": "c", "value": "d"}]
    assert bucket["list"] == ["osc-bucket"]


def test_all_of_it_ends(sim: EcsSimulator, seen: Any) -> None:
    assert seen["end"] == {"gone": True}
    assert (sim.namespaces(), sim.live_tokens(sim.username)) == ([], 0)
