"""Jobs over one store, with consumers that can be killed."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from storage_api.domain.models import Job, JobState, Ref
from tests.jobs.process import Office, office
from tests.jobs.storage import LabStorage
from tests.servers import ROOT, environment

T = TypeVar("T")

_SECONDS = 20.0
_OVER = {JobState.DONE, JobState.FAILED, JobState.CANCELLED}


@dataclass(frozen=True)
class Consumer:
    process: subprocess.Popen[bytes]
    log: Path

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def end(self) -> int:
        """As OpenShift ends it; the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(_SECONDS)

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

    def start(self, what: str, extra: str = "", **more: Any) -> subprocess.Popen[Any]:
        program = [sys.executable, "-m", "tests.jobs.process", what, str(self.folder)]
        return subprocess.Popen(
            [*program, self.redis_url or "", extra], cwd=ROOT, env=environment({}), **more
        )

    @contextmanager
    def consumer(self, *, keep: float | None = None) -> Iterator[Consumer]:
        """A process that does jobs; killed at the end, if it is there still."""
        self._started += 1
        log = self.folder / f"consumer{self._started}.log"
        with log.open("wb") as output:
            extra = "" if keep is None else str(keep)
            process = self.start("consume", extra, stdout=output, stderr=subprocess.STDOUT)
        try:
            yield Consumer(process, log)
        finally:
            if process.poll() is None:
                os.kill(process.pid, signal.SIGCONT)
                process.kill()
            process.wait()

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
