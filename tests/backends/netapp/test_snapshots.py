"""Snapshots on a filer that is full, busy, shared with others, or whose answers are lost."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from storage_api.backends.netapp.backend import NetappStorage
from storage_api.domain.errors import (
    AlreadyExists,
    BackendError,
    BackendTimeout,
    BackendUnavailable,
    Conflict,
    NotFound,
    StorageError,
)
from storage_api.transport.context import serving
from tests.backends.netapp.filer import SNAPSHOTS, kind_of, sent, storage_at
from tests.simulators.ontap import OntapSimulator

ONE = f"{SNAPSHOTS}/*"


@pytest.fixture
def sim(sim: OntapSimulator) -> OntapSimulator:
    sim.add_volume("vol")
    return sim


def take(storage: NetappStorage, name: str, *, purge: bool = False) -> None:
    made = storage.create_snapshot("vol", name, purge_old_if_needed=purge)
    assert made.name == name


def kept(sim: OntapSimulator) -> list[str]:
    return [snapshot.name for snapshot in sim.snapshots("vol")]


def test_a_record_tells_size_and_time(sim: OntapSimulator, storage: NetappStorage) -> None:
    sim.add_snapshot("vol", "s", size=61_441, create_time="2026-11-21T05:05:06+01:00")
    found = storage.get_snapshot("vol", "s")
    assert found.size_kbytes == 61
    assert found.creation_time is not None
    assert found.creation_time.isoformat() == "2026-11-21T05:05:06+01:00"


def test_a_volume_is_found_by_its_path_too(sim: OntapSimulator, storage: NetappStorage) -> None:
    assert storage.create_snapshot("node:/vol", "s", purge_old_if_needed=False).name == "s"
    assert [found.name for found in storage.list_snapshots("any:/vol")] == ["s"]
    storage.delete_snapshot("node:/vol", "s")
    assert kept(sim) == []


def test_the_oldest_comes_first_whatever_the_order_on_the_filer(
    sim: OntapSimulator, storage: NetappStorage
) -> None:
    for name, hour in (("b", 12), ("c", 9), ("a", 10)):
        sim.add_snapshot("vol", name, create_time=f"2026-11-20T{hour:02}:00:00+01:00")
    assert [found.name for found in storage.list_snapshots("vol")] == ["c", "a", "b"]


def test_a_name_that_reads_as_a_range_is_a_name(
    sim: OntapSimulator, storage: NetappStorage
) -> None:
    for name in ("a", "a..c", "b"):
        sim.add_snapshot("vol", name)
    assert storage.get_snapshot("vol", "a..c").name == "a..c"
    with pytest.raises(NotFound):
        storage.get_snapshot("vol", "a..b")
    storage.delete_snapshot("vol", "a..c")
    assert kept(sim) == ["a", "b"]


def test_a_volume_that_another_process_restricts_hides_its_snapshots(
    sim: OntapSimulator, storage: NetappStorage
) -> None:
    sim.add_snapshot("vol", "s")
    storage.get_snapshot("vol", "s")
    storage_at(sim).restrict_volume("vol")
    for call in (
        lambda: storage.list_snapshots("vol"),
        lambda: storage.get_snapshot("vol", "s"),
        lambda: storage.delete_snapshot("vol", "s"),
        lambda: storage.rollback_volume("vol", "s"),
        lambda: take(storage, "t"),
    ):
        with pytest.raises(NotFound):
            call()
    assert kept(sim) == ["s"]


class TestFullVolume:
    @pytest.fixture(autouse=True)
    def full(self, sim: OntapSimulator) -> None:
        sim.settings.snapshot_limit = 5

    def add(self, sim: OntapSimulator, *names: str, **more: Any) -> None:
        for name in names:
            sim.add_snapshot("vol", name, **more)

    def test_what_something_needs_is_passed_over(
        self, sim: OntapSimulator, storage: NetappStorage
    ) -> None:
        self.add(sim, "cloned", owners=("volume_clone",))
        self.add(sim, "snapmirror.d5f4.2026-11-20_000000")
        self.add(sim, "locked", locked=True)
        self.add(sim, "free", owners=("vol_dependent",))
        self.add(sim, "newest")
        take(storage, "more", purge=True)
        assert kept(sim) == [
            "cloned",
            "snapmirror.d5f4.2026-11-20_000000",
            "locked",
            "newest",
            "more",
        ]

    def test_when_everything_is_needed_nothing_goes(
        self, sim: OntapSimulator, storage: NetappStorage
    ) -> None:
        self.add(sim, *"abcd", owners=("snapmirror",))
        self.add(sim, "e", locked=True)
        with pytest.raises(Conflict, match="something needs each"):
            take(storage, "more", purge=True)
        assert kept(sim) == [*"abcde"]

    def test_nothing_goes_for_a_name_that_is_there(
        self, sim: OntapSimulator, storage: NetappStorage
    ) -> None:
        self.add(sim, *"abcde")
        sim.faults.add(method="POST", path=SNAPSHOTS, kind="code", code=525062)
        with pytest.raises(AlreadyExists):
            take(storage, "c", purge=True)
        assert kept(sim) == [*"abcde"]

    def test_without_the_wish_nothing_goes(
        self, sim: OntapSimulator, storage: NetappStorage
    ) -> None:
        self.add(sim, *"abcde")
        with pytest.raises(Conflict, match="as many snapshots as it can"):
            take(storage, "more")
        assert kept(sim) == [*"abcde"]
        assert sent(sim, "DELETE") == []

    def test_it_is_tried_once_more_and_no_oftener(
        self, sim: OntapSimulator, storage: NetappStorage
    ) -> None:
        self.add(sim, *"abcde")
        sim.faults.add(method="POST", path=SNAPSHOTS, kind="code", code=525062, times=None)
        with pytest.raises(Conflict):
            take(storage, "more", purge=True)
        assert kept(sim) == [*"bcde"]
        assert len(sent(sim, "POST")) == 2

    def test_callers_at_once_all_get_their_snapshot(
        self, sim: OntapSimulator, storage: NetappStorage
    ) -> None:
        self.add(sim, *"abcde")
        sim.settings.snapshot_limit = 8
        names = [f"n{number}" for number in range(8)]
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda name: take(storage, name, purge=True), names))
        assert sorted(kept(sim)) == names


class TestLostAnswer:
    @pytest.mark.parametrize("kind", ["cut-after", "cut-within", "truncate", "garbage"])
    def test_a_snapshot_that_was_taken_is_found(
        self, sim: OntapSimulator, storage: NetappStorage, kind: str
    ) -> None:
        sim.faults.add(method="POST", path=SNAPSHOTS, kind=kind)  # type: ignore[arg-type]
        take(storage, "s")
        assert kept(sim) == ["s"]
        assert len(sent(sim, "POST")) == 1

    def test_one_that_was_not_is_not_claimed(
        self, sim: OntapSimulator, storage: NetappStorage
    ) -> None:
        sim.faults.add(method="POST", path=SNAPSHOTS, kind="cut-before")
        with pytest.raises(BackendUnavailable, match="may exist"):
            take(storage, "s")
        assert kept(sim) == []
        take(storage, "s")

    def test_another_s_snapshot_is_not_claimed(
        self, sim: OntapSimulator, storage: NetappStorage
    ) -> None:
        sim.add_snapshot("vol", "s", comment="storage-api of somebody else")
        sim.faults.add(method="POST", path=SNAPSHOTS, kind="cut-before")
        with pytest.raises(BackendUnavailable):
            take(storage, "s")

    def test_it_is_found_though_the_first_look_fails(self, sim: OntapSimulator) -> None:
        sim.faults.add(method="POST", path=SNAPSHOTS, kind="cut-after")
        sim.faults.add(method="GET", path=SNAPSHOTS, kind="status", status=503)
        take(storage_at(sim), "s")
        assert kept(sim) == ["s"]

    @pytest.mark.parametrize("kind", ["cut-before", "cut-after", "truncate", "garbage"])
    def test_a_deleted_snapshot_is_gone(
        self, sim: OntapSimulator, storage: NetappStorage, kind: str
    ) -> None:
        sim.add_snapshot("vol", "s")
        sim.faults.add(method="DELETE", path=ONE, kind=kind)  # type: ignore[arg-type]
        storage.delete_snapshot("vol", "s")
        assert kept(sim) == []

    def test_one_that_cannot_be_deleted_is_not_called_gone(
        self, sim: OntapSimulator, storage: NetappStorage
    ) -> None:
        sim.add_snapshot("vol", "s")
        sim.faults.add(method="DELETE", path=ONE, kind="cut-before", times=None)
        with pytest.raises(BackendUnavailable):
            storage.delete_snapshot("vol", "s")
        assert kept(sim) == ["s"]


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (401, (502, "backend-refused")),
        (403, (502, "backend-refused")),
        (429, (503, "backend-unavailable")),
        (503, (503, "backend-unavailable")),
        (500, (502, "backend-misbehaved")),
    ],
)
def test_an_error_that_is_not_ontap_s(
    sim: OntapSimulator, storage: NetappStorage, status: int, kind: tuple[int, str]
) -> None:
    sim.faults.add(method="POST", path=SNAPSHOTS, kind="status", status=status)
    with pytest.raises(StorageError) as caught:
        take(storage, "s")
    assert kind_of(caught) == kind
    assert len(sent(sim, "POST")) == 1


@pytest.mark.parametrize("code", [524486, 13107405, 13107406])
def test_a_volume_that_stays_busy_is_told(
    sim: OntapSimulator, storage: NetappStorage, code: int
) -> None:
    sim.faults.add(method="POST", path=SNAPSHOTS, kind="code", code=code, times=None)
    with serving("r", seconds=1.0), pytest.raises(Conflict) as caught:
        take(storage, "s")
    assert caught.value.retry_after == 5


def test_work_that_lasts_is_waited_for(sim: OntapSimulator, storage: NetappStorage) -> None:
    sim.settings.job_seconds = 0.3
    with serving("r", seconds=2.0):
        take(storage, "s")
        storage.delete_snapshot("vol", "s")
    assert kept(sim) == []


def test_work_that_outlives_the_request_says_so(
    sim: OntapSimulator, storage: NetappStorage
) -> None:
    sim.settings.job_seconds = 30.0
    with serving("r", seconds=1.5), pytest.raises(BackendTimeout, match="may still land"):
        take(storage, "s")


@pytest.mark.parametrize(
    ("code", "status", "slug"),
    [
        (525059, 409, "already-exists"),
        (1, 409, "already-exists"),
        (525062, 409, "conflict"),
        (1638518, 400, "invalid"),
        (1638477, 400, "invalid"),
        (524479, 507, "backend-full"),
        (1638644, 501, "not-supported"),
        (3, 501, "not-supported"),
        (6, 502, "backend-refused"),
        (4, 404, "not-found"),
        (917533, 409, "conflict"),
        (2621462, 502, "backend-refused"),
        (424242, 502, "backend-misbehaved"),
    ],
)
def test_why_no_snapshot_is_taken(
    sim: OntapSimulator, storage: NetappStorage, code: int, status: int, slug: str
) -> None:
    sim.faults.add(method="POST", path=SNAPSHOTS, kind="code", code=code, text="secret words")
    with pytest.raises(StorageError) as caught:
        take(storage, "s")
    assert kind_of(caught) == (status, slug)
    assert "secret words" not in str(caught.value)
    assert kept(sim) == []


@pytest.mark.parametrize("code", [1638555, 1638543, 524481])
def test_a_snapshot_in_use_stays_and_its_users_are_named(
    sim: OntapSimulator, storage: NetappStorage, code: int
) -> None:
    sim.add_snapshot("vol", "s", owners=("volume_clone", "x_dependent"))
    sim.faults.add(method="DELETE", path=ONE, kind="code", code=code)
    with pytest.raises(Conflict, match=r"in use: volume_clone\.$"):
        storage.delete_snapshot("vol", "s")


def test_a_locked_snapshot_is_called_so(sim: OntapSimulator, storage: NetappStorage) -> None:
    sim.add_snapshot("vol", "s", locked=True)
    with pytest.raises(Conflict, match="locked against deletion"):
        storage.delete_snapshot("vol", "s")


def test_a_lock_on_the_svm_that_lasts_is_told(sim: OntapSimulator, storage: NetappStorage) -> None:
    sim.faults.add(method="POST", path=SNAPSHOTS, kind="code", code=2621573, times=None)
    with serving("r", seconds=1.0), pytest.raises(BackendUnavailable) as caught:
        take(storage, "s")
    assert caught.value.retry_after == 30


def test_of_deletes_at_once_one_succeeds(sim: OntapSimulator, storage: NetappStorage) -> None:
    sim.add_snapshot("vol", "s")

    def delete(_: int) -> bool:
        try:
            storage.delete_snapshot("vol", "s")
        except NotFound:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(delete, range(8))) == [False] * 7 + [True]


@pytest.mark.parametrize(
    "body",
    [
        "[]",
        '{"records": {}}',
        '{"records": [{"name": "s"}]}',
        '{"records": [{"uuid": 5, "name": "s"}]}',
    ],
)
def test_nonsense_for_a_snapshot_is_the_filer_s_fault(
    sim: OntapSimulator, storage: NetappStorage, body: str
) -> None:
    sim.add_snapshot("vol", "s")
    sim.faults.add(
        method="GET", path=SNAPSHOTS, kind="garbage", body=body, content_type="application/json"
    )
    with pytest.raises(BackendError) as caught:
        storage.delete_snapshot("vol", "s")
    assert kind_of(caught) == (502, "backend-misbehaved")
