"""Keys, and tokens that nobody may accept; by hand, because libraries refuse to make them."""

import base64
import hmac
import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from joserfc.jwk import RSAKey


@lru_cache
def new_key(kid: str) -> RSAKey:
    """The same for the whole run, because making one takes long."""
    return RSAKey.generate_key(2048, {"kid": kid.removesuffix("!"), "use": "sig"})


def _part(document: Any) -> str:
    return encoded(json.dumps(document).encode())


def encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def unsigned(claims: Mapping[str, Any], key: Any) -> str:
    return f"{_part({'alg': 'none', 'kid': key.kid})}.{_part(claims)}."


def signed_with_the_public_key(claims: Mapping[str, Any], key: Any) -> str:
    """By hand: libraries refuse to do such a thing."""
    begun = f"{_part({'alg': 'HS256', 'kid': key.kid})}.{_part(claims)}"
    return f"{begun}.{encoded(hmac.digest(key.as_pem(private=False), begun.encode(), 'sha256'))}"


WEAK = {"none": unsigned, "HS256": signed_with_the_public_key}
