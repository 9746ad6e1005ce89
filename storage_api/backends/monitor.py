"""How the back-ends are, without making anybody wait for one that hangs.

Asking answers at once from the last probe; a probe that is due runs in a thread of
its own. Only a question after a long silence waits a moment for its answer.
"""

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol

import structlog

from storage_api.domain.errors import BackendError
from storage_api.domain.models import State
from storage_api.metrics.instruments import PROBE_SUCCESS, PROBED
from storage_api.transport.context import doing

PROBE_EVERY_SECONDS = 30.0
#: What was found longer ago says nothing about now.
STALE_SECONDS = 60.0
#: How long the very first question waits: for one back-end, and for all (a probe's patience).
FIRST_WAIT_SECONDS = 2.0
FIRST_WAIT_FOR_ALL_SECONDS = 0.8

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class BackendState:
    """The outcome of the last probe; ``detail`` says what is wrong, or is going to be."""

    status: State = State.UNKNOWN
    detail: str | None = None
    checked_at: datetime | None = None


@dataclass
class _Watch:
    state: BackendState = field(default_factory=BackendState)
    due: float = 0.0
    probed: float = float("-inf")
    answered: threading.Event = field(default_factory=threading.Event)

    def told(self) -> BackendState:
        """The last probe's outcome, unless it is too old to be true."""
        if time.monotonic() - self.probed > STALE_SECONDS:
            return BackendState()
        return self.state


class Probed(Protocol):
    """A back-end, or what else the service needs."""

    def probe(self) -> str | None:
        """What an operator should know; raises a ``BackendError`` with what is wrong."""


class Monitor:
    """Watches every mounted back-end."""

    def __init__(self, backends: Mapping[str, Probed]) -> None:
        self._backends = backends
        self._watches = {endpoint: _Watch() for endpoint in backends}
        self._lock = threading.Lock()

    def state(self, endpoint: str) -> BackendState:
        """The state of one back-end."""
        self._probe_if_due(endpoint)
        watch = self._watches[endpoint]
        watch.answered.wait(FIRST_WAIT_SECONDS)
        return watch.told()

    def states(self) -> dict[str, BackendState]:
        """The states of all; first answers are awaited together, not one after the other."""
        for endpoint in self._backends:
            self._probe_if_due(endpoint)
        end = time.monotonic() + FIRST_WAIT_FOR_ALL_SECONDS
        for watch in self._watches.values():
            watch.answered.wait(max(0.0, end - time.monotonic()))
        return {endpoint: watch.told() for endpoint, watch in self._watches.items()}

    def _probe_if_due(self, endpoint: str) -> None:
        watch = self._watches[endpoint]
        with self._lock:
            if time.monotonic() < watch.due:
                return
            # Also while a probe hangs no second one starts before its time.
            watch.due = time.monotonic() + PROBE_EVERY_SECONDS
            if time.monotonic() - watch.probed > STALE_SECONDS:
                watch.answered.clear()
        threading.Thread(target=self._probe, args=(endpoint,), daemon=True).start()

    def _probe(self, endpoint: str) -> None:
        watch = self._watches[endpoint]
        try:
            with doing("probe"):
                status, detail = State.UP, self._backends[endpoint].probe()
        except BackendError as error:
            status, detail = State.DOWN, str(error)
        except Exception as error:  # whatever it is, the answer is "down" and the log has it
            log.exception("probe-failed", backend=endpoint, exc_info=error)
            status, detail = State.DOWN, "The probe failed unexpectedly; see the log."
        if status is not watch.state.status:
            log.info("backend-state", backend=endpoint, state=status, detail=detail)
        watch.state = BackendState(status, detail, datetime.now(UTC))
        watch.probed = time.monotonic()
        PROBE_SUCCESS.labels(endpoint).set(status is State.UP)
        PROBED.labels(endpoint).set_to_current_time()
        watch.answered.set()
