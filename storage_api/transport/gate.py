"""Keeps one ill back-end from taking the whole service with it.

Every call to a vendor goes through its back-end's ``Gate``: no more than
``capacity`` at once (in each process), and none at all for a while after
``TRIP_AFTER`` failures in a row. Both refuse at once instead of waiting, so threads
stay free for the other back-ends. pybreaker was measured out: it holds one lock
during the call itself, which would let only one request at a time reach a vendor.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from storage_api.domain.errors import BackendTimeout, BackendUnavailable
from storage_api.metrics.systems import Reason, System
from storage_api.transport.context import seconds_left

TRIP_AFTER = 5
COOL_DOWN_SECONDS = 10.0
PATIENCE_SECONDS = 2.0


class NeverSent(BackendUnavailable):
    """Nothing reached the vendor, so nothing can have happened there."""


class GateShut(NeverSent):
    """Asking again at once would only make the caller wait."""


class Gate:
    """A concurrency cap and a circuit breaker for one back-end."""

    def __init__(self, name: str, capacity: int) -> None:
        self._name = name
        self._capacity = capacity
        self._slots = threading.BoundedSemaphore(capacity)
        self._lock = threading.Lock()
        self._failures = 0
        self._closed_until = 0.0
        self._metrics = System(name)

    @contextmanager
    def enter(self) -> Iterator[None]:
        """Run one call to the vendor.

        Raises:
            GateShut: the vendor failed repeatedly just now, or its cap is reached.
        """
        self._admit()
        try:
            if not self._slot():
                self._metrics.refused(Reason.CONCURRENCY)
                raise GateShut(
                    f"{self._name} already serves {self._capacity} requests at once, "
                    "which is its limit here.",
                    retry_after=2,
                )
        except BaseException:
            self._give_back_trial()
            raise
        try:
            yield
        except GateShut:
            # Stopped before anything was sent, which says nothing about the vendor.
            self._give_back_trial()
            raise
        except (BackendUnavailable, BackendTimeout):
            self._failed()
            raise
        except BaseException:
            self._answered()
            raise
        else:
            self._answered()
        finally:
            self._slots.release()

    def _slot(self) -> bool:
        if self._slots.acquire(blocking=False):
            return True
        with self._metrics.waiting.track_inprogress():
            return self._slots.acquire(timeout=seconds_left(PATIENCE_SECONDS))

    def _admit(self) -> None:
        """While cooling down let nobody through; afterwards one caller tries for all."""
        with self._lock:
            if self._failures < TRIP_AFTER:
                return
            wait = self._closed_until - time.monotonic()
            if wait <= 0:
                self._closed_until = time.monotonic() + COOL_DOWN_SECONDS
                return
        self._metrics.refused(Reason.BREAKER)
        raise GateShut(
            f"{self._name} failed {TRIP_AFTER} times in a row and is left alone for a while.",
            retry_after=max(1, round(wait)),
        )

    def _give_back_trial(self) -> None:
        with self._lock:
            if self._failures >= TRIP_AFTER:
                self._closed_until = time.monotonic()

    def _failed(self) -> None:
        with self._lock:
            self._failures += 1
            self._closed_until = time.monotonic() + COOL_DOWN_SECONDS
            failures = self._failures
        if failures == TRIP_AFTER:
            self._metrics.tripped()
        if failures >= TRIP_AFTER:
            self._metrics.breaker_open(COOL_DOWN_SECONDS)

    def _answered(self) -> None:
        with self._lock:
            healed, self._failures = self._failures >= TRIP_AFTER, 0
        if healed:
            self._metrics.breaker_closed()
