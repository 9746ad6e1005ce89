"""Bearer tokens: JWT access tokens of the provider, verified with its published keys."""

from typing import Any

import structlog
from joserfc import jwt
from joserfc.errors import (
    BadSignatureError,
    ExpiredTokenError,
    InvalidClaimError,
    InvalidKeyIdError,
    JoseError,
    MissingClaimError,
)
from joserfc.jwt import JWTClaimsRegistry

from storage_api.security.claims import ClaimError
from storage_api.security.oauth import ALGORITHMS
from storage_api.security.provider import Identity, IdentityProvider, identity_of

_LEEWAY_SECONDS = 60
_MAX_TOKEN = 16 * 1024
#: ID tokens and notices of log-outs have these. Not ``nonce``: Keycloak's access tokens have one.
_FOREIGN_CLAIMS = frozenset({"at_hash", "c_hash", "events"})

log = structlog.get_logger(__name__)


class TokenError(Exception):
    """The token is not accepted; the text says why and goes to the caller."""


class TokenVerifier:
    """Tells whose a token is. Safe to share between threads."""

    def __init__(self, provider: IdentityProvider, audience: str, groups_claim: str) -> None:
        self._provider = provider
        self._audience = audience
        self._groups_claim = groups_claim

    def verify(self, token: str) -> Identity:
        """Whose token it is.

        Raises:
            TokenError: it is forged, ended, meant for somebody else, or malformed.
            BackendError: the provider's keys were never fetched and cannot be now.
        """
        if len(token) > _MAX_TOKEN:
            raise TokenError("it is too long")
        try:
            claims = self._decode(token)
            self._registry().validate(claims)
            if not _FOREIGN_CLAIMS.isdisjoint(claims):
                raise TokenError("it is no access token")
            return identity_of(claims, self._groups_claim)
        except (JoseError, ValueError, TypeError, KeyError, AttributeError) as error:
            log.info("token-refused", reason=repr(error)[:200])
            raise TokenError(_reason(error)) from None

    def _decode(self, token: str) -> dict[str, Any]:
        algorithms = list(ALGORITHMS)
        keys = self._provider.keys
        try:
            return jwt.decode(token, keys.get(), algorithms).claims
        except InvalidKeyIdError:
            return jwt.decode(token, keys.renewed(), algorithms).claims

    def _registry(self) -> JWTClaimsRegistry:
        return JWTClaimsRegistry(
            leeway=_LEEWAY_SECONDS,
            iss={"essential": True, "value": self._provider.issuer},
            aud={"essential": True, "value": self._audience},
            exp={"essential": True},
            sub={"essential": True},
        )


def _reason(error: Exception) -> str:
    """For the caller: nothing that the token itself says is repeated."""
    match error:
        case ExpiredTokenError():
            return "it has expired"
        case InvalidClaimError(claim=claim) | MissingClaimError(claim=claim) if claim in _WORDS:
            return _WORDS[claim]
        case BadSignatureError() | InvalidKeyIdError():
            return "its signature is not the provider's"
        case ClaimError():
            return str(error)
        case _:
            return "it cannot be verified"


_WORDS = {
    "iss": "it is of another issuer",
    "aud": "it is meant for another audience",
    "exp": "it names no time of expiry",
    "nbf": "it is not valid yet",
    "iat": "it is not valid yet",
}
