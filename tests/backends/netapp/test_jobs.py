"""Work that ONTAP goes on with after its answer, and answers that never come."""

import pytest

from storage_api.backends.netapp.backend import NetappStorage
from storage_api.domain.errors import (
    AlreadyExists,
    BackendFull,
    BackendMisbehaved,
    BackendTimeout,
    BackendUnavailable,
    Conflict,
    Invalid,
    StorageError,
)
from storage_api.domain.requests import VolumeCreate
from storage_api.domain.units import GIB
from storage_api.transport.context import serving
from tests.backends.netapp.filer import ONE_VOLUME, VOLUMES, kind_of, sent, storage_at
from tests.simulators.faults import Kind
from tests.simulators.ontap import OntapSimulator

NEW: VolumeCreate = {"size_total": GIB, "junction_path": "/new"}
JOBS = "/api/cluster/jobs/*"


def test_work_that_ends_soon_is_awaited_without_asking(
    sim: OntapSimulator, storage: NetappStorage
) -> None:
    sim.settings.job_seconds = 0.3
    storage.create_volume("new", NEW)
    assert not [one for one in sim.requests if "/jobs/" in one.path]
    posted = next(one for one in sim.requests if one.method == "POST")
    assert "return_timeout=2" in posted.query  # half of read_timeout


@pytest.mark.parametrize("svm_account", [False, True])
def test_work_that_takes_longer_is_followed(svm_account: bool) -> None:
    with OntapSimulator(svm_account=svm_account) as sim:
        sim.settings.job_seconds = 0.6
        storage = storage_at(sim, read_timeout=1.0)  # asks for an answer at once
        assert storage.create_volume("new", NEW).state == "online"
        assert storage.update_volume("new", {"size_total": 2 * GIB}).size_total == 2 * GIB
        storage.restrict_volume("new")
        assert sim.volume("new").state == "restricted"


@pytest.mark.parametrize(
    ("code", "text", "kind"),
    [
        (917526, "", AlreadyExists),
        (918271, "", Invalid),
        (917533, "", Conflict),
        (917536, "Not enough SPACE on the aggregate", BackendFull),
        (460770, "no space left", BackendFull),
        (917536, "Something else", BackendMisbehaved),
        (99999, "Never heard of", BackendMisbehaved),
    ],
)
@pytest.mark.parametrize("read_timeout", [1.0, 5.0])
def test_a_failed_job_is_told_by_its_code(
    sim: OntapSimulator, code: int, text: str, kind: type[StorageError], read_timeout: float
) -> None:
    sim.add_volume("v")
    sim.settings.job_seconds = 0.05
    sim.fail_next_job(code, text)
    with pytest.raises(kind, match=str(code)) as raised:
        storage_at(sim, read_timeout=read_timeout).update_volume("v", {"autosize_enabled": False})
    assert "Something" not in str(raised.value)


def test_a_job_that_outlives_the_request_may_still_land(sim: OntapSimulator) -> None:
    sim.settings.job_seconds = 30
    storage = storage_at(sim, read_timeout=1.0)
    with (
        serving("r", seconds=1.0),
        pytest.raises(BackendTimeout, match=r"job [0-9a-f-]{36}\); the change may still land"),
    ):
        storage.create_volume("new", NEW)


def test_a_change_whose_job_is_forgotten_is_made_again(sim: OntapSimulator) -> None:
    sim.add_volume("v", reserve=0)
    storage = storage_at(sim, read_timeout=1.0)
    sim.settings.job_seconds = 0.05
    sim.faults.add(kind="code", method="GET", path=JOBS, code=4)
    assert storage.update_volume("v", {"size_total": 2 * GIB}).size_total == 2 * GIB
    assert len(sent(sim, "PATCH")) == 2
    sim.faults.add(kind="code", method="GET", path=JOBS, code=4, times=None)
    with pytest.raises(BackendMisbehaved, match="no longer knows the outcome"):
        storage.update_volume("v", {"size_total": 3 * GIB})


def test_a_volume_whose_job_is_forgotten_is_looked_up(sim: OntapSimulator) -> None:
    storage = storage_at(sim, read_timeout=1.0)
    sim.settings.job_seconds = 0.05
    sim.faults.add(kind="code", method="GET", path=JOBS, code=4)
    assert storage.create_volume("new", NEW).name == "new"
    sim.fail_next_job(917533, "offline")
    sim.faults.add(kind="code", method="GET", path=JOBS, code=4)
    with pytest.raises(BackendMisbehaved, match="may exist"):
        storage.create_volume("other", {**NEW, "junction_path": "/other"})


def test_an_accepted_write_without_a_job_is_no_success(sim: OntapSimulator) -> None:
    sim.add_volume("v")
    body = '{"job": {"uuid": "../../svm"}}'
    sim.faults.add(
        kind="garbage",
        method="PATCH",
        body=body,
        status=202,
        content_type="application/json",
        times=None,
    )
    with pytest.raises(BackendMisbehaved):
        storage_at(sim).update_volume("v", {"autosize_enabled": False})


# Lost answers


@pytest.mark.parametrize("kind", ["cut-after", "cut-within", "truncate", "garbage"])
def test_a_volume_whose_answer_was_lost_is_ours(
    sim: OntapSimulator, storage: NetappStorage, kind: Kind
) -> None:
    sim.faults.add(kind=kind, method="POST", path=VOLUMES)
    assert storage.create_volume("new", NEW).name == "new"
    assert len(sent(sim, "POST")) == 1
    assert len(sim.volumes()) == 1


def test_a_volume_that_may_or_may_not_have_been_made_is_no_success(
    sim: OntapSimulator, storage: NetappStorage
) -> None:
    sim.faults.add(kind="cut-before", method="POST", path=VOLUMES)
    with pytest.raises(BackendUnavailable, match="'new' may exist; look before you repeat"):
        storage.create_volume("new", NEW)
    assert len(sent(sim, "POST")) == 1
    assert not sim.volumes()


@pytest.mark.parametrize("kind", ["cut-before", "cut-after"])
def test_somebody_else_s_volume_is_never_taken_for_ours(
    sim: OntapSimulator, storage: NetappStorage, kind: Kind
) -> None:
    sim.add_volume("new", size=5 * GIB)
    sim.faults.add(kind=kind, method="POST", path=VOLUMES)
    with pytest.raises(AlreadyExists):
        storage.create_volume("new", NEW)
    assert sim.volume("new").size == 5 * GIB


def test_if_nobody_can_tell_the_error_says_so(sim: OntapSimulator, storage: NetappStorage) -> None:
    sim.faults.add(kind="cut-after", method="POST", path=VOLUMES)
    sim.faults.add(kind="code", method="GET", path=VOLUMES, code=99999, times=None)
    with pytest.raises(BackendUnavailable, match="may exist"):
        storage.create_volume("new", NEW)


@pytest.mark.parametrize(
    ("kind", "times"),
    [("cut-before", 2), ("cut-after", 2), ("cut-within", 2), ("truncate", 1), ("garbage", 1)],
)
def test_a_change_whose_answer_was_lost_is_made_again(
    sim: OntapSimulator, storage: NetappStorage, kind: Kind, times: int
) -> None:
    sim.add_volume("v", reserve=0)
    sim.faults.add(kind=kind, method="PATCH", path=ONE_VOLUME, times=times)
    changed = storage.update_volume("v", {"size_total": 2 * GIB, "autosize_enabled": False})
    assert (changed.size_total, changed.autosize_enabled) == (2 * GIB, False)


@pytest.mark.parametrize("after", [0, 1])
@pytest.mark.parametrize("kind", ["cut-before", "cut-after"])
def test_restricting_survives_a_lost_answer(
    sim: OntapSimulator, storage: NetappStorage, kind: Kind, after: int
) -> None:
    sim.add_volume("v")
    sim.faults.add(kind=kind, method="PATCH", path=ONE_VOLUME, after=after)
    storage.restrict_volume("v")
    assert sim.volume("v").state == "restricted"


# Refusals that pass by themselves


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Asked again after a hundredth of the time."""
    monkeypatch.setattr("storage_api.backends.netapp.patience._FIRST_PAUSE", 0.02)


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("method", ["POST", "PATCH", "GET"])
@pytest.mark.parametrize("code", [2621573, 524486, 13107405, 13107406, 917536])
def test_what_is_busy_is_asked_again(
    sim: OntapSimulator, storage: NetappStorage, code: int, method: str
) -> None:
    text = "Another job (job ID 4711) holds the volume."
    sim.faults.add(kind="code", method=method, path=f"{VOLUMES}*", code=code, text=text, times=2)
    storage.create_volume("new", NEW)
    assert storage.update_volume("new", {"size_total": 2 * GIB}).size_total == 2 * GIB
    assert not sim.faults.pending


@pytest.mark.parametrize(
    ("code", "expected", "retry_after"),
    [
        (2621573, (503, "backend-unavailable"), 30),
        (524486, (409, "conflict"), 5),
        (13107405, (409, "conflict"), 5),
        (13107406, (409, "conflict"), 5),
    ],
)
def test_what_stays_busy_is_said_in_time(
    sim: OntapSimulator,
    storage: NetappStorage,
    code: int,
    expected: tuple[int, str],
    retry_after: int,
) -> None:
    sim.faults.add(kind="code", method="POST", path=VOLUMES, code=code, times=None)
    with serving("r", seconds=2.0), pytest.raises(StorageError, match=str(code)) as raised:
        storage.create_volume("new", NEW)
    assert kind_of(raised) == expected
    assert raised.value.retry_after == retry_after
