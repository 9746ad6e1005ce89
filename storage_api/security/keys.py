"""The key that signs sessions."""

import hashlib
import hmac
import secrets

from storage_api.domain.secrets import Secret


def session_key(configured: Secret | None, oauth_secret: Secret | None) -> bytes:
    """The configured key, else one derived from the OAuth secret, else (debug only) a random one.

    Derived (HKDF, RFC 5869, with SHA-256), so that every worker, replica and restart
    has the same key without another secret to hand out.
    """
    if configured:
        return hashlib.sha256(configured.reveal().encode()).digest()
    if oauth_secret:
        extracted = hmac.digest(b"storage-api", oauth_secret.reveal().encode(), "sha256")
        return hmac.digest(extracted, b"session-cookie\x01", "sha256")
    return secrets.token_bytes(32)
