"""Jobs as operators run them: beside the service under uWSGI, and by ``storage_api.jobs``."""

import json
import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.client import OverNetwork
from tests.jobs.lab import Lab, wait_for
from tests.jobs.program import consumer
from tests.jobs.storage import LabStorage, install
from tests.servers import ROOT, flask_server, uwsgi_server
from tests.services.redis import RedisServer


@pytest.fixture
def settings(tmp_path: Path) -> dict[str, str]:
    """Of services that have LabStorage, and share their state."""
    install(tmp_path)
    return {
        "SAPI_BACKENDS": f"lab🌈LabStorage🌈folder🌈{tmp_path}",
        "FLASK_DEBUG": "1",
        "SAPI_STATE_DIRECTORY": str(tmp_path),
        "PYTHONPATH": f"{ROOT}:{tmp_path}",
    }


def purge(api: OverNetwork, user: str) -> str:
    answer = api.delete(f"/v3/lab/users/{user}?purge=true")
    job = answer.expect(202)
    assert answer.headers["Location"] == f"/v3/jobs/{job['id']}"
    return f"/v3/jobs/{job['id']}"


def until(api: OverNetwork, job: str, state: str, done: int = 0) -> Any:
    return wait_for(
        lambda: api.get(job).expect(200), lambda now: now["state"] == state and now["done"] >= done
    )


def workers_of(folder: Path) -> list[int]:
    """The processes that began to work, one after the other."""
    journal = LabStorage.journal(folder)
    assert not [line for line in journal if line.startswith("twice")]
    return [int(line.split()[1]) for line in journal if line.startswith("pid")]


def test_a_service_that_is_killed_goes_on_with_its_jobs(
    tmp_path: Path, settings: dict[str, str]
) -> None:
    with uwsgi_server(settings, tmp_path / "log1") as server:
        job = purge(OverNetwork(server.url), "steps.100.20")
        until(OverNetwork(server.url), job, "running", done=1)
        os.killpg(server.pid, signal.SIGKILL)
    with uwsgi_server(settings, tmp_path / "log2") as server:
        api = OverNetwork(server.url)
        again = purge(api, "steps.100.20")
        assert again == job
        ended = until(api, job, "done")
    assert ended["done"] == ended["total"]
    assert ended["asked_by"] == "developer"
    assert len(workers_of(tmp_path)) == 2


def test_a_worker_that_is_replaced_leaves_its_job_to_another(
    tmp_path: Path, settings: dict[str, str]
) -> None:
    with uwsgi_server(settings, tmp_path / "log", processes=2) as server:
        api = OverNetwork(server.url)
        job = purge(api, "steps.300.20")
        until(api, job, "running", done=1)
        [first] = workers_of(tmp_path)
        os.kill(first, signal.SIGHUP)
        # The threads of a worker that is to go do so with the next request.
        wait_for(lambda: api.get(job).expect(200) and len(workers_of(tmp_path)) == 2)
        assert until(api, job, "done")["done"] == 300
        assert workers_of(tmp_path)[1] != first


def test_a_service_that_is_stopped_does_not_wait_for_its_jobs(
    tmp_path: Path, settings: dict[str, str]
) -> None:
    with uwsgi_server(settings, tmp_path / "log") as server:
        api = OverNetwork(server.url)
        job, slow = purge(api, "steps.500.20"), purge(api, "steps.2.60000")
        until(api, job, "running", done=1)
        until(api, slow, "running")
        began = time.monotonic()
        os.kill(server.pid, signal.SIGTERM)
        wait_for(lambda: not Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text())
        assert time.monotonic() - began < 12
    jobs = Lab(tmp_path, None).jobs
    assert jobs.get(job.rpartition("/")[2]).state == "queued"
    assert jobs.get(slow.rpartition("/")[2]).state == "running"
    assert jobs.cancel(slow.rpartition("/")[2]).state == "cancelled"


def test_flask_run_does_jobs_too(tmp_path: Path, settings: dict[str, str]) -> None:
    with flask_server(settings, tmp_path / "log") as server:
        api = OverNetwork(server.url)
        assert until(api, purge(api, "steps.3.10"), "done")["done"] == 3


def test_with_redis_consumers_of_their_own_do_the_jobs(
    tmp_path: Path, settings: dict[str, str], shared_redis: RedisServer
) -> None:
    settings |= {"SAPI_REDIS_URL": shared_redis.url}
    log = tmp_path / "consumer"
    with uwsgi_server(settings, tmp_path / "log", processes=2) as server:
        api = OverNetwork(server.url)
        job = purge(api, "steps.100.20")
        ready = api.get("/health/ready").expect(200)
        assert "python -m storage_api.jobs" in ready["jobs"]["detail"]
        assert (ready["status"], ready["jobs"]["status"]) == ("ready", "down")
        with consumer(settings, log) as process:
            until(api, job, "running", done=1)
            process.terminate()
            assert process.wait(15) == 0
            assert api.get(job).expect(200)["state"] == "queued"
        with consumer(settings, tmp_path / "consumer2") as process:
            assert until(api, job, "done")["done"] == 100
            assert server.pid not in workers_of(tmp_path)
            assert workers_of(tmp_path)[-1] == process.pid
    events = [json.loads(line)["event"] for line in log.read_text().splitlines()]
    seen = [event for event in events if event.startswith(("job", "consumer"))]
    # Its workers begin a moment before it can take signals, which is when it has started.
    assert sorted(seen[:2]) == ["consumer-started", "job-started"]
    assert seen[2:] == ["job-left", "consumer-ended"]
    assert not (tmp_path / "jobs.sqlite").exists()


def test_a_consumer_that_is_wrongly_configured_says_so(
    tmp_path: Path, settings: dict[str, str]
) -> None:
    with consumer(settings | {"SAPI_BACKENDS": "lab🌈NoSuch"}, tmp_path / "log") as process:
        assert process.wait(20) == 1
    assert "unknown back-end class" in (tmp_path / "log").read_text()
