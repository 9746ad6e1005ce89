"""The site's identity provider: authlib's client, bounded in time and size.

Two kinds. With discovery (``metadata_url``) it is OpenID Connect: the ID token is
checked for signature, issuer, audience, nonce and expiry, and groups are a claim of
it or of the userinfo answer. Without, it is plain OAuth 2, and groups are fetched
from ``groups_url`` with the token.
"""

import re
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import requests
from authlib.integrations.base_client import OAuthError
from authlib.integrations.flask_client import FlaskOAuth2App, OAuth
from authlib.integrations.requests_client import OAuth2Session
from flask import Flask, redirect, request, session
from joserfc.errors import JoseError
from werkzeug.wrappers import Response

from storage_api.domain.errors import (
    BackendMisbehaved,
    BackendTimeout,
    BackendUnavailable,
    Invalid,
)
from storage_api.domain.secrets import Secret
from storage_api.security.claims import ClaimError, find_claim, groups_in
from storage_api.transport.context import seconds_left

#: The signatures that we accept: never ``none``, never one made with a shared secret.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA")

_TIMEOUT_SECONDS = 10.0
_MAX_ANSWER_BYTES = 1024 * 1024
_CHUNK = 64 * 1024
_METADATA_SECONDS = 3600.0
#: Log-ins begun and not ended that the cookie remembers; the oldest is forgotten.
_PENDING = 2
_STATE_PREFIX = "_state_"
_NAMES = ("preferred_username", "username", "login", "sub")


@dataclass(frozen=True)
class ProviderSettings:
    """Where the provider is, and who we are to it."""

    client_id: str
    secret_key: Secret
    token_url: str
    authorize_url: str
    groups_url: str
    metadata_url: str | None
    groups_claim: str


@dataclass(frozen=True)
class Identity:
    """Somebody as the provider knows them."""

    subject: str
    display_name: str
    groups: frozenset[str]


class IdentityProvider:
    """Signs people on. Connects on first use; safe to share between threads."""

    def __init__(self, settings: ProviderSettings) -> None:
        self._settings = settings
        self._client: Any = None

    @property
    def is_openid(self) -> bool:
        return self._settings.metadata_url is not None

    def init_app(self, app: Flask) -> None:
        settings = self._settings
        endpoints = {"server_metadata_url": settings.metadata_url}
        if not self.is_openid:
            endpoints = {
                "access_token_url": settings.token_url,
                "authorize_url": settings.authorize_url,
            }
        self._client = OAuth(app).register(
            "site",
            client_cls=_Client,
            client_id=settings.client_id,
            client_secret=settings.secret_key.reveal(),
            client_kwargs={
                "code_challenge_method": "S256",
                **({"scope": "openid profile email"} if self.is_openid else {}),
            },
            **endpoints,
        )

    def begin(self, callback_url: str, target: str) -> Response:
        """Send the browser to the provider; ``target`` is where it wants to be afterwards."""
        _forget_old_logins()
        with _in_our_words():
            response: Response = self._client.authorize_redirect(callback_url, target=target)
        return response

    def complete(self) -> tuple[Identity, str]:
        """Take the browser back: who it is, and the target it had.

        Raises:
            Invalid: the callback is forged, replayed, or says that the provider refused.
            BackendUnavailable, BackendTimeout, BackendMisbehaved: the provider is ill.
        """
        with _in_our_words():
            target = self._client.pending_target()
            if self.is_openid:
                metadata = self._client.load_server_metadata()
                options = {
                    "iss": {"essential": True, "values": [metadata.get("issuer")]},
                    "aud": {"essential": True, "values": [self._settings.client_id]},
                }
                token = self._client.authorize_access_token(claims_options=options, leeway=60)
                return self._openid_identity(token), target
            return self._plain_identity(self._client.authorize_access_token()), target

    def metadata(self) -> Mapping[str, Any]:
        """What discovery says; raises as ``complete`` does."""
        with _in_our_words():
            found: Mapping[str, Any] = self._client.load_server_metadata()
        return found

    def fetch_json(self, url: str) -> Any:
        """An answer of the provider that needs no credential, such as its keys."""
        with _in_our_words(), _Session() as http:
            return _json(http.request("GET", url, withhold_token=True))

    def logout_url(self, return_to: str) -> str | None:
        """Where the provider's own session ends, if it has such a place and can be asked."""
        if not self.is_openid:
            return None
        try:
            if "end_session_endpoint" not in self.metadata():
                return None
        except (BackendUnavailable, BackendTimeout, BackendMisbehaved):
            return None
        url: str = self._client.create_logout_url(
            post_logout_redirect_uri=return_to, client_id=self._settings.client_id
        )["url"]
        return url

    def _openid_identity(self, token: Mapping[str, Any]) -> Identity:
        claims = token.get("userinfo")
        if not claims:
            raise BackendMisbehaved("The identity provider sent no ID token.")
        if find_claim(claims, self._settings.groups_claim) is None:
            told = self._client.userinfo(token=token)
            if told.get("sub") != claims["sub"]:
                raise BackendMisbehaved("The identity provider spoke of somebody else.")
            claims = {**told, **claims}
        return identity_of(claims, self._settings.groups_claim)

    def _plain_identity(self, token: Mapping[str, Any]) -> Identity:
        answer = _json(self._client.get(self._settings.groups_url, token=token))
        if not isinstance(answer, dict):
            raise BackendMisbehaved("The identity provider's groups are no JSON object.")
        named = next((answer[name] for name in _NAMES if isinstance(answer.get(name), str)), None)
        # The published form of the answer holds groups only: then nobody can be named.
        return Identity(
            named or "signed-on user", named or "signed-on user", groups_in(answer.get("groups"))
        )


def identity_of(claims: Mapping[str, Any], groups_claim: str) -> Identity:
    """Who the claims of an ID token or access token speak of. Without the claim: no groups."""
    name = next((claims[key] for key in ("name", *_NAMES) if isinstance(claims.get(key), str)), "")
    found = find_claim(claims, groups_claim)
    groups = groups_in(found) if found is not None else frozenset()
    return Identity(str(claims["sub"]), name or str(claims["sub"]), groups)


class _Session(OAuth2Session):  # type: ignore[misc]  # authlib is untyped
    """Ends every call in time, reads no endless answer, ignores proxies and ``.netrc``."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.trust_env = False

    def request(self, method: str, url: str, **kwargs: Any) -> requests.Response:
        end = time.monotonic() + seconds_left(_TIMEOUT_SECONDS)
        kwargs |= {"timeout": seconds_left(_TIMEOUT_SECONDS), "allow_redirects": False}
        response: requests.Response = super().request(method, url, stream=True, **kwargs)
        body = bytearray()
        for chunk in response.iter_content(_CHUNK):
            body += chunk
            if len(body) > _MAX_ANSWER_BYTES:
                raise BackendMisbehaved("The identity provider sent far too much.")
            if time.monotonic() > end:
                raise BackendTimeout("The identity provider sends its answer too slowly.")
        response._content = bytes(body)  # noqa: SLF001  # what reading it all at once would set
        return response


class _Client(FlaskOAuth2App):  # type: ignore[misc]  # authlib is untyped
    client_cls = _Session
    _lock = threading.Lock()

    def authorize_redirect(self, redirect_uri: str, *, target: str) -> Response:
        begun = self.create_authorization_url(redirect_uri)
        # Not the URL itself, which authlib would store as well: the cookie must stay small.
        kept = {key: begun[key] for key in ("code_verifier", "nonce") if key in begun}
        self.framework.set_state_data(
            session, begun["state"], {"redirect_uri": redirect_uri, "target": target, **kept}
        )
        response: Response = redirect(begun["url"])
        return response

    def pending_target(self) -> str:
        state = self.framework.get_state_data(session, request.args.get("state", ""))
        if not state:
            raise Invalid("This sign-on was not begun here, is over, or took too long.")
        return str(state.get("target", "/"))

    def load_server_metadata(self) -> dict[str, Any]:
        """As authlib's, but asked anew from time to time, and never trusting weak signatures."""
        with self._lock:
            loaded = self.server_metadata.get("_loaded_at", 0.0)
            if self._server_metadata_url and time.time() - loaded > _METADATA_SECONDS:
                self._reload_metadata(stale_will_do=bool(loaded))
        return self.server_metadata  # type: ignore[no-any-return]  # authlib is untyped

    def _reload_metadata(self, *, stale_will_do: bool) -> None:
        try:
            with self._get_session() as http:
                answer = http.request("GET", self._server_metadata_url, withhold_token=True)
            metadata = _json(answer)
            if not isinstance(metadata, dict) or not isinstance(metadata.get("issuer"), str):
                raise BackendMisbehaved("The identity provider's discovery document is no such.")
        except (requests.RequestException, BackendMisbehaved, BackendTimeout):
            if not stale_will_do:
                raise
            return
        offered = metadata.get("id_token_signing_alg_values_supported") or ["RS256"]
        metadata["id_token_signing_alg_values_supported"] = [
            name for name in offered if name in ALGORITHMS
        ]
        self.server_metadata.update(metadata, _loaded_at=time.time())


def _forget_old_logins() -> None:
    pending = sorted(
        (key for key in session if key.startswith(_STATE_PREFIX)),
        key=lambda key: session[key].get("exp", 0),
    )
    for key in pending[: max(0, len(pending) - _PENDING + 1)]:
        del session[key]


def _json(response: requests.Response) -> Any:
    if not response.ok:
        raise BackendMisbehaved(f"The identity provider answered HTTP {response.status_code}.")
    try:
        return response.json()
    except ValueError:
        raise BackendMisbehaved("The identity provider sent no JSON.") from None


@contextmanager
def _in_our_words() -> Iterator[None]:
    """authlib's, joserfc's and requests' errors as ours; texts of the provider stay in the log."""
    try:
        yield
    except OAuthError as error:
        raise Invalid(f"The sign-on failed: {_code(error)}.") from error
    except (JoseError, ClaimError, KeyError) as error:
        raise BackendMisbehaved("What the identity provider sent could not be verified.") from error
    except requests.Timeout as error:
        raise BackendTimeout("The identity provider did not answer in time.") from error
    except requests.JSONDecodeError as error:
        raise BackendMisbehaved("The identity provider sent no JSON.") from error
    except requests.RequestException as error:
        raise BackendUnavailable("The identity provider cannot be reached.") from error


def _code(error: OAuthError) -> str:
    """OAuth's own error code, which is a word; anything else may be anybody's text."""
    code = str(error.error or "")
    return code if re.fullmatch("[a-z_]{1,64}", code) else "refused"
