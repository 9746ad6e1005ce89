"""huey's consumer, with our housekeeping in its scheduler."""

import signal
import time
from collections.abc import Callable
from typing import Any

import structlog
from huey import Huey
from huey.consumer import Consumer, Scheduler

WORKERS = 2
_TICK_SECONDS = 1.0

log = structlog.get_logger(__name__)


class JobConsumer(Consumer):  # type: ignore[misc]  # huey ships no types
    """Threads in this process. ``signals``: it is the process's whole purpose."""

    def __init__(
        self, huey: Huey, tidy: Callable[[], None], *, every: float, poll: float, signals: bool
    ) -> None:
        self._tidy = tidy
        self._every = every
        self._signals = signals
        super().__init__(huey, workers=WORKERS, periodic=False, max_delay=poll)
        # Both: no restart, and wait for the workers; the second one ends the waiting.
        self._signal_actions = dict.fromkeys((signal.SIGTERM, signal.SIGINT), (False, True))

    def _create_scheduler(self) -> "_Scheduler":
        return _Scheduler(self.huey, self.stop_flag, self._tidy, self._every)

    def _set_signal_handlers(self) -> None:
        """The last step of starting. Beside a service, the signals are the service's."""
        if self._signals:
            super()._set_signal_handlers()
            log.info("consumer-started")


class _Scheduler(Scheduler):  # type: ignore[misc]  # huey ships no types
    def __init__(self, huey: Huey, stop_flag: Any, tidy: Callable[[], None], every: float) -> None:
        super().__init__(huey, stop_flag, interval=_TICK_SECONDS, periodic=False)
        self.interval = min(_TICK_SECONDS, every)
        self._tidy = tidy
        self._every = every
        self._tidied = float("-inf")

    def loop(self, now: Any = None) -> None:
        if time.monotonic() - self._tidied >= self._every:
            self._tidied = time.monotonic()
            self._tidy()
        super().loop(now)
