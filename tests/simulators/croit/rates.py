"""The rates that the document advises, enforced where a test wants them to be."""

from __future__ import annotations

import threading
from collections import deque

from tests.simulators.croit.clock import Clock
from tests.simulators.croit.errors import CroitError

_MINUTE = 60
_HOUR = 3600

#: What is counted together: how many, and in how many seconds.
RATES = {
    "list users": (60, 5 * _MINUTE),
    "create key": (10, 5 * _MINUTE),
    "create user": (60, _HOUR),
    "set quota": (30, _HOUR),
    "create bucket": (20, _HOUR),
    "delete bucket": (10, _HOUR),
    "read traffic": (12, _HOUR),
    "read stats": (120, 5 * _MINUTE),
}


class Rates:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._seen: dict[tuple[str, str], deque[float]] = {}

    def count(self, rate: str, account: str) -> None:
        """429 for the call that is one too many."""
        most, seconds = RATES[rate]
        now = self._clock.now()
        with self._lock:
            seen = self._seen.setdefault((rate, account), deque())
            while seen and seen[0] <= now - seconds:
                seen.popleft()
            if len(seen) >= most:
                left = int(seen[0] + seconds - now) + 1
                raise CroitError(429, "Too Many Requests", retry_after=left)
            seen.append(now)
