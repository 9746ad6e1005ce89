"""Remembers for a minute which node serves which aggregate."""

import threading
import time
from collections.abc import Callable

_LASTS_SECONDS = 60.0


class Nodes:
    """Asks ``fetch`` at most once a minute; it costs a call that most listings need not make."""

    def __init__(self, fetch: Callable[[], dict[str, str]]) -> None:
        self._fetch = fetch
        self._lock = threading.Lock()
        self._known: dict[str, str] = {}
        self._ends = 0.0

    def get(self) -> dict[str, str]:
        """The node by aggregate; empty if our account may not know."""
        with self._lock:
            if time.monotonic() >= self._ends:
                self._known = self._fetch()
                self._ends = time.monotonic() + _LASTS_SECONDS
            return self._known
