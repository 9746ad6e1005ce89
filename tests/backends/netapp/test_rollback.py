"""A rollback destroys: it is asked for once, and nobody is told what is not known."""

import pytest

from storage_api.backends.netapp.backend import NetappStorage
from storage_api.domain.errors import (
    BackendTimeout,
    Conflict,
    NotFound,
    StorageError,
)
from storage_api.transport.context import serving
from tests.backends.netapp.filer import ONE_VOLUME, kind_of, sent, storage_at
from tests.conformance.client import InProcess
from tests.conformance.test_netapp import netapp_entry
from tests.servers import service
from tests.simulators.ontap import OntapSimulator


@pytest.fixture
def sim(sim: OntapSimulator) -> OntapSimulator:
    sim.add_volume("vol")
    for name in ("older", "wanted", "newer"):
        sim.add_snapshot("vol", name)
    return sim


def kept(sim: OntapSimulator) -> list[str]:
    return [snapshot.name for snapshot in sim.snapshots("vol")]


def test_data_go_back_and_newer_snapshots_go(sim: OntapSimulator, storage: NetappStorage) -> None:
    used = sim.volume("vol").used
    sim.change_volume("vol", used=2 * used)
    assert storage.rollback_volume("vol", "wanted").size_used == used
    assert kept(sim) == ["older", "wanted"]


def test_a_volume_is_found_by_its_path_too(sim: OntapSimulator, storage: NetappStorage) -> None:
    assert storage.rollback_volume("node:/vol", "older").name == "vol"
    assert kept(sim) == ["older"]


@pytest.mark.parametrize(
    ("kind", "done"),
    [
        ("cut-before", False),
        ("cut-after", True),
        ("cut-within", True),
        ("truncate", True),
        ("garbage", True),
        ("status", False),
    ],
)
def test_a_lost_answer_leaves_it_open(
    sim: OntapSimulator,
    storage: NetappStorage,
    kind: str,
    done: bool,
) -> None:
    sim.faults.add(method="PATCH", path=ONE_VOLUME, kind=kind)  # type: ignore[arg-type]
    with pytest.raises(BackendTimeout, match="not known whether") as caught:
        storage.rollback_volume("vol", "wanted")
    assert not caught.value.retryable
    assert len(sent(sim, "PATCH")) == 1
    assert ("newer" in kept(sim)) is not done


def test_a_filer_that_does_not_answer_is_not_asked_again(sim: OntapSimulator) -> None:
    sim.faults.add(method="PATCH", path=ONE_VOLUME, kind="hang")
    with pytest.raises(BackendTimeout, match="not known whether"):
        storage_at(sim, read_timeout=0.5).rollback_volume("vol", "wanted")
    assert len(sent(sim, "PATCH")) == 1


def test_work_that_outlives_the_request_is_open_too(
    sim: OntapSimulator, storage: NetappStorage
) -> None:
    sim.settings.job_seconds = 30.0
    with serving("r", seconds=1.5), pytest.raises(BackendTimeout, match="not known whether"):
        storage.rollback_volume("vol", "wanted")
    assert len(sent(sim, "PATCH")) == 1


def test_a_job_that_the_filer_forgot_is_open_too(sim: OntapSimulator) -> None:
    sim.settings.job_seconds, sim.settings.job_expiry_seconds = 0.5, 0.0
    with pytest.raises(BackendTimeout, match="not known whether"):
        storage_at(sim, read_timeout=1.0).rollback_volume("vol", "wanted")
    assert len(sent(sim, "PATCH")) == 1


def test_done_but_unreadable_is_said_and_not_to_be_repeated(
    sim: OntapSimulator, storage: NetappStorage
) -> None:
    sim.faults.add(method="GET", path="/api/storage/volumes", kind="status", after=1, times=None)
    with pytest.raises(BackendTimeout, match="was rolled back, but") as caught:
        storage.rollback_volume("vol", "wanted")
    assert not caught.value.retryable
    assert kept(sim) == ["older", "wanted"]


def test_what_a_caller_reads(sim: OntapSimulator) -> None:
    api = InProcess(service({"SAPI_BACKENDS": netapp_entry(sim)}))
    sim.faults.add(method="PATCH", path=ONE_VOLUME, kind="cut-after")
    answer = api.post("/v3/filer/volumes/vol", {"from_snapshot": "wanted"})
    problem = answer.expect(504)
    assert problem["retryable"] is False
    assert "Retry-After" not in answer.headers
    assert "not known whether the volume 'vol' was rolled back" in problem["message"]


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (524511, (409, "conflict")),
        (1638480, (409, "conflict")),
        (9437886, (409, "conflict")),
        (9437885, (409, "conflict")),
        (1638600, (404, "not-found")),
        (1638503, (404, "not-found")),
        (542797, (404, "not-found")),
        (6, (502, "backend-refused")),
        (1638644, (501, "not-supported")),
        (424242, (502, "backend-misbehaved")),
    ],
)
@pytest.mark.parametrize("in_a_job", [False, True], ids=["at-once", "in-a-job"])
def test_why_it_is_refused(
    sim: OntapSimulator,
    storage: NetappStorage,
    code: int,
    kind: tuple[int, str],
    in_a_job: bool,
) -> None:
    if in_a_job:
        sim.settings.job_seconds = 0.1
        sim.fail_next_job(code, "some words")
    else:
        sim.faults.add(method="PATCH", path=ONE_VOLUME, kind="code", code=code)
    with pytest.raises(StorageError) as caught:
        storage.rollback_volume("vol", "wanted")
    assert kind_of(caught) == kind
    assert "not known" not in str(caught.value)
    assert kept(sim) == ["older", "wanted", "newer"]


def test_a_newer_snapshot_that_is_needed_stops_it(
    sim: OntapSimulator, storage: NetappStorage
) -> None:
    sim.add_snapshot("vol", "cloned", owners=("volume_clone",))
    with pytest.raises(Conflict):
        storage.rollback_volume("vol", "wanted")
    assert kept(sim) == ["older", "wanted", "newer", "cloned"]


def test_an_absent_snapshot_is_found_out_before_anything_is_sent(
    sim: OntapSimulator, storage: NetappStorage
) -> None:
    with pytest.raises(NotFound, match="no snapshot 'absent'"):
        storage.rollback_volume("vol", "absent")
    assert sent(sim, "PATCH") == []


def test_a_filer_that_is_busy_with_the_volume_is_asked_again(
    sim: OntapSimulator, storage: NetappStorage
) -> None:
    """That refusal comes before anything is done."""
    sim.faults.add(method="PATCH", path=ONE_VOLUME, kind="code", code=13107406)
    storage.rollback_volume("vol", "wanted")
    assert kept(sim) == ["older", "wanted"]
