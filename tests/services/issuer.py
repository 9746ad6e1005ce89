"""Whom a service believes: an issuer's two documents, and tokens of whoever a test wants to be.

For tests that are not about signing on: a real provider takes seconds to start and npm.
"""

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

from tests.services.tokens import new_key

AUDIENCE = "https://storage.example.org"
GROUPS = {
    "SAPI_ROLE_USER_GROUPS": "storage users",
    "SAPI_ROLE_ADMIN_GROUPS": "storage admins",
    "SAPI_ROLE_UBER_ADMIN_GROUPS": "storage owners",
}
EVERYTHING = ("storage users", "storage admins", "storage owners")


@dataclass(frozen=True)
class Issuer:
    url: str
    key: RSAKey

    def settings(self, **more: str) -> dict[str, str]:
        """How the service is configured to believe it."""
        return {
            "FLASK_DEBUG": "0",
            "SAPI_OAUTH_CLIENT_ID": "storage-api",
            "SAPI_OAUTH_SECRET_KEY": "made-up-client-secret",
            "SAPI_OAUTH_METADATA_URL": f"{self.url}/.well-known/openid-configuration",
            "SAPI_OAUTH_AUDIENCE": AUDIENCE,
            **GROUPS,
            **more,
        }

    def token(
        self, subject: str = "portal", groups: Sequence[str] = EVERYTHING, seconds: int = 3600
    ) -> str:
        claims = {
            "iss": self.url,
            "aud": AUDIENCE,
            "sub": subject,
            "groups": list(groups),
            "iat": int(time.time()),
            "exp": int(time.time()) + seconds,
        }
        return jwt.encode({"alg": "RS256", "kid": self.key.kid}, claims, self.key)


@contextmanager
def issuer() -> Iterator[Issuer]:
    key = new_key("issuer")
    documents: dict[str, Any] = {"/jwks": KeySet([key]).as_dict(private=False)}

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            document = documents.get(self.path)
            body = b"" if document is None else json.dumps(document).encode()
            self.send_response(404 if document is None else 200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name there
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        url = f"http://127.0.0.1:{server.server_address[1]}"
        documents["/.well-known/openid-configuration"] = {
            "issuer": url,
            "authorization_endpoint": f"{url}/auth",
            "token_endpoint": f"{url}/token",
            "jwks_uri": f"{url}/jwks",
        }
        thread = Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield Issuer(url, key)
        finally:
            server.shutdown()
            thread.join()
