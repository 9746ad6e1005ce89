"""What the rest of the service sees of jobs."""

import atexit
import os
import threading
import weakref
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from storage_api.backends.base import StorageBackend
from storage_api.domain.errors import BackendUnavailable, NotFound
from storage_api.domain.models import Job, JobState, Ref
from storage_api.domain.secrets import Secret
from storage_api.jobs.record import DATABASE, Record, new_record, now
from storage_api.jobs.timing import Timing
from storage_api.transport.state import state_directory

if TYPE_CHECKING:
    from storage_api.jobs.workplace import Workplace


class Jobs:
    """Takes work, tells how it is, stops it. Connects on first use, in each process anew.

    Without ``redis_url`` the store is SQLite in ``directory``, and the processes that serve
    work on jobs too. Every method raises ``BackendUnavailable`` while the store is down.
    """

    def __init__(
        self,
        backends: Mapping[str, StorageBackend],
        *,
        directory: Path | None,
        redis_url: Secret | None,
        timing: Timing | None = None,
    ) -> None:
        self._backends = backends
        self._directory = directory
        self._redis_url = redis_url
        self._timing = timing or Timing()
        self._lock = threading.Lock()
        self._workplace: Workplace | None = None
        self._beside: int | None = None

    def submit(self, kind: str, backend: str, target: Ref, *, asked_by: str) -> Job:
        """Queue a piece of work, or answer the job that is under way for the same target."""
        here = self._here()
        with here.exclusively("submit"):
            for record in here.runner.store.unfinished():
                if record.is_for(kind, backend, target):
                    return record.job
            made = new_record(kind, backend, target, asked_by)
            here.runner.submit(made)
        self.work_beside()
        return made.job

    def list(self) -> list[Job]:
        """All jobs that are kept, newest first."""
        if not self._has_store():
            return []
        return [record.job for record in self._here().runner.store.all()]

    def get(self, job: str) -> Job:
        """One job.

        Raises:
            NotFound: there is none of that id (any more).
        """
        return self._record(job).job

    def cancel(self, job: str) -> Job:
        """Stop a job as soon as it may be left; one that has ended stays as it is.

        Raises:
            NotFound: there is none of that id (any more).
        """
        here = self._here()
        if not self._record(job).ended:
            here.runner.store.ask_to_stop(job)
            with here.if_free(job) as free:
                record = self._record(job)
                if free and not record.ended:
                    here.runner.end(record, JobState.CANCELLED)
        return self.get(job)

    def work_beside(self) -> None:
        """Have this process, which serves, do jobs too, once there have been any.

        To be called with every request: the process may be a new one, and there may be jobs
        that another has left. Where there is Redis, consumers of their own do them.
        """
        if self._redis_url is not None or self._beside == os.getpid():
            return
        with suppress(BackendUnavailable):
            if self._has_store():
                self._beside = os.getpid()
                self._here().start()

    def consume(self) -> None:
        """Do jobs in this thread, the process's main one, until SIGTERM or SIGINT."""
        self._here().consume()

    def consumer_seen(self) -> datetime | None:
        """When any consumer was last seen; ``None`` where the processes that serve do the jobs."""
        if self._redis_url is None:
            return None
        return self._here().runner.store.consumer_seen()

    def probe(self) -> None:
        """Prove that jobs can be taken and will be done.

        Raises:
            BackendUnavailable: what is wrong, in words for an operator.
        """
        if not self._has_store():
            return
        seen = self._here().runner.store.consumer_seen()
        if self._redis_url and (seen is None or now() - seen > self._timing.consumer):
            raise BackendUnavailable(
                "No consumer of jobs was seen of late: is 'python -m storage_api.jobs' running?"
            )

    def _record(self, job: str) -> Record:
        record = self._here().runner.store.get(job) if self._has_store() else None
        if record is None:
            raise NotFound(f"There is no job {job!r} (any more).")
        return record

    def _has_store(self) -> bool:
        """Whether there may be jobs; SQLite's file appears with the first one.

        Raises:
            BackendUnavailable: there is no place for it, so nobody knows.
        """
        if self._redis_url is not None:
            return True
        with suppress(OSError):
            directory = state_directory(self._directory)
            if (directory / DATABASE).exists():
                return True
            if os.access(directory, os.W_OK | os.X_OK):
                return False
        raise BackendUnavailable("There is no place for jobs: see SAPI_STATE_DIRECTORY.")

    def _here(self) -> "Workplace":
        # huey takes a fifth of a second, which only those who use jobs are to pay.
        from storage_api.jobs.workplace import Plan, Workplace  # noqa: PLC0415  # see above

        with self._lock:
            place = self._workplace
            if place is None or place.pid != os.getpid():
                plan = Plan(self._backends, self._directory, self._redis_url, self._timing)
                place = self._workplace = Workplace(plan)
                atexit.register(place.close)
                # An application that is dropped, as tests do, takes its threads along.
                weakref.finalize(self, _drop, place).atexit = False
            return place


def _drop(place: "Workplace") -> None:
    atexit.unregister(place.close)
    place.stop()
