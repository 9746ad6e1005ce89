"""Reads the parts of a row of Waldur's; what makes no sense raises ``Malformed``."""

import re
from collections.abc import Mapping
from typing import Any

from storage_api.backends.cscs.ids import dashed

Json = Mapping[str, Any]

#: One part of a path: nothing that leads elsewhere, nothing that breaks a log line.
SEGMENT = re.compile(r"(?!\.{1,2}$)[^/\x00-\x1f\x7f]{1,255}")


class Malformed(ValueError):
    """A row that cannot be understood; the text says which part, without its value."""


def mapping_of(row: Json, name: str) -> Json:
    found = row.get(name)
    if found is None:
        return {}
    if not isinstance(found, Mapping):
        raise Malformed(name)
    return found


def segment_of(row: Json, name: str) -> str:
    found = row.get(name)
    if not isinstance(found, str) or not SEGMENT.fullmatch(found):
        raise Malformed(name)
    return found


def uuid_of(row: Json, name: str) -> str:
    found = dashed(row.get(name))
    if found is None:
        raise Malformed(name)
    return found


def text_of(row: Json, name: str) -> str:
    found = row.get(name)
    if not isinstance(found, str) or not found:
        raise Malformed(name)
    return found


def optional_text_of(row: Json, name: str) -> str | None:
    found = row.get(name)
    return found if isinstance(found, str) and found else None
