"""The key that signs sessions."""

import hashlib
import hmac
import secrets
from collections.abc import Iterable

from storage_api.domain.secrets import Secret


def session_key(configured: Secret | None, oauth_secret: Secret | None) -> bytes:
    """The configured key, else one derived from the OAuth secret, else (debug only) a random one.

    Derived (HKDF, RFC 5869, with SHA-256), so that every worker, replica and restart
    has the same key without another secret to hand out.
    """
    if configured:
        return _from_configured(configured)
    if oauth_secret:
        return _from_oauth(oauth_secret)
    return secrets.token_bytes(32)


def former_keys(former: Iterable[Secret]) -> list[bytes]:
    """Keys that still verify: each value may have been a session key or an OAuth secret."""
    return [make(value) for value in former for make in (_from_configured, _from_oauth)]


def _from_configured(value: Secret) -> bytes:
    return hashlib.sha256(value.reveal().encode()).digest()


def _from_oauth(value: Secret) -> bytes:
    extracted = hmac.digest(b"storage-api", value.reveal().encode(), "sha256")
    return hmac.digest(extracted, b"session-cookie\x01", "sha256")
