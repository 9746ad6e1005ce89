"""Reads the JSON of ECS, whose releases differ in how they write numbers, truth and lists.

What is missing is ``None``; what is odd is an error, never a zero.
"""

import functools
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any, ParamSpec, TypeVar

from storage_api.domain.errors import BackendMisbehaved
from storage_api.domain.units import MAX_BYTES

P = ParamSpec("P")
T = TypeVar("T")

_UNREADABLE = (
    KeyError,
    TypeError,
    ValueError,
    AttributeError,
    ArithmeticError,
    OverflowError,
)
_LONGEST_NUMBER = 64


def checked(read: Callable[P, T]) -> Callable[P, T]:
    """Turns what cannot be read into ``BackendMisbehaved``."""

    @functools.wraps(read)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return read(*args, **kwargs)
        except _UNREADABLE:
            # What went wrong may repeat a value of the record, and a user's holds secret keys.
            raise BackendMisbehaved("ECS sent a record that cannot be understood.") from None

    return wrapped


@checked
def rows(value: Any) -> list[dict[str, Any]]:
    """A list of objects; one alone may stand without its list, and none be missing."""
    found = [] if value is None else value if isinstance(value, list) else [value]
    if not all(isinstance(row, dict) for row in found):
        raise TypeError("not objects")
    return found


@checked
def text(value: Any) -> str | None:
    """``None`` also for the empty text, which is how ECS writes "none"."""
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise TypeError("not a text")
    return value


@checked
def texts(value: Any) -> list[str]:
    """Names as a list, or in one text with commas between."""
    if isinstance(value, list):
        return [item for item in map(text, value) if item]
    return [part for part in map(str.strip, (text(value) or "").split(",")) if part]


@checked
def truth(value: Any) -> bool | None:
    """``true``, ``"true"`` or nothing at all."""
    if value is None or isinstance(value, bool):
        return value
    return {"true": True, "false": False}[str(value).lower()]


@checked
def number(value: Any) -> Decimal | None:
    """107, 107.0, or either as a text."""
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
        raise TypeError("not a number")
    if isinstance(value, str) and len(value) > _LONGEST_NUMBER:
        raise ValueError("no number")
    read = Decimal(value)
    if not read.is_finite() or abs(read) > MAX_BYTES:
        raise ValueError("no number of anything")
    return read


@checked
def whole(value: Any) -> int | None:
    """A whole number, however it is written."""
    read = number(value)
    if read is not None and read != int(read):
        raise ValueError("not whole")
    return None if read is None else int(read)


@checked
def size_in_bytes(value: Any, unit: int) -> int | None:
    """``value`` of ``unit`` bytes each, to the byte."""
    read = number(value)
    if read is None:
        return None
    size = int((read * unit).to_integral_value(ROUND_HALF_EVEN))
    if abs(size) > MAX_BYTES:
        raise ValueError("more than there can be")
    return size


@checked
def moment(value: Any) -> datetime | None:
    """ISO 8601, with or without its zone, which is UTC."""
    told = text(value)
    if told is None:
        return None
    read = datetime.fromisoformat(told)
    return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)
