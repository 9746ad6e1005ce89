"""The two signals that only FAS RC's fork of ColdFront sends, while a reviewer waits.

The fork shows the text of what is raised, takes a text for "done", and refuses without one.
"""

import logging
from collections.abc import Callable, Mapping
from typing import Any

from coldfront.core.allocation.models import Allocation

from coldfront_storage_api import lifecycle, record, units
from coldfront_storage_api.advice import free_bytes
from coldfront_storage_api.failures import Refused, told
from coldfront_storage_api.kinds import storage_of
from coldfront_storage_api.kinds.base import Storage
from coldfront_storage_api.lock import working_on
from coldfront_storage_api.selection import Target, targets

REPLY = "storage-api"
#: The form's checklist, whichever way it is told.
_CHECKLIST = "automation_specifications"

log = logging.getLogger(__name__)


def autocreate(
    allocation_obj: Allocation,
    approval_form_data: Mapping[str, Any] | None = None,
    **_: Any,
) -> str | None:
    """Make all storage of the allocation, or none; answers nothing if none of it is ours.

    Raises:
        ValueError: why not, for the reviewer.
    """
    return _for_reviewer(
        allocation_obj, lambda found: _create(found, _options(approval_form_data or {}))
    )


def autoupdate(allocation_obj: Allocation, new_quota_value: int, **_: Any) -> str | None:
    """Set the size of all storage of the allocation, before the fork writes it down.

    Raises:
        ValueError: why not, for the reviewer.
    """
    return _for_reviewer(allocation_obj, lambda found: _resize(found, new_quota_value))


def _for_reviewer(allocation: Allocation, work: Callable[[list[Target]], None]) -> str | None:
    try:
        found = targets(allocation)
        if not found:
            return None
        with working_on(allocation.pk):
            work(found)
            record.outcome(allocation, lifecycle.PROVISIONED, [])
    except Exception as error:
        log.exception("storage of allocation %s", allocation.pk)
        raise ValueError(told(error)) from None
    return REPLY


def _create(found: list[Target], options: frozenset[str]) -> None:
    """All that can be known is looked at before the first of them is made."""
    wanted = [(target, target.size()) for target in found]
    absent = [target for target, size in wanted if _is_absent(target, size, options)]
    made: list[Storage] = []
    try:
        for target, size in wanted:
            storage = lifecycle.ensure(target, size, options)
            if target in absent:
                made.append(storage)
    except Exception:
        _take_back(made)
        raise


def _is_absent(target: Target, size: int, options: frozenset[str]) -> bool:
    """Raises ``Refused`` where it cannot be made."""
    storage = storage_of(target)
    storage.check()
    storage.refuse_options(options)
    if storage.find() is not None:
        return False
    free = free_bytes(target) if "capacity" in storage.families else None
    if free is not None and size > free:
        raise Refused(f"{size} bytes are asked for, and only {free} are free.")
    return True


def _take_back(made: list[Storage]) -> None:
    for storage in reversed(made):
        try:
            lifecycle.remove(storage)
        except Exception:
            log.exception("left behind for allocation %s", storage.target.allocation.pk)


def _resize(found: list[Target], value: object) -> None:
    for target in found:
        storage = storage_of(target)
        storage.check()
        size = target.bytes_of(value)
        present = storage.find()
        if present is None:
            raise Refused(f"{target.resource.name}: there is no storage yet.")
        if not units.fits(present.limit, size):
            storage.resize(size, present)


def _options(form: Mapping[str, Any]) -> frozenset[str]:
    chosen = form.get(_CHECKLIST) or ()
    return frozenset([chosen] if isinstance(chosen, str) else chosen)
