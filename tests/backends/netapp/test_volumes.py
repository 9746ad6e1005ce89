"""Which volumes of the filer are shown, how they are found, and what is made of odd answers."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from storage_api.backends.netapp.backend import NetappStorage
from storage_api.domain.errors import (
    BackendMisbehaved,
    BackendTimeout,
    NotFound,
)
from storage_api.domain.requests import VolumeCreate
from storage_api.domain.units import GIB
from tests.backends.netapp.filer import VOLUMES, calls, storage_at
from tests.simulators.ontap import OntapSimulator, Settings

NEW: VolumeCreate = {"size_total": GIB, "junction_path": "/new"}


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
