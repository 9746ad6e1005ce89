"""Bearer tokens: JWT access tokens of the provider, verified with its published keys."""

import threading
import time
from typing import Any

import structlog
from joserfc import jwt
from joserfc.errors import ExpiredTokenError, InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet
from joserfc.jwt import JWTClaimsRegistry

from storage_api.domain.errors import BackendError, BackendMisbehaved, BackendUnavailable
from storage_api.security.claims import ClaimError
from storage_api.security.provider import ALGORITHMS, Identity, IdentityProvider, identity_of

_KEYS_SECONDS = 3600.0
#: An unknown key id makes us ask for the keys again, but no more often than this.
_REFRESH_SECONDS = 30.0
_LEEWAY_SECONDS = 60
_MAX_TOKEN = 16 * 1024

log = structlog.get_logger(__name__)


class TokenError(Exception):
    """The token is not accepted; the text says why and goes to the caller."""


class TokenVerifier:
    """Tells whose a token is. Safe to share between threads."""

    def __init__(self, provider: IdentityProvider, audience: str, groups_claim: str) -> None:
        self._provider = provider
        self._audience = audience
        self._groups_claim = groups_claim
        self._lock = threading.Lock()
        self._keys: KeySet | None = None
        self._asked = float("-inf")

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
            return identity_of(claims, self._groups_claim)
        except ExpiredTokenError:
            raise TokenError("it has expired") from None
        except ClaimError as error:
            raise TokenError(str(error)) from None
        except (JoseError, ValueError, TypeError, KeyError) as error:
            log.info("token-refused", reason=repr(error)[:200])
            raise TokenError("it cannot be verified") from None

    def _decode(self, token: str) -> dict[str, Any]:
        try:
            return jwt.decode(token, self._key_set(_KEYS_SECONDS), list(ALGORITHMS)).claims
        except InvalidKeyIdError:
            return jwt.decode(token, self._key_set(_REFRESH_SECONDS), list(ALGORITHMS)).claims

    def _registry(self) -> JWTClaimsRegistry:
        return JWTClaimsRegistry(
            leeway=_LEEWAY_SECONDS,
            iss={"essential": True, "value": self._provider.metadata()["issuer"]},
            aud={"essential": True, "value": self._audience},
            exp={"essential": True},
            sub={"essential": True},
        )

    def _key_set(self, at_most_old: float) -> KeySet:
        """The provider's keys; old ones serve while it cannot be asked."""
        with self._lock:
            if time.monotonic() - self._asked > at_most_old:
                self._asked = time.monotonic()
                try:
                    self._keys = self._fetch()
                except BackendError as error:
                    log.warning("keys-not-fetched", reason=str(error))
                    if self._keys is None:
                        self._asked = float("-inf")
                        raise
            if self._keys is None:
                raise BackendUnavailable("The identity provider's keys are not known yet.")
            return self._keys

    def _fetch(self) -> KeySet:
        uri = self._provider.metadata().get("jwks_uri")
        if not isinstance(uri, str):
            raise BackendMisbehaved("The identity provider publishes no keys.")
        found = self._provider.fetch_json(uri)
        try:
            return KeySet.import_key_set(found)
        except (JoseError, ValueError, TypeError, KeyError, AttributeError):
            raise BackendMisbehaved("The identity provider's keys are malformed.") from None
