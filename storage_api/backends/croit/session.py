"""Requests to croit, signed on with an API token, or with a session that a password opens.

A session's token lives in memory only. Whoever meets its end opens the next one, for
all threads; a request is repeated once after that, never twice.
"""

import base64
import json
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from storage_api.backends.croit.refusals import refusal
from storage_api.backends.croit.scrubbing import scrub_urls
from storage_api.domain.errors import (
    BackendError,
    BackendMisbehaved,
    BackendRefused,
    BackendTimeout,
)
from storage_api.domain.secrets import Secret
from storage_api.transport.context import REQUEST_SECONDS, seconds_left
from storage_api.transport.http import Answer, HttpClient

#: A wrong password is not tried with every request: that locks accounts.
_REFUSED_SECONDS = 15.0

Query = Sequence[tuple[str, str | Secret]]


class Credential(ABC):
    """What the header ``Authorization`` holds; safe to share between threads."""

    @abstractmethod
    def current(self) -> Secret: ...

    @abstractmethod
    def renewed(self, refused: Secret) -> Secret:
        """Another one after croit refused ``refused``.

        Raises:
            BackendRefused: there is none.
        """


class ApiToken(Credential):
    def __init__(self, token: Secret, name: str) -> None:
        self._header = Secret(f"Bearer {token.reveal()}")
        self._name = name

    def current(self) -> Secret:
        return self._header

    def renewed(self, refused: Secret) -> Secret:  # noqa: ARG002  # nothing replaces it
        raise BackendRefused(
            f"{self._name} does not accept our API token; has it expired, or was it revoked?"
        )


class Login(Credential):
    """Opens a session with a user name and a password in any alphabet."""

    def __init__(
        self, http: HttpClient, root: str, username: str, password: Secret, name: str
    ) -> None:
        self._http = http
        self._url = f"{root}/auth/login"
        pair = f"{username}:{password.reveal()}".encode()
        self._basic = Secret(f"Basic {base64.b64encode(pair).decode()}")
        self._name = name
        self._lock = threading.Lock()
        self._header: Secret | None = None
        self._refused_until = 0.0

    def current(self) -> Secret:
        return self._header or self.renewed(Secret(""))

    def renewed(self, refused: Secret) -> Secret:
        if not self._lock.acquire(timeout=seconds_left(REQUEST_SECONDS)):
            raise BackendTimeout(f"{self._name} does not let us sign on in time.")
        try:
            if self._header is None or self._header == refused:
                self._header = None
                self._header = Secret(f"Bearer {self._sign_on()}")
            return self._header
        finally:
            self._lock.release()

    def _sign_on(self) -> str:
        if time.monotonic() < self._refused_until:
            raise self._refusal()
        answer = self._http.request(
            "POST",
            self._url,
            repeatable=True,
            headers={
                "Authorization": self._basic.reveal(),
                "Content-Type": "application/x-www-form-urlencoded",
            },
            body=b"grant_type=client_credentials",
        )
        if answer.status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
            self._refused_until = time.monotonic() + _REFUSED_SECONDS
            raise self._refusal()
        if answer.status != HTTPStatus.OK:
            raise refusal(self._name, answer)
        try:
            token = json.loads(answer.body)["access_token"]
        except (ValueError, KeyError, TypeError, RecursionError):
            raise self._no_token() from None
        if not isinstance(token, str) or not token.isascii() or not token.isprintable():
            raise self._no_token()
        return token

    def _refusal(self) -> BackendRefused:
        return BackendRefused(f"{self._name} does not accept our user name and password.")

    def _no_token(self) -> BackendMisbehaved:
        return BackendMisbehaved(f"{self._name} signs us on without a session token.")


class CroitSession:
    """Sends requests below ``root``; safe to share between threads."""

    def __init__(self, http: HttpClient, root: str, credential: Credential, name: str) -> None:
        scrub_urls()
        self._http = http
        self._root = root
        self._credential = credential
        self._name = name

    @property
    def name(self) -> str:
        return self._name

    def get(self, path: Sequence[str], query: Query = ()) -> Any:
        """The answer's JSON."""
        return _decoded(self._name, self.send("GET", path, query))

    def send(self, method: str, path: Sequence[str], query: Query = (), body: Any = None) -> Answer:
        """An answer that is a success. Only a GET is sent again when no answer comes.

        Raises:
            Refusal, Failure: croit says no; otherwise as ``HttpClient.request``.
        """
        failure: BackendError
        try:
            return self._sent(method, path, query, body)
        except BackendError as error:
            failure = error
        # What lies below may repeat the URL, and a new key's secret is in one.
        failure.__cause__ = failure.__context__ = None
        raise failure.with_traceback(None)

    def _sent(self, method: str, path: Sequence[str], query: Query, body: Any) -> Answer:
        credential = self._credential.current()
        answer = self._once(credential, method, path, query, body)
        if answer.status == HTTPStatus.UNAUTHORIZED:
            credential = self._credential.renewed(credential)
            answer = self._once(credential, method, path, query, body)
        if answer.status == HTTPStatus.UNAUTHORIZED:
            raise BackendRefused(f"{self._name} refuses a session that was just opened.")
        if answer.status not in {HTTPStatus.OK, HTTPStatus.CREATED, HTTPStatus.NO_CONTENT}:
            raise refusal(self._name, answer, _values(path, body))
        return answer

    def _once(
        self, credential: Secret, method: str, path: Sequence[str], query: Query, body: Any
    ) -> Answer:
        headers = {"Authorization": credential.reveal(), "Accept": "application/json"}
        content = None
        if body is not None:
            headers["Content-Type"] = "application/json"
            content = json.dumps(body).encode()
        return self._http.request(
            method,
            _url(self._root, path, query),
            repeatable=method == "GET",
            headers=headers,
            body=content,
        )


def _values(path: Sequence[str], body: Any) -> list[str]:
    """What of a request is ours; the path's first two parts are croit's."""
    texts = body.values() if isinstance(body, dict) else []
    return [*path[2:], *(text for text in texts if isinstance(text, str))]


def _url(root: str, path: Sequence[str], query: Query) -> str:
    """Every value is encoded here; one that is a secret is revealed nowhere else."""
    url = "/".join([root, *(quote(part, safe="") for part in path)])
    pairs = [
        f"{name}={quote(value.reveal() if isinstance(value, Secret) else value, safe='')}"
        for name, value in query
    ]
    return f"{url}?{'&'.join(pairs)}" if pairs else url


def decoded_change(answer: Answer) -> Any:
    """What a write answered, as far as it is JSON; ``None`` for nothing."""
    try:
        return json.loads(answer.body) if answer.body else None
    except (ValueError, RecursionError):
        return None


def _decoded(name: str, answer: Answer) -> Any:
    try:
        return json.loads(answer.body, object_hook=_hide)
    except (ValueError, RecursionError):
        # Some of these repeat the whole body, secret keys included.
        raise BackendMisbehaved(f"{name} sent an answer that is not JSON.") from None


def _hide(row: dict[str, Any]) -> dict[str, Any]:
    """A key's row carries its secret; a traceback that shows variables must not."""
    if isinstance(row.get("secret_key"), str):
        row["secret_key"] = Secret(row["secret_key"])
    return row
