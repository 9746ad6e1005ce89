"""Statistics over time, a point every three minutes."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable
from typing import Any

from tests.simulators.croit.records import Json

STEP = 180


class Series:
    """What was measured of each user, in bytes."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._points: dict[str, dict[int, float | None]] = {}

    def seed(self, uid: str, points: Iterable[tuple[float, float | None]]) -> None:
        """``points`` are (unix seconds, bytes); each stands for the three minutes it lies in."""
        with self._lock:
            known = self._points.setdefault(uid, {})
            for moment, value in points:
                known[int(moment) // STEP * STEP] = value

    def forget(self, uid: str) -> None:
        with self._lock:
            self._points.pop(uid, None)

    def window(self, uid: str, start: float, end: float, most: int) -> list[Json]:
        """Points from ``start`` to ``end``, null where nothing was measured.

        [P] More than ``most`` are thinned: each that is left is the average of its neighbours.
        """
        first, last = -(-int(start) // STEP) * STEP, int(end) // STEP * STEP
        count = max(0, (last - first) // STEP + 1)
        width = max(1, -(-count // most)) * STEP
        groups: dict[int, list[float]] = {}
        with self._lock:
            for moment, value in self._points.get(uid, {}).items():
                if first <= moment <= last and value is not None:
                    groups.setdefault((moment - first) // width, []).append(value)
        return [
            {"t": moment, "v": _average(groups.get((moment - first) // width))}
            for moment in range(first, last + 1, width)
        ]


def _average(values: list[float] | None) -> Any:
    return None if not values else sum(values) / len(values)


def query_name(name: str) -> str:
    """[O] '.' and '@' do not occur in the names of series; [?] what stands in their place."""
    return re.sub(r"[.@]", "_", name)
