"""What ONTAP's error codes mean to a caller.

The code decides, never the HTTP status: NetApp's own tables give both 404 and 405 for
code 4. Codes and meanings are those of the ONTAP REST reference; the message goes to
the log, its code to the caller.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import structlog

from storage_api.domain.errors import (
    AlreadyExists,
    BackendFull,
    BackendMisbehaved,
    BackendRefused,
    BackendTimeout,
    BackendUnavailable,
    Conflict,
    Invalid,
    NotFound,
    NotSupported,
    StorageError,
)

_RETRY_AFTER_SECONDS = 5
_REFUSAL = "ontap_refusal"
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


@dataclass(frozen=True)
class _Row:
    kind: type[StorageError]
    words: str
    retry_after: int | None = None


def _rows(kind: type[StorageError], words: Mapping[str, str], **more: int) -> dict[str, _Row]:
    """``words`` by codes that are separated by blanks."""
    return {
        code: _Row(kind, text, **more) for codes, text in words.items() for code in codes.split()
    }


_JOB_FAILED = "917536"
_BAD_FIELD = frozenset({"2", "262196", "262197"})
_BUSY = frozenset({"2621573", "524486", "13107405", "13107406"})
#: They have no code of their own for a full aggregate; the message tells.
_PERHAPS_FULL = frozenset({_JOB_FAILED, "460770"})

TABLE: Mapping[str, _Row] = {
    **_rows(
        AlreadyExists,
        {
            "1": "There is one of that name already",
            "917526": "A volume of that name exists already",
            "525059": "A snapshot of that name exists already",
        },
    ),
    **_rows(
        NotFound,
        {
            "4": "There is no such thing",
            "524601": "The volume or snapshot to clone does not exist",
            "1638600 1638503 542797": "There is no such snapshot",
            "1703954": "There is no such export policy",
        },
    ),
    **_rows(
        Invalid,
        {
            "2 262196 262197": "A value or a field is not accepted",
            "917534": "The size is below the smallest that a volume can have (20 MiB)",
            "917508": "There is no such aggregate",
            "787140": "No aggregate was given",
            "918242": "A volume lies on one aggregate",
            "917597 19726541": "A node's root aggregate takes no volumes",
            "917886": "The volume's name is longer than 203 characters",
            "917887": "The volume's name must begin with a letter or an underscore",
            "917888": "The volume's name may hold letters, digits and underscores only",
            "918252": "The junction path is malformed, or in use",
            "918271": "There is no such export policy for this volume",
            "917831": "max_autosize must be above the size down to which the volume may shrink",
            "917829": "The threshold to shrink must be below the one to grow",
            "918521 918524 918639 918647": "max_autosize does not fit the volume's size",
            "917835": "The snapshot reserve of a new volume is 90 percent at most",
            "918243 918236 918247": "A clone cannot be made with these fields",
            "1638518": "The snapshot's name is not usable",
            "1638477": "The snapshot's name begins with a reserved prefix",
            "1703952": "The export policy's name must not hold blanks",
            "1704047": "The export policy's name is longer than 256 characters",
            "1704036 1704037 1704038 1704039 1704040 1704041 1704042 1704043 1704044 1704045 "
            "1704054 1704064 1704065": "The client match of the rule is malformed",
        },
    ),
    **_rows(
        Conflict,
        {
            "8": "It is in use",
            "917533 917775 9437885": "The volume is offline",
            "524615": "The volume has clones",
            "917531": "The root volume of an SVM is left alone",
            "524511": "The volume cannot be brought back to that snapshot",
            "1638480": "A newer snapshot is the base of a replication",
            "9437886": "A newer snapshot is locked",
            "525062": "The volume has as many snapshots as it can",
            "1638555 1638543 524481": "The snapshot is in use",
            "1703945": "A volume uses the export policy",
            "1703946": "Whether a volume uses the export policy cannot be told now",
            "1703953": "A qtree uses the export policy",
            "1703947": "The export policy 'default' always stays",
            "1704070 1704071 1704050": "The export policy has such a rule already",
            "6881332": "Efficiency is not enabled on the volume",
            "6881654": "This platform does not allow compression to be switched off",
        },
    ),
    **_rows(
        Conflict,
        {
            "524486": "The volume is busy",
            "13107405": "A volume of that name is just being made",
            "13107406": "Another operation on the volume is under way",
        },
        retry_after=_RETRY_AFTER_SECONDS,
    ),
    **_rows(
        NotSupported,
        {
            "3": "This release of ONTAP cannot do that",
            "1638644 918701 918703": "This platform cannot do that",
        },
    ),
    **_rows(BackendFull, {"524479": "There is no space for it, or the volume is not online"}),
    **_rows(
        BackendRefused,
        {
            "6 6691623": "Our account is not allowed to do that; its role lacks it",
            "2621462 2621706 13434920": "It does not know our SVM by that name; check the option "
            "vserver (after a MetroCluster switch-over the SVM is called <name>-mc)",
        },
    ),
    **_rows(BackendUnavailable, {"2621573": "The SVM is locked for a while"}, retry_after=30),
    **_rows(
        BackendMisbehaved,
        {"524819 524597": "The clone failed", _JOB_FAILED: "The operation failed"},
    ),
}


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


def _row_of(refusal: Refusal) -> _Row:
    if refusal.code in _PERHAPS_FULL and "space" in refusal.message.lower():
        return _Row(BackendFull, "There is not enough space")
    if refusal.code == _JOB_FAILED and refusal.names_a_job:
        return _Row(Conflict, "Another job holds the volume", _RETRY_AFTER_SECONDS)
    return TABLE.get(refusal.code, _UNEXPECTED)


_UNEXPECTED = _Row(BackendMisbehaved, "It refused a request unexpectedly")
