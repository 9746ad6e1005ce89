"""What becomes of a new volume on the filer, and what it costs there."""

from typing import Any

import pytest

from storage_api.backends.netapp.backend import NetappStorage
from storage_api.domain.errors import (
    AlreadyExists,
    BackendFull,
    BackendUnavailable,
    Conflict,
    Invalid,
)
from storage_api.domain.requests import VolumeCreate
from storage_api.domain.units import GIB
from tests.backends.netapp.filer import VOLUMES, calls, storage_at
from tests.simulators.ontap import OntapSimulator, Settings

NEW: VolumeCreate = {"size_total": GIB, "junction_path": "/new"}


def test_a_new_volume_has_v3_s_defaults_and_costs_three_calls(
    sim: OntapSimulator, storage: NetappStorage
) -> None:
    made = storage.create_volume("new", {"size_total": 30_000_000, "junction_path": "/new"})
    assert calls(sim) == ["GET /api/svm/svms", f"POST {VOLUMES}", f"GET {VOLUMES}"]
    assert (made.size_total, made.max_autosize) == (30_003_200, 36_003_840)
    assert (made.autosize_enabled, made.percentage_snapshot_reserve) == (True, 0)
    assert (made.compression_enabled, made.inline_compression) == (True, True)
    assert (made.junction_path, made.state, made.active_policy_name) == (
        "/new",
        "online",
        "default",
    )
    assert made == storage.get_volume("new")


def test_every_default_can_be_overridden(sim: OntapSimulator, storage: NetappStorage) -> None:
    sim.add_policy("strict")
    asked: dict[str, Any] = {
        "size_total": 8 * GIB,
        "junction_path": "/a/b",
        "aggregate_name": "aggr2",
        "percentage_snapshot_reserve": 20,
        "autosize_enabled": True,
        "max_autosize": 40 * GIB,
        "compression_enabled": True,
        "inline_compression": False,
        "active_policy_name": "strict",
    }
    sim.add_volume("a", path="/a")
    made = storage.create_volume("new", asked)  # type: ignore[arg-type]
    assert {key: getattr(made, key) for key in asked} == asked
    assert sim.volume("new").size == 10 * GIB


def test_autosize_off_leaves_the_maximum_to_the_filer(storage: NetappStorage) -> None:
    fields: VolumeCreate = {**NEW, "autosize_enabled": False, "compression_enabled": False}
    made = storage.create_volume("new", fields)
    assert (made.autosize_enabled, made.compression_enabled) == (False, False)
    assert made.inline_compression is False


@pytest.mark.parametrize("reserve", [0, 1, 5, 7, 33, 90])
@pytest.mark.parametrize("size", [21 << 20, GIB, GIB + 1, 10**12 + 7])
def test_size_is_what_users_get_whatever_the_reserve(
    storage: NetappStorage, reserve: int, size: int
) -> None:
    fields: VolumeCreate = {**NEW, "size_total": size, "percentage_snapshot_reserve": reserve}
    made = storage.create_volume("new", fields)
    assert made.size_total is not None
    assert 0 <= made.size_total - size < 4096
    if reserve == 0 and size % 4096 == 0:
        assert made.size_total == size


def test_the_path_may_be_the_address_and_the_name_in_the_body(storage: NetappStorage) -> None:
    made = storage.create_volume("any:/deep", {"size_total": GIB, "name": "named"})
    assert (made.name, made.junction_path) == ("named", "/deep")


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("new", {"size_total": GIB}),
        ("new", {"junction_path": "/new"}),
        ("any:/new", {"size_total": GIB}),
        ("any:/new", {"size_total": GIB, "name": "n", "junction_path": "/other"}),
        ("any:/a..b", {"size_total": GIB, "name": "n"}),
        ("any:/a//b", {"size_total": GIB, "name": "n"}),
        ("new", {**NEW, "name": "other"}),
        ("new", {**NEW, "aggregate_name": "aggr0_data"}),
        ("with-dash", NEW),
        ("1st", NEW),
        ("a" * 204, NEW),
        ("new", {**NEW, "junction_path": "/a/"}),
        ("new", {**NEW, "inline_compression": True, "compression_enabled": False}),
        ("new", {**NEW, "max_autosize": GIB - 4096}),
        ("new", {**NEW, "size_total": 2**63 - 1}),
        ("new", {**NEW, "size_total": 2**63 - 1, "percentage_snapshot_reserve": 90}),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_sent(
    sim: OntapSimulator, storage: NetappStorage, name: str, fields: VolumeCreate
) -> None:
    with pytest.raises(Invalid):
        storage.create_volume(name, fields)
    assert not sim.requests


def test_the_aggregate_with_most_space_is_taken_and_the_next_when_it_is_full(
    sim: OntapSimulator, storage: NetappStorage
) -> None:
    sim.set_available("aggr1", 2 * GIB)
    sim.set_available("aggr2", 3 * GIB)
    assert storage.create_volume("one", {**NEW, "junction_path": "/1"}).aggregate_name == "aggr2"
    sim.faults.add(kind="code", method="POST", path=VOLUMES, code=917536, text="Not enough space.")
    assert storage.create_volume("two", {**NEW, "junction_path": "/2"}).aggregate_name is not None
    with pytest.raises(BackendFull):
        storage.create_volume("big", {"junction_path": "/3", "size_total": 9 * GIB})
    assert len(sim.volumes()) == 2


@pytest.mark.parametrize("svm_account", [False, True])
def test_without_assigned_aggregates_only_the_cluster_can_choose(svm_account: bool) -> None:
    with OntapSimulator(svm_account=svm_account) as sim:
        sim.add_svm("free", aggregates=None)
        sim.account.svm = "free" if svm_account else None
        storage = storage_at(sim, vserver="free")
        if svm_account:
            with pytest.raises(BackendUnavailable, match="aggregate_name"):
                storage.create_volume("new", NEW)
            fields: VolumeCreate = {**NEW, "aggregate_name": "aggr1"}
            assert storage.create_volume("new", fields).aggregate_name == "aggr1"
        else:
            assert storage.create_volume("new", NEW).aggregate_name in {"aggr1", "aggr2"}


def test_a_name_or_a_path_in_use_is_refused(sim: OntapSimulator, storage: NetappStorage) -> None:
    storage.create_volume("new", NEW)
    with pytest.raises(AlreadyExists):
        storage.create_volume("new", {**NEW, "junction_path": "/other"})
    with pytest.raises((AlreadyExists, Invalid)):
        storage.create_volume("other", NEW)
    assert len(sim.volumes()) == 1


def test_a_system_with_disks_gets_its_compression_in_a_second_step() -> None:
    with OntapSimulator(settings=Settings(platform="hdd")) as sim:
        made = storage_at(sim).create_volume("new", NEW)
        assert (made.compression_enabled, made.inline_compression) == (True, True)


def test_if_the_second_step_fails_the_error_says_what_is_there() -> None:
    with OntapSimulator(settings=Settings(platform="hdd")) as sim:
        sim.faults.add(kind="code", method="PATCH", code=8, times=None)
        with pytest.raises(Conflict, match="made, but without compression"):
            storage_at(sim).create_volume("new", NEW)
        assert sim.volume("new").state == "online"
