"""What the provider publishes, kept: asked for on first use, and anew when it is old."""

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

import structlog

from storage_api.domain.errors import BackendError, BackendUnavailable

_OLD_SECONDS = 3600.0
#: An answer is asked for again, whether the last try went well or not, no more often than this.
_PAUSE_SECONDS = 30.0
#: The same while nothing is known yet, when nobody can sign on.
_FIRST_PAUSE_SECONDS = 3.0

T = TypeVar("T")
log = structlog.get_logger(__name__)


class Published(Generic[T]):
    """One document. While the provider is ill, the last one serves. Safe to share between threads.

    Only one thread asks. Others take what is known meanwhile, so that a provider that hangs
    delays one request in thirty seconds, not all.
    """

    def __init__(self, name: str, fetch: Callable[[], T]) -> None:
        self._name = name
        self._fetch = fetch
        self._lock = threading.Lock()
        self._value: T | None = None
        self._fetched = self._tried = float("-inf")

    def get(self) -> T:
        """What is known; asks if that is nothing, or old.

        Raises:
            BackendError: nothing is known, and the provider cannot tell.
        """
        if self._value is None:
            return self.renewed()
        if _is_older(self._fetched, _OLD_SECONDS) and self._lock.acquire(blocking=False):
            try:
                self._try(_PAUSE_SECONDS)
            finally:
                self._lock.release()
        return self._value

    def renewed(self) -> T:
        """As ``get``, but asks even if what is known is young; not too often, though."""
        with self._lock:
            self._try(_FIRST_PAUSE_SECONDS if self._value is None else _PAUSE_SECONDS)
            if self._value is None:
                raise BackendUnavailable(f"The identity provider's {self._name} are not known yet.")
            return self._value

    def _try(self, pause: float) -> None:
        if not _is_older(self._tried, pause):
            return
        try:
            self._value = self._fetch()
            self._fetched = time.monotonic()
        except BackendError as error:
            log.warning("provider-not-asked", what=self._name, reason=str(error))
            if self._value is None:
                raise
        finally:
            self._tried = time.monotonic()


def _is_older(moment: float, seconds: float) -> bool:
    return time.monotonic() - moment > seconds
