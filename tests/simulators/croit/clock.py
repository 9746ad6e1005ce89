"""The simulator's time, which tests move."""

from __future__ import annotations

import time
from datetime import UTC, datetime


class Clock:
    """Runs like the real one, until it is set; from then on it moves by ``advance`` only."""

    def __init__(self) -> None:
        self._ahead = 0.0
        self._set: float | None = None

    def now(self) -> float:
        """Unix seconds."""
        return time.time() + self._ahead if self._set is None else self._set

    def set(self, moment: float) -> None:
        self._set = moment

    def advance(self, seconds: float) -> None:
        if self._set is None:
            self._ahead += seconds
        else:
            self._set += seconds


def iso(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat().replace("+00:00", "Z")
