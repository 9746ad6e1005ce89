"""How far a job is: counted by those who work, written down by a thread beside them."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum

import structlog

from storage_api.domain.progress import Progress, WorkStopped
from storage_api.jobs.record import Record
from storage_api.jobs.store import Store, StoreDown, reaching
from storage_api.transport.leases import Lease

#: So many errors are kept; of the others only their number.
MAX_ERRORS = 100
_MAX_ERROR_LENGTH = 500

log = structlog.get_logger(__name__)


class Stop(StrEnum):
    """Why work is to be left as it is."""

    CANCELLED = "cancelled"
    LOST = "lost"
    LEAVING = "leaving"


class StoredProgress(Progress):
    """Counts on from where the last run was broken off; asks no store."""

    def __init__(self, record: Record, lease: Lease, leaving: Callable[[], bool]) -> None:
        self._base = self._done = record.job.done
        self._expected: int | None = None
        self._errors: list[str] = []
        self._unlisted = 0
        self._lock = threading.Lock()
        self._lease = lease
        self._leaving = leaving
        self.cancelled = threading.Event()

    def expect(self, more: int) -> None:
        with self._lock:
            self._expected = (self._expected or 0) + more

    def advance(self, steps: int = 1) -> None:
        with self._lock:
            self._done += steps
        if self.stop is not None:
            raise WorkStopped(f"The job is to be left: {self.stop}.")

    def report(self, error: str) -> None:
        with self._lock:
            if len(self._errors) < MAX_ERRORS:
                self._errors.append(shortened(error))
            else:
                self._unlisted += 1

    @property
    def stop(self) -> Stop | None:
        """Why to stop, if so."""
        if not self._lease.held:
            return Stop.LOST
        if self.cancelled.is_set():
            return Stop.CANCELLED
        return Stop.LEAVING if self._leaving() else None

    def told(self, record: Record) -> Record:
        """``record`` with what is known by now."""
        with self._lock:
            total = None if self._expected is None else self._base + self._expected
            more = [f"… and {self._unlisted} more."] if self._unlisted else []
            return record.updated(
                done=self._done,
                total=None if total is None else max(total, self._done),
                errors=[*self._errors, *more],
            )


def shortened(text: str) -> str:
    return text if len(text) <= _MAX_ERROR_LENGTH else f"{text[:_MAX_ERROR_LENGTH]}…"


@contextmanager
def written_down(
    record: Record, progress: StoredProgress, lease: Lease, store: Store, every: float
) -> Iterator[None]:
    """Renew the lease, see a wish to cancel, and write what has changed, ``every`` so often."""
    ended = threading.Event()

    def beat() -> None:
        written = record
        while not ended.wait(every):
            try:
                with reaching():
                    lease.renew()
                if store.is_asked_to_stop(record.job.id):
                    progress.cancelled.set()
                told = progress.told(record)
                if told != written and lease.held:
                    store.put(told)
                    written = told
            except StoreDown:
                log.warning("job-not-written-down", job=record.job.id)

    thread = threading.Thread(target=beat, name=f"job-{record.job.id}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
