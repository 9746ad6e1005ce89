"""Does one job: alone, resumably, and telling how it went."""

import dataclasses
import math
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

import structlog

from storage_api.backends.base import StorageBackend
from storage_api.domain.errors import BackendError, NotFound, StorageError
from storage_api.domain.models import JobState
from storage_api.domain.progress import WorkStopped
from storage_api.jobs.connection import Connection
from storage_api.jobs.kinds import KINDS
from storage_api.jobs.progress import Stop, StoredProgress, shortened, written_down
from storage_api.jobs.queue import Queue
from storage_api.jobs.record import Record, now
from storage_api.jobs.store import Store, StoreDown, reaching
from storage_api.jobs.timing import Timing
from storage_api.transport.context import doing, serving
from storage_api.transport.leases import Lease

#: Others look at a lease for a moment only.
_PATIENCE_SECONDS = 0.5
#: So many times in a row may the process end while a job does not get on.
_MAX_BREAKS = 5
_UNEXPECTED = "An unexpected error happened; the log holds the details under this job's id."

log = structlog.get_logger(__name__)
audit = structlog.get_logger("audit")


class Runner:
    """The one task of the queue."""

    def __init__(
        self, backends: Mapping[str, StorageBackend], connection: Connection, timing: Timing
    ) -> None:
        self._backends = backends
        self._timing = timing
        self._leases = connection.leases
        self.store = Store(connection.huey)
        self.queue = Queue(connection.huey, self.run)
        self._leaving: Callable[[], bool] = lambda: False

    def leave_when(self, leaving: Callable[[], bool]) -> None:
        """``leaving`` is to become true when this process is about to end."""
        self._leaving = leaving

    def submit(self, record: Record) -> None:
        """Have a new job done."""
        self.store.put(record)
        self.queue.put(record.job.id)
        job = record.job
        log.info("job-queued", job=job.id, kind=job.kind, backend=job.backend, who=job.asked_by)

    def run(self, job: str) -> None:
        """Do the job, unless somebody else is on it, or it has ended or is not due."""
        with structlog.contextvars.bound_contextvars(job=job):
            try:
                if self._leaving():
                    self.queue.put(job)
                    return
                with reaching():
                    lease = self._leases.take(job, _PATIENCE_SECONDS)
                if lease is not None:
                    with lease:
                        self._run_alone(job, lease)
            except StoreDown as error:
                # Its record is not ended, so a consumer puts it back when it can.
                log.warning("job-left", reason=str(error), cause=type(error.__cause__).__name__)
            except Exception:
                log.exception("job-broke")

    def _run_alone(self, job: str, lease: Lease) -> None:
        record = self.store.get(job)
        if record is None or record.ended or record.retry_at > time.time():
            return
        if self.store.is_asked_to_stop(job):
            self.end(record, JobState.CANCELLED)
            return
        with structlog.contextvars.bound_contextvars(
            backend=record.job.backend, kind=record.job.kind, target=str(record.target)
        ):
            self._work(_begun(record), lease)

    def _work(self, record: Record, lease: Lease) -> None:
        if record.breaks > _MAX_BREAKS:
            text = f"It was broken off {record.breaks} times without getting on; see the log."
            self.end(record, JobState.FAILED, text)
            return
        self.store.put(record)
        log.info("job-started", done=record.job.done, breaks=record.breaks, tries=record.tries)
        progress = StoredProgress(record, lease, self._leaving)
        with written_down(record, progress, lease, self.store, self._timing.pulse):
            error = self._perform(record, progress)
        self._settle(progress.told(record), progress, error)

    def _perform(self, record: Record, progress: StoredProgress) -> Exception | None:
        """What it ended with, if not well."""
        job = record.job
        backend, work = self._backends.get(job.backend), KINDS.get(job.kind)
        try:
            if backend is None or work is None:
                raise StorageError(f"{job.backend!r} is not configured any more, or not for this.")
            with serving(job.id, seconds=math.inf), doing(job.kind):
                work(backend, record.target, progress)
        except NotFound:
            return None
        except Exception as error:  # noqa: BLE001  # _settle tells it, in the record or the log
            return error
        return None

    def _settle(self, record: Record, progress: StoredProgress, error: Exception | None) -> None:
        stop = progress.stop
        goes_on = isinstance(error, WorkStopped) or (
            isinstance(error, BackendError) and error.retryable
        )
        if stop is Stop.LOST or (stop is not None and goes_on):
            self._leave(record, stop)
        elif error is None:
            self.end(record, JobState.FAILED if record.job.errors else JobState.DONE)
        elif isinstance(error, BackendError) and error.retryable:
            self._try_later(record, error)
        elif isinstance(error, StorageError):
            self.end(record, JobState.FAILED, str(error))
        else:
            log.error("job-broke", exc_info=error)
            self.end(record, JobState.FAILED, _UNEXPECTED)

    def _leave(self, record: Record, stop: Stop) -> None:
        if stop is Stop.CANCELLED:
            self.end(record, JobState.CANCELLED)
            return
        log.warning("job-left", reason=stop)
        if stop is Stop.LEAVING:
            self.store.put(record.updated(state=JobState.QUEUED))
            self.queue.put(record.job.id)

    def _try_later(self, record: Record, error: BackendError) -> None:
        tries = 1 if record.job.done > record.mark else record.tries + 1
        delays = self._timing.retry_delays
        if tries > len(delays):
            text = f"Given up after {tries} tries: {error}"
            self.end(record, JobState.FAILED, text)
            return
        delay = delays[tries - 1]
        at = time.time() + delay
        due = datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")
        note = f"Try {tries} failed: {error} The next one is at {due.replace('+00:00', 'Z')}."
        later = record.updated(state=JobState.QUEUED, errors=[*record.job.errors, shortened(note)])
        self.store.put(
            dataclasses.replace(later, tries=tries, mark=record.job.done, retry_at=at, breaks=0)
        )
        self.queue.put(record.job.id, delay)
        log.warning("job-retry", tries=tries, seconds=delay, reason=str(error))

    def end(self, record: Record, state: JobState, error: str | None = None) -> None:
        """Who calls this holds the job's lease."""
        errors = [*record.job.errors, *([shortened(error)] if error else [])]
        ended = record.updated(state=state, errors=errors, finished=now())
        self.store.put(ended)
        job = ended.job
        what = {"job": job.id, "backend": job.backend, "target": str(record.target)}
        log.info("job-ended", kind=job.kind, state=state, done=job.done, total=job.total, **what)
        audit.info("audit", who=job.asked_by, action=job.kind, outcome=state, **what)


def _begun(record: Record) -> Record:
    """Found running, it was broken off: its process has died."""
    broken = record.job.state is JobState.RUNNING
    got_on = record.job.done > record.mark
    return dataclasses.replace(
        record.updated(
            state=JobState.RUNNING, started=record.job.started or now(), total=None, errors=[]
        ),
        breaks=(0 if got_on else record.breaks) + 1 if broken else record.breaks,
        mark=record.job.done if broken else record.mark,
        retry_at=0.0,
    )
