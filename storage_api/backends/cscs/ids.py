"""Identifiers that the CSCS document derives from names, the same for ever and everywhere."""

import re
from functools import lru_cache
from uuid import NAMESPACE_OID, UUID, uuid5

_DASHLESS = re.compile(r"[0-9a-f]{32}")


@lru_cache(maxsize=65536)
def scoped_id(scope: str, name: str) -> str:
    """UUID version 5 of ``scope:name``; the name's case counts."""
    return str(uuid5(NAMESPACE_OID, f"{scope}:{name}"))


def dashed(text: object) -> str | None:
    """A UUID in the dashed spelling; Waldur answers without dashes and takes both."""
    if not isinstance(text, str):
        return None
    if _DASHLESS.fullmatch(text):  # nearly all; UUID() takes ten times as long
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
    try:
        return str(UUID(text))
    except ValueError:
        return None
