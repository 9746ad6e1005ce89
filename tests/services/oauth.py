"""A small provider for tests: plain OAuth 2 with the published groups answer, or OpenID.

It is honest, and checks PKCE and the client's secret as a provider must, until a test puts
something else in the place of one of its answers.
"""

import base64
import hashlib
import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import KeySet

from tests.services.oidc import AUDIENCE, CLIENT_ID, CLIENT_SECRET, GROUPS
from tests.services.tokens import WEAK, encoded, new_key

Handler = Callable[[BaseHTTPRequestHandler], None]


@dataclass
class SmallProvider:
    """What it answers, and what it was asked. Times are seconds from now."""

    url: str
    groups: list[str] = field(default_factory=lambda: ["storage users"])
    subject: str = "alice"
    #: Changes to the claims of the ID token.
    claims: dict[str, Any] = field(default_factory=dict)
    algorithm: str = "RS256"
    #: Raw answers in the place of the honest ones, by path.
    instead: dict[str, Handler] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    forms: list[dict[str, str]] = field(default_factory=list)
    keys: KeySet = field(default_factory=lambda: KeySet([new_key("first")]))
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    tokens: set[str] = field(default_factory=set)

    def plain_settings(self, **more: str) -> dict[str, str]:
        return {
            "FLASK_DEBUG": "0",
            "SAPI_OAUTH_CLIENT_ID": CLIENT_ID,
            "SAPI_OAUTH_SECRET_KEY": CLIENT_SECRET,
            "SAPI_OAUTH_TOKEN_URL": f"{self.url}/Token",
            "SAPI_OAUTH_AUTHORIZE_URL": f"{self.url}/Authorize",
            "SAPI_OAUTH_GROUPS_URL": f"{self.url}/api/Groups",
            **GROUPS,
            **more,
        }

    def openid_settings(self, **more: str) -> dict[str, str]:
        discovery = {"SAPI_OAUTH_METADATA_URL": f"{self.url}/discovery"}
        return self.plain_settings(**{**discovery, "SAPI_OAUTH_AUDIENCE": AUDIENCE, **more})

    def claims_of_token(self, **changes: Any) -> dict[str, Any]:
        """Those of a good access token; ``None`` takes one out."""
        claims = {
            "iss": self.url,
            "sub": self.subject,
            "aud": AUDIENCE,
            "iat": int(time.time()),
            "exp": int(time.time()) + 600,
            "groups": self.groups,
            **changes,
        }
        return {name: value for name, value in claims.items() if value is not None}

    def bearer(
        self, key: Any = None, header: Mapping[str, Any] | None = None, **changes: Any
    ) -> str:
        """An access token, signed by the provider unless ``key`` is another's."""
        key = key or self.keys.keys[0]
        head = {"alg": "RS256", "kid": "first", **(header or {})}
        algorithms = [head["alg"]] if head["alg"] != "none" else ["none"]
        return jwt.encode(head, self.claims_of_token(**changes), key, algorithms=algorithms)

    def answer(self, path: str, document: Any, status: int = 200) -> None:
        """From now on ``path`` answers this."""
        body = document if isinstance(document, bytes) else json.dumps(document).encode()
        self.instead[path] = lambda request: send(request, status, body)

    def count(self, path: str) -> int:
        return self.asked.count(path)


def hang(seconds: float) -> Handler:
    """Accepts the request and answers nothing."""
    return lambda _request: time.sleep(seconds)


def drip(seconds: float) -> Handler:
    """An answer that never ends, a byte at a time."""

    def handler(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.send_header("Content-Length", "1000000")
        request.end_headers()
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            request.wfile.write(b" ")
            time.sleep(0.1)

    return handler


def send(
    request: BaseHTTPRequestHandler,
    status: int,
    body: bytes = b"",
    headers: Mapping[str, str] | None = None,
) -> None:
    request.send_response(status)
    for name, value in {"Content-Type": "application/json", **(headers or {})}.items():
        request.send_header(name, value)
    request.send_header("Content-Length", str(len(body)))
    request.end_headers()
    request.wfile.write(body)


@contextmanager
def small_provider() -> Iterator[SmallProvider]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    server.block_on_close = False
    provider = SmallProvider(f"http://127.0.0.1:{server.server_port}")
    server.provider = provider  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self._serve({})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self._serve({name: values[0] for name, values in parse_qs(body).items()})

    def _serve(self, form: dict[str, str]) -> None:
        provider: SmallProvider = self.server.provider  # type: ignore[attr-defined]
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        provider.asked.append(parts.path)
        provider.forms.append(form)
        try:
            if handler := provider.instead.get(parts.path):
                handler(self)
            elif parts.path == "/Authorize":
                self._authorize(provider, query)
            else:
                status, document = _answer(provider, parts.path, form, self.headers)
                send(self, status, json.dumps(document).encode())
        except (BrokenPipeError, ConnectionResetError):
            pass  # the service gave up, as the test wants

    def _authorize(self, provider: SmallProvider, query: dict[str, str]) -> None:
        code = f"code-{len(provider.codes)}"
        provider.codes[code] = query
        back = urlencode({"code": code, "state": query["state"]})
        send(self, 302, headers={"Location": f"{query['redirect_uri']}?{back}"})

    def log_message(self, *_args: Any) -> None:
        """Silent."""


def _answer(
    provider: SmallProvider, path: str, form: dict[str, str], headers: Any
) -> tuple[int, Any]:
    token = str(headers.get("Authorization", "")).removeprefix("Bearer ")
    match path:
        case "/Token":
            return _token(provider, form, headers)
        case "/api/Groups" if token in provider.tokens:
            return 200, {"groups": provider.groups}
        case "/userinfo" if token in provider.tokens:
            return 200, {"sub": provider.subject, "groups": provider.groups}
        case "/api/Groups" | "/userinfo":
            return 401, {"error": "invalid_token"}
        case "/jwks":
            return 200, provider.keys.as_dict(private=False)
        case "/discovery":
            return 200, _discovery(provider)
        case _:
            return 404, {"error": "not_found"}


def _discovery(provider: SmallProvider) -> dict[str, Any]:
    return {
        "issuer": provider.url,
        "authorization_endpoint": f"{provider.url}/Authorize",
        "token_endpoint": f"{provider.url}/Token",
        "userinfo_endpoint": f"{provider.url}/userinfo",
        "jwks_uri": f"{provider.url}/jwks",
        "scopes_supported": ["openid", "profile", "groups"],
        "id_token_signing_alg_values_supported": ["none", "HS256", "RS256"],
    }


def _token(provider: SmallProvider, form: dict[str, str], headers: Any) -> tuple[int, Any]:
    asked = provider.codes.pop(form.get("code", ""), None)
    secret = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
    if headers.get("Authorization") != f"Basic {secret}":
        return 401, {"error": "invalid_client"}
    if asked is None or asked["redirect_uri"] != form["redirect_uri"]:
        return 400, {"error": "invalid_grant"}
    if asked["code_challenge_method"] != "S256" or asked["code_challenge"] != _s256(
        form.get("code_verifier", "")
    ):
        return 400, {"error": "invalid_grant", "error_description": "PKCE"}
    token = f"made-up-token-{len(provider.asked)}"
    provider.tokens.add(token)
    answer = {"access_token": token, "token_type": "Bearer", "expires_in": 600}
    if "openid" in asked.get("scope", ""):
        answer["id_token"] = _id_token(provider, asked)
    return 200, answer


def _id_token(provider: SmallProvider, asked: dict[str, str]) -> str:
    changes = {"aud": CLIENT_ID, "nonce": asked["nonce"], "groups": None, **provider.claims}
    key: Any = provider.keys.keys[0]
    claims = provider.claims_of_token(**changes)
    if provider.algorithm in WEAK:
        return WEAK[provider.algorithm](claims, key)
    return jwt.encode({"alg": provider.algorithm, "kid": key.kid}, claims, key)


def _s256(verifier: str) -> str:
    return encoded(hashlib.sha256(verifier.encode()).digest())
