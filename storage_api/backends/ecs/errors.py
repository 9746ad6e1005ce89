"""Turns what ECS refuses into the domain's errors.

The pair of HTTP status and code decides, never the text: 1004 is 400, not 404, and 2000 is 404.
The text goes to the log, the code to the caller.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import structlog

from storage_api.domain.errors import (
    AlreadyExists,
    BackendError,
    BackendMisbehaved,
    BackendRefused,
    BackendTimeout,
    BackendUnavailable,
    Conflict,
    Invalid,
    NotFound,
    StorageError,
)

_REFUSAL = "ecs_refusal"
_UNAVAILABLE = frozenset({429, 502, 503})
_CLIENT_ERRORS = range(400, 500)
_SERVER_ERRORS = range(500, 600)

log = structlog.get_logger(__name__)


class Garbage(BackendMisbehaved):
    """What came is no answer of ECS's, so a write may or may not have happened."""


#: After one of these a write may or may not have happened, unless ``is_refused``.
AMBIGUOUS = (BackendTimeout, BackendUnavailable, Garbage)


@dataclass(frozen=True)
class Refusal:
    """ECS's own words: ``code`` is 0 where it sent none."""

    status: int
    code: int
    description: str = ""
    details: str = ""

    @property
    def is_absent(self) -> bool:
        """What the request names does not exist."""
        return self.status in {400, 404, 409} and self.code in _ABSENT


@dataclass(frozen=True)
class _Row:
    kind: type[StorageError]
    words: str


_ABSENT = frozenset({1004, 1006, 1010, 1019, 2000, 2001})
_BUSY = frozenset({6000, *range(6400, 6508), 30026, 40014})
_TABLE: Mapping[int, _Row] = {
    **dict.fromkeys(_ABSENT, _Row(NotFound, "There is no such thing in ECS")),
    **dict.fromkeys(
        (1002, 1003, 1005, 1007, 1008, 1009, 1012, 1014),
        _Row(Invalid, "ECS does not accept one of the values"),
    ),
    1011: _Row(Invalid, "ECS cannot use the replication group, or cannot change this"),
    1013: _Row(BackendMisbehaved, "does not understand our request; its release differs"),
    1015: _Row(AlreadyExists, "It exists in ECS already"),
    1020: _Row(Conflict, "Something in ECS still refers to it"),
    1025: _Row(Conflict, "ECS cannot delete it in its present state"),
    1026: _Row(BackendRefused, "denies this to our account"),
    1031: _Row(Conflict, "ECS has reached the most that it allows of these"),
    1032: _Row(Invalid, "ECS does not accept the quota"),
    1057: _Row(Conflict, "Its present state in ECS forbids this"),
    3000: _Row(BackendRefused, "denies this to our account, which lacks the role"),
    3001: _Row(BackendRefused, "has no licence for this"),
    4000: _Row(BackendRefused, "does not accept our account"),
    **dict.fromkeys(_BUSY, _Row(BackendUnavailable, "is busy")),
    **dict.fromkeys(
        (40005, 40006, 40007, 40015), _Row(Invalid, "ECS cannot use the replication group")
    ),
    40008: _Row(AlreadyExists, "The bucket exists in ECS already"),
    40009: _Row(Invalid, "ECS does not accept the bucket's name"),
    40010: _Row(Invalid, "ECS does not accept the bucket's owner"),
}


def error_of(name: str, refusal: Refusal) -> StorageError:
    """The domain's error for ``refusal``; ``name`` is the back-end's."""
    tell = log.debug if refusal.is_absent else log.info
    tell(
        "ecs-refused",
        backend=name,
        status=refusal.status,
        code=refusal.code,
        description=refusal.description[:500],
        details=refusal.details[:500],
    )
    row = _row_of(refusal)
    code = f"ECS code {refusal.code}" if refusal.code else f"HTTP {refusal.status}"
    about = f"{row.words} ({code})."
    # What the caller did needs no sender; what the system did does.
    error = row.kind(f"{name} {about}" if issubclass(row.kind, BackendError) else about)
    vars(error)[_REFUSAL] = refusal
    return error


def refusal_of(error: BaseException) -> Refusal | None:
    """The refusal that ``error`` was made from."""
    refusal: Refusal | None = vars(error).get(_REFUSAL)
    return refusal


def is_refused(error: BaseException) -> bool:
    """Whether ECS said no (4xx), so that nothing was changed, whatever the code."""
    refusal = refusal_of(error)
    return refusal is not None and refusal.status in _CLIENT_ERRORS


def is_absent(error: BaseException) -> bool:
    """Whether ECS said that what the request names does not exist; nothing else means that."""
    refusal = refusal_of(error)
    return refusal is not None and refusal.is_absent


def refusal_in(status: int, document: Any) -> Refusal:
    """What an answer says, tolerant of numbers as text."""
    row = document if isinstance(document, dict) else {}
    return Refusal(
        status, _code(row.get("code")), _text(row.get("description")), _text(row.get("details"))
    )


def _row_of(refusal: Refusal) -> _Row:
    status, code = refusal.status, refusal.code
    if status in _UNAVAILABLE or code in _BUSY:
        return _Row(BackendUnavailable, "is busy or not ready")
    if status == HTTPStatus.GATEWAY_TIMEOUT:
        return _Row(BackendTimeout, "did not answer in time")
    if status in _SERVER_ERRORS:
        return _Row(BackendUnavailable, "failed")
    if code in _TABLE and (code not in _ABSENT or refusal.is_absent):
        return _TABLE[code]
    if status == HTTPStatus.FORBIDDEN:
        return _TABLE[3000]
    if status == HTTPStatus.UNAUTHORIZED:
        return _TABLE[4000]
    if code and status in {HTTPStatus.BAD_REQUEST, HTTPStatus.CONFLICT}:
        return _Row(Conflict, "ECS refuses this in the present state of the thing")
    return _Row(BackendMisbehaved, "does not answer as ECS does; check the option url")


def _code(value: Any) -> int:
    try:
        return int(str(value)[:9])
    except ValueError:
        return 0


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
