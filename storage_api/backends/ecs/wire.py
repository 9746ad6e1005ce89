"""One call to the management API: its JSON, or the domain's error for what came instead."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from http import HTTPStatus
from typing import Any, NoReturn
from urllib.parse import quote

import structlog

from storage_api.backends.ecs.errors import Garbage, Refusal, error_of, refusal_in
from storage_api.domain.errors import Invalid, StorageError
from storage_api.domain.secrets import Secret
from storage_api.transport.http import Answer, HttpClient

Json = dict[str, Any]
Query = Mapping[str, str | int | None]

#: The largest page of any list is a few MB; what is larger is no answer of ECS's.
MAX_ANSWER_BYTES = 32 * 1024 * 1024

#: Seconds that a caller is asked to wait at most, whatever ECS says.
_LONGEST_WAIT = 300

_TOKEN = "X-SDS-AUTH-TOKEN"  # noqa: S105  # a header's name
#: What is refused of these calls is logged by its code alone.
_ABOUT_SECRETS = "user-secret-keys"
#: Without it ECS answers in XML, errors included.
_JSON = {"Accept": "application/json"}
_SECRETS = re.compile(r"secret_?key(_[12])?|(swift|centera)password|root_user_password")

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Call:
    """What to ask: ``path`` in its parts, each of which is encoded.

    ``body`` may hold ``Secret`` values. A ``repeatable`` call may be sent again after any failure.
    """

    method: str
    path: Sequence[str]
    query: Query = field(default_factory=dict)
    body: Json | None = None
    repeatable: bool = False


@dataclass(frozen=True)
class Reply:
    """A good answer; ``document`` is ``None`` for the empty body that most writes get."""

    status: int
    document: Json | None


class Wire:
    """The way to one cluster, whose errors call it ``name``; writes may take longer than reads."""

    def __init__(self, reads: HttpClient, writes: HttpClient, origin: str, name: str) -> None:
        self._reads = reads
        self._writes = writes
        self._origin = origin
        self.name = name

    def send(self, call: Call, headers: Mapping[str, str]) -> Answer:
        """The answer as it is."""
        http = self._reads if call.method == "GET" else self._writes
        body = None if call.body is None else _encode(call.body)
        content = {} if body is None else {"Content-Type": "application/json"}
        return http.request(
            call.method,
            self._url(call),
            repeatable=call.repeatable,
            headers={**_JSON, **content, **headers},
            body=body,
        )

    def read(self, call: Call, answer: Answer) -> Reply:
        """What the answer holds; raises the domain's error for a refusal."""
        document = _decode(answer.body)
        if HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES:
            if document is None and answer.body.strip():
                raise self.garbage()
            return Reply(answer.status, document)
        error = self.refused(refusal_in(answer.status, document), call)
        told = answer.headers.get("Retry-After", "")
        if error.retryable and told.isascii() and told.isdigit():
            error.retry_after = min(int(told[:4]), _LONGEST_WAIT)
        raise error

    def refused(self, refusal: Refusal, call: Call | None = None) -> StorageError:
        """The error for ``refusal``, whose words may repeat a secret that was sent."""
        if call and _ABOUT_SECRETS in call.path:  # or one that was not
            return error_of(self.name, Refusal(refusal.status, refusal.code))
        hidden = [value.reveal() for value in _secrets(call.body)] if call and call.body else []
        shown = Refusal(
            refusal.status,
            refusal.code,
            _without(refusal.description, hidden),
            _without(refusal.details, hidden),
        )
        return error_of(self.name, shown)

    def garbage(self) -> Garbage:
        return Garbage(f"{self.name} sent an answer that is not what ECS sends.")

    def _url(self, call: Call) -> str:
        pairs = [
            f"{quote(name, safe='')}={quote(_word(value), safe='*')}"
            for name, value in call.query.items()
            if value is not None
        ]
        path = "/".join(_part(part) for part in call.path)
        return f"{self._origin}/{path}" + (f"?{'&'.join(pairs)}" if pairs else "")


def with_token(token: Secret) -> dict[str, str]:
    return {_TOKEN: token.reveal()}


def token_in(answer: Answer) -> Secret | None:
    """The token of a login's answer, if it is one that can be sent back."""
    found = answer.headers.get(_TOKEN, "")
    return Secret(found) if re.fullmatch(r"[\x21-\x7e]{1,4096}", found) else None


def _part(text: str) -> str:
    """HTTP clients resolve dots, so another thing than the named one would be changed."""
    if text in {"", ".", ".."}:
        raise Invalid("A name must be neither empty nor a dot or two.")
    return quote(text, safe="")


def _word(value: str | int) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _encode(body: Json) -> bytes:
    return json.dumps(body, default=_reveal).encode()


def _reveal(value: object) -> str:
    if isinstance(value, Secret):
        return value.reveal()
    raise TypeError(f"{type(value).__name__} cannot be sent")


def _secrets(body: Json) -> list[Secret]:
    return [value for value in body.values() if isinstance(value, Secret)]


def _without(text: str, hidden: Sequence[str]) -> str:
    for secret in hidden:
        text = text.replace(secret, "***")
    return text


def _decode(body: bytes) -> Json | None:
    try:
        found = json.loads(
            body, object_hook=_hide, parse_float=Decimal, parse_constant=_refuse_constant
        )
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _hide(row: Json) -> Json:
    """Users' rows carry secret keys; a traceback that shows variables must not."""
    for name, value in row.items():
        if isinstance(value, str) and _SECRETS.fullmatch(name.lower()):
            row[name] = Secret(value)
    return row


def _refuse_constant(text: str) -> NoReturn:
    raise ValueError(text)
