"""One costly answer for everybody who asks at about the same time."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotInTime
from datetime import UTC, datetime
from typing import Generic, TypeVar

from storage_api.domain.errors import BackendTimeout
from storage_api.metrics.instruments import CACHE_REQUESTS
from storage_api.transport.context import REQUEST_SECONDS, seconds_left
from storage_api.transport.stamp import Mark, Stamp

T = TypeVar("T")

_LASTS_SECONDS = 2.0


class Shared(Generic[T]):
    """Fetches once for all threads; an answer ``lasts`` some seconds, an error does not.

    A change that any process reports with ``forget`` ends it at once.
    """

    def __init__(
        self, fetch: Callable[[], T], stamp: Stamp, *, lasts: float = _LASTS_SECONDS
    ) -> None:
        self._fetch = fetch
        self._lasts = lasts
        self._stamp = stamp
        self._as_of: Mark | None = None
        self._lock = threading.Lock()
        self._flight: Future[tuple[T, datetime]] | None = None
        self._ends = 0.0

    def get(self) -> tuple[T, datetime]:
        """The answer and the moment at which it was asked for."""
        as_of = self._stamp.read()
        with self._lock:
            flight = self._flight
            over = time.monotonic() > self._ends or as_of != self._as_of
            leads = flight is None or over
            if flight is None or leads:
                flight = self._flight = Future()
                self._ends = float("inf")
                self._as_of = as_of
        CACHE_REQUESTS.labels(self._stamp.kind, "miss" if leads else "hit").inc()
        if leads:
            self._run(flight)
        try:
            return flight.result(timeout=seconds_left(REQUEST_SECONDS))
        except NotInTime:
            raise BackendTimeout("The answer that others wait for too is not there yet.") from None

    def forget(self) -> None:
        """Who asks from now on gets an answer that was not asked for before."""
        self._stamp.advance()

    def _run(self, flight: "Future[tuple[T, datetime]]") -> None:
        began = datetime.now(UTC)
        lasts = 0.0
        try:
            flight.set_result((self._fetch(), began))
            lasts = self._lasts
        except BaseException as error:  # those who wait must not wait for ever
            flight.set_exception(error)
            raise
        finally:
            with self._lock:
                if self._flight is flight:
                    self._ends = time.monotonic() + lasts
                    self._flight = flight if lasts else None
