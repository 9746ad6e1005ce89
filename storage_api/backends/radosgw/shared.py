"""One costly answer for everybody who asks at about the same time."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotInTime
from datetime import UTC, datetime
from typing import Generic, TypeVar

from storage_api.domain.errors import BackendTimeout
from storage_api.transport.context import REQUEST_SECONDS, seconds_left

T = TypeVar("T")

_LASTS_SECONDS = 2.0


class Shared(Generic[T]):
    """Fetches once for all threads; an answer lasts for a few seconds, an error does not."""

    def __init__(self, fetch: Callable[[], T]) -> None:
        self._fetch = fetch
        self._lock = threading.Lock()
        self._flight: Future[tuple[T, datetime]] | None = None
        self._ends = 0.0

    def get(self) -> tuple[T, datetime]:
        """The answer and the moment at which it was asked for."""
        with self._lock:
            flight = self._flight
            leads = flight is None or time.monotonic() > self._ends
            if flight is None or leads:
                flight = self._flight = Future()
                self._ends = float("inf")
        if leads:
            self._run(flight)
        try:
            return flight.result(timeout=seconds_left(REQUEST_SECONDS))
        except NotInTime:
            raise BackendTimeout("The answer that others wait for too is not there yet.") from None

    def forget(self) -> None:
        """Who asks from now on gets an answer that was not asked for before."""
        with self._lock:
            self._flight = None

    def _run(self, flight: "Future[tuple[T, datetime]]") -> None:
        began = datetime.now(UTC)
        lasts = 0.0
        try:
            flight.set_result((self._fetch(), began))
            lasts = _LASTS_SECONDS
        except BaseException as error:  # those who wait must not wait for ever
            flight.set_exception(error)
            raise
        finally:
            with self._lock:
                if self._flight is flight:
                    self._ends = time.monotonic() + lasts
                    self._flight = flight if lasts else None
