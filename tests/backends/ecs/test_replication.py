"""Replication groups are named by people and known to ECS by URN."""

import pytest

from storage_api.backends.ecs.backend import EcsStorage
from storage_api.domain.errors import BackendRefused, Conflict, Invalid
from tests.backends.ecs.cluster import calls, storage_at
from tests.simulators.ecs import EcsSimulator

GROUPS = "/vdc/data-service/vpools"


def test_the_request_s_group_comes_before_the_configured_one(sim: EcsSimulator) -> None:
    """ColdFront's plugin has two orders, and its manual both."""
    wanted = sim.add_replication_group("rg2")
    storage = storage_at(sim)
    storage.create_namespace("configured", {})
    storage.create_namespace("asked", {"replication_group": "rg2"})
    assert sim.namespace("configured").vpool == sim.replication_group
    assert sim.namespace("asked").vpool == wanted


def test_without_either_ecs_decides(sim: EcsSimulator) -> None:
    made, _ = storage_at(sim, replication_group=None).create_namespace("physics", {})
    assert made.replication_group is None
    assert f"GET {GROUPS}" not in calls(sim)


def test_two_groups_of_one_name_are_refused(sim: EcsSimulator, storage: EcsStorage) -> None:
    """ColdFront's plugin takes the first one."""
    sim.add_replication_group("rg1")
    with pytest.raises(Conflict, match="2 replication groups called 'rg1'"):
        storage.create_namespace("physics", {})
    assert sim.namespaces() == []


@pytest.mark.parametrize("name", ["RG1", "rg", "rg1 ", "rg11"])
def test_a_name_is_matched_exactly(sim: EcsSimulator, storage: EcsStorage, name: str) -> None:
    with pytest.raises(Invalid, match="no replication group"):
        storage.create_namespace("physics", {"replication_group": name})


def test_an_inactive_group_is_none(sim: EcsSimulator, storage: EcsStorage) -> None:
    sim.add_replication_group("rg2", inactive=True)
    with pytest.raises(Invalid):
        storage.create_namespace("physics", {"replication_group": "rg2"})


def test_what_is_in_an_inactive_group_shows_its_name(
    sim: EcsSimulator, storage: EcsStorage
) -> None:
    storage.create_namespace("physics", {})
    sim.world.groups[sim.replication_group].inactive = True
    assert storage_at(sim).get_namespace("physics").replication_group == "rg1"


def test_an_error_is_no_missing_group(sim: EcsSimulator, storage: EcsStorage) -> None:
    """ColdFront's plugin swallows every error of this look-up."""
    sim.faults.add(kind="code", path=GROUPS, status=403, code=3000, times=None)
    with pytest.raises(BackendRefused):
        storage.create_namespace("physics", {})
    assert sim.namespaces() == []


def test_groups_are_asked_for_once_and_a_new_one_is_found_at_once(
    sim: EcsSimulator, storage: EcsStorage
) -> None:
    for number in range(3):
        storage.create_namespace(f"ns{number}", {})
    assert calls(sim).count(f"GET {GROUPS}") == 1
    sim.add_replication_group("rg2")
    storage.create_namespace("physics", {"replication_group": "rg2"})
    assert storage.get_namespace("physics").replication_group == "rg2"
