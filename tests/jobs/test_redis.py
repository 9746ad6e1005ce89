"""What only Redis does: go away, come back, hang."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from storage_api.domain.errors import BackendUnavailable
from tests.conftest import skip_or_fail
from tests.jobs.lab import Lab, wait_for
from tests.servers import free_port
from tests.services.redis import INSTALL, RedisServer, is_missing, redis_server


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[RedisServer]:
    """One of its own, because it is ended."""
    if is_missing():
        skip_or_fail(f"redis-server not installed: {INSTALL}")
    with redis_server(tmp_path, free_port()) as server:
        yield server


def test_jobs_outlive_a_redis_that_is_restarted(tmp_path: Path, redis: RedisServer) -> None:
    lab = Lab(tmp_path, redis.url)
    waiting = [lab.submit(f"steps.1.0.n{number}") for number in range(3)]
    job = lab.submit("steps.150.20")
    with lab.consumer() as consumer:
        lab.until(job, lambda now: now.done > 5)
        redis.process.kill()
        redis.process.wait()
        began = time.monotonic()
        with pytest.raises(BackendUnavailable) as refused:
            lab.submit("steps.1.0")
        with pytest.raises(BackendUnavailable):
            lab.jobs.probe()
        assert time.monotonic() - began < 2.5
        assert redis.url not in str(refused.value)
        wait_for(lambda: "job-store-down" in consumer.log.read_text())
        port = int(redis.url.rpartition(":")[2].partition("/")[0])
        with redis_server(tmp_path, port):
            assert lab.ended(job).state == "done"
            assert {lab.ended(other).state for other in waiting} == {"done"}
            wait_for(lambda: "job-store-up" in consumer.log.read_text())
            assert lab.submit("steps.1.0").state == "queued"
            assert consumer.end() == 0
    events = [line["event"] for line in consumer.lines()]
    assert (events.count("job-store-down"), events.count("job-store-up")) == (1, 1)
    assert "exception" not in consumer.log.read_text()
    assert redis.url not in consumer.log.read_text()
    lab.begun(job.target)


def test_nobody_waits_long_for_a_redis_that_hangs(tmp_path: Path, redis: RedisServer) -> None:
    lab = Lab(tmp_path, redis.url)
    lab.submit("steps.1.0")
    os.kill(redis.process.pid, signal.SIGSTOP)
    try:
        began = time.monotonic()
        with pytest.raises(BackendUnavailable):
            lab.submit("steps.1.0")
        assert time.monotonic() - began < 5
    finally:
        os.kill(redis.process.pid, signal.SIGCONT)
    wait_for(lambda: lab.submit("steps.1.0").state == "queued")


def test_the_probe_misses_consumers(tmp_path: Path, redis: RedisServer) -> None:
    lab = Lab(tmp_path, redis.url)
    with pytest.raises(BackendUnavailable, match=r"python -m storage_api\.jobs"):
        lab.jobs.probe()
    with lab.consumer() as consumer:
        wait_for(lambda: "consumer-started" in consumer.log.read_text())
        wait_for(lambda: _is_well(lab))


def _is_well(lab: Lab) -> bool:
    try:
        lab.jobs.probe()
    except BackendUnavailable:
        return False
    return True
