"""A real OpenID provider: npm's oidc-provider, with users and clients that tests choose."""

import hashlib
import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import requests
from authlib.common.security import generate_token
from authlib.integrations.requests_client import OAuth2Session
from joserfc.jwk import KeySet, RSAKey

from tests.servers import free_port
from tests.services.forms import browser_like, follow

_FOLDER = Path(__file__).with_name("oidc")
_START_SECONDS = 30.0
_INSTALL_SECONDS = 300

CLIENT_ID = "storage-api"
CLIENT_SECRET = "made-up-client-secret"
AUDIENCE = "https://storage.example.org"
#: Where the client that asks for bearer tokens is sent back to; nobody listens there.
SCRIPT_CALLBACK = "http://127.0.0.1:9/done"

#: Claims by log-in name; any password is right.
USERS: dict[str, dict[str, Any]] = {
    "alice": {"name": "Alice Liddell", "groups": ["storage users"]},
    "bob": {"name": "Bob", "groups": ["storage admins", "bowls, lawn"]},
    "carol": {"name": "Carol", "groups": ["storage owners"]},
    "dave": {"name": "Dave", "groups": []},
    "erin": {"name": "Erin", "resource_access": {"storage": {"roles": ["storage admins"]}}},
    # A program, which signs on as itself.
    "nightly-report": {"name": "Nightly report", "groups": ["storage users"]},
    "frank": {
        "name": "Frank",
        "groups": ["storage users", *(f"experiment-{number:04}" for number in range(1999))],
    },
}
GROUPS = {
    "SAPI_ROLE_USER_GROUPS": "storage users",
    "SAPI_ROLE_ADMIN_GROUPS": '"bowls, lawn", storage admins',
    "SAPI_ROLE_UBER_ADMIN_GROUPS": "storage owners",
}

INSTALL = "apt-get install -y --no-install-recommends nodejs npm"


def missing_programs() -> list[str]:
    return [name for name in ("node", "npm") if shutil.which(name) is None]


@dataclass(frozen=True)
class OidcProvider:
    """A running provider, and the keys that it signs with."""

    issuer: str
    pid: int
    keys: KeySet

    def settings(self, **more: str) -> dict[str, str]:
        """How the service is configured to use it."""
        return {
            "FLASK_DEBUG": "0",
            "SAPI_OAUTH_CLIENT_ID": CLIENT_ID,
            "SAPI_OAUTH_SECRET_KEY": CLIENT_SECRET,
            "SAPI_OAUTH_METADATA_URL": f"{self.issuer}/.well-known/openid-configuration",
            "SAPI_OAUTH_AUDIENCE": AUDIENCE,
            **GROUPS,
            **more,
        }

    def access_token(self, login: str, audience: str = AUDIENCE) -> str:
        """A JWT access token for ``audience``."""
        found: str = self.tokens(login, audience)["access_token"]
        return found

    def tokens(self, login: str, audience: str = AUDIENCE) -> dict[str, Any]:
        """Got as a script of ``login`` gets them: by the code flow with PKCE."""
        client = OAuth2Session(
            "script",
            redirect_uri=SCRIPT_CALLBACK,
            scope="openid profile",
            code_challenge_method="S256",
            token_endpoint_auth_method="none",
        )
        verifier = generate_token(48)
        url, state = client.create_authorization_url(
            f"{self.issuer}/auth", code_verifier=verifier, resource=audience
        )
        with browser_like() as browser:
            back = follow(browser, url, login, until=SCRIPT_CALLBACK)
        found: dict[str, Any] = client.fetch_token(
            f"{self.issuer}/token",
            authorization_response=back,
            state=state,
            code_verifier=verifier,
            resource=audience,
        )
        return found


@contextmanager
def oidc_provider(
    callbacks: list[str], log: Path, *, groups_in_id_token: bool = False, port: int = 0
) -> Iterator[OidcProvider]:
    """Starts it; the service may be called back at ``callbacks``."""
    port = port or free_port()
    keys = KeySet([RSAKey.generate_key(2048, {"kid": "first", "use": "sig", "alg": "RS256"})])
    config = {
        "port": port,
        "keys": keys.as_dict(private=True),
        "users": USERS,
        "audience": AUDIENCE,
        "groupsInIdToken": groups_in_id_token,
        "clients": _clients(callbacks),
    }
    with log.open("wb") as output:
        process = subprocess.Popen(
            ["node", _installed() / "server.mjs"],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        assert process.stdin is not None
        process.stdin.write(json.dumps(config).encode())
        process.stdin.close()
        found = OidcProvider(f"http://127.0.0.1:{port}", process.pid, keys)
        _wait_until_live(found, process, log)
        yield found
    finally:
        process.terminate()
        process.wait(10)


def _clients(callbacks: list[str]) -> list[dict[str, Any]]:
    homes = [urljoin(callback, "/") for callback in callbacks]
    return [
        {
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
            "redirect_uris": callbacks,
            "post_logout_redirect_uris": homes,
        },
        {
            "client_id": "script",
            "application_type": "native",
            "token_endpoint_auth_method": "none",
            "redirect_uris": [SCRIPT_CALLBACK],
        },
        {
            "client_id": "nightly-report",
            "client_secret": CLIENT_SECRET,
            "grant_types": ["client_credentials"],
            "redirect_uris": [],
            "response_types": [],
        },
    ]


def _installed() -> Path:
    """A folder outside the tree with the provider and its libraries, for this lock file."""
    content = b"".join(
        (_FOLDER / name).read_bytes() for name in ("package-lock.json", "server.mjs")
    )
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = cache / "storage-api-tests" / hashlib.sha256(content).hexdigest()[:16]
    if not folder.exists():
        fresh = folder.with_name(f"{folder.name}.{os.getpid()}")
        shutil.copytree(_FOLDER, fresh, ignore=shutil.ignore_patterns("node_modules"))
        subprocess.run(
            ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
            cwd=fresh,
            stdin=subprocess.DEVNULL,
            timeout=_INSTALL_SECONDS,
            check=True,
        )
        try:
            fresh.rename(folder)
        except OSError:  # another run was faster
            shutil.rmtree(fresh)
    return folder


def _wait_until_live(provider: OidcProvider, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + _START_SECONDS
    while process.poll() is None and time.monotonic() < end:
        try:
            with browser_like() as browser:
                browser.get(f"{provider.issuer}/jwks", timeout=5)
                return
        except requests.ConnectionError:
            time.sleep(0.05)
    raise RuntimeError(f"the provider did not start:\n{log.read_text()[-2000:]}")
