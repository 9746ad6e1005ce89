"""One call to ONTAP: its answer's JSON, or the domain's error for what came instead."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, urlencode

import orjson
import structlog

from storage_api.backends.netapp.refusals import Garbage, error_of, refusal_in
from storage_api.backends.uncollected import uncollected
from storage_api.domain.errors import BackendRefused, BackendUnavailable, StorageError
from storage_api.transport.http import Answer, HttpClient

Json = dict[str, Any]
Query = Mapping[str, str | int]

_HEADERS = {"Accept": "application/json", "X-Dot-Client-App": "storage-api"}
_JSON = {"Content-Type": "application/json"}
_WELL = frozenset({HTTPStatus.OK, HTTPStatus.CREATED, HTTPStatus.ACCEPTED})
_PASSING = frozenset(
    {
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.BAD_GATEWAY,
        HTTPStatus.SERVICE_UNAVAILABLE,
        HTTPStatus.GATEWAY_TIMEOUT,
    }
)

log = structlog.get_logger(__name__)


class Wire:
    """The way to one filer, whose errors call it ``name``."""

    def __init__(self, http: HttpClient, address: str, name: str) -> None:
        self._http = http
        self._origin = f"https://{address}"
        self.name = name

    def url(self, path: str, query: Query) -> str:
        """``path`` is below /api, with every part of it quoted."""
        base = f"{self._origin}/api/{path}"
        return f"{base}?{urlencode(query, quote_via=quote, safe=',')}" if query else base

    def url_of_link(self, href: str) -> str:
        """``href`` begins with /api/ and is taken as it is."""
        return f"{self._origin}{href}"

    def send(
        self, method: str, url: str, body: Json | None, *, repeatable: bool
    ) -> tuple[int, Json]:
        """One call; the answer's status, which is a good one, and its JSON."""
        sent = None if body is None else orjson.dumps(body)
        headers = _HEADERS if sent is None else _HEADERS | _JSON
        answer = self._http.request(method, url, repeatable=repeatable, headers=headers, body=sent)
        document = _decode(answer.body)
        # A job that is read has an error of its own.
        failed = method != "GET" and bool((document or {}).get("error"))
        if answer.status in _WELL and not failed:
            if document is None and (method == "GET" or answer.body.strip()):
                raise self.garbage()
            return answer.status, document or {}
        refusal = refusal_in(document)
        raise error_of(self.name, refusal) if refusal else self._without_words(answer)

    def _without_words(self, answer: Answer) -> StorageError:
        """A web server's or a proxy's error: the REST API did not answer."""
        log.info("ontap-no-json", backend=self.name, status=answer.status, body=answer.body[:200])
        if answer.status == HTTPStatus.UNAUTHORIZED:
            return BackendRefused(
                f"{self.name} does not accept our account: its name, its password or its "
                "certificate is wrong, or it is locked."
            )
        if answer.status == HTTPStatus.FORBIDDEN:
            return BackendRefused(f"{self.name} denies our account access (HTTP 403).")
        if answer.status in _PASSING:
            return BackendUnavailable(
                f"{self.name} is too busy or not ready (HTTP {answer.status}).",
                retry_after=_retry_after(answer),
            )
        return Garbage(f"{self.name} does not answer as ONTAP does (HTTP {answer.status}).")

    def garbage(self) -> Garbage:
        return Garbage(f"{self.name} sent an answer that is not what ONTAP sends.")


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
