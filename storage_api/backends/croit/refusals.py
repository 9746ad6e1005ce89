"""What croit answers when it does not do what was asked, told in our errors.

croit documents success codes only. It says 500 for states that are to be expected (a
duplicate, an absent key, a user with buckets), so a failure carries a ``Reason``, read
from its text. The text itself goes nowhere: it may repeat what was sent.
"""

import json
import re
from collections.abc import Iterable, Mapping
from enum import Enum, auto
from http import HTTPStatus

from storage_api.domain.errors import (
    BackendError,
    BackendMisbehaved,
    BackendRefused,
    BackendTimeout,
    BackendUnavailable,
)
from storage_api.transport.http import Answer

#: After one of these a write may or may not have happened: read back, never repeat blindly.
AMBIGUOUS = (BackendTimeout, BackendUnavailable, BackendMisbehaved)


class Reason(Enum):
    """Why croit said no, as far as its answer tells."""

    ADDRESS_IN_USE = auto()
    EXISTS = auto()
    ABSENT = auto()
    NO_SUCH_KEY = auto()
    OWNS_BUCKETS = auto()
    NOT_EMPTY = auto()
    UNACCEPTABLE = auto()
    UNKNOWN = auto()


class Refusal(BackendMisbehaved):
    """croit said no; where that is foreseen, ``reason`` says why."""

    def __init__(self, detail: str, reason: Reason) -> None:
        super().__init__(detail)
        self.reason = reason


class Failure(BackendUnavailable):
    """croit failed; ``reason`` says whether it meant a refusal."""

    def __init__(
        self,
        name: str,
        status: int,
        reason: Reason = Reason.UNKNOWN,
        *,
        retry_after: int | None = None,
    ) -> None:
        super().__init__(f"{name} failed (HTTP {status}).", retry_after=retry_after)
        self.reason = reason


#: The first that fits counts: "does not exist" must not read as "exists".
_TEXTS = (
    (Reason.NO_SUCH_KEY, ("unable to find access key",)),
    (Reason.OWNS_BUCKETS, ("user with buckets",)),
    (Reason.NOT_EMPTY, ("not empty", "notempty")),
    (Reason.ABSENT, ("not exist", "n't exist", "not found", "no such", "nosuch", "unknown user")),
    (Reason.ADDRESS_IN_USE, ("emailexists", "email address", "e-mail", "email")),
    (Reason.EXISTS, ("exist", "duplicate")),
)
_BUSY = frozenset(
    {HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.GATEWAY_TIMEOUT}
)
_STATUSES: Mapping[int, Reason] = {
    HTTPStatus.NOT_FOUND: Reason.ABSENT,
    HTTPStatus.CONFLICT: Reason.EXISTS,
    HTTPStatus.BAD_REQUEST: Reason.UNACCEPTABLE,
    HTTPStatus.UNPROCESSABLE_ENTITY: Reason.UNACCEPTABLE,
}


def refusal(name: str, answer: Answer, sent: Iterable[str] = ()) -> BackendError:
    """The error for an answer that is no success; 401 is the credential's own matter.

    The names and texts that were ``sent`` are no reason when croit repeats them.
    """
    status = answer.status
    if status == HTTPStatus.FORBIDDEN:
        return BackendRefused(f"{name} denies this to our account, which needs croit's role admin.")
    if status == HTTPStatus.TOO_MANY_REQUESTS or status in _BUSY:
        asked = answer.headers.get("Retry-After", "")
        return Failure(name, status, retry_after=int(asked) if asked.isdecimal() else None)
    message = _message(answer)
    if message is None:
        return _no_croit(name, status)
    reason = reason_in(message, sent)
    if reason is Reason.UNKNOWN:
        reason = _STATUSES.get(status, Reason.UNKNOWN)
    if _is_failure(status):
        return Failure(name, status, reason)
    return Refusal(f"{name} refused a request unexpectedly (HTTP {status}).", reason)


def reason_in(message: str, sent: Iterable[str] = ()) -> Reason:
    """What croit means by this text. A single word counts only outside of what was ``sent``."""
    small = message.lower()
    ours = "|".join(re.escape(text.lower()) for text in sent if text)
    bare = re.sub(rf"(?<!\w)(?:{ours})(?!\w)", "", small) if ours else small
    for reason, texts in _TEXTS:
        if any(text in (small if " " in text else bare) for text in texts):
            return reason
    return Reason.UNKNOWN


def reason_of(error: BackendError) -> Reason:
    """``UNKNOWN`` for whatever is not croit's own answer."""
    return error.reason if isinstance(error, Refusal | Failure) else Reason.UNKNOWN


def _message(answer: Answer) -> str | None:
    """The text of croit's envelope; ``None`` where somebody else answers."""
    try:
        found = json.loads(answer.body)["message"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return found if isinstance(found, str) else None


def _is_failure(status: int) -> bool:
    return status >= HTTPStatus.INTERNAL_SERVER_ERROR and status != HTTPStatus.NOT_IMPLEMENTED


def _no_croit(name: str, status: int) -> BackendError:
    if _is_failure(status):
        return Failure(name, status)
    return BackendMisbehaved(
        f"No croit API answers for {name} (HTTP {status}); check the option api_url."
    )
