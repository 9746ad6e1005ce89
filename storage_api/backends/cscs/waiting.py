"""Bounds how many callers wait for Waldur, so that the others' threads stay free."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from storage_api.backends.orders import TooManyWait


class WaitingRoom:
    """Callers of one back-end in this process who wait, whatever they wait for."""

    def __init__(self, places: int) -> None:
        self._places = threading.BoundedSemaphore(places)

    @contextmanager
    def enter(self) -> Iterator[None]:
        """Take a place; whoever has one may take another.

        Raises:
            TooManyWait: there is none left. Nobody waits here for a place.
        """
        if not self._places.acquire(blocking=False):
            raise TooManyWait("Too many wait for Waldur already.", retry_after=2)
        try:
            yield
        finally:
            self._places.release()
