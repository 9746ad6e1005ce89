"""What any consumer does every few seconds: puts back what was broken off, forgets the old."""

import time

import structlog

from storage_api.jobs.queue import Queue
from storage_api.jobs.record import Record, now
from storage_api.jobs.store import Store, StoreDown, reaching
from storage_api.jobs.timing import Timing
from storage_api.transport.leases import Leases

_PAUSE_SECONDS = 0.2
#: What is to be forgotten is looked for so often, as a part of the time that it is kept.
_FORGET_PART = 0.01

log = structlog.get_logger(__name__)


class Housekeeping:
    """Any number of consumers may do it at once."""

    def __init__(
        self, store: Store, queue: Queue, leases: Leases, timing: Timing, *, is_awaited: bool
    ) -> None:
        """``is_awaited``: consumers are processes of their own, which may be missing."""
        self._store = store
        self._queue = queue
        self._leases = leases
        self._timing = timing
        self._is_awaited = is_awaited
        self._reachable = True
        self._forget_at = 0.0

    def tidy(self) -> None:
        """Once through all jobs; what cannot be done now is done the next time."""
        try:
            if self._is_awaited:
                self._store.consumer_is_here()
            self._put_back(self._store.unfinished()[::-1])
            self._forget()
        except StoreDown as error:
            if self._reachable:
                log.warning("job-store-down", cause=repr(error.__cause__)[:200])
            self._reachable = False
        else:
            if not self._reachable:
                log.info("job-store-up")
            self._reachable = True

    def _put_back(self, records: list[Record]) -> None:
        """Those that nobody works on, and that stand in no queue."""
        lost = self._lost([record for record in records if self._is_due(record)])
        if not lost:
            return
        # A worker that has just taken one out of the queue is about to take its lease.
        time.sleep(_PAUSE_SECONDS)
        again = [self._store.get(record.job.id) for record in lost]
        for record in self._lost([record for record in again if record and not record.ended]):
            log.warning("job-put-back", job=record.job.id, state=record.job.state)
            self._queue.put(record.job.id)

    def _lost(self, records: list[Record]) -> list[Record]:
        if not records:
            return []
        waiting = self._queue.waiting()
        with reaching():
            return [
                record
                for record in records
                if record.job.id not in waiting and not self._leases.is_taken(record.job.id)
            ]

    def _is_due(self, record: Record) -> bool:
        """Not if it is to wait, or was made this moment and is about to be queued."""
        created = record.job.created.timestamp() if record.job.created else 0.0
        # Less than nothing where a clock was put back.
        is_new = 0 <= time.time() - created < self._timing.scan
        return not is_new and record.retry_at <= time.time()

    def _forget(self) -> None:
        """Seldom: it takes all records to see which are old."""
        keep = self._timing.keep
        if time.monotonic() < self._forget_at:
            return
        self._forget_at = time.monotonic() + keep.total_seconds() * _FORGET_PART
        for record in self._store.all():
            if record.ended and record.job.finished and now() - record.job.finished > keep:
                self._store.remove(record.job.id)
                with reaching():
                    self._leases.forget(record.job.id)
