"""Keeps back-ends that hang from taking all threads of a process, however many hang at once.

The ``Gate`` of each back-end caps its calls; its ``Door`` caps the threads that are gone
meanwhile, whatever they wait for.
"""

import importlib
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from storage_api.metrics.instruments import REFUSALS
from storage_api.metrics.systems import Reason
from storage_api.transport.gate import GateShut

#: Fewer threads are not shared out: each back-end would get too few to be of use.
_FEWEST_THREADS = 16
#: This part of the threads is left to what has no limit, such as the health probes.
_FREE_PART = 4
#: Threads that no other back-end may take, as far as there are so many.
_OWN = 4


class Share(NamedTuple):
    """Of a process's threads: for each back-end alone, and for who comes first."""

    own: int
    common: int


def share(threads: int | None, backends: int) -> Share:
    """``backends`` with a limit share three quarters of ``threads``; ``None`` is any number."""
    if threads is None or threads < _FEWEST_THREADS or not backends:
        return Share(0, sys.maxsize)
    shared = threads - threads // _FREE_PART
    own = max(1, min(_OWN, shared // backends))
    return Share(own, max(0, shared - own * backends))


class Doors:
    """Makes the doors of all back-ends of a process, which share its threads."""

    def __init__(self, share: Share) -> None:
        self._own = share.own
        self._common = threading.Semaphore(share.common)

    def door(self, name: str, limit: int) -> "Door":
        return Door(name, limit, self._own, self._common)


class Door:
    """How many requests may be busy with one back-end; nobody waits here."""

    def __init__(self, name: str, limit: int, own: int, common: threading.Semaphore) -> None:
        self._name = name
        self._limit = limit
        self._own = threading.Semaphore(min(own, limit))
        self._more = threading.Semaphore(max(0, limit - own))
        self._common = common

    @contextmanager
    def enter(self) -> Iterator[None]:
        """Serve one request.

        Raises:
            GateShut: as many as may are busy already, here or with all back-ends together.
        """
        taken = self._places()
        try:
            yield
        finally:
            for place in taken:
                place.release()

    def _places(self) -> tuple[threading.Semaphore, ...]:
        if self._own.acquire(blocking=False):
            return (self._own,)
        if not self._more.acquire(blocking=False):
            REFUSALS.labels(self._name, Reason.DOOR).inc()
            raise GateShut(
                f"{self._name} keeps {self._limit} requests busy already, which is its limit here.",
                retry_after=2,
            )
        if self._common.acquire(blocking=False):
            return (self._more, self._common)
        self._more.release()
        REFUSALS.labels(self._name, Reason.THREADS).inc()
        raise GateShut(
            f"{self._name} and other back-ends keep all threads busy that they may have here.",
            retry_after=2,
        )


def threads_of_process() -> int | None:
    """As uWSGI was told; ``None`` under any other server."""
    try:
        told = importlib.import_module("uwsgi").opt.get("threads")
    except ModuleNotFoundError:
        return None
    return int(told) if told else 1
