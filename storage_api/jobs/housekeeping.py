"""What any consumer does every few seconds: puts back what was broken off, forgets the old."""

import time

import structlog

from storage_api.jobs.leases import Leases
from storage_api.jobs.queue import Queue
from storage_api.jobs.record import Record, now
from storage_api.jobs.store import Store, StoreDown, reaching
from storage_api.jobs.timing import Timing

log = structlog.get_logger(__name__)


class Housekeeping:
    """Any number of consumers may do it at once."""

    def __init__(self, store: Store, queue: Queue, leases: Leases, timing: Timing) -> None:
        self._store = store
        self._queue = queue
        self._leases = leases
        self._timing = timing
        self._reachable = True

    def tidy(self) -> None:
        """Once through all jobs; what cannot be done now is done the next time."""
        try:
            self._store.consumer_is_here()
            records = self._store.all()
            self._put_back([record for record in records if not record.ended])
            self._forget([record for record in records if record.ended])
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
        lost = [record for record in records if self._is_due(record)]
        if not lost:
            return
        waiting = self._queue.waiting()
        for record in reversed(lost):
            job = record.job.id
            with reaching():
                in_hands = job in waiting or self._leases.is_taken(job)
            if not in_hands:
                log.warning("job-put-back", job=job, state=record.job.state)
                self._queue.put(job)

    def _is_due(self, record: Record) -> bool:
        """Not if it is to wait, or was made this moment and is about to be queued."""
        created = record.job.created.timestamp() if record.job.created else 0.0
        return max(created + self._timing.scan, record.retry_at) <= time.time()

    def _forget(self, records: list[Record]) -> None:
        for record in records:
            finished = record.job.finished
            if finished is not None and now() - finished > self._timing.keep:
                self._store.remove(record.job.id)
                with reaching():
                    self._leases.forget(record.job.id)
