"""Identifiers that the CSCS document derives from names, the same for ever and everywhere."""

from functools import lru_cache
from uuid import NAMESPACE_OID, UUID, uuid5


@lru_cache(maxsize=4096)
def scoped_id(scope: str, name: str) -> str:
    """UUID version 5 of ``scope:name``; the name's case counts."""
    return str(uuid5(NAMESPACE_OID, f"{scope}:{name}"))


def dashed(text: object) -> str | None:
    """A UUID in the dashed spelling; Waldur answers without dashes and takes both."""
    if not isinstance(text, str):
        return None
    try:
        return str(UUID(text))
    except ValueError:
        return None
