"""Counts what concerns one system that lies behind a back-end."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum

from storage_api.domain.errors import BackendMisbehaved, BackendTimeout, BackendUnavailable
from storage_api.metrics import instruments


class Outcome(StrEnum):
    """How a call to a storage system went."""

    OK = "ok"
    REFUSED = "refused"  # it answered, and said no
    BUSY = "busy"
    FAILED = "failed"  # it answered with an error of its own
    TIMEOUT = "timeout"
    UNAVAILABLE = "unavailable"  # not reached, or cut off
    MISBEHAVED = "misbehaved"


class Reason(StrEnum):
    """Why something never reached a storage system."""

    DOOR = "door"  # as many requests as the back-end may have are busy with it
    THREADS = "threads"  # all back-ends together have the threads that they may have
    CONCURRENCY = "concurrency"  # the system's places were taken for too long
    BREAKER = "breaker"


class Call:
    """One call; ``outcome`` is what it says last, or else what it ends with."""

    def __init__(self) -> None:
        self.outcome: Outcome | None = None

    def answered(self, status: int) -> None:
        """The system's HTTP status."""
        if status in {429, 503}:
            self.outcome = Outcome.BUSY
        elif status >= 500:  # noqa: PLR2004  # HTTP's own number
            self.outcome = Outcome.FAILED
        elif status >= 400:  # noqa: PLR2004  # the same
            self.outcome = Outcome.REFUSED


class System:
    """``name`` is that of errors and logs: ``endpoint (kind)``, and which side if it has several.

    A name without an endpoint is of a system that back-ends share.
    """

    def __init__(self, name: str) -> None:
        backend, _, rest = name.rpartition(" (")
        self._labels = backend, rest.replace(")", "", 1)
        self.waiting = instruments.CALLS_WAITING.labels(*self._labels)
        self._in_progress = instruments.CALLS_IN_PROGRESS.labels(*self._labels)
        self._seconds = instruments.CALL_SECONDS.labels(*self._labels)
        self._retries = instruments.RETRIES.labels(*self._labels)
        self._trips = instruments.BREAKER_TRIPS.labels(*self._labels)
        self._breaker = instruments.BREAKER_ENDS.labels(*self._labels)

    @contextmanager
    def call(self, operation: str, *refusals: type[Exception]) -> Iterator[Call]:
        """Around one call; an exception of ``refusals`` means that the system said no."""
        call = Call()
        began = time.perf_counter()
        self._in_progress.inc()
        try:
            yield call
        except Exception as error:
            call.outcome = call.outcome or _outcome(error, refusals)
            raise
        finally:
            self._in_progress.dec()
            self._seconds.observe(time.perf_counter() - began)
            outcome = call.outcome or Outcome.OK
            instruments.CALLS.labels(*self._labels, operation, outcome).inc()

    def retried(self) -> None:
        self._retries.inc()

    def refused(self, reason: Reason) -> None:
        instruments.REFUSALS.labels(self._labels[0], reason).inc()

    def tripped(self) -> None:
        self._trips.inc()

    def breaker_open(self, seconds: float) -> None:
        """Nothing is let through for so long."""
        self._breaker.set(time.time() + seconds)

    def breaker_closed(self) -> None:
        self._breaker.set(0)


def _outcome(error: Exception, refusals: tuple[type[Exception], ...]) -> Outcome:
    if isinstance(error, refusals):
        return Outcome.REFUSED
    if isinstance(error, BackendTimeout):
        return Outcome.TIMEOUT
    if isinstance(error, BackendUnavailable):
        return Outcome.UNAVAILABLE
    if isinstance(error, BackendMisbehaved):
        return Outcome.MISBEHAVED
    return Outcome.FAILED
