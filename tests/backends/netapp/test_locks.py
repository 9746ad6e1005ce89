"""Locks of NFS clients: shown by address, broken by address or name, and never too many."""

import socket
import time
from threading import Thread
from typing import Any

import pytest

from storage_api.backends.netapp.backend import NetappStorage
from storage_api.domain.errors import (
    BackendRefused,
    BackendUnavailable,
    Conflict,
    NotFound,
    NotSupported,
    StorageError,
)
from tests.backends.netapp.filer import LOCKS, kind_of, sent, storage_at
from tests.simulators.ontap import OntapSimulator


@pytest.fixture
def sim(sim: OntapSimulator) -> OntapSimulator:
    sim.add_svm("vs2")
    for name in ("vol", "other"):
        sim.add_volume(name)
        sim.add_lock(name, "10.0.0.1")
    sim.add_volume("vol", svm="vs2")
    sim.add_lock("vol", "10.0.0.1", svm="vs2")
    return sim


def hosts(storage: NetappStorage, volume: str = "vol") -> list[str]:
    return [lock.host for lock in storage.get_lock(volume)]


def test_each_address_is_shown_once(sim: OntapSimulator, storage: NetappStorage) -> None:
    for address in ("10.0.0.2", "10.0.0.1", "2001:db8::1", "10.0.0.2", ""):
        sim.add_lock("vol", address)
    assert hosts(storage) == ["10.0.0.1", "10.0.0.2", "2001:db8::1"]
    assert hosts(storage, "node:/vol") == hosts(storage)


def test_only_the_locks_that_are_meant_are_broken(
    sim: OntapSimulator, storage: NetappStorage
) -> None:
    for address in ("10.0.0.1", "10.0.0.11", "", "0.0.0.0"):  # noqa: S104  # a client's address
        sim.add_lock("vol", address)
    storage.delete_lock("node:/vol", "10.0.0.1")
    assert [lock.client_address for lock in sim.locks("vol")] == ["10.0.0.11", "", "0.0.0.0"]  # noqa: S104
    assert len(sim.locks("other")) == len(sim.locks("vol", svm="vs2")) == 1
    assert sent(sim, "DELETE") == [f"{LOCKS}?svm.name=vs1&volume.name=vol&client_address=10.0.0.1"]


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str] | int]:
    """What the name service says: a name's addresses, or the error that it gives."""
    known: dict[str, list[str] | int] = {}
    ask = socket.getaddrinfo

    def answer(host: str, *args: Any, **more: Any) -> Any:
        found = known.get(host)
        if found is None:
            return ask(host, *args, **more)
        if isinstance(found, int):
            raise socket.gaierror(found, "as the test orders")
        return [entry for address in found for entry in ask(address, *args, **more)]

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    return known


@pytest.mark.parametrize(
    "host", ["10.0.0.2", "10.1", "0x0a000001", "167772161", "a..b", "gone.example.org"]
)
def test_who_holds_nothing_loses_nothing(
    sim: OntapSimulator, storage: NetappStorage, names: dict[str, Any], host: str
) -> None:
    """The C library reads some of these as 10.0.0.1."""
    names["gone.example.org"] = socket.EAI_NONAME
    storage.delete_lock("vol", host)
    assert len(sim.locks("vol")) == 1
    assert sent(sim, "DELETE") == []


def test_an_address_has_many_spellings(sim: OntapSimulator, storage: NetappStorage) -> None:
    sim.add_lock("vol", "2001:db8::1")
    storage.delete_lock("vol", "2001:DB8:0:0::0001")
    storage.delete_lock("vol", "::ffff:10.0.0.1")
    assert sim.locks("vol") == []


def test_a_name_stands_for_all_its_addresses(
    sim: OntapSimulator, storage: NetappStorage, names: dict[str, Any]
) -> None:
    names["two.example.org"] = ["10.0.0.1", "2001:db8::1", "10.0.0.99"]
    for address in ("10.0.0.2", "2001:db8::1", "*", "unreadable"):
        sim.add_lock("vol", address)
    storage.delete_lock("vol", "two.example.org")
    assert hosts(storage) == ["10.0.0.2", "*", "unreadable"]


def test_a_name_service_that_is_down_is_told(
    sim: OntapSimulator, storage: NetappStorage, names: dict[str, Any]
) -> None:
    names["host.example.org"] = socket.EAI_AGAIN
    with pytest.raises(BackendUnavailable, match="name service"):
        storage.delete_lock("vol", "host.example.org")
    assert len(sim.locks("vol")) == 1


def test_only_clients_take_locks(sim: OntapSimulator, storage: NetappStorage) -> None:
    with pytest.raises(NotSupported):
        storage.create_lock("vol", "10.0.0.5")
    assert sim.requests == []


def test_an_absent_or_restricted_volume_has_no_locks(
    sim: OntapSimulator, storage: NetappStorage
) -> None:
    storage_at(sim).restrict_volume("other")
    for volume in ("absent", "other", "vol..vol", "vol*"):
        for call in (storage.get_lock, lambda name: storage.delete_lock(name, "10.0.0.1")):
            with pytest.raises(NotFound):
                call(volume)


class TestLostAnswer:
    @pytest.mark.parametrize(
        ("kind", "deletes"),
        [("cut-after", 1), ("cut-within", 1), ("truncate", 1), ("garbage", 1), ("cut-before", 2)],
    )
    def test_the_locks_are_broken_all_the_same(
        self, sim: OntapSimulator, storage: NetappStorage, kind: Any, deletes: int
    ) -> None:
        sim.faults.add(method="DELETE", path=LOCKS, kind=kind)
        storage.delete_lock("vol", "10.0.0.1")
        assert sim.locks("vol") == []
        assert len(sent(sim, "DELETE")) == deletes

    def test_locks_that_stay_are_not_called_broken(
        self, sim: OntapSimulator, storage: NetappStorage
    ) -> None:
        sim.faults.add(method="DELETE", path=LOCKS, kind="cut-before", times=None)
        with pytest.raises(BackendUnavailable):
            storage.delete_lock("vol", "10.0.0.1")
        assert len(sim.locks("vol")) == 1

    def test_a_lock_that_is_taken_anew_is_left_alone(
        self, sim: OntapSimulator, storage: NetappStorage
    ) -> None:
        sim.faults.add(method="DELETE", path=LOCKS, kind="cut-after")
        sim.faults.add(method="GET", path=LOCKS, kind="slow", seconds=0.4, after=1)

        def lock_again() -> None:
            while sim.locks("vol"):
                time.sleep(0.01)
            sim.add_lock("vol", "10.0.0.1")

        client = Thread(target=lock_again)
        client.start()
        storage.delete_lock("vol", "10.0.0.1")
        client.join()
        assert len(sim.locks("vol")) == 1
        assert len(sent(sim, "DELETE")) == 1


def test_locks_that_the_filer_keeps_are_told(sim: OntapSimulator, storage: NetappStorage) -> None:
    sim.faults.add(
        method="DELETE",
        path=LOCKS,
        kind="status",
        status=200,
        body="{}",
        content_type="application/json",
        times=None,
    )
    with pytest.raises(Conflict, match="does not let go"):
        storage.delete_lock("vol", "10.0.0.1")
    assert len(sent(sim, "DELETE")) == 3


def test_a_client_that_let_go_meanwhile_is_no_error(
    sim: OntapSimulator, storage: NetappStorage
) -> None:
    sim.faults.add(method="DELETE", path=LOCKS, kind="code", code=4)
    storage.delete_lock("vol", "10.0.0.1")
    assert len(sent(sim, "DELETE")) == 1


def test_a_role_that_may_not_break_locks_is_named(
    sim: OntapSimulator, storage: NetappStorage
) -> None:
    sim.faults.add(method="DELETE", path=LOCKS, kind="code", code=6)
    with pytest.raises(BackendRefused, match="role"):
        storage.delete_lock("vol", "10.0.0.1")


@pytest.mark.parametrize("record", ['{"uuid": []}', '{"client_address": "10.0.0.1"}', "5"])
def test_nonsense_for_a_lock_is_the_filer_s_fault(
    sim: OntapSimulator, storage: NetappStorage, record: str
) -> None:
    sim.faults.add(
        method="GET",
        path=LOCKS,
        kind="garbage",
        body=f'{{"records": [{record}, {{"uuid": "u", "client_address": "10.0.0.1"}}]}}',
        content_type="application/json",
    )
    with pytest.raises(StorageError) as caught:
        storage.delete_lock("vol", "10.0.0.1")
    assert kind_of(caught) == (502, "backend-misbehaved")
