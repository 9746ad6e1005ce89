"""What is said of a write when the filer is lost in the middle of it, or never reached."""

import socket

import pytest

from storage_api.backends.netapp.backend import NetappStorage
from storage_api.domain.errors import (
    BackendMisbehaved,
    BackendTimeout,
    BackendUnavailable,
    Conflict,
    StorageError,
)
from storage_api.domain.requests import VolumeCreate
from storage_api.domain.units import GIB
from tests.backends.netapp.filer import ONE_VOLUME, POLICIES, VOLUMES, sent, storage_at
from tests.simulators.ontap import OntapSimulator

NEW: VolumeCreate = {"size_total": GIB, "junction_path": "/new"}
JOBS = "/api/cluster/jobs/*"


# A job that nobody can ask about


def test_a_filer_that_is_busy_for_a_moment_does_not_end_the_wait(sim: OntapSimulator) -> None:
    storage = storage_at(sim, read_timeout=1.0)
    sim.settings.job_seconds = 0.3
    sim.faults.add(kind="status", method="GET", path=JOBS, times=3)
    assert storage.create_volume("new", NEW).state == "online"
    assert len(sent(sim, "POST")) == 1


def test_a_job_that_our_role_may_not_see_is_looked_up(sim: OntapSimulator) -> None:
    storage = storage_at(sim, read_timeout=1.0)
    sim.settings.job_seconds = 0.1
    sim.faults.add(kind="code", method="GET", path=JOBS, code=6, times=None)
    assert storage.create_volume("new", NEW).name == "new"


@pytest.mark.parametrize("order", [{"kind": "status"}, {"kind": "code", "code": 6}])
def test_a_rollback_under_way_is_never_called_refused(
    sim: OntapSimulator, order: dict[str, object]
) -> None:
    sim.add_volume("vol")
    sim.add_snapshot("vol", "wanted")
    storage = storage_at(sim, read_timeout=1.0)
    sim.settings.job_seconds = 0.2
    sim.faults.add(method="GET", path=JOBS, times=None, **order)  # type: ignore[arg-type]
    with pytest.raises(BackendTimeout, match="not known whether") as caught:
        storage.rollback_volume("vol", "wanted")
    assert not caught.value.retryable
    assert len(sent(sim, "PATCH")) == 1


def test_a_rollback_whose_job_failed_is_not_repeated(sim: OntapSimulator) -> None:
    """Unlike a refusal, a job that fails may have done something."""
    sim.add_volume("vol")
    sim.add_snapshot("vol", "wanted")
    sim.settings.job_seconds = 0.2
    sim.fail_next_job(917536, "Restore job 4711 failed half-way")
    with pytest.raises(StorageError, match="917536"):
        storage_at(sim, read_timeout=1.0).rollback_volume("vol", "wanted")
    assert len(sent(sim, "PATCH")) == 1


# A filer that was never reached


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        found: int = probe.getsockname()[1]
        return found


def test_what_was_never_sent_may_not_exist(sim: OntapSimulator, port: int) -> None:
    storage = storage_at(sim, hostname=f"127.0.0.1:{port}")
    fields: VolumeCreate = {**NEW, "aggregate_name": "aggr1"}
    with pytest.raises(BackendUnavailable, match="cannot be reached") as caught:
        storage.create_volume("new", fields)
    assert "may exist" not in str(caught.value)


# An answer that is not about what was asked


def test_a_good_status_with_an_error_in_it_is_no_success(
    sim: OntapSimulator, storage: NetappStorage
) -> None:
    sim.add_volume("v")
    body = '{"error": {"code": "917533", "message": "offline"}}'
    sim.faults.add(
        kind="garbage", method="PATCH", status=200, body=body, content_type="application/json"
    )
    with pytest.raises(Conflict, match="917533"):
        storage.update_volume("v", {"autosize_enabled": False})


def test_another_volume_than_the_one_asked_for_is_left_alone(
    sim: OntapSimulator, storage: NetappStorage
) -> None:
    other = sim.add_volume("other")
    row = f'{{"name": "other", "uuid": "{other.uuid}", "state": "online"'
    body = f'{{"records": [{row}, "aggregates": [{{"name": "aggr1"}}]}}]}}'
    sim.faults.add(kind="garbage", method="GET", body=body, content_type="application/json")
    with pytest.raises(BackendMisbehaved):
        storage.restrict_volume("v")
    assert sent(sim, "PATCH") == []


# Done, but not to be read back


def lose_reads(sim: OntapSimulator, path: str, after: int) -> None:
    sim.faults.add(kind="code", method="GET", path=path, code=99999, after=after, times=None)


def test_a_volume_that_cannot_be_read_back_is_said_to_be_made(
    sim: OntapSimulator, storage: NetappStorage
) -> None:
    lose_reads(sim, VOLUMES, 0)
    with pytest.raises(BackendMisbehaved, match="'new' is made"):
        storage.create_volume("new", NEW)


def test_a_change_that_cannot_be_read_back_is_said_to_be_made(
    sim: OntapSimulator, storage: NetappStorage
) -> None:
    sim.add_volume("v", reserve=0)
    lose_reads(sim, VOLUMES, 1)
    with pytest.raises(BackendMisbehaved, match="change is made"):
        storage.update_volume("v", {"autosize_enabled": False})


def test_a_clone_that_cannot_be_read_back_is_said_to_be_made(
    sim: OntapSimulator, storage: NetappStorage
) -> None:
    sim.add_volume("vol")
    sim.add_snapshot("vol", "wanted")
    lose_reads(sim, VOLUMES, 1)
    with pytest.raises(BackendMisbehaved, match="'copy' is made"):
        storage.clone_volume("copy", "vol", "wanted", {})


def test_a_rule_that_cannot_be_read_back_is_said_to_be_there(
    sim: OntapSimulator, storage: NetappStorage
) -> None:
    sim.add_policy("p")
    storage.get_policy("p")  # finds out which fields this release lacks
    lose_reads(sim, POLICIES, 1)
    with pytest.raises(BackendMisbehaved, match="has the rule"):
        storage.ensure_rule("p", "10.0.0.1")


def test_a_volume_that_may_be_unmounted_is_named(sim: OntapSimulator) -> None:
    """By its path it could not be found any more."""
    sim.add_volume("v")
    sim.faults.add(kind="hang", method="PATCH", path=ONE_VOLUME)
    with pytest.raises(BackendTimeout, match="'v' may be unmounted"):
        storage_at(sim, read_timeout=0.5).restrict_volume("any:/v")


def test_a_deletion_without_an_answer_may_land(sim: OntapSimulator) -> None:
    sim.add_volume("vol")
    sim.add_snapshot("vol", "old")
    sim.faults.add(kind="hang", method="DELETE")
    with pytest.raises(BackendTimeout, match="may still land"):
        storage_at(sim, read_timeout=0.5).delete_snapshot("vol", "old")


def test_a_change_without_an_answer_may_land(sim: OntapSimulator) -> None:
    sim.add_volume("v")
    sim.faults.add(kind="hang", method="PATCH", path=ONE_VOLUME)
    with pytest.raises(BackendTimeout, match="may still land"):
        storage_at(sim, read_timeout=0.5).update_volume("v", {"autosize_enabled": False})
