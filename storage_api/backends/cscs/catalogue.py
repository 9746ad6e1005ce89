"""One reading of Waldur for everybody who asks at about the same time.

It is kept for a while. Then the next question makes a thread read anew; if that is slow,
the last reading is served meanwhile, with its age. A failure is told, never hidden behind
an old list.
"""

import threading
import time
import uuid
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotInTime
from dataclasses import dataclass
from typing import Generic, TypeVar

import structlog

from storage_api.backends.cscs.waiting import WaitingRoom
from storage_api.backends.orders import TooManyWait
from storage_api.domain.errors import BackendTimeout
from storage_api.metrics.instruments import CACHE_REQUESTS
from storage_api.transport.context import (
    REQUEST_SECONDS,
    current_operation,
    current_request_id,
    doing,
    seconds_left,
    serving,
)
from storage_api.transport.stamp import Mark, Stamp

T = TypeVar("T")

#: How long a question waits for a new reading while there is an old one, and how old that may be.
PATIENCE_SECONDS = 1.0
OLDEST_SECONDS = 600.0


@dataclass(frozen=True)
class Kept(Generic[T]):
    """A reading. ``age`` is in seconds; ``stale``: a newer one was wanted and is not there yet."""

    value: T
    age: float
    stale: bool = False


@dataclass(frozen=True)
class _Reading(Generic[T]):
    value: T
    began: float
    as_of: Mark


@dataclass(frozen=True)
class _Flight(Generic[T]):
    """A reading that is being made; ``as_of``: the changes of ours that it surely shows."""

    as_of: Mark
    result: "Future[_Reading[T]]"


class Catalogue(Generic[T]):
    """Safe to share between threads, of which as many wait here at once as get a place."""

    def __init__(
        self, read: Callable[[], T], stamp: Stamp, places: WaitingRoom, *, lasts: float
    ) -> None:
        self._read = read
        self._stamp = stamp
        self._lasts = lasts
        self._places = places
        self._lock = threading.Lock()
        self._last: _Reading[T] | None = None
        self._flight: _Flight[T] | None = None

    def get(self, *, afresh: bool = False, stale: bool = False) -> Kept[T]:
        """What was read a short while ago, or what is read now.

        ``afresh`` joins at most a reading that is under way. ``stale``: rather something old,
        and said to be so, than a long wait.

        Raises:
            BackendError: the reading failed.
            TooManyWait: nothing was asked.
        """
        as_of = self._stamp.read()
        with self._lock:
            last = self._last if self._last and self._last.as_of == as_of else None
            if last and not afresh and _age(last) < self._lasts:
                self._count("hit")
                return Kept(last.value, _age(last))
            leads = self._flight is None or self._flight.as_of != as_of
            if self._flight is None or leads:
                self._flight = self._begin(as_of)
            flight = self._flight
        self._count("miss" if leads else "hit")
        spare = last if last and stale and not afresh and _age(last) < OLDEST_SECONDS else None
        return self._wait(flight, spare)

    def forget(self) -> None:
        """Something has changed: every process reads anew from now on."""
        self._stamp.advance()

    def _count(self, result: str) -> None:
        CACHE_REQUESTS.labels(self._stamp.kind, result).inc()

    def _wait(self, flight: _Flight[T], spare: _Reading[T] | None) -> Kept[T]:
        try:
            with self._places.enter():
                patience = PATIENCE_SECONDS if spare else REQUEST_SECONDS
                reading = flight.result.result(timeout=seconds_left(patience))
        except (NotInTime, TooManyWait) as error:
            if spare:
                return Kept(spare.value, _age(spare), stale=True)
            if isinstance(error, TooManyWait):
                raise
            raise BackendTimeout("The list that is being read is not there yet.") from None
        return Kept(reading.value, _age(reading))

    def _begin(self, as_of: Mark) -> _Flight[T]:
        flight: _Flight[T] = _Flight(as_of, Future())
        request_id = current_request_id() or uuid.uuid4().hex
        beginning = (flight, request_id, current_operation())
        threading.Thread(target=self._fly, args=beginning, daemon=True).start()
        return flight

    def _fly(self, flight: _Flight[T], request_id: str, operation: str) -> None:
        """In a thread of its own, which outlives the request that wanted it."""
        structlog.contextvars.bind_contextvars(request_id=request_id)
        began = time.monotonic()
        try:
            with serving(request_id), doing(operation):
                reading = _Reading(self._read(), began, flight.as_of)
        except BaseException as error:  # noqa: BLE001  # those who wait must not wait for ever
            with self._lock:
                self._end(flight)
            flight.result.set_exception(error)
        else:
            with self._lock:
                if self._last is None or self._last.as_of <= reading.as_of:
                    self._last = reading
                self._end(flight)
            flight.result.set_result(reading)

    def _end(self, flight: _Flight[T]) -> None:
        if self._flight is flight:
            self._flight = None


def _age(reading: "_Reading[T]") -> float:
    return time.monotonic() - reading.began
