"""Work that croit does in tasks: the bucket of a suspended owner is deleted in one."""

import json
import threading

import pytest

from storage_api.backends.croit.backend import CroitStorage
from storage_api.domain.errors import BackendMisbehaved, BackendTimeout, Conflict
from storage_api.domain.models import Ref
from storage_api.transport.context import serving
from tests.backends.croit.lab import new_user, plant_bucket
from tests.simulators.croit import CroitSimulator
from tests.simulators.croit.records import Bucket


@pytest.fixture
def planted(sim: CroitSimulator, storage: CroitStorage) -> Bucket:
    owner = new_user(storage, suspended=True)
    return plant_bucket(sim, owner.name)


@pytest.fixture
def bucket(planted: Bucket) -> Ref:
    return Ref(None, planted.name)


def test_a_task_is_waited_for(sim: CroitSimulator, storage: CroitStorage, bucket: Ref) -> None:
    sim.tasks.seconds = 0.3
    storage.delete_bucket(bucket)
    assert sim.store.buckets() == []
    assert len(sim.calls("GET", "/api/tasks/*")) >= 2
    storage.delete_bucket(bucket)


def test_one_that_failed_is_an_error(
    sim: CroitSimulator, storage: CroitStorage, bucket: Ref
) -> None:
    sim.tasks.fail_next("secret reasons")
    with pytest.raises(BackendMisbehaved, match="task 1 failed") as caught:
        storage.delete_bucket(bucket)
    assert "secret reasons" not in str(caught.value)
    storage.delete_bucket(bucket)


def test_one_that_found_data_says_so(
    sim: CroitSimulator, storage: CroitStorage, planted: Bucket
) -> None:
    sim.memory.put_object(planted, "key", 5)
    with pytest.raises(Conflict, match="not empty"):
        storage.delete_bucket(Ref(None, planted.name))
    assert [row.name for row in sim.store.buckets()] == [planted.name]
    (sent,) = sim.calls("DELETE", "/api/s3/buckets/*")
    assert sent.body == b'{"name": "%s", "deleteData": false}' % planted.name.encode()


def test_open_uploads_keep_it(sim: CroitSimulator, storage: CroitStorage, planted: Bucket) -> None:
    sim.memory.begin_upload(planted, "key")
    with pytest.raises(Conflict, match="1 open upload"):
        storage.delete_bucket(Ref(None, planted.name))
    assert sim.calls("DELETE", "/api/s3/buckets/*") == []


def test_one_that_was_cancelled_is_a_conflict(
    sim: CroitSimulator, storage: CroitStorage, bucket: Ref
) -> None:
    sim.tasks.cancel_next()
    with pytest.raises(Conflict, match="cancelled"):
        storage.delete_bucket(bucket)
    assert len(sim.store.buckets()) == 1


def test_only_one_that_is_done_is_over(
    sim: CroitSimulator, storage: CroitStorage, bucket: Ref
) -> None:
    told = {"id": 7, "state": "FINISHED", "done": False, "statusCode": 0}
    for method, more in (("DELETE", {}), ("GET", {"done": True, "statusCode": 1})):
        path = "/api/tasks/7" if method == "GET" else "/api/s3/buckets/*"
        body = json.dumps(told | more)
        sim.faults.add(kind="status", status=200, body=body, method=method, path=path)
    with pytest.raises(BackendMisbehaved, match="task 7 failed"):
        storage.delete_bucket(bucket)
    assert len(sim.store.buckets()) == 1


def test_a_question_is_left_to_people(
    sim: CroitSimulator, storage: CroitStorage, bucket: Ref
) -> None:
    sim.tasks.ask_next("Really?")
    with pytest.raises(Conflict, match="asks something"):
        storage.delete_bucket(bucket)
    assert sim.calls("POST", "/api/tasks/*") == []
    assert len(sim.store.buckets()) == 1


def test_one_that_takes_too_long_is_a_time_out(
    sim: CroitSimulator, storage: CroitStorage, bucket: Ref
) -> None:
    sim.tasks.seconds = 30
    with serving("test", seconds=1.0), pytest.raises(BackendTimeout):
        storage.delete_bucket(bucket)


def test_one_that_is_cut_off_is_found_out(
    sim: CroitSimulator, storage: CroitStorage, bucket: Ref
) -> None:
    sim.faults.add(kind="cut-after", method="DELETE", path="/api/s3/buckets/*")
    done = threading.Event()
    try:
        storage.delete_bucket(bucket)
        done.set()
    except Exception:  # noqa: BLE001  # the task may not have ended when it was looked
        storage.delete_bucket(bucket)
    assert sim.store.buckets() == []
