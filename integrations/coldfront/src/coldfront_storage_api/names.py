"""Names of what is made. They are made once; later a thing is found by what was recorded."""

import re
from collections.abc import Mapping

from coldfront_storage_api.failures import Refused

LENGTH = 63
_FIELD = re.compile(r"\{([^{}]*)\}")


def slug(text: str) -> str:
    """Small letters, digits and single dashes, 1 to 63 of them; ``default`` if none are left."""
    dashed = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
    return dashed[:LENGTH].strip("-") or "default"


def from_template(
    template: str, fields: Mapping[str, str], separator: str = "-", length: int = LENGTH
) -> str:
    """``template`` with each ``{field}`` as a slug, at most ``length`` characters.

    Where it would be longer the project's part is cut, so that what tells two apart stays.

    Raises:
        Refused: the template names a field that there is not, or what it makes is too long even so.
    """
    unknown = sorted({name for name in _FIELD.findall(template) if name not in fields})
    if unknown or "{" in (rest := _FIELD.sub("", template)) or "}" in rest:
        known = ", ".join(f"{{{name}}}" for name in fields)
        raise Refused(f"The attribute storage_api_name_template may hold {known}, nothing else.")
    parts = {name: slug(value) for name, value in fields.items()}
    excess = len(_filled(template, parts)) - length
    if excess > 0:
        kept = max(1, len(parts["project"]) - excess)
        parts["project"] = parts["project"][:kept].rstrip("-") or "x"
    if len(_filled(template, parts)) > length:
        raise Refused("The attribute storage_api_name_template makes names that are too long.")
    return slug(_filled(template, parts)).replace("-", separator)


def _filled(template: str, parts: Mapping[str, str]) -> str:
    return _FIELD.sub(lambda found: parts[found[1]], template)
