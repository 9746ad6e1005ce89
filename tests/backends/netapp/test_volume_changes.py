"""What becomes of a volume that is changed or restricted, and what each change costs."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from storage_api.backends.netapp.backend import NetappStorage
from storage_api.domain.errors import (
    BackendRefused,
    Conflict,
    Invalid,
    NotFound,
    NotSupported,
)
from storage_api.domain.requests import VolumeCreate, VolumePatch
from storage_api.domain.units import GIB
from tests.backends.netapp.filer import ONE_VOLUME, VOLUMES, calls, storage_at
from tests.simulators.ontap import OntapSimulator

NEW: VolumeCreate = {"size_total": GIB, "junction_path": "/new"}


# Changing


@pytest.mark.parametrize(
    ("changes", "cost"),
    [
        ({"size_total": 3 * GIB}, 3),
        ({"percentage_snapshot_reserve": 20}, 3),
        ({"autosize_enabled": False}, 2),
        ({"autosize_enabled": True, "max_autosize": 5 * GIB}, 3),
        ({"max_autosize": 9 * GIB}, 3),
        ({"active_policy_name": "strict"}, 2),
        ({"compression_enabled": False, "inline_compression": False}, 2),
        ({"inline_compression": False}, 3),
        ({"size_total": 3 * GIB, "autosize_enabled": False, "active_policy_name": "strict"}, 3),
    ],
    ids=str,
)
def test_a_change_is_one_patch_and_what_it_makes_is_read_back(
    sim: OntapSimulator, storage: NetappStorage, changes: VolumePatch, cost: int
) -> None:
    sim.add_policy("strict")
    storage.create_volume("new", NEW)
    sim.forget_requests()
    changed = storage.update_volume("new", changes)
    assert {key: getattr(changed, key) for key in changes} == changes
    assert storage.get_volume("new") == changed
    sim.forget_requests()
    storage.update_volume("new", changes)
    assert len(sim.requests) <= cost
    assert calls(sim).count(f"PATCH {VOLUMES}/{changed.uuid}") <= 1


def test_a_new_reserve_keeps_the_size_and_a_new_size_the_reserve(
    sim: OntapSimulator, storage: NetappStorage
) -> None:
    storage.create_volume("new", {**NEW, "size_total": 8 * GIB})
    changed = storage.update_volume("new", {"percentage_snapshot_reserve": 20})
    assert (changed.size_total, sim.volume("new").size) == (8 * GIB, 10 * GIB)
    changed = storage.update_volume("new", {"size_total": 16 * GIB})
    assert (changed.size_total, changed.percentage_snapshot_reserve) == (16 * GIB, 20)
    assert sim.volume("new").size == 20 * GIB
    assert changed.max_autosize == 24 * GIB


def test_a_change_says_what_it_cannot_be(sim: OntapSimulator, storage: NetappStorage) -> None:
    storage.create_volume("new", NEW)
    before = storage.get_volume("new")
    wrong: list[VolumePatch] = [
        {"max_autosize": GIB // 2},
        {"compression_enabled": False},
        {"size_total": 2 * GIB, "max_autosize": GIB},
        {"size_total": 2 * GIB, "active_policy_name": "absent"},
        {"size_total": 2**63 - 1},
        {"size_total": 4096},
    ]
    for changes in wrong:
        with pytest.raises(Invalid):
            storage.update_volume("new", changes)
    assert storage.get_volume("new") == before
    sim.change_volume("new", state="offline")
    with pytest.raises(Conflict):
        storage.update_volume("new", {"size_total": 2 * GIB})


def test_a_volume_that_may_shrink_goes_on_doing_so(
    sim: OntapSimulator, storage: NetappStorage
) -> None:
    storage.create_volume("new", NEW)
    autosize = replace(sim.volume("new").autosize, mode="grow_shrink")
    sim.change_volume("new", autosize=autosize)
    storage.update_volume("new", {"autosize_enabled": True, "size_total": 2 * GIB})
    assert sim.volume("new").autosize.mode == "grow_shrink"


def test_parallel_changes_of_different_keys_are_all_kept(
    sim: OntapSimulator, storage: NetappStorage
) -> None:
    storage.create_volume("new", NEW)
    other = storage_at(sim)
    changes: list[tuple[NetappStorage, str, VolumePatch]] = [
        (storage, "new", {"size_total": 8 * GIB}),
        (other, "any:/new", {"percentage_snapshot_reserve": 20}),
        (storage, "new", {"max_autosize": 60 * GIB}),
        (other, "new", {"inline_compression": False}),
    ]
    sim.settings.latency = 0.01
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda each: each[0].update_volume(each[1], each[2]), changes))
    final = storage.get_volume("new")
    assert (final.size_total, final.percentage_snapshot_reserve) == (8 * GIB, 20)
    assert (final.max_autosize, final.inline_compression) == (60 * GIB, False)


def test_a_volume_made_anew_under_its_name_is_found(
    sim: OntapSimulator, storage: NetappStorage
) -> None:
    storage.create_volume("new", NEW)
    sim.add_policy("strict")
    sim.remove_volume("new")
    sim.add_volume("new")
    changed = storage.update_volume("new", {"active_policy_name": "strict"})
    assert changed.active_policy_name == "strict"
    sim.remove_volume("new")
    with pytest.raises(NotFound):
        storage.update_volume("new", {"active_policy_name": "default"})


# Caching policy


def test_the_caching_policy_is_not_written_unless_the_operator_allows_it(
    sim: OntapSimulator, storage: NetappStorage
) -> None:
    sim.add_volume("v")
    for fields in ({"caching_policy": "auto"}, {"caching_policy": "auto", "size_total": GIB}):
        with pytest.raises(NotSupported):
            storage.update_volume("v", fields)  # type: ignore[arg-type]
    with pytest.raises(NotSupported):
        storage.create_volume("new", {**NEW, "caching_policy": "auto"})
    assert not sim.requests


def test_the_caching_policy_goes_through_the_command_line(sim: OntapSimulator) -> None:
    sim.account.private_cli = True
    sim.add_volume("v", reserve=0)
    storage = storage_at(sim, caching_policy_writes=True)
    changes: VolumePatch = {"caching_policy": "random_read", "size_total": 2 * GIB}
    changed = storage.update_volume("any:/v", changes)
    assert (changed.caching_policy, changed.size_total) == ("random_read", 2 * GIB)
    made = storage.create_volume("new", {**NEW, "caching_policy": "random_read"})
    assert made.caching_policy == "random_read"
    with pytest.raises(Invalid):
        storage.update_volume("v", {"caching_policy": "a b"})


def test_a_half_made_change_is_reported(sim: OntapSimulator) -> None:
    sim.add_volume("v", reserve=0)
    storage = storage_at(sim, caching_policy_writes=True)
    with pytest.raises(BackendRefused, match=r"changes are made\. The caching policy is not set"):
        storage.update_volume("v", {"caching_policy": "auto", "size_total": 2 * GIB})
    assert storage.get_volume("v").size_total == 2 * GIB


# Restricting


def test_restricting_unmounts_and_costs_three_calls(
    sim: OntapSimulator, storage: NetappStorage
) -> None:
    sim.add_volume("v")
    storage.restrict_volume("v")
    uuid = sim.volume("v").uuid
    assert calls(sim) == [f"GET {VOLUMES}", *[f"PATCH {VOLUMES}/{uuid}"] * 2]
    assert (sim.volume("v").state, sim.volume("v").path) == ("restricted", None)
    for name in ("v", "any:/v"):
        with pytest.raises(NotFound):
            storage.restrict_volume(name)


def test_a_volume_that_cannot_be_restricted_is_mounted_again(
    sim: OntapSimulator, storage: NetappStorage
) -> None:
    sim.add_volume("v")
    sim.faults.add(kind="code", method="PATCH", path=ONE_VOLUME, code=8, after=1)
    with pytest.raises(Conflict):
        storage.restrict_volume("v")
    assert (sim.volume("v").state, sim.volume("v").path) == ("online", "/v")


def test_the_root_volume_of_the_svm_stays(sim: OntapSimulator, storage: NetappStorage) -> None:
    root = sim.add_root_volume()
    with pytest.raises(Conflict):
        storage.restrict_volume(root.name)
    assert sim.volume(root.name).state == "online"
