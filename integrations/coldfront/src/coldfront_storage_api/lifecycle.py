"""Brings the storage of an allocation to what ColdFront says. Everything here can be repeated."""

import logging
from collections.abc import Callable
from http import HTTPStatus

from coldfront.core.allocation.models import Allocation

from coldfront_storage_api import attributes, record, units
from coldfront_storage_api.failures import Refused, told
from coldfront_storage_api.kinds import storage_of
from coldfront_storage_api.kinds.base import Storage
from coldfront_storage_api.lock import working_on
from coldfront_storage_api.selection import Target, targets
from coldfront_storage_api.settings import Policy
from storage_api_client import ApiError

PROVISIONED = "provisioned"
PENDING = "pending"
#: How storage is called that a policy was applied to.
ENDED = {
    Policy.RESTRICT: "restricted",
    Policy.ARCHIVE: "archived",
    Policy.DELETE: "deleted",
}
#: Allocations that are to be usable.
ACTIVE = frozenset({"Active", "Renewal Requested"})

log = logging.getLogger(__name__)


def provision(allocation: Allocation) -> list[str]:
    """Make, grow, shrink or open all storage of the allocation; answers what failed.

    What failed is recorded. Never raises for what the service or the settings cause.
    """
    return _each(allocation, PROVISIONED, lambda target: ensure(target, target.size()))


def withdraw(allocation: Allocation, policy: Policy) -> list[str]:
    """Apply ``policy`` to the storage that was made; as ``provision``."""
    if policy is Policy.NONE:
        return []
    return _each(allocation, ENDED[policy], lambda target: _end(target, policy))


def _each(allocation: Allocation, state: str, work: Callable[[Target], object]) -> list[str]:
    try:
        with working_on(allocation.pk):
            found = targets(allocation)
            if not found:
                return []
            if state != PROVISIONED and not record.known(allocation):
                _nothing_to_end(allocation)
                return []
            failures = [failure for target in found for failure in _attempt(target, work)]
            record.outcome(allocation, state, failures)
    except Exception as error:
        # Whoever called it has a page to show, or a row to save.
        log.exception("storage of allocation %s", allocation.pk)
        record.failed(allocation, told(error))
        return [told(error)]
    return failures


def _nothing_to_end(allocation: Allocation) -> None:
    if attributes.value(allocation, record.STATE) != ENDED[Policy.DELETE]:
        record.nothing_made(allocation)


def _attempt(target: Target, work: Callable[[Target], object]) -> list[str]:
    try:
        work(target)
    except Exception as error:
        log.exception("allocation %s, resource %r", target.allocation.pk, target.resource.name)
        return [f"{target.resource.name}: {told(error)}"]
    return []


def ensure(target: Target, size: int, options: frozenset[str] = frozenset()) -> Storage:
    """The storage of one resource, with a limit of ``size`` bytes and open to its users.

    Raises:
        Refused, ApiError: it cannot be done.
    """
    storage = storage_of(target)
    storage.check()
    found = storage.find()
    if found is None:
        place = _make(storage, size, options)
        if record.shows_place(target.allocation, place):
            # Whoever had data there must not take an empty place for it.
            record.note(
                target.allocation,
                f"{target.resource.name}: {place} was not there, or not whole, and was made anew.",
            )
    else:
        place = found.place
        record.correct(target, storage.identity)
        if not units.fits(found.limit, size):
            storage.resize(size, found)
        if found.closed:
            storage.open()
    record.show_place(target.allocation, place)
    return storage


def _make(storage: Storage, size: int, options: frozenset[str]) -> str:
    known = storage.recorded is not None
    storage.recorded = storage.intent
    record.intend(storage.target, storage.recorded)
    try:
        return storage.make(size, options)
    except (ApiError, Refused) as error:
        unsure = getattr(error, "may_have_happened", False) or _server_failed(error)
        if not known and not unsure:
            record.forget(storage.target)
        raise


def _server_failed(error: Exception) -> bool:
    """A service that failed may have done some of what it was asked for."""
    return isinstance(error, ApiError) and error.status >= HTTPStatus.INTERNAL_SERVER_ERROR


def _end(target: Target, policy: Policy) -> None:
    if record.identity(target) is None:
        return
    storage = storage_of(target)
    storage.check()
    if policy is Policy.DELETE:
        remove(storage)
        return
    found = storage.find()
    if found is None:
        storage.refuse_half()
        return
    if policy is Policy.ARCHIVE:
        storage.archive(found)
    elif not found.closed:
        storage.close()


def remove(storage: Storage) -> None:
    """Remove what was made, and every trace of it in ColdFront but its state.

    Raises:
        Refused, ApiError: it holds something, is not ours, or cannot be removed now.
    """
    place = storage.place
    storage.delete()
    record.forget(storage.target)
    if place is not None:
        record.hide_place(storage.target.allocation, place)
