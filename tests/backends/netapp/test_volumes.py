"""What becomes of a volume on the filer, and what each operation costs there."""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from storage_api.backends.netapp.backend import NetappStorage
from storage_api.domain.errors import (
    AlreadyExists,
    BackendFull,
    BackendMisbehaved,
    BackendRefused,
    BackendTimeout,
    BackendUnavailable,
    Conflict,
    Invalid,
    NotFound,
    NotSupported,
)
from storage_api.domain.requests import VolumeCreate, VolumePatch
from storage_api.domain.units import GIB
from tests.backends.netapp.filer import ONE_VOLUME, VOLUMES, storage_at
from tests.simulators.ontap import OntapSimulator, Settings

NEW: VolumeCreate = {"size_total": GIB, "junction_path": "/new"}


def calls(sim: OntapSimulator) -> list[str]:
    return [f"{one.method} {one.path}" for one in sim.requests]


# Listing and finding


def test_a_list_leaves_out_what_is_not_ours(sim: OntapSimulator, storage: NetappStorage) -> None:
    sim.add_svm("other")
    sim.add_volume("plain")
    sim.add_volume("offline", state="offline")
    sim.add_volume("restricted", state="restricted")
    sim.add_volume("theirs", svm="other")
    sim.add_volume("on_root", aggregates=("aggr0_a",))
    sim.add_volume("nowhere", aggregates=())
    sim.add_flexgroup("group")
    assert {volume.name for volume in storage.list_volumes()} == {"plain", "offline"}
    for name in ("restricted", "theirs", "on_root", "nowhere", "group", "absent"):
        with pytest.raises(NotFound):
            storage.get_volume(name)


def test_what_an_offline_volume_does_not_tell_is_unknown(
    sim: OntapSimulator, storage: NetappStorage
) -> None:
    sim.add_volume("offline", state="offline")
    volume = storage.get_volume("offline")
    assert (volume.state, volume.size_used, volume.junction_path) == ("offline", None, None)


def test_a_list_is_one_call_for_each_page(sim: OntapSimulator) -> None:
    sim.seed_volumes(25)
    storage = storage_at(sim, page_size=10)
    assert [volume.name for volume in storage.list_volumes()] == [
        f"vol{number:05}" for number in range(25)
    ]
    assert calls(sim) == [f"GET {VOLUMES}"] * 3
    assert all(one.headers["accept"] == "application/json" for one in sim.requests)


def test_pages_that_ended_by_time_are_followed_to_the_end() -> None:
    with OntapSimulator(settings=Settings(seconds_per_record=1.0)) as sim:
        sim.seed_volumes(30)
        listed = storage_at(sim, read_timeout=20.0).list_volumes()
        assert len(listed) == 30
        assert len(sim.requests) == 3


@pytest.mark.parametrize("name", ["vol00001", "any:/vol00001", ":/vol00001"])
def test_a_volume_is_found_by_name_and_by_path_in_one_call(
    sim: OntapSimulator, storage: NetappStorage, name: str
) -> None:
    sim.seed_volumes(3)
    assert storage.get_volume(name).name == "vol00001"
    assert len(sim.requests) == 1


@pytest.mark.parametrize("name", ["with-dash", "a..b", "1st", "any:/a..b", "any:/", "any:/a/", "é"])
def test_what_no_volume_can_be_called_is_not_asked_for(
    sim: OntapSimulator, storage: NetappStorage, name: str
) -> None:
    with pytest.raises(NotFound):
        storage.get_volume(name)
    assert not sim.requests


def test_a_list_that_many_ask_for_at_once_is_fetched_once(sim: OntapSimulator) -> None:
    sim.seed_volumes(5)
    storage = storage_at(sim)
    slow = sim.faults.add(kind="slow", method="GET", path=VOLUMES, seconds=0.3, times=None)
    with ThreadPoolExecutor(8) as pool:
        lists = list(pool.map(lambda _: storage.list_volumes(), range(8)))
    assert [len(each) for each in lists] == [5] * 8
    assert slow.hits == 1
    sim.faults.clear()
    storage.create_volume("new", NEW)
    assert "new" in {volume.name for volume in storage.list_volumes()}


# Which node serves a volume


@pytest.mark.parametrize(
    ("version", "svm_account", "node"),
    [
        ("9.17.1", True, "node-b"),
        ("9.12.1", False, "node-b"),
        ("9.12.1", True, "127.0.0.1"),
    ],
)
def test_the_node_is_told_as_far_as_release_and_account_allow(
    version: str, svm_account: bool, node: str
) -> None:
    with OntapSimulator(settings=Settings(version=version), svm_account=svm_account) as sim:
        sim.add_volume("v", aggregates=("aggr2",))
        storage = storage_at(sim)
        assert storage.get_volume("v").filer_address == node
        sim.forget_requests()
        assert storage.list_volumes()[0].filer_address == node
        assert len(sim.requests) == 1


def test_after_a_takeover_the_node_is_the_one_that_serves(sim: OntapSimulator) -> None:
    sim.settings.version = "9.12.1"
    sim.add_volume("v", aggregates=("aggr2",))
    sim.take_over("node-b", "node-a")
    assert storage_at(sim).get_volume("v").filer_address == "node-a"


def test_who_waits_for_the_nodes_waits_no_longer_than_the_filer_takes(sim: OntapSimulator) -> None:
    sim.settings.version = "9.12.1"
    sim.add_volume("v")
    storage = storage_at(sim, read_timeout=1.0)
    sim.faults.add(kind="hang", path="/api/storage/aggregates", times=None)

    def seconds(_: int) -> float:
        began = time.monotonic()
        with pytest.raises(BackendTimeout):
            storage.get_volume("v")
        return time.monotonic() - began

    with ThreadPoolExecutor(4) as pool:
        assert max(pool.map(seconds, range(4))) < 2.0


# Creating


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


# What a filer may say

OWN = '"uuid": "4f1a6a7e-1f6b-4f5e-9a56-0d6d5b7a5c11", "name": "v", "state": "online"'


@pytest.mark.parametrize(
    "row",
    [
        '{"name": "v"}',
        '{"name": "v", "uuid": "x/../y", "state": "online", "aggregates": [{"name": "a"}]}',
        '{"name": "v", "uuid": 7, "state": "online", "aggregates": [{"name": "a"}]}',
        '{"name": "v", "uuid": "", "state": "online", "aggregates": "aggr1"}',
        '{"name": "v", "state": "online", "aggregates": [7]}',
        f'{{{OWN}, "aggregates": [{{"name": "a"}}], "space": {{"used": "many"}}}}',
        f'{{{OWN}, "aggregates": [{{"name": "a"}}], "create_time": "yesterday"}}',
        "7",
    ],
)
def test_an_odd_record_is_the_filer_s_fault(
    sim: OntapSimulator, storage: NetappStorage, row: str
) -> None:
    body = f'{{"records": [{row}], "num_records": 1}}'
    sim.faults.add(kind="garbage", body=body, content_type="application/json", times=None)
    with pytest.raises(BackendMisbehaved):
        storage.get_volume("v")


def test_two_volumes_of_one_name_are_not_guessed_between(
    sim: OntapSimulator, storage: NetappStorage
) -> None:
    body = f'{{"records": [{{{OWN}}}, {{{OWN}}}], "num_records": 2}}'
    sim.faults.add(kind="garbage", body=body, content_type="application/json")
    with pytest.raises(BackendMisbehaved, match="several"):
        storage.get_volume("v")
