"""Reads the JSON of vendors' rows. What is missing or odd is an error, never a zero."""

import functools
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, ParamSpec, TypeVar

from storage_api.domain.errors import BackendMisbehaved

P = ParamSpec("P")
T = TypeVar("T")
Row = Mapping[str, Any]

_UNREADABLE = (KeyError, TypeError, ValueError, AttributeError, OverflowError, StopIteration)


def checked(read: Callable[P, T]) -> Callable[P, T]:
    @functools.wraps(read)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return read(*args, **kwargs)
        except _UNREADABLE:
            # What went wrong may repeat a value of the record, and a user's holds secret keys.
            raise BackendMisbehaved(
                "The storage system sent a record that cannot be understood."
            ) from None

    return wrapped


def text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("not a text")
    return value


def whole(value: Any) -> int:
    if not isinstance(value, int):
        raise TypeError("not a whole number")
    return value


def moment(value: Any) -> datetime | None:
    """RGW writes UTC; ``0.000000`` and nothing at all stand for "never recorded"."""
    if not isinstance(value, str) or not value[:1].isdigit() or value.startswith("0"):
        return None
    read = datetime.fromisoformat(value)
    return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)


def existing(found: T | None) -> T:
    """What a write has just made or changed must be there to be read back."""
    if found is None:
        raise BackendMisbehaved("The storage system does not show what it has just accepted.")
    return found
