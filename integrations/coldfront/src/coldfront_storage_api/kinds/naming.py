"""How the storage of a target is called when it is made."""

from django.apps import apps

from coldfront_storage_api import attributes, names
from coldfront_storage_api.selection import Target
from coldfront_storage_api.settings import current

_COMPATIBLE = "coldfront_storage_api.ecs_compat"


def chosen(
    target: Target, attribute: str | None, *, separator: str = "-", length: int = names.LENGTH
) -> str:
    """The allocation's attribute if it has one, else what the resource's template makes.

    Raises:
        Refused: the template is wrong.
    """
    given = attributes.value(target.allocation, attribute) if attribute else None
    if given is not None:
        return given
    template = target.setting("storage_api_name_template") or _default()
    return names.from_template(template, _fields(target), separator, length)


def _default() -> str:
    """With the allocation's number two of one project never meet."""
    return "{project}" if apps.is_installed(_COMPATIBLE) else "{project}-{allocation}"


def _fields(target: Target) -> dict[str, str]:
    allocation = target.allocation
    return {
        "project": allocation.project.title,
        "allocation": str(allocation.pk),
        "pi": allocation.project.pi.username,
        "resource": target.resource.name,
        "site": current().site,
    }
