"""Which group number a project has: ``GET /api/v1/export/waldur/projects``, behind OIDC tokens."""

from __future__ import annotations

import itertools
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs

import orjson

from tests.simulators.waldur.http import SimulatorServer
from tests.simulators.waldur.messages import Reply, Request

MAX_TARGET = 8192
_TOKEN_PATH = "/auth/realms/cscs/protocol/openid-connect/token"
_PROJECTS_PATH = "/api/v1/export/waldur/projects"


class HpcUserSimulator(SimulatorServer):
    """Knows the projects of ``projects`` (slug to gid) and of ``add``; leaves out all others.

    ``expires_in`` is the life of each token in seconds, and is kept. ``too_long`` counts the calls
    refused because their URL was longer than 8 KiB.
    """

    def __init__(
        self,
        projects: Mapping[str, int] | None = None,
        *,
        client_id: str = "storage-proxy",
        client_secret: str = "made-up-hpc-user-secret",
        scope: str = "openid",
        expires_in: float = 3600,
        port: int = 0,
    ) -> None:
        super().__init__(self._dispatch, port=port)
        self.client_id = client_id
        self.client_secret = client_secret
        self.scope = scope
        self.expires_in = expires_in
        self.too_long = 0
        self._projects: list[tuple[str, int]] = list((projects or {}).items())
        self._tokens: dict[str, float] = {}
        self._numbers = itertools.count(1)

    @property
    def token_url(self) -> str:
        return f"{self.url}{_TOKEN_PATH}"

    def add(self, slug: str, gid: int) -> None:
        """The same slug may be added again: both then come back."""
        self._projects.append((slug, gid))

    def remove(self, slug: str) -> None:
        self._projects = [row for row in self._projects if row[0] != slug]

    def revoke_tokens(self) -> None:
        """No token handed out so far is worth anything."""
        self._tokens.clear()

    @property
    def token_calls(self) -> list[Request]:
        return self.calls("POST", _TOKEN_PATH)

    @property
    def project_calls(self) -> list[Request]:
        return self.calls("GET", _PROJECTS_PATH)

    def _dispatch(self, request: Request) -> Reply:
        if len(request.target.encode()) > MAX_TARGET:
            self.too_long += 1
            return Reply(414, b"<h1>Request-URI Too Large</h1>", {"Content-Type": "text/html"})
        routes = {("POST", _TOKEN_PATH): self._token, ("GET", _PROJECTS_PATH): self._export}
        handler = routes.get((request.method, request.path))
        return handler(request) if handler else _json({"error": "not found"}, 404)

    def _token(self, request: Request) -> Reply:
        fields = parse_qs(request.body.decode(errors="replace"))
        form = {name: values[-1] for name, values in fields.items()}
        if form.get("grant_type") != "client_credentials":
            return _json({"error": "unsupported_grant_type"}, 400)
        if (form.get("client_id"), form.get("client_secret")) != (
            self.client_id,
            self.client_secret,
        ):
            return _json({"error": "unauthorized_client"}, 401)
        if not set(form.get("scope", "").split()) <= set(self.scope.split()):
            return _json({"error": "invalid_scope"}, 400)
        token = f"made-up-token-{next(self._numbers)}"
        self._tokens[token] = time.monotonic() + self.expires_in
        return _json(
            {"access_token": token, "token_type": "Bearer", "expires_in": int(self.expires_in)}
        )

    def _export(self, request: Request) -> Reply:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme != "Bearer" or self._tokens.get(token, 0.0) <= time.monotonic():
            return _json({"error": "invalid_token"}, 401, {"WWW-Authenticate": "Bearer"})
        request.account = self.client_id
        wanted = request.query.get("projects")
        found = [
            {"posixName": slug, "unixGid": gid}
            for slug, gid in self._projects
            if wanted is None or slug in wanted
        ]
        return _json({"projects": found})


def _json(document: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Reply:
    body = orjson.dumps(document)
    return Reply(status, body, {"Content-Type": "application/json", **(headers or {})})
