"""The HPC User API: the Unix group of each project. Its tokens come from an OIDC provider."""

import threading
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

import orjson

from storage_api.domain.errors import BackendMisbehaved, BackendRefused, BackendUnavailable
from storage_api.domain.secrets import Secret
from storage_api.transport.http import Answer, HttpClient

_PATH = "/api/v1/export/waldur/projects"
_LASTS_SECONDS = 3600.0
#: A token is not used in the last part of its life: a request takes time, clocks differ.
_SPARE_PART, _SPARE_SECONDS = 0.1, 30.0
_NAME = "The GID service"
#: A group number as Linux has them; 0 would be root's.
LARGEST_GID = 2**32 - 2


@dataclass(frozen=True)
class HpcUserSettings:
    """Where the service and its token provider are, and who we are there."""

    api_url: str
    token_url: str
    client_id: str
    client_secret: Secret
    scope: str


class HpcUserClient:
    """Safe to share between threads; they share the token too."""

    def __init__(self, http: HttpClient, settings: HpcUserSettings) -> None:
        self._http = http
        self._settings = settings
        self._lock = threading.Lock()
        self._token: Secret | None = None
        self._ends = 0.0

    def gids_of(self, projects: Collection[str]) -> Mapping[str, int]:
        """The group of each project that the service knows.

        A project for which it names several groups is left out: nobody can tell which is meant.

        Raises:
            BackendError: the service, or its token provider, is down or refuses us.
        """
        pairs = [("projects", project) for project in projects]
        url = f"{self._settings.api_url.rstrip('/')}{_PATH}?{urlencode(pairs)}"
        token = self._valid_token()
        answer = self._get(url, token)
        if answer.status == HTTPStatus.UNAUTHORIZED:
            answer = self._get(url, self._valid_token(instead_of=token))
        if answer.status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
            raise BackendRefused(f"{_NAME} does not accept our token.")
        return _read_gids(_object(answer), frozenset(projects))

    def _get(self, url: str, token: Secret) -> Answer:
        headers = {"Accept": "application/json", "Authorization": f"Bearer {token.reveal()}"}
        return self._http.request("GET", url, repeatable=True, headers=headers)

    def _valid_token(self, *, instead_of: Secret | None = None) -> Secret:
        """The token that all share, a new one if it ends or is the one that was refused."""
        with self._lock:
            kept = self._token
            if kept is not None and kept != instead_of and time.monotonic() < self._ends:
                return kept
            began = time.monotonic()
            self._token, lasts = self._new_token()
            self._ends = began + lasts - min(lasts * _SPARE_PART, _SPARE_SECONDS)
            return self._token

    def _new_token(self) -> tuple[Secret, float]:
        settings = self._settings
        form = {
            "grant_type": "client_credentials",
            "client_id": settings.client_id,
            "client_secret": settings.client_secret.reveal(),
            "scope": settings.scope,
        }
        answer = self._http.request(
            "POST",
            settings.token_url,
            repeatable=True,
            headers={
                "Accept": "application/json",
                "Content-Type": "application/x-www-form-urlencoded",
            },
            body=urlencode(form).encode(),
        )
        if answer.status in {400, 401, 403}:
            raise BackendRefused(f"{_NAME}'s token provider does not accept our client.")
        found = _object(answer)
        token, lasts = found.get("access_token"), found.get("expires_in", _LASTS_SECONDS)
        if not (isinstance(token, str) and token.isascii() and token.isprintable() and token):
            raise BackendMisbehaved(f"{_NAME}'s token provider sent no token.")
        known = isinstance(lasts, int | float) and lasts >= 0
        return Secret(token), float(lasts) if known else _LASTS_SECONDS


def _object(answer: Answer) -> Mapping[str, Any]:
    if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR or answer.status == 429:  # noqa: PLR2004
        raise BackendUnavailable(f"{_NAME} failed (HTTP {answer.status}).")
    if answer.status != HTTPStatus.OK:
        raise BackendMisbehaved(f"{_NAME} answers HTTP {answer.status}; check its options.")
    try:
        found = orjson.loads(answer.body)
    except orjson.JSONDecodeError:
        found = None
    if not isinstance(found, dict):
        raise BackendMisbehaved(f"{_NAME} sent something that is not what it should send.")
    return found


def _read_gids(found: Mapping[str, Any], wanted: frozenset[str]) -> dict[str, int]:
    rows = found.get("projects")
    if not isinstance(rows, list):
        raise BackendMisbehaved(f"{_NAME} sent no list of projects.")
    groups: dict[str, set[int]] = {}
    for row in rows:
        name = row.get("posixName") if isinstance(row, dict) else None
        gid = row.get("unixGid") if isinstance(row, dict) else None
        if not isinstance(gid, int) or isinstance(gid, bool) or not 0 < gid <= LARGEST_GID:
            continue
        if isinstance(name, str) and name in wanted:
            groups.setdefault(name, set()).add(gid)
    return {name: gids.pop() for name, gids in groups.items() if len(gids) == 1}
