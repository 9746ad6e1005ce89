"""Namespaces: made whole or finished by a repeat, changed without loss, removed only when empty."""

from typing import Any

import pytest

from storage_api.backends.ecs.backend import EcsStorage
from storage_api.domain.errors import (
    AlreadyExists,
    BackendError,
    BackendMisbehaved,
    Conflict,
    Invalid,
    NotFound,
)
from storage_api.domain.models import Namespace, Quota, RetentionClass, UserMapping
from storage_api.domain.units import GIB
from tests.backends.ecs.cluster import NAMESPACES, ONE_NAMESPACE, calls, of_namespace, storage_at
from tests.conformance.target import at_once
from tests.simulators.ecs import EcsSimulator

CREATION = f"{NAMESPACES}/namespace"
DIRECTORY = UserMapping(
    domain="example.org", groups=["physics", "atlas"], attributes={"department": ["a", "b"]}
)
EVERYTHING: dict[str, Any] = {
    "replication_group": "rg2",
    "admins": ["alice@example.org", "bob"],
    "external_group_admins": ["wizards@example.org"],
    "user_mapping": [DIRECTORY],
    "encryption_enabled": True,
    "compliance_enabled": True,
    "default_bucket_size": 7 * GIB,
    "quota": Quota(max_bytes=10 * GIB, soft_bytes=9 * GIB, max_objects=1000, soft_objects=900),
}


@pytest.fixture
def furnished(sim: EcsSimulator) -> EcsSimulator:
    sim.add_domain("example.org")
    sim.add_replication_group("rg2")
    return sim


@pytest.mark.parametrize("release", ["2.x", "3.x", "4.x"])
def test_a_namespace_has_everything_that_was_asked_for(
    furnished: EcsSimulator, storage: EcsStorage, release: str
) -> None:
    furnished.settings.release = release  # type: ignore[assignment]
    wanted = dict(EVERYTHING)
    if release != "4.x":  # which alone tells of these
        del wanted["external_group_admins"]
    if release == "2.x":
        wanted["quota"] = Quota(max_bytes=10 * GIB, soft_bytes=9 * GIB)
    made, new = storage.create_namespace("physics", wanted)  # type: ignore[arg-type]
    assert new
    assert {key: getattr(made, key) for key in wanted} == wanted
    assert made.retention_classes == []
    assert storage.get_namespace("physics") == made
    assert storage.create_namespace("physics", wanted) == (made, False)  # type: ignore[arg-type]


def test_a_mapping_is_optional_and_never_guessed(sim: EcsSimulator, storage: EcsStorage) -> None:
    """ColdFront's plugin always maps the project's title as a group of a domain."""
    made, _ = storage.create_namespace("physics", {})
    assert made.user_mapping == []
    assert b"user_mapping" not in next(one.body for one in sim.requests if one.method == "POST")


def test_a_domain_that_ecs_does_not_know_makes_nothing(
    sim: EcsSimulator, storage: EcsStorage
) -> None:
    with pytest.raises(Invalid):
        storage.create_namespace("physics", {"user_mapping": [DIRECTORY]})
    assert sim.namespaces() == []


@pytest.mark.parametrize(
    "fields",
    [
        {"replication_group": "nowhere"},
        {"quota": Quota(max_bytes=GIB - 1)},
        {"quota": Quota(max_bytes=GIB, soft_bytes=2 * GIB)},
        {"quota": Quota(max_bytes=GIB, enabled=False)},
        {"quota": Quota(max_objects=0)},
        {"default_bucket_size": 1},
        {"labels": {"a": "b"}},
        {"display_name": "Physics"},
        {"parent": "science"},
        {"admins": ["a,b"]},
        {"admins": [" "]},
        {"admins": ["a", "a"]},
        {"user_mapping": [UserMapping(domain="example.org", attributes={"x": []})]},
        {"user_mapping": [UserMapping(domain="example.org", groups=[""])]},
    ],
)
def test_what_cannot_be_honoured_is_refused_before_anything_is_made(
    furnished: EcsSimulator, storage: EcsStorage, fields: dict[str, Any]
) -> None:
    """ColdFront's plugin finds out when namespace and quota are there already."""
    with pytest.raises(Invalid):
        storage.create_namespace("physics", fields)  # type: ignore[arg-type]
    assert not calls(furnished, "POST", "PUT", "DELETE")


@pytest.mark.parametrize("name", ["Physics", "a" * 65, "a.b", "ä", ""])
def test_a_name_that_ecs_would_change_or_refuse_is_refused(
    sim: EcsSimulator, storage: EcsStorage, name: str
) -> None:
    """ColdFront's plugin checks no name that an attribute gives."""
    with pytest.raises(Invalid):
        storage.create_namespace(name, {})
    assert calls(sim) == []


def test_other_settings_are_a_conflict_and_change_nothing(
    furnished: EcsSimulator, storage: EcsStorage
) -> None:
    made, _ = storage.create_namespace("physics", {"admins": ["alice"]})
    with pytest.raises(AlreadyExists, match="another admins"):
        storage.create_namespace("physics", {"admins": ["bob"]})
    with pytest.raises(AlreadyExists, match="another replication_group"):
        storage.create_namespace("physics", {"replication_group": "rg2"})
    assert storage.get_namespace("physics") == made


def test_the_order_of_names_and_the_rounding_of_sizes_are_no_difference(
    furnished: EcsSimulator, storage: EcsStorage
) -> None:
    wanted: dict[str, Any] = {"admins": ["a", "b"], "quota": Quota(max_bytes=GIB + 1)}
    made, _ = storage.create_namespace("physics", wanted)  # type: ignore[arg-type]
    assert made.quota == Quota(max_bytes=2 * GIB)
    again = wanted | {"admins": ["b", "a"]}
    assert storage.create_namespace("physics", again) == (made, False)  # type: ignore[arg-type]


def test_of_callers_at_once_one_makes_it(sim: EcsSimulator, storage: EcsStorage) -> None:
    """ColdFront's plugin looks first and creates then, and another may come in between."""
    others = [storage_at(sim) for _ in range(4)]
    made = at_once(lambda number: others[number].create_namespace("physics", {})[1], 4)  # type: ignore[arg-type, return-value]
    assert sorted(made) == [False, False, False, True]  # type: ignore[type-var, comparison-overlap]
    assert calls(sim, "POST") == [f"POST {CREATION}"]


def test_who_comes_second_elsewhere_finds_the_first_one_s(
    sim: EcsSimulator, storage: EcsStorage
) -> None:
    """Whatever code ECS gives to a duplicate."""
    other = storage_at(sim)
    other.create_namespace("physics", {})
    sim.faults.add(kind="code", method="GET", path=ONE_NAMESPACE, status=400, code=1004)
    sim.faults.add(kind="code", method="POST", path=CREATION, status=400, code=99999)
    assert storage.create_namespace("physics", {})[1] is False


@pytest.mark.parametrize("kind", ["cut-after", "cut-within", "truncate", "garbage"])
def test_a_lost_answer_is_looked_for_and_the_create_sent_once(
    sim: EcsSimulator, storage: EcsStorage, kind: str
) -> None:
    sim.faults.add(kind=kind, method="POST", path=CREATION)  # type: ignore[arg-type]
    made, new = storage.create_namespace("physics", {"quota": Quota(max_bytes=GIB)})
    assert (new, made.quota) == (True, Quota(max_bytes=GIB))
    assert calls(sim, "POST") == [f"POST {CREATION}"]


def test_a_create_that_did_not_arrive_is_an_error_and_not_repeated(
    sim: EcsSimulator, storage: EcsStorage
) -> None:
    sim.faults.add(kind="cut-before", method="POST", path=CREATION)
    with pytest.raises(BackendError):
        storage.create_namespace("physics", {})
    assert sim.namespaces() == []
    assert storage.create_namespace("physics", {})[1] is True


def test_a_namespace_without_its_quota_is_finished_by_a_repeat(
    sim: EcsSimulator, storage: EcsStorage
) -> None:
    """ColdFront's plugin leaves it as it is and says "already exists" from then on."""
    wanted = {"quota": Quota(max_bytes=GIB)}
    sim.faults.add(kind="status", method="PUT", path="*/quota", status=500)
    with pytest.raises(BackendError, match="the same request finishes it"):
        storage.create_namespace("physics", wanted)  # type: ignore[arg-type]
    made, new = storage.create_namespace("physics", wanted)  # type: ignore[arg-type]
    assert (made.quota, new) == (Quota(max_bytes=GIB), False)


def test_a_setting_that_ecs_drops_is_noticed(sim: EcsSimulator, storage: EcsStorage) -> None:
    """ColdFront's plugin never reads back what it has set."""
    storage.create_namespace("physics", {})
    sim.faults.add(kind="status", status=200, method="PUT", body=b"", times=None)
    with pytest.raises(BackendMisbehaved, match="does not show it"):
        storage.update_namespace("physics", {"admins": ["alice"]})
    with pytest.raises(BackendMisbehaved, match="does not show it"):
        storage.set_quota(of_namespace("physics"), Quota(max_bytes=GIB))
    with pytest.raises(BackendMisbehaved, match="does not show it"):
        storage.create_namespace("chemistry", {"quota": Quota(max_bytes=GIB)})


def test_a_change_keeps_everything_else(furnished: EcsSimulator, storage: EcsStorage) -> None:
    """ECS wants the mapping with every change, and takes away admins that are not repeated."""
    made, _ = storage.create_namespace("physics", EVERYTHING)  # type: ignore[arg-type]
    changed = storage.update_namespace("physics", {"default_bucket_size": None})
    assert changed == Namespace(**{**vars(made), "default_bucket_size": None})
    changed = storage.update_namespace("physics", {"admins": ["carol"]})
    assert (changed.admins, changed.user_mapping) == (["carol"], [DIRECTORY])
    assert changed.external_group_admins == made.external_group_admins
    assert changed.quota == made.quota


@pytest.mark.parametrize(
    "changes",
    [
        {"admins": []},
        {"external_group_admins": []},
        {"user_mapping": []},
        {"user_mapping": [UserMapping(domain="example.org", groups=["chemistry"])]},
        {"replication_group": "rg1"},
        {"default_bucket_size": 2 * GIB},
        {"encryption_enabled": True},
    ],
)
def test_each_setting_can_be_changed_and_a_repeat_changes_nothing(
    furnished: EcsSimulator, storage: EcsStorage, changes: dict[str, Any]
) -> None:
    before = EVERYTHING | {"encryption_enabled": False}
    storage.create_namespace("physics", before)  # type: ignore[arg-type]
    changed = storage.update_namespace("physics", changes)  # type: ignore[arg-type]
    assert {key: getattr(changed, key) for key in changes} == changes
    furnished.forget_requests()
    assert storage.update_namespace("physics", changes) == changed  # type: ignore[arg-type]
    assert not calls(furnished, "PUT")


def test_encryption_is_never_switched_off(furnished: EcsSimulator, storage: EcsStorage) -> None:
    storage.create_namespace("physics", {"encryption_enabled": True})
    with pytest.raises(Conflict):
        storage.update_namespace("physics", {"encryption_enabled": False})
    assert not calls(furnished, "PUT")


@pytest.mark.parametrize("kind", ["cut-after", "garbage"])
def test_a_change_whose_answer_is_lost_is_looked_for(
    sim: EcsSimulator, storage: EcsStorage, kind: str
) -> None:
    storage.create_namespace("physics", {})
    sim.faults.add(kind=kind, method="PUT", path=ONE_NAMESPACE, times=3)  # type: ignore[arg-type]
    assert storage.update_namespace("physics", {"admins": ["alice"]}).admins == ["alice"]


def test_retention_classes_are_shown(sim: EcsSimulator, storage: EcsStorage) -> None:
    storage.create_namespace("physics", {})
    sim.world.namespaces["physics"].retention_classes["year"] = 31_536_000
    wanted = [RetentionClass(name="year", seconds=31_536_000)]
    for release in ("4.x", "3.x"):
        sim.settings.release = release
        assert storage.get_namespace("physics").retention_classes == wanted


def test_an_absent_namespace_is_not_found_and_deleting_it_is_done(storage: EcsStorage) -> None:
    with pytest.raises(NotFound):
        storage.get_namespace("physics")
    with pytest.raises(NotFound):
        storage.update_namespace("physics", {"display_name": "x"})
    with pytest.raises(NotFound):
        storage.get_quota(of_namespace("physics"))
    with pytest.raises(NotFound):
        storage.get_usage(of_namespace("physics"))
    storage.delete_namespace("physics")
