"""Turns what ONTAP refuses into the domain's errors.

The code decides, never the HTTP status: NetApp's own tables give both 404 and 405 for
code 4. What each code means stands in ``codes``; the message goes to the log, the code to
the caller.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import structlog

from storage_api.backends.netapp.codes import FULL, JOB_HOLDS_IT, TABLE, UNEXPECTED, Row
from storage_api.domain.errors import (
    BackendMisbehaved,
    BackendTimeout,
    BackendUnavailable,
    StorageError,
)

_REFUSAL = "ontap_refusal"
_JOB_FAILED = "917536"
_BAD_FIELD = frozenset({"2", "262196", "262197"})
_BUSY = frozenset({"2621573", "524486", "13107405", "13107406"})
#: They have no code of their own for a full aggregate; the message tells.
_PERHAPS_FULL = frozenset({_JOB_FAILED, "460770"})
_TARGET = re.compile(r"[A-Za-z0-9_.]{1,64}")

log = structlog.get_logger(__name__)


class Garbage(BackendMisbehaved):
    """What came is no answer of ONTAP's, so a write may or may not have happened."""


class JobLost(Garbage):
    """ONTAP no longer knows the job, which it forgets about 300 s after its end."""


class JobUnfinished(BackendTimeout):
    """The job goes on without us; its change may still land."""


#: After one of these without a code (``code_of``) a write may or may not have happened.
AMBIGUOUS = (BackendTimeout, BackendUnavailable, Garbage)


@dataclass(frozen=True)
class Refusal:
    """ONTAP's own words: in an answer's ``error``, or at the end of a job."""

    code: str
    message: str = ""
    target: str = ""

    @property
    def is_busy(self) -> bool:
        """Refused for a reason that passes."""
        return self.is_undone or (self.code == _JOB_FAILED and self.names_a_job)

    @property
    def is_undone(self) -> bool:
        """Refused for a reason that passes, and for certain before anything was done."""
        return self.code in _BUSY

    @property
    def names_a_job(self) -> bool:
        """917536 means many things; with a job's number, that this job holds the volume."""
        return re.search(r"\bjob\b[^.]{0,20}\d", self.message, re.IGNORECASE) is not None

    @property
    def is_bad_field(self) -> bool:
        """A value or a field is wrong, or this release does not have it."""
        return self.code in _BAD_FIELD


def error_of(name: str, refusal: Refusal) -> StorageError:
    """The domain's error for ``refusal``; ``name`` is the back-end's."""
    log.info(
        "ontap-refused",
        backend=name,
        code=refusal.code,
        target=refusal.target,
        message=refusal.message[:500],
    )
    row = _row_of(refusal)
    field = f", field {refusal.target}" if _TARGET.fullmatch(refusal.target) else ""
    about = f"{row.words} (ONTAP code {refusal.code}{field})."
    # What the caller did needs no sender; what the system did does.
    said = f"{name}: {about}" if row.kind.status >= 500 else about  # noqa: PLR2004  # HTTP
    error = row.kind(said, retry_after=row.retry_after)
    vars(error)[_REFUSAL] = refusal
    return error


def refusal_of(error: BaseException) -> Refusal | None:
    """The refusal that ``error`` was made from."""
    refusal: Refusal | None = vars(error).get(_REFUSAL)
    return refusal


def code_of(error: BaseException) -> str | None:
    """The ONTAP code that ``error`` was raised for; it is certain then what has happened."""
    refusal = refusal_of(error)
    return refusal.code if refusal else None


def amended(error: StorageError, words: str) -> StorageError:
    """The same error with more to say about what it leaves behind."""
    again = type(error)(f"{error} {words}", retry_after=error.retry_after)
    vars(again).update(vars(error))
    return again


def refusal_in(document: Any) -> Refusal | None:
    """The refusal in an answer's or a job's ``error``, if it holds one."""
    error = document.get("error") if isinstance(document, dict) else None
    if not isinstance(error, dict) or not isinstance(error.get("code"), str | int):
        return None
    message, target = error.get("message"), error.get("target")
    return Refusal(
        code=_short(error["code"]),
        message=message if isinstance(message, str) else "",
        target=target if isinstance(target, str) else "",
    )


def refusal_of_job(job: Mapping[str, Any]) -> Refusal:
    """Why a job failed: later releases say it in ``error``, all in ``code`` and ``message``."""
    found = refusal_in(job)
    if found is not None:
        return found
    code, message = job.get("code"), job.get("message")
    return Refusal(
        code=_short(code) if isinstance(code, str | int) else "none",
        message=message if isinstance(message, str) else "",
    )


def _short(code: str | int) -> str:
    """Nothing but a number is a code of ONTAP's."""
    text = str(code)
    return text if re.fullmatch(r"\d{1,12}", text) else "unreadable"


def _row_of(refusal: Refusal) -> Row:
    if refusal.code in _PERHAPS_FULL and "space" in refusal.message.lower():
        return FULL
    if refusal.code == _JOB_FAILED and refusal.names_a_job:
        return JOB_HOLDS_IT
    return TABLE.get(refusal.code, UNEXPECTED)
