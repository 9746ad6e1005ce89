"""The site's identity provider.

Two kinds. With discovery (``metadata_url``) it is OpenID Connect: the ID token is
checked for signature, issuer, audience, nonce and expiry, and groups are a claim of
it or of the userinfo answer. Without, it is plain OAuth 2, and groups are fetched
from ``groups_url`` with the token.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from authlib.integrations.flask_client import OAuth
from flask import Flask
from joserfc.jwk import KeySet
from werkzeug.wrappers import Response

from storage_api.domain.errors import BackendError, BackendMisbehaved
from storage_api.domain.secrets import Secret
from storage_api.security.claims import find_claim, groups_in
from storage_api.security.oauth import OAuthClient, in_our_words, json_of
from storage_api.security.published import Published

_LEEWAY_SECONDS = 60
_NAMES = ("preferred_username", "username", "login", "sub")
#: The published form of the groups answer holds groups only: then nobody can be named.
_NAMELESS = "signed-on user"


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
    ca_file: str | None


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

    @property
    def keys(self) -> Published[KeySet]:
        """Those that the provider signs with."""
        keys: Published[KeySet] = self._client.keys
        return keys

    @property
    def issuer(self) -> str:
        """Raises BackendError while the provider was never reached."""
        issuer: str = self._client.load_server_metadata()["issuer"]
        return issuer

    def init_app(self, app: Flask) -> None:
        settings = self._settings
        kind: dict[str, Any] = {
            "access_token_url": settings.token_url,
            "authorize_url": settings.authorize_url,
        }
        client_kwargs: dict[str, Any] = {"code_challenge_method": "S256"}
        if self.is_openid:
            kind = {"server_metadata_url": settings.metadata_url}
            client_kwargs["scope"] = "openid profile"
        if settings.ca_file:
            client_kwargs["verify"] = settings.ca_file
        self._client = OAuth(app).register(
            "site",
            client_cls=OAuthClient,
            client_id=settings.client_id,
            client_secret=settings.secret_key.reveal(),
            client_kwargs=client_kwargs,
            **kind,
        )

    def begin(self, callback_url: str, target: str) -> Response:
        """Send the browser to the provider; ``target`` is where it wants to be afterwards."""
        with in_our_words():
            response: Response = self._client.begin(callback_url, target)
        return response

    def complete(self) -> tuple[Identity, str]:
        """Take the browser back: who it is, and the target it had.

        Raises:
            Invalid: the callback is forged, replayed, or says that the provider refused.
            BackendError: the provider is ill.
        """
        with in_our_words():
            target: str = self._client.take_target()
            identity = self._openid_identity() if self.is_openid else self._plain_identity()
        return identity, target

    def logout_url(self, return_to: str) -> str | None:
        """Where the provider's own session ends, if it has such a place and can be asked."""
        if not self.is_openid:
            return None
        try:
            if "end_session_endpoint" not in self._client.load_server_metadata():
                return None
        except BackendError:
            return None
        url: str = self._client.create_logout_url(
            post_logout_redirect_uri=return_to, client_id=self._settings.client_id
        )["url"]
        return url

    def _openid_identity(self) -> Identity:
        expected = {
            "iss": {"essential": True, "values": [self.issuer]},
            "aud": {"essential": True, "values": [self._settings.client_id]},
        }
        token = self._client.authorize_access_token(claims_options=expected, leeway=_LEEWAY_SECONDS)
        claims = token.get("userinfo")
        if not claims:
            raise BackendMisbehaved("The identity provider sent no ID token.")
        has_more = "userinfo_endpoint" in self._client.load_server_metadata()
        if has_more and find_claim(claims, self._settings.groups_claim) is None:
            told = self._client.userinfo(token=token)
            if told.get("sub") != claims["sub"]:
                raise BackendMisbehaved("The identity provider spoke of somebody else.")
            claims = {**told, **claims}
        return identity_of(claims, self._settings.groups_claim)

    def _plain_identity(self) -> Identity:
        token = self._client.authorize_access_token()
        answer = json_of(self._client.get(self._settings.groups_url, token=token))
        if not isinstance(answer, dict):
            raise BackendMisbehaved("The identity provider's groups are no JSON object.")
        name = _first_text(answer, _NAMES) or _NAMELESS
        return Identity(name, name, groups_in(answer.get("groups")))


def identity_of(claims: Mapping[str, Any], groups_claim: str) -> Identity:
    """Who the claims of an ID token or access token speak of. Without the claim: no groups."""
    subject = claims["sub"]
    if not isinstance(subject, str) or not subject:
        raise ValueError("the subject is no text")
    found = find_claim(claims, groups_claim)
    groups = groups_in(found) if found is not None else frozenset()
    return Identity(subject, _first_text(claims, ("name", *_NAMES)) or subject, groups)


def _first_text(claims: Mapping[str, Any], names: tuple[str, ...]) -> str | None:
    return next(
        (claims[key] for key in names if claims.get(key) and isinstance(claims[key], str)), None
    )
