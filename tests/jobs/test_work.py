"""What becomes of a job, over either store, with consumers of their own."""

from datetime import UTC, datetime

import pytest

from storage_api.domain.errors import NotFound
from storage_api.domain.models import Ref
from tests.jobs.lab import Lab, wait_for
from tests.jobs.process import PROCESSES, ask
from tests.jobs.storage import LEAK


def test_a_job_is_done_and_tells_what_it_did(lab: Lab) -> None:
    job = lab.submit("steps.5.10")
    assert (job.state, job.done, job.total, job.asked_by) == ("queued", 0, None, "alice")
    with lab.consumer() as consumer:
        ended = lab.ended(job)
        assert (ended.state, ended.done, ended.total, ended.errors) == ("done", 5, 5, [])
        times = [ended.created, ended.started, ended.finished, datetime.now(UTC)]
        assert times == sorted(time for time in times if time)
        wait_for(lambda: '"audit"' in consumer.log.read_text())
        events = [line for line in consumer.lines() if line.get("job") == job.id]
    assert [line["event"] for line in events] == ["job-started", "job-ended", "audit"]
    audit = events[-1]
    assert (audit["who"], audit["backend"], audit["outcome"]) == ("alice", "lab", "done")
    assert (audit["action"], audit["target"]) == ("purge-user", "steps.5.10")


def test_progress_shows_while_it_runs(lab: Lab) -> None:
    job = lab.submit("steps.200.10")
    with lab.consumer():
        lab.until(job, lambda now: (now.state, now.total) == ("running", 200) and now.done > 0)


def test_what_is_under_way_is_not_begun_again(lab: Lab) -> None:
    job = lab.submit("steps.1.0")
    assert lab.submit("steps.1.0") == job
    other = lab.jobs.submit("purge-user", "lab", Ref("physics", "steps.1.0"), asked_by="bob")
    assert other.id != job.id
    with lab.consumer():
        assert lab.ended(job).state == "done"
    assert lab.submit("steps.1.0").id != job.id
    assert [job.id for job in lab.jobs.list()] == sorted(
        (job.id for job in lab.jobs.list()), reverse=True
    )


def test_many_who_ask_at_once_in_two_processes_get_one_job(lab: Lab) -> None:
    ready, answers = PROCESSES.Barrier(2), PROCESSES.SimpleQueue()
    details = ("steps.1.0", ready, answers, lab.folder, lab.redis_url)
    asking = [PROCESSES.Process(target=ask, args=details) for _ in range(2)]
    for process in asking:
        process.start()
    ids = {job for _ in asking for job in answers.get()}
    for process in asking:
        process.join()
    assert len(ids) == 1
    assert [job.id for job in lab.jobs.list()] == list(ids)


def test_two_hundred_jobs_are_each_done_once_by_two_consumers(lab: Lab) -> None:
    made = [lab.submit(f"steps.2.1.n{number}") for number in range(200)]
    with lab.consumer(), lab.consumer():
        wait_for(lambda: {job.state for job in lab.jobs.list()}, lambda states: states == {"done"})
    assert len(lab.jobs.list()) == 200
    assert {lab.begun(job.target) for job in made} == {1}


def test_a_job_that_waits_is_cancelled_at_once_and_never_begins(lab: Lab) -> None:
    first, second = lab.submit("steps.1.0.a"), lab.submit("steps.1.0.b")
    assert lab.jobs.cancel(first.id).state == "cancelled"
    assert lab.jobs.cancel(first.id).state == "cancelled"
    with lab.consumer():
        assert lab.ended(second).state == "done"
    assert lab.begun(first.target) == 0
    assert lab.jobs.cancel(second.id).state == "done"


def test_a_job_that_runs_is_cancelled_and_a_new_one_goes_on(lab: Lab) -> None:
    job = lab.submit("steps.100.20")
    with lab.consumer():
        lab.until(job, lambda now: now.done > 3)
        lab.jobs.cancel(job.id)
        ended = lab.ended(job)
        assert ended.state == "cancelled"
        assert 3 < ended.done < 100
        again = lab.submit("steps.100.20")
        assert again.id != job.id
        rest = lab.ended(again)
    assert (rest.state, rest.done, rest.total) == ("done", 100 - ended.done, 100 - ended.done)


def test_a_cancelled_job_is_not_tried_again(lab: Lab) -> None:
    job = lab.submit("fade.400")
    with lab.consumer():
        lab.until(job, lambda now: now.state == "running")
        lab.jobs.cancel(job.id)
        assert lab.ended(job).state == "cancelled"
    assert lab.begun(job.target) == 1


def test_a_storage_system_that_is_down_is_tried_again_later(lab: Lab) -> None:
    job = lab.submit("down.2.x")
    with lab.consumer():
        waiting = lab.until(job, lambda now: now.state == "queued" and bool(now.errors))
        [note] = waiting.errors
        assert note.startswith("Try 1 failed: The storage system is down. The next one is at 20")
        ended = lab.ended(job)
    assert (ended.state, ended.errors) == ("done", [])
    assert lab.begun(job.target) == 3


def test_tries_end_some_time(lab: Lab) -> None:
    job = lab.submit("down.99.x")
    with lab.consumer():
        ended = lab.ended(job)
    assert ended.state == "failed"
    assert ended.errors == ["Given up after 4 tries: The storage system is down."]
    assert lab.begun(job.target) == 4


def test_failures_are_told_and_others_go_on(lab: Lab) -> None:
    bad, refused, vanished, good = (
        lab.submit(name) for name in ("bad", "refused", "vanished", "steps.1.0")
    )
    with lab.consumer() as consumer:
        assert lab.ended(good).state == "done"
        assert lab.ended(vanished).state == "done"
        assert lab.ended(refused).errors == ["The user is suspended."]
        ended = lab.ended(bad)
        assert ended.state == "failed"
        assert LEAK not in ended.errors[0]
        [line] = [line for line in consumer.lines() if line["event"] == "job-broke"]
    assert LEAK in line["exception"]
    assert line["job"] == bad.id
    assert lab.begun("bad") == 1


def test_what_is_left_over_fails_the_job_and_is_listed(lab: Lab) -> None:
    job = lab.submit("left.123")
    with lab.consumer():
        ended = lab.ended(job)
    assert ended.state == "failed"
    assert ended.errors[:2] == ["object 0 is locked", "object 1 is locked"]
    assert ended.errors[100:] == ["… and 23 more."]


def test_a_back_end_that_is_not_configured_any_more_fails_the_job(lab: Lab) -> None:
    job = lab.submit("steps.1.0", backend="former")
    with lab.consumer():
        ended = lab.ended(job)
    assert ended.state == "failed"
    assert "'former' is not configured" in ended.errors[0]


def test_what_ended_long_ago_is_forgotten(lab: Lab) -> None:
    old = lab.submit("steps.1.0")
    with lab.consumer(keep=0.5):
        lab.ended(old)
        wait_for(lambda: not lab.jobs.list())
        with pytest.raises(NotFound):
            lab.jobs.get(old.id)
        assert lab.ended(lab.submit("steps.1.0")).state == "done"
    assert not list(lab.folder.glob(f"*/{old.id}"))
