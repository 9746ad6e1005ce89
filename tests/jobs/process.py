"""What processes of their own do in these tests: work on jobs, or ask for them."""

import dataclasses
import multiprocessing
import os
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from multiprocessing.queues import SimpleQueue
from multiprocessing.synchronize import Barrier
from pathlib import Path

from storage_api.domain.models import Ref
from storage_api.domain.secrets import Secret
from storage_api.jobs.engine import Jobs
from storage_api.jobs.timing import Timing
from storage_api.logs import configure_logs
from tests.jobs.storage import LabOptions, LabStorage

#: Forks of a process that has everything loaded and no threads: there at once.
PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload([__name__, "storage_api.jobs.workplace"])
_IMPATIENT = Timing(
    retry_delays=(0.3, 0.3, 0.3), scan=0.3, pulse=0.1, poll=0.1, lease=1.5, leave_alone=2.0
)
_INFO = 20
_CALLERS = 8


class Office(Jobs):
    """Takes jobs and tells of them, but leaves the work to others."""

    def work_beside(self) -> None:
        pass


def office(folder: Path, redis_url: str | None, keep: float | None = None) -> Office:
    """With the one back-end "lab"; what has ended is kept for ``keep`` seconds."""
    timing = _IMPATIENT
    if keep is not None:
        timing = dataclasses.replace(timing, keep=timedelta(seconds=keep))
    return Office(
        {"lab": LabStorage(LabOptions(folder=folder))},
        directory=folder,
        redis_url=Secret(redis_url) if redis_url else None,
        timing=timing,
    )


def consume(log: Path, folder: Path, redis_url: str | None, keep: float | None) -> None:
    """As ``python -m storage_api.jobs`` does, with less patience."""
    with log.open("wb") as output:
        os.dup2(output.fileno(), 1)
        os.dup2(output.fileno(), 2)
    configure_logs(_INFO)
    office(folder, redis_url, keep).consume()


def ask(
    user: str,
    ready: Barrier,
    answers: "SimpleQueue[list[str]]",
    folder: Path,
    redis_url: str | None,
) -> None:
    """Several threads submit the same, all at the moment when others are ready too."""
    jobs = office(folder, redis_url)
    jobs.list()
    ready.wait(20)
    with ThreadPoolExecutor(_CALLERS) as pool:
        asked = [
            pool.submit(jobs.submit, "purge-user", "lab", Ref(None, user), asked_by="alice")
            for _ in range(_CALLERS)
        ]
    answers.put([job.result().id for job in asked])
