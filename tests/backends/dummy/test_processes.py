"""All threads and processes of a service share one state, and none disturbs another."""

import sqlite3
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from storage_api.backends.dummy import listing
from storage_api.backends.dummy.backend import DummyStorage
from storage_api.backends.dummy.kinds import VOLUME, Kind
from storage_api.backends.dummy.settings import DummyOptions
from storage_api.backends.dummy.transaction import record_of
from storage_api.domain.errors import AlreadyExists, LockHeld
from storage_api.domain.models import Ref, Volume
from tests.backends.dummy.processes import forked, threaded, worker

PROCESSES = 4
THREADS = 4


def everywhere(call: Callable[[str], Any]) -> list[Any]:
    """What ``call`` with a name of its own answers in each thread of each process."""
    in_process = [partial(_in_threads, call, number) for number in range(PROCESSES)]
    return [answer for answers in forked(*in_process) for answer in answers]


def _in_threads(call: Callable[[str], Any], process: int) -> list[Any]:
    return threaded(THREADS, lambda thread: call(f"{process}-{thread}"))


def test_processes_see_each_other_s_changes(dummy: DummyStorage) -> None:
    dummy.create_volume("parent", {})
    forked(*(partial(dummy.create_volume, f"child{n}", {}) for n in range(PROCESSES)))
    names = ["child0", "child1", "child2", "child3", "parent"]
    assert [volume.name for volume in dummy.list_volumes()] == names
    seen = forked(lambda: [volume.name for volume in dummy.list_volumes()])
    assert seen == [names]


def test_two_endpoints_share_nothing() -> None:
    one, other = (DummyStorage(DummyOptions()) for _ in range(2))
    one.create_volume("a", {})
    assert other.list_volumes() == []


def test_exactly_one_creates_the_volume(dummy: DummyStorage) -> None:
    def create(_: str) -> str | None:
        try:
            return dummy.create_volume("a", {}).uuid
        except AlreadyExists:
            return None

    made = [uuid for uuid in everywhere(create) if uuid]
    assert made == [dummy.get_volume("a").uuid]


def test_exactly_one_gets_the_junction_path(dummy: DummyStorage) -> None:
    def create(name: str) -> str | None:
        try:
            return dummy.create_volume(name, {"junction_path": "/mnt"}).name
        except AlreadyExists:
            return None

    made = [name for name in everywhere(create) if name]
    assert made == [volume.name for volume in dummy.list_volumes()]
    assert len(made) == 1


def test_exactly_one_host_gets_the_lock(dummy: DummyStorage) -> None:
    dummy.create_volume("a", {})

    def lock(host: str) -> str | None:
        try:
            return dummy.create_lock("a", host).host
        except LockHeld:
            return None

    assert [host for host in everywhere(lock) if host] == [dummy.get_lock("a")[0].host]


def test_exactly_one_makes_the_bucket_and_all_get_it(dummy: DummyStorage) -> None:
    dummy.create_user(Ref(None, "alice"), {})
    made = everywhere(lambda _: dummy.create_bucket(Ref(None, "data"), {"owner": "alice"})[1])
    assert sorted(made) == [False] * (PROCESSES * THREADS - 1) + [True]


def test_no_change_is_lost(dummy: DummyStorage) -> None:
    dummy.create_policy("p", [])
    rules = [f"{p}-{t}" for p in range(PROCESSES) for t in range(THREADS)]
    everywhere(lambda rule: dummy.ensure_rule("p", rule).name)
    assert sorted(dummy.get_policy("p").rules) == rules


def test_forks_while_threads_work_do_no_harm(tmp_path: Path) -> None:
    file = tmp_path / "dummy.sqlite"
    dummy = DummyStorage(DummyOptions(file))
    stop = threading.Event()
    made: list[int] = []

    def work(number: int) -> None:
        done = 0
        while not stop.is_set():
            dummy.create_volume(f"thread{number}-{done}", {})
            dummy.list_volumes()
            done += 1
        made.append(done)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for number in range(10):
        forked(partial(dummy.create_volume, f"process{number}", {}))
    stop.set()
    for thread in threads:
        thread.join()
    assert len(dummy.list_volumes()) == sum(made) + 10
    db = sqlite3.connect(file)
    assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    db.close()


def test_no_connection_crosses_a_fork(dummy: DummyStorage) -> None:
    dummy.create_volume("a", {})
    connections = dummy._store._connections
    assert connections._idle
    assert forked(lambda: len(connections._idle)) == [0]
    dummy.probe()


def test_a_server_that_forks_without_python_s_knowledge_does_no_harm(
    dummy: DummyStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    connections = dummy._store._connections
    with monkeypatch.context() as patch:
        # As after such a fork: what is noted is the parent's.
        patch.setattr(connections, "_pid", -1)
        patch.setattr(connections, "_lent", 3)
        assert threaded(8, lambda number: dummy.create_volume(f"v{number}", {}).name)
        assert connections._lent == 0
    assert len(dummy.list_volumes()) == 8


class TestLists:
    """A list is decoded once, and again only where something changed."""

    @pytest.fixture
    def decoded(self, monkeypatch: pytest.MonkeyPatch) -> list[str]:
        """Every record that a list has to decode."""
        seen: list[str] = []

        def decode(kind: Kind[Any], body: str) -> Any:
            seen.append(kind.name)
            return record_of(kind, body)

        monkeypatch.setattr(listing, "record_of", decode)
        return seen

    @pytest.fixture
    def volumes(self, dummy: DummyStorage) -> DummyStorage:
        for number in range(20):
            dummy.create_volume(f"v{number:02}", {})
        dummy.list_volumes()
        return dummy

    def test_nothing_is_decoded_while_nothing_changes(
        self, volumes: DummyStorage, decoded: list[str]
    ) -> None:
        volumes.create_lock("v00", "host")
        volumes.create_snapshot("v00", "s", purge_old_if_needed=False)
        volumes.update_volume("v00", {"size_total": 0})
        assert len(volumes.list_volumes()) == 20
        assert decoded == []

    def test_only_what_changed_is_decoded(self, volumes: DummyStorage, decoded: list[str]) -> None:
        volumes.create_volume("w", {})
        forked(lambda: volumes.update_volume("v03", {"size_total": 7}).name)
        listed = volumes.list_volumes()
        assert len(decoded) == 2
        assert [volume.name for volume in listed][-1] == "w"
        assert listed[3].size_total == 7
        assert listed == [volumes.get_volume(volume.name) for volume in listed]

    def test_every_change_of_another_process_is_seen_at_once(self, volumes: DummyStorage) -> None:
        changes: list[Callable[[], Any]] = [
            lambda: volumes.create_volume("w", {}).name,
            lambda: volumes.update_volume("w", {"size_total": 9}).name,
            lambda: volumes.create_snapshot("w", "s", purge_old_if_needed=False).name,
            lambda: volumes.update_volume("w", {"size_total": 8}).name,
            lambda: volumes.rollback_volume("w", "s").name,
            lambda: volumes.restrict_volume("w"),
            lambda: volumes.create_volume("w", {"size_total": 7}).name,
        ]
        sizes = []
        for change in changes:
            forked(change)
            sizes.append([item.size_total for item in volumes.list_volumes() if item.name == "w"])
        assert sizes == [[0], [9], [9], [8], [9], [], [7]]
        assert len(volumes.list_volumes()) == 21

    def test_a_removal_is_seen_although_later_changes_follow(self, volumes: DummyStorage) -> None:
        volumes.restrict_volume("v05")
        forked(lambda: volumes.create_volume("w", {}).name)
        names = [volume.name for volume in volumes.list_volumes()]
        assert len(names) == 20
        assert "v05" not in names

    def test_an_undone_change_is_not_seen(self, volumes: DummyStorage) -> None:
        before = volumes.list_volumes()

        def fail() -> None:
            with volumes._store.transaction() as tx:
                tx.put(VOLUME, Ref(None, "w"), Volume(name="w"))
                tx.delete(VOLUME, Ref(None, "v00"))
                raise RuntimeError

        with pytest.raises(RuntimeError):
            fail()
        assert volumes.list_volumes() == before
        assert volumes.get_volume("v00") == before[0]

    def test_it_works_in_a_process_that_lives_on(self, volumes: DummyStorage) -> None:
        with worker(lambda: len(volumes.list_volumes())) as (_, count):
            assert count == 20
            volumes.create_volume("w", {})
        assert len(volumes.list_volumes()) == 21
