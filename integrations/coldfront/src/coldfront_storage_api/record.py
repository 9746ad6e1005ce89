"""What ColdFront remembers of the storage of an allocation, in attributes that its admins see."""

import logging
import re
from contextlib import suppress
from datetime import datetime

from coldfront.core.allocation.models import Allocation, AllocationAdminNote, AllocationAttribute
from django.contrib.auth import get_user_model

from coldfront_storage_api import attributes
from coldfront_storage_api.failures import Refused
from coldfront_storage_api.selection import Kind, Target
from coldfront_storage_api.settings import current

ID = "storage_api_id"
STATE = "storage_api_state"
ERROR = "storage_api_error"
SUBDIRECTORY = "Subdirectory"
_AUTHOR = "storage-api"
_DIGITS = re.compile(r"\d+")

log = logging.getLogger(__name__)


def identity(target: Target) -> str | None:
    """What the storage was recorded as; it may be there, or about to be.

    Raises:
        Refused: it was made on another back-end, or as another kind, than the resource now says.
    """
    for row in _identities(target):
        endpoint, kind, name = _parts(row.value)
        if (endpoint, kind) != (target.endpoint, target.kind):
            raise Refused(
                f"Its storage was made as {kind} of {endpoint}; the resource now says "
                f"{target.kind} of {target.endpoint}."
            )
        return name
    return None


def recorded_at(target: Target) -> datetime | None:
    row = _identities(target).first()
    return row.created if row is not None else None


def intend(target: Target, name: str) -> None:
    """Before anything is made: from now on something of that name may be ours.

    Raises:
        Refused: the name is longer than ColdFront can keep.
    """
    added = attributes.add(target.allocation, ID, _text(target, name))
    _identities(target).exclude(pk=added.pk).delete()


def correct(target: Target, name: str) -> None:
    """The same storage, now that more is known of it."""
    row = _identities(target).first()
    if row is None:
        attributes.add(target.allocation, ID, _text(target, name))
    elif row.value != _text(target, name):
        row.value = _text(target, name)
        row.save()


def forget(target: Target) -> None:
    _identities(target).delete()


def known(allocation: Allocation) -> bool:
    """Whether something was made for the allocation, or may have been."""
    return bool(attributes.rows(allocation, ID).exists())


def room(target: Target) -> int:
    """How long a name may be, so that ColdFront can keep it."""
    return attributes.MAX_LENGTH - len(_text(target, ""))


def is_anothers(target: Target, start: str) -> bool:
    """Whether another target's storage was recorded by a name that starts so."""
    same = f":{target.endpoint}:{target.kind}:{start}"
    rows = AllocationAttribute.objects.filter(
        allocation_attribute_type__name=ID, value__contains=same
    )
    return bool(rows.exclude(pk__in=_identities(target).values("pk")).exists())


def all_names() -> set[str]:
    """What the storage of all allocations was recorded as."""
    rows = AllocationAttribute.objects.filter(allocation_attribute_type__name=ID)
    names = set()
    for text in rows.values_list("value", flat=True):
        # What somebody edited is told of where its allocation is looked at.
        with suppress(Refused):
            names.add(_parts(text)[2])
    return names


def shows_place(allocation: Allocation, place: str) -> bool:
    return bool(_places(allocation, place).exists())


def show_place(allocation: Allocation, place: str) -> None:
    """Tell the users where it is; several resources have several places."""
    if not shows_place(allocation, place):
        attributes.add(allocation, SUBDIRECTORY, place[: attributes.MAX_LENGTH])


def hide_place(allocation: Allocation, place: str) -> None:
    _places(allocation, place).delete()


def failed(allocation: Allocation, failure: str) -> None:
    """As ``outcome`` of a failure, where nothing may be raised."""
    try:
        outcome(allocation, "", [failure])
    except Exception:
        log.exception("the state of allocation %s was not recorded", allocation.pk)


def nothing_made(allocation: Allocation) -> None:
    """There is no storage that could be in any state."""
    attributes.rows(allocation, STATE).delete()
    attributes.rows(allocation, ERROR).delete()


def outcome(allocation: Allocation, state: str, failures: list[str]) -> None:
    """``state`` if there are no ``failures``; else the error, with a note for the admins."""
    attributes.put(allocation, STATE, "error" if failures else state)
    text = " ".join(failures)
    shown = text[: attributes.MAX_LENGTH]
    known = attributes.value(allocation, ERROR)
    if not failures:
        attributes.rows(allocation, ERROR).delete()
    elif shown.strip() != known:
        attributes.put(allocation, ERROR, shown)
        # Figures move every day; that is no new trouble.
        if _DIGITS.sub("", shown.strip()) != _DIGITS.sub("", known or ""):
            note(allocation, text)


def note(allocation: Allocation, text: str) -> None:
    """For ColdFront's admins. Its author is an account that nobody can sign on with."""
    users = get_user_model()
    author = users.objects.filter(username=_AUTHOR).first()
    if author is None:
        author = users.objects.create_user(username=_AUTHOR, is_active=False)
    AllocationAdminNote.objects.create(allocation=allocation, author=author, note=text)


def _identities(target: Target):  # type: ignore[no-untyped-def]  # noqa: ANN202 - Django's
    # Those of another site came here with a copy of its database.
    start = f"{current().site}:{target.resource.pk}:"
    return attributes.rows(target.allocation, ID).filter(value__startswith=start)


def _places(allocation: Allocation, place: str):  # type: ignore[no-untyped-def]  # noqa: ANN202 - Django's
    return attributes.rows(allocation, SUBDIRECTORY).filter(value=place[: attributes.MAX_LENGTH])


def _text(target: Target, name: str) -> str:
    site = current().site
    return f"{site}:{target.resource.pk}:{target.endpoint}:{target.kind}:{name}"


def _parts(text: str) -> tuple[str, str, str]:
    """Raises ``Refused`` if somebody wrote something else there."""
    parts = text.split(":", 4)
    if len(parts) < 5 or parts[3] not in list(Kind):  # noqa: PLR2004
        raise Refused(f"The attribute {ID} does not hold what this plugin wrote there.")
    return parts[2], parts[3], parts[4]
