"""What the transport must know of the request that it serves: its id, deadline and operation."""

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar

from storage_api.domain.errors import BackendTimeout

#: Seconds that one request of ours may take in all; uWSGI's harakiri (120 s) comes well after.
REQUEST_SECONDS = 90.0
_CLEAN_UP_SECONDS = 10.0

_request_id: ContextVar[str | None] = ContextVar("request_id", default=None)
_deadline: ContextVar[float | None] = ContextVar("deadline", default=None)
_operation: ContextVar[str] = ContextVar("operation", default="other")


@contextmanager
def serving(request_id: str, *, seconds: float = REQUEST_SECONDS) -> Iterator[None]:
    """Everything inside carries ``request_id`` and must end within ``seconds``."""
    id_token = _request_id.set(request_id)
    deadline_token = _deadline.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _deadline.reset(deadline_token)
        _request_id.reset(id_token)


@contextmanager
def doing(operation: str) -> Iterator[None]:
    """Calls to vendors inside are counted as made for ``operation``, of a bounded set of words."""
    token = _operation.set(operation)
    try:
        yield
    finally:
        _operation.reset(token)


def current_operation() -> str:
    return _operation.get()


def extra_time() -> AbstractContextManager[None]:
    """Undoing what a request did must not fail because its own time is used up."""
    return serving(current_request_id() or "clean-up", seconds=_CLEAN_UP_SECONDS)


def current_request_id() -> str | None:
    return _request_id.get()


def seconds_left(at_most: float) -> float:
    """``at_most``, or less when the deadline is nearer.

    Raises:
        BackendTimeout: the deadline has passed.
    """
    deadline = _deadline.get()
    if deadline is None:
        return at_most
    left = deadline - time.monotonic()
    if left <= 0:
        raise BackendTimeout("The time for this request is used up.")
    return min(at_most, left)
