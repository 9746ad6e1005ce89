"""VAST's management service (VMS) in its own terms: views, quotas, folders.

Facts and their sources: paths, ``Api-Token`` and the names of fields are those of the
public client vastpy 0.3.22 (PyPI) and of the API descriptions in
github.com/vast-data/terraform-provider-vastdata (``codegen/5.1.0/docs``) and
vast-data/go-vast-client (``resources/typed``); signing on by ``POST token/`` and its
renewal as OpenStack Manila's VAST driver does it. A limit of 0 or null is not enforced
(kb.vastdata.com, "Managing quotas using REST"). Asking about a path that is absent is
answered with 503 and a text (the same call in ColdFront's VAST plugin).
"""

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, NoReturn
from urllib.parse import urlencode

from storage_api.domain.errors import (
    BackendMisbehaved,
    BackendRefused,
    BackendUnavailable,
    Conflict,
    NotFound,
)
from storage_api.domain.secrets import Secret
from storage_api.transport.http import Answer, HttpClient

Json = dict[str, Any]

_SHOWN = 200
_MOST_PAGES = 1000
_ABSENT = ("wasn't found", "not found", "no such directory", "does not exist")
_SIGN_ON = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})


@dataclass(frozen=True)
class VmsCredential:
    """Either an API token, or a name and password, for which VMS gives a token that expires."""

    token: Secret | None = None
    user: str | None = None
    password: Secret | None = None


class VmsClient:
    """The calls that we need; safe to share between threads."""

    def __init__(
        self, http: HttpClient, root: str, credential: VmsCredential, tenant_id: int | None
    ) -> None:
        self._http = http
        self._api = f"{root}/api"
        self._credential = credential
        self._tenant = {} if tenant_id is None else {"tenant_id": tenant_id}
        self._lock = threading.Lock()
        self._bearer: str | None = None

    def list_quotas(self, **wanted: str) -> list[Json]:
        """``id, name, path, soft_limit, hard_limit, …_inodes, used_effective_capacity …``."""
        return self._list("quotas/", wanted)

    def create_quota(self, values: Mapping[str, Any]) -> None:
        """With ``create_dir`` it makes the directory in the same step."""
        self._call("POST", "quotas/", {**values, **self._tenant})

    def update_quota(self, number: int, values: Mapping[str, Any]) -> None:
        self._call("PATCH", f"quotas/{number:d}/", values)

    def delete_quota(self, number: int) -> None:
        self._call("DELETE", f"quotas/{number:d}/")

    def list_views(self, **wanted: str) -> list[Json]:
        return self._list("views/", wanted)

    def create_view(self, values: Mapping[str, Any]) -> None:
        self._call("POST", "views/", {**values, **self._tenant})

    def delete_view(self, number: int) -> None:
        """Ends access through it; the directory stays."""
        self._call("DELETE", f"views/{number:d}/")

    def find_policy(self, name: str) -> int | None:
        """The view policy's number."""
        rows = self._list("viewpolicies/", {"name": name})
        return next((number_of(row) for row in rows if row.get("name") == name), None)

    def name_of(self, kind: str, key: str, number: int) -> str | None:
        """What VAST's providers call a user or group (``users``, ``uid``); folders take names."""
        query = urlencode({key: number, **self._tenant})
        try:
            found = self._call("GET", f"{kind}/query/?{query}")
        except NotFound:
            return None
        name = found.get("name") if isinstance(found, dict) else None
        return name if isinstance(name, str) and name else None

    def stat(self, path: str) -> Json | None:
        """``owning_gid``, ``is_directory`` … of what is at ``path``; ``None`` if nothing is."""
        try:
            found = self._call("POST", "folders/stat_path/", {"path": path, **self._tenant})
        except NotFound:
            return None
        if not isinstance(found, dict):
            raise BackendMisbehaved("VAST does not say what is at a path.")
        return found

    def modify_folder(self, path: str, owners: Mapping[str, str]) -> None:
        """``user`` and ``group``, by name; VMS takes no mode here."""
        self._call("PATCH", "folders/modify_folder/", {"path": path, **owners, **self._tenant})

    def delete_folder(self, path: str) -> None:
        """Moves it to the trash, which VAST empties; what is absent is no error."""
        try:
            self._call("DELETE", "folders/delete_folder/", {"path": path, **self._tenant})
        except NotFound:
            return

    def _list(self, path: str, wanted: Mapping[str, str]) -> list[Json]:
        rows: list[Json] = []
        for page in range(1, _MOST_PAGES + 1):
            query = {**wanted, **self._tenant, **({"page": page} if page > 1 else {})}
            found = self._call("GET", f"{path}?{urlencode(query)}" if query else path)
            # Bare, or wrapped where the cluster pages its listings.
            part = found.get("results") if isinstance(found, dict) else found
            if not isinstance(part, list) or not all(isinstance(row, dict) for row in part):
                raise BackendMisbehaved("VAST sent a listing that is none.")
            rows += part
            if not (isinstance(found, dict) and found.get("next")):
                return rows
        raise BackendMisbehaved("VAST's listing does not come to an end.")

    def _call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        answer = self._send(method, path, body, self._authorization(renew=False))
        if answer.status in _SIGN_ON and self._credential.token is None:
            answer = self._send(method, path, body, self._authorization(renew=True))
        if HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES:
            return _decoded(answer)
        return _refuse(answer)

    def _send(
        self, method: str, path: str, body: Mapping[str, Any] | None, authorization: str | None
    ) -> Answer:
        headers = {"Accept": "application/json", "Content-Type": "application/json"}
        if authorization is not None:
            headers["Authorization"] = authorization
        return self._http.request(
            method,
            f"{self._api}/{path}",
            repeatable=method == "GET",
            headers=headers,
            body=None if body is None else json.dumps(body).encode(),
        )

    def _authorization(self, *, renew: bool) -> str:
        if self._credential.token is not None:
            return f"Api-Token {self._credential.token.reveal()}"
        with self._lock:
            if self._bearer is None or renew:
                self._bearer = self._sign_on()
            return f"Bearer {self._bearer}"

    def _sign_on(self) -> str:
        password = self._credential.password
        body = {
            "username": self._credential.user,
            "password": password.reveal() if password else "",
        }
        answer = self._send("POST", "token/", body, None)
        found = _decoded(answer) if answer.status == HTTPStatus.OK else None
        token = found.get("access") if isinstance(found, dict) else None
        if not isinstance(token, str):
            raise BackendRefused("VAST does not accept our name and password.")
        return token


def number_of(row: Mapping[str, Any]) -> int:
    """The ``id`` of an object, which becomes part of an address."""
    found = row.get("id")
    if not isinstance(found, int) or isinstance(found, bool):
        raise BackendMisbehaved("VAST sent an object without a number.")
    return found


def _decoded(answer: Answer) -> Any:
    try:
        return json.loads(answer.body) if answer.body else None
    except ValueError:
        raise BackendMisbehaved("VAST sent something that is no JSON.") from None


def _refuse(answer: Answer) -> NoReturn:
    status, reason = answer.status, _reason(answer)
    if status == HTTPStatus.UNAUTHORIZED:
        raise BackendRefused("VAST does not accept our credential.")
    if status == HTTPStatus.FORBIDDEN:
        raise BackendRefused("VAST denies this to our account.")
    absent = any(words in reason.lower() for words in _ABSENT)
    if status == HTTPStatus.NOT_FOUND or (status == HTTPStatus.SERVICE_UNAVAILABLE and absent):
        raise NotFound("VAST knows no such thing.")
    if status in {HTTPStatus.BAD_REQUEST, HTTPStatus.CONFLICT}:
        raise Conflict(f"VAST refuses: {reason}")
    if status == HTTPStatus.TOO_MANY_REQUESTS or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise BackendUnavailable(f"VAST failed (HTTP {status}).")
    raise BackendMisbehaved(f"VAST answers HTTP {status}.")


def _reason(answer: Answer) -> str:
    """VMS' own sentence, if it is one."""
    try:
        found = json.loads(answer.body)
    except ValueError:
        return ""
    text = found.get("detail") if isinstance(found, dict) else None
    if not isinstance(text, str):
        return "it gives no reason"
    return "".join(char if char.isprintable() else " " for char in text)[:_SHOWN]
