"""The names of what is made: out of slugs, never longer or odder than a storage system takes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from waldur_site_agent.backend.exceptions import BackendError

from waldur_site_agent_storage_api.settings import NAME_FIELDS, KindName

_LONGEST: Mapping[KindName, int] = {"volume": 200, "bucket": 63, "user": 64, "namespace": 64}
_DIGITS = 8


def fields_of(resource: Any) -> dict[str, str]:
    """The fields of templates, of a resource as Waldur's client gives it."""
    return {
        "customer_slug": _text(resource.customer_slug),
        "project_slug": _text(resource.project_slug),
        "resource_slug": _text(resource.slug),
        "uuid8": uuid_of(resource)[:_DIGITS],
    }


def uuid_of(resource: Any) -> str:
    """32 hexadecimal digits."""
    digits: str = resource.uuid.hex
    return digits


def name_of(kind: KindName, template: str, resource: Any) -> str:
    """The name for a resource; the same every time. What is cut ends with digits of the UUID.

    Raises:
        BackendError: no letter or digit is left for it.
    """
    name = legal(kind, template.format(**fields_of(resource)))
    if not name.strip("_-"):
        raise BackendError(f"no name can be made of {template}: Waldur's slugs are empty")
    if len(name) <= _LONGEST[kind]:
        return name
    joint = "_" if kind == "volume" else "-"
    room = _LONGEST[kind] - _DIGITS - 1
    return f"{name[:room].rstrip('-_')}{joint}{uuid_of(resource)[:_DIGITS]}"


def legal(kind: KindName, text: str) -> str:
    """In lower case, with ``-`` for what is no letter or digit; ``_`` for volumes.

    ONTAP takes no hyphen in a volume's name and no digit at its start, S3 no underscore in a
    bucket's, and Ceph's gateway no hyphen in a namespace's.
    """
    joint = "-" if kind in {"bucket", "user"} else "_"
    name = re.sub(r"[^a-z0-9]+", joint, text.lower()).strip(joint)
    if kind == "volume" and name[:1].isdigit():
        return f"_{name}"
    return name


def pattern_of(template: str) -> re.Pattern[str]:
    """Finds the project's slug in a name that the template could have made."""
    parts = re.split(r"\{(\w+)\}", template)
    pattern = ""
    for index, part in enumerate(parts):
        if index % 2 == 0:
            pattern += re.sub(r"[^a-z0-9]+", "[-_]", part.lower())
        elif part == "project_slug" and "(?P<project_slug>" not in pattern:
            pattern += r"(?P<project_slug>[a-z0-9_-]+?)"
        elif part in NAME_FIELDS:
            pattern += r"[a-z0-9_-]+"
    return re.compile(pattern)


def _text(value: Any) -> str:
    """Waldur leaves out what it does not tell."""
    return value if isinstance(value, str) else ""
