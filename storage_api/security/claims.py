"""Finds the groups in what a provider says of somebody."""

from collections.abc import Mapping
from typing import Any

MAX_GROUPS = 20_000


class ClaimError(ValueError):
    """The provider's claims hold no list of groups where the configuration says they are."""


def find_claim(claims: Mapping[str, Any], path: str) -> Any:
    """The claim at a dotted path, ``None`` if there is none.

    A claim whose own name holds dots (a URL, say) is found first.
    """
    if path in claims:
        return claims[path]
    found: Any = claims
    for part in path.split("."):
        if not isinstance(found, Mapping) or part not in found:
            return None
        found = found[part]
    return found


def groups_in(value: Any) -> frozenset[str]:
    """Groups as a list of names, or as one text with blanks between them.

    Raises:
        ClaimError: it is something else, or absurdly much.
    """
    if isinstance(value, str):
        value = value.split()
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise ClaimError("the groups are no list of names")
    if len(value) > MAX_GROUPS:
        raise ClaimError(f"there are more than {MAX_GROUPS} groups")
    return frozenset(value)
