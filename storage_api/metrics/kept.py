"""Figures that cost something to get: asked for by one process, kept for all of them.

However often, and through however many workers, somebody reads: the source is asked at most
once in a while, and a reader waits for it for a bounded time.
"""

import fcntl
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import orjson

from storage_api.metrics.computed import Figure
from storage_api.metrics.sharing import shared_directory

#: An answer is shown for so many times the time after which a new one is due.
_STALE_AFTER = 10


class _Answer(NamedTuple):
    at: float
    figures: list[Figure]


_NEVER = _Answer(0.0, [])


class Kept:
    """``fetch`` raises nothing, and answers only what it knows; ``name`` is a part of a file's."""

    def __init__(self, name: str, fetch: Callable[[], list[Figure]], *, every: float) -> None:
        self._name = f"kept-{name}"
        self._fetch = fetch
        self._every = every
        self._lock = threading.Lock()
        self._running: threading.Thread | None = None
        self._alone = _NEVER

    def refresh(self) -> None:
        """Begin to ask, in a thread, if that is due and nobody in this process does."""
        with self._lock:
            running = self._running is not None and self._running.is_alive()
            if not running and self._is_due():
                self._running = threading.Thread(target=self._ask, name=self._name, daemon=True)
                self._running.start()

    def figures(self, patience: float) -> list[Figure]:
        """Those of the last answer, after waiting ``patience`` seconds for one that is due.

        None, if that answer is much older than it should be.
        """
        running = self._running
        if running is not None:
            running.join(max(0.0, patience))
        last = self._last()
        return last.figures if time.time() - last.at < self._every * _STALE_AFTER else []

    def _is_due(self) -> bool:
        # A clock that was put back must not end this for long.
        return not 0 <= time.time() - self._last().at < self._every

    def _ask(self) -> None:
        directory = shared_directory()
        if directory is None:
            self._alone = _Answer(time.time(), self._fetch())
            return
        handle = os.open(
            directory / f"{self._name}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600
        )
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            if self._is_due():
                asked = time.time()
                self._write(directory, _Answer(asked, self._fetch()))
        finally:
            os.close(handle)

    def _write(self, directory: Path, answer: _Answer) -> None:
        new = directory / f"{self._name}.new"
        new.write_bytes(orjson.dumps([answer.at, [list(figure) for figure in answer.figures]]))
        new.rename(directory / f"{self._name}.json")

    def _last(self) -> _Answer:
        directory = shared_directory()
        if directory is None:
            return self._alone
        try:
            at, figures = orjson.loads((directory / f"{self._name}.json").read_bytes())
        except FileNotFoundError:
            return _NEVER
        return _Answer(at, [Figure(name, tuple(labels), value) for name, labels, value in figures])
