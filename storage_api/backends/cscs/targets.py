"""The target items that a provider keeps with a resource, as far as they make sense."""

from collections.abc import Mapping
from typing import Any

from storage_api.backends.cscs.ids import dashed

Json = Mapping[str, Any]

_STATUSES = frozenset(
    {"pending", "active", "updating", "removing", "removed", "error", "unknown", None}
)
_TEXTS = ("key", "name", "status", "email")
_NUMBERS = ("unixGid", "unixUid")
_LARGEST_NUMBER = 2**32 - 2


class Nonsense(ValueError):
    """What is kept is no target item."""


def clean_target(kept: object) -> dict[str, Any]:
    """What of ``kept`` the CSCS document knows; numbers may have been kept as texts.

    Raises:
        Nonsense: something in it has a type or a value that it must not have.
    """
    found = _mapping(kept)
    item_id = dashed(found.get("itemId"))
    if item_id is None or _text(found.get("status")) not in _STATUSES:
        raise Nonsense
    clean = {"itemId": item_id, **_parts(found)}
    project = found.get("primaryProject")
    if project is not None:
        named = _mapping(project)
        clean["primaryProject"] = {
            "name": _text(named.get("name")),
            "unixGid": _number(named.get("unixGid")),
            "active": _truth(named.get("active")),
        }
    return clean


def _parts(found: Json) -> dict[str, Any]:
    texts = {name: _text(found[name]) for name in _TEXTS if name in found}
    numbers = {name: _number(found[name]) for name in _NUMBERS if name in found}
    return {**texts, **numbers, "active": _truth(found.get("active"))}


def _mapping(value: object) -> Json:
    if not isinstance(value, Mapping):
        raise Nonsense
    return value


def _text(value: object) -> str | None:
    if value is not None and not isinstance(value, str):
        raise Nonsense
    return value


def _truth(value: object) -> bool | None:
    if value is not None and not isinstance(value, bool):
        raise Nonsense
    return value


def _number(value: object) -> int | None:
    if value is None:
        return None
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 11:  # noqa: PLR2004  # digits of 32 bits
        value = int(value)
    if type(value) is not int or not 0 <= value <= _LARGEST_NUMBER:
        raise Nonsense
    return value
