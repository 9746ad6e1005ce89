"""ONTAP's REST API in its own terms: paths, queries, jobs, codes.

Everything that is sent is percent-encoded here, but a query's values keep the meaning
that ONTAP gives to ``* | ! < > " ,`` and ``..``: callers check names before they ask.
"""

import base64
import time
from collections.abc import Callable, Iterator, Mapping
from http import HTTPStatus
from typing import Any, TypeVar
from urllib.parse import quote, urlencode
from uuid import UUID

import orjson
import structlog
from requests import PreparedRequest
from requests.auth import AuthBase

from storage_api.backends.netapp.jobs import FIELDS as JOB_FIELDS
from storage_api.backends.netapp.jobs import wait_for
from storage_api.backends.netapp.refusals import (
    Garbage,
    Refusal,
    code_of,
    error_of,
    refusal_in,
    refusal_of,
)
from storage_api.backends.netapp.uncollected import uncollected
from storage_api.domain.errors import (
    BackendRefused,
    BackendUnavailable,
    NotFound,
    StorageError,
)
from storage_api.domain.secrets import Secret
from storage_api.transport.context import seconds_left
from storage_api.transport.gate import GateShut
from storage_api.transport.http import Answer, HttpClient

Json = dict[str, Any]
Query = Mapping[str, str | int]
T = TypeVar("T")

_HEADERS = {"Accept": "application/json", "X-Dot-Client-App": "storage-api"}
_JSON = {"Content-Type": "application/json"}
_WELL = frozenset({HTTPStatus.OK, HTTPStatus.CREATED, HTTPStatus.ACCEPTED})
_LONGEST_WAIT = 15
#: Seconds for which ONTAP is asked again while it refuses because it is busy.
_PATIENCE = 30.0
_FIRST_PAUSE = 2.0
_LONGEST_PAUSE = 10.0
_MOST_PAGES = 10_000

log = structlog.get_logger(__name__)


class Utf8Basic(AuthBase):
    """Basic authentication with a password in any alphabet; requests would encode Latin-1."""

    def __init__(self, username: str, password: Secret) -> None:
        self._username = username
        self._password = password

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        pair = f"{self._username}:{self._password.reveal()}".encode()
        request.headers["Authorization"] = f"Basic {base64.b64encode(pair).decode()}"
        return request


class Ontap:
    """The calls of one account on one filer; safe to share between threads.

    ``path`` is below ``/api``, with every part of it quoted. All raise domain errors
    (``refusals.py``). Refusals that pass by themselves are asked again for half a minute.
    """

    def __init__(
        self, http: HttpClient, address: str, name: str, *, page_size: int, answer_timeout: float
    ) -> None:
        self._http = http
        self._origin = f"https://{address}"
        self._name = name
        self._page_size = page_size
        self._answer_timeout = answer_timeout
        self._unknown_fields: frozenset[str] = frozenset()

    def get(self, path: str, query: Query | None = None) -> Json:
        """One object, or one page; a field that this release does not know is left out."""
        return _patiently(lambda: self._read(path, query or {}))

    def records(self, path: str, query: Query) -> list[Json]:
        """Every record, however many pages they come in.

        A short page is not the last one: ONTAP ends a page by time, too.
        """
        first = {"max_records": self._page_size, "return_timeout": self._wait_seconds(), **query}
        found: list[Json] = []
        for page in self._pages(self.get(path, first)):
            found += page
        return found

    def create(self, path: str, body: Json, query: Query | None = None) -> Json:
        """POST once, and wait until it is done.

        Raises:
            AMBIGUOUS: without a code, it may or may not have happened: read back.
        """
        return self._write("POST", path, query or {}, body, repeatable=False)

    def modify(
        self, path: str, body: Json, query: Query | None = None, *, repeatable: bool = True
    ) -> None:
        """PATCH, and wait until it is done; ``repeatable`` when twice is as good as once."""
        try:
            self._write("PATCH", path, query or {}, body, repeatable=repeatable)
        except Garbage:
            if not repeatable:
                raise
            self._write("PATCH", path, query or {}, body, repeatable=True)

    def delete(self, path: str, query: Query | None = None, *, repeatable: bool = True) -> None:
        """DELETE, and wait until it is done.

        Raises:
            NotFound: it was gone before; never for what an attempt of this call deleted.
        """
        try:
            self._write("DELETE", path, query or {}, None, repeatable=False)
        except (BackendUnavailable, Garbage) as error:
            if not repeatable or code_of(error) is not None or isinstance(error, GateShut):
                raise
            try:
                self._write("DELETE", path, query or {}, None, repeatable=False)
            except NotFound:
                return

    # Reading

    def _read(self, path: str, query: Query) -> Json:
        wanted = self._known(query)
        try:
            return self._call("GET", self._url(path, wanted), None, repeatable=True)[1]
        except StorageError as error:
            unknown = _unknown_fields(wanted, refusal_of(error))
            if not unknown:
                raise
        self._unknown_fields |= unknown
        log.warning("ontap-lacks-fields", backend=self._name, fields=sorted(unknown))
        return self._read(path, query)

    def _known(self, query: Query) -> Query:
        fields = query.get("fields")
        if not self._unknown_fields or not isinstance(fields, str):
            return query
        kept = [field for field in fields.split(",") if field not in self._unknown_fields]
        return {**query, "fields": ",".join(kept)}

    def _pages(self, page: Json) -> Iterator[list[Json]]:
        seen: set[str] = set()
        while True:
            yield self._rows(page)
            following = _next_of(page)
            if following is None:
                return
            if following in seen or not following.startswith("/api/") or len(seen) > _MOST_PAGES:
                raise Garbage(f"{self._name}'s list does not come to an end.")
            seen.add(following)
            page = self._follow(f"{self._origin}{following}")

    def _follow(self, url: str) -> Json:
        return _patiently(lambda: self._call("GET", url, None, repeatable=True)[1])

    def _rows(self, page: Json) -> list[Json]:
        rows = page.get("records", [])
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise self._garbage()
        return rows

    # Writing

    def _write(
        self, method: str, path: str, query: Query, body: Json | None, *, repeatable: bool
    ) -> Json:
        def attempt() -> Json:
            status, answer = self._call(
                method, self._url(path, self._waiting(path, query)), body, repeatable=repeatable
            )
            if status == HTTPStatus.ACCEPTED:
                self._finish(answer)
            return answer

        return _patiently(attempt)

    def _waiting(self, path: str, query: Query) -> Query:
        """Volumes and snapshots are changed by jobs; ONTAP answers when they end, if asked to."""
        if not path.startswith("storage/"):
            return query
        return {"return_timeout": self._wait_seconds(), **query}

    def _wait_seconds(self) -> int:
        """Well before we would give the answer up for lost; ONTAP allows 0 to 120."""
        return int(min(_LONGEST_WAIT, self._answer_timeout / 2, seconds_left(120.0) / 2))

    def _finish(self, answer: Json) -> None:
        job = answer.get("job")
        try:
            uuid = str(UUID(job["uuid"]))  # type: ignore[index]
        except (KeyError, TypeError, ValueError, AttributeError):
            raise self._garbage() from None
        wait_for(self._name, uuid, lambda: self.get(f"cluster/jobs/{uuid}", {"fields": JOB_FIELDS}))

    # How a call is made

    def _url(self, path: str, query: Query) -> str:
        base = f"{self._origin}/api/{path}"
        return f"{base}?{urlencode(query, quote_via=quote, safe=',')}" if query else base

    def _call(
        self, method: str, url: str, body: Json | None, *, repeatable: bool
    ) -> tuple[int, Json]:
        sent = None if body is None else orjson.dumps(body)
        headers = _HEADERS if sent is None else _HEADERS | _JSON
        answer = self._http.request(method, url, repeatable=repeatable, headers=headers, body=sent)
        document = _decode(answer.body)
        if answer.status in _WELL:
            if document is None and (method == "GET" or answer.body.strip()):
                raise self._garbage()
            return answer.status, document or {}
        refusal = refusal_in(document)
        raise error_of(self._name, refusal) if refusal else self._without_words(answer)

    def _without_words(self, answer: Answer) -> StorageError:
        """A web server's or a proxy's error: the REST API did not answer."""
        log.info("ontap-no-json", backend=self._name, status=answer.status, body=answer.body[:200])
        if answer.status == HTTPStatus.UNAUTHORIZED:
            return BackendRefused(
                f"{self._name} does not accept our account: its name, its password or its "
                "certificate is wrong, or it is locked."
            )
        if answer.status == HTTPStatus.FORBIDDEN:
            return BackendRefused(f"{self._name} denies our account access (HTTP 403).")
        if answer.status in _PASSING:
            return BackendUnavailable(
                f"{self._name} is too busy or not ready (HTTP {answer.status}).",
                retry_after=_retry_after(answer),
            )
        return Garbage(f"{self._name} does not answer as ONTAP does (HTTP {answer.status}).")

    def _garbage(self) -> Garbage:
        return Garbage(f"{self._name} sent an answer that is not what ONTAP sends.")


_PASSING = frozenset(
    {
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.BAD_GATEWAY,
        HTTPStatus.SERVICE_UNAVAILABLE,
        HTTPStatus.GATEWAY_TIMEOUT,
    }
)


def _patiently(attempt: Callable[[], T]) -> T:
    """Try again what was refused because something else is under way there."""
    end = time.monotonic() + _PATIENCE
    pause = _FIRST_PAUSE
    while True:
        try:
            return attempt()
        except StorageError as error:
            refusal = refusal_of(error)
            if refusal is None or not refusal.is_busy or time.monotonic() + pause > end:
                raise
            if pause >= seconds_left(pause + 1.0):
                raise
        time.sleep(pause)
        pause = min(2 * pause, _LONGEST_PAUSE)


def _unknown_fields(query: Query, refusal: Refusal | None) -> frozenset[str]:
    """Those of the query's fields that the refusal names."""
    fields = query.get("fields")
    if refusal is None or not isinstance(fields, str):
        return frozenset()
    if refusal.target != "fields" or not refusal.is_bad_field:
        return frozenset()
    return frozenset(field for field in fields.split(",") if f'"{field}"' in refusal.message)


def _next_of(page: Json) -> str | None:
    """Where the next page is; ONTAP adds it to every page but the last."""
    try:
        following = page["_links"]["next"]["href"]
    except (KeyError, TypeError):
        return None
    return following if isinstance(following, str) else None


def _decode(body: bytes) -> Json | None:
    try:
        with uncollected():
            document = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    return document if isinstance(document, dict) else None


def _retry_after(answer: Answer) -> int | None:
    text = answer.headers.get("Retry-After", "")
    return min(int(text[:4]), 300) if text.isascii() and text.isdigit() else None
