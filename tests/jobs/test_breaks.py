"""Jobs that are broken off: by signals, by a store that is away, by what stands in the queue."""

import os
import pickle
import signal
import time
from datetime import timedelta
from pathlib import Path

import pytest

from storage_api.domain.errors import BackendUnavailable
from storage_api.domain.models import Ref
from storage_api.jobs.record import new_record, now
from tests.jobs.lab import Lab, wait_for


def test_a_job_whose_consumer_is_killed_is_finished_by_another(lab: Lab) -> None:
    job = lab.submit("steps.60.20")
    with lab.consumer() as first, lab.consumer() as second:
        running = lab.until(job, lambda now: now.done > 5)
        for consumer in (first, second):
            if any(line.get("job") == job.id for line in consumer.lines()):
                consumer.kill()
        ended = lab.ended(job)
    assert running.state == "running"
    assert ended.state == "done"
    assert ended.done > 55
    assert ended.done == ended.total
    assert lab.begun(job.target) == 2


def test_a_job_waits_while_there_is_no_consumer(lab: Lab) -> None:
    job = lab.submit("steps.60.20")
    with lab.consumer() as consumer:
        lab.until(job, lambda now: now.done > 5)
        consumer.kill()
    assert lab.jobs.get(job.id).state == "running"
    assert lab.submit(job.target).id == job.id
    with lab.consumer():
        assert lab.ended(job).state == "done"
    assert lab.begun(job.target) == 2


def test_a_job_whose_consumer_died_can_be_cancelled(lab: Lab) -> None:
    job = lab.submit("steps.60.20")
    with lab.consumer() as consumer:
        lab.until(job, lambda now: now.done > 5)
        consumer.kill()
    lab.jobs.cancel(job.id)
    with lab.consumer():
        assert lab.ended(job).state == "cancelled"
    assert lab.begun(job.target) == 1


def test_a_consumer_that_is_to_end_leaves_its_job_to_the_next(lab: Lab) -> None:
    job = lab.submit("steps.60.20")
    with lab.consumer() as consumer:
        lab.until(job, lambda now: now.done > 5)
        assert consumer.end() == 0
        events = [line["event"] for line in consumer.lines()]
    assert events[-2:] == ["job-left", "consumer-ended"]
    left = lab.jobs.get(job.id)
    assert (left.state, left.done < 60) == ("queued", True)
    with lab.consumer():
        ended = lab.ended(job)
    assert (ended.state, ended.done, ended.total) == ("done", 60, 60)


def test_a_consumer_that_is_to_end_does_not_wait_for_a_long_step(lab: Lab) -> None:
    job = lab.submit("steps.2.60000")
    with lab.consumer() as consumer:
        lab.until(job, lambda now: now.state == "running")
        assert consumer.end() == 0
    assert lab.jobs.get(job.id).state == "running"
    with lab.consumer():
        wait_for(lambda: lab.begun(job.target) == 2)


def test_a_second_signal_ends_the_waiting(lab: Lab) -> None:
    job = lab.submit("steps.2.60000")
    with lab.consumer() as consumer:
        lab.until(job, lambda now: now.state == "running")
        began = time.monotonic()
        consumer.process.terminate()
        time.sleep(0.3)
        assert consumer.end() == 0
        assert time.monotonic() - began < 1.9


@pytest.mark.parametrize("ahead", [timedelta(), timedelta(hours=1)])
def test_a_job_that_never_reached_the_queue_is_done(lab: Lab, ahead: timedelta) -> None:
    """Also if its maker's clock was ahead, or has been put back since."""
    record = new_record("purge-user", "lab", Ref(None, "steps.1.0"), "alice")
    record = record.updated(created=now() + ahead)
    lab.jobs._here().runner.store.put(record)
    with lab.consumer():
        assert lab.ended(record.job).state == "done"


def test_an_idle_consumer_ends_at_once(lab: Lab) -> None:
    with lab.consumer() as consumer:
        wait_for(lambda: "consumer-started" in consumer.log.read_text())
        assert consumer.end() == 0


def test_what_stands_in_the_queue_twice_is_done_once(lab: Lab) -> None:
    job = lab.submit("steps.20.10")
    for _ in range(5):
        lab.jobs._here().runner.queue.put(job.id)
    with lab.consumer(), lab.consumer():
        assert lab.ended(job).state == "done"
        wait_for(lambda: not lab.jobs._here().runner.queue.waiting())
    assert lab.begun(job.target) == 1


def test_who_can_write_into_the_queue_runs_no_code(lab: Lab) -> None:
    storage = lab.jobs._here()._opened()[0].huey.storage
    for junk in (pickle.dumps(Bomb(lab.folder / "bang")), b"{}", b"[1, 2]", b"\xff", b"null"):
        storage.enqueue(junk)
    storage.put_data("job:0123", pickle.dumps(Bomb(lab.folder / "bang")))
    job = lab.submit("steps.1.0")
    with lab.consumer() as consumer:
        assert lab.ended(job).state == "done"
        assert "unreadable-task" in consumer.log.read_text()
    assert not (lab.folder / "bang").exists()
    assert [known.id for known in lab.jobs.list()] == [job.id]


class Bomb:
    def __init__(self, file: os.PathLike[str]) -> None:
        self.file = file

    def __reduce__(self) -> tuple[object, ...]:
        return os.system, (f"touch {self.file}",)


@pytest.mark.parametrize("lab", ["sqlite"], indirect=True)
def test_a_job_that_kills_every_consumer_is_given_up(lab: Lab) -> None:
    job = lab.submit("deadly")
    for _ in range(6):
        with lab.consumer() as consumer:
            assert consumer.exit_code() == 9
    with lab.consumer():
        ended = lab.ended(job)
    assert ended.state == "failed"
    assert "broken off 6 times" in ended.errors[0]


@pytest.mark.parametrize("lab", ["redis"], indirect=True)
def test_a_consumer_that_was_frozen_for_too_long_leaves_its_job(lab: Lab) -> None:
    job = lab.submit("steps.60.50")
    with lab.consumer() as frozen:
        lab.until(job, lambda now: now.done > 2)
        os.kill(frozen.pid, signal.SIGSTOP)
        with lab.consumer() as other:
            wait_for(lambda: "job-started" in other.log.read_text())
            os.kill(frozen.pid, signal.SIGCONT)
            wait_for(lambda: '"job-left"' in frozen.log.read_text())
            assert lab.ended(job).state == "done"
    assert '"reason": "lost"' in frozen.log.read_text()


@pytest.mark.parametrize("lab", ["sqlite"], indirect=True)
def test_a_directory_that_cannot_be_used_is_told(lab: Lab) -> None:
    lab.folder.joinpath("jobs.sqlite").mkdir()
    with pytest.raises(BackendUnavailable) as refused:
        lab.submit("steps.1.0")
    assert str(lab.folder) not in str(refused.value)
    assert refused.value.retry_after


def test_a_directory_that_is_gone_is_told(tmp_path: Path) -> None:
    jobs = Lab(tmp_path, None).jobs
    jobs.probe()
    tmp_path.rmdir()
    with pytest.raises(BackendUnavailable, match="SAPI_STATE_DIRECTORY"):
        jobs.probe()
    with pytest.raises(BackendUnavailable):
        jobs.submit("purge-user", "lab", Ref(None, "alice"), asked_by="alice")
    with pytest.raises(BackendUnavailable):
        jobs.list()
    with pytest.raises(BackendUnavailable):
        jobs.get("18795f3c2b1a0d4e9c31")
