"""Jobs over one store, with consumers that can be killed."""

import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, TypeVar

from storage_api.domain.models import Job, JobState, Ref
from tests.jobs.process import PROCESSES, Office, consume, office
from tests.jobs.storage import LabStorage

T = TypeVar("T")

_SECONDS = 20.0
_OVER = {JobState.DONE, JobState.FAILED, JobState.CANCELLED}


@dataclass(frozen=True)
class Consumer:
    process: BaseProcess
    log: Path

    @property
    def pid(self) -> int:
        assert self.process.pid is not None
        return self.process.pid

    def kill(self) -> None:
        self.process.kill()
        self.process.join()

    def end(self) -> int | None:
        """As OpenShift ends it; the exit code."""
        self.process.terminate()
        return self.exit_code()

    def exit_code(self) -> int | None:
        """Once it has ended by itself."""
        self.process.join(_SECONDS)
        return self.process.exitcode

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.log.read_text().splitlines()]


class Lab:
    """A store in ``folder``, or in Redis; nobody works in this process."""

    def __init__(self, folder: Path, redis_url: str | None) -> None:
        self.folder = folder
        self.redis_url = redis_url
        self.jobs: Office = office(folder, redis_url)
        self._started = 0

    def submit(self, user: str, backend: str = "lab") -> Job:
        return self.jobs.submit("purge-user", backend, Ref(None, user), asked_by="alice")

    @contextmanager
    def consumer(self, *, keep: float | None = None) -> Iterator[Consumer]:
        """A process that does jobs; killed at the end, if it is there still."""
        self._started += 1
        log = self.folder / f"consumer{self._started}.log"
        log.touch()
        process = PROCESSES.Process(target=consume, args=(log, self.folder, self.redis_url, keep))
        process.start()
        consumer = Consumer(process, log)
        try:
            yield consumer
        finally:
            if process.is_alive():
                os.kill(consumer.pid, signal.SIGCONT)
            consumer.kill()

    def ended(self, job: Job) -> Job:
        """The job, once it has."""
        return self.until(job, lambda now: now.state in _OVER)

    def until(self, job: Job, is_so: Callable[[Job], bool]) -> Job:
        return wait_for(lambda: self.jobs.get(job.id), is_so)

    @property
    def journal(self) -> list[str]:
        return LabStorage.journal(self.folder)

    def begun(self, user: str) -> int:
        """How often work on a user has begun; fails if it ever was done twice at once."""
        assert f"twice {user}" not in self.journal
        return self.journal.count(f"begin {user}")


def wait_for(look: Callable[[], T], is_so: Callable[[T], bool] = bool) -> T:
    end = time.monotonic() + _SECONDS
    while not is_so(seen := look()):
        assert time.monotonic() < end, f"still {seen}"
        time.sleep(0.02)
    return seen
