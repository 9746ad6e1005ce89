"""Receivers of ColdFront's signals: those of upstream and of the fork, whichever there are."""

import logging
from collections.abc import Callable
from typing import Any

from coldfront.core.allocation import signals
from coldfront.core.allocation.models import Allocation, AllocationAttribute

from coldfront_storage_api import fork, tasks
from coldfront_storage_api.advice import advise
from coldfront_storage_api.lifecycle import ACTIVE
from coldfront_storage_api.selection import targets
from coldfront_storage_api.settings import Policy, current

log = logging.getLogger(__name__)


def connect() -> None:
    """Once for each process, however often it is called."""
    for name, receiver in _RECEIVERS.items():
        signal = getattr(signals, name, None)
        if signal is not None:
            signal.connect(receiver, dispatch_uid=f"coldfront_storage_api.{name}")


def _guarded(receiver: Callable[..., None]) -> Callable[..., None]:
    """Nothing that goes wrong here may break ColdFront's page."""

    def guarded(**told: Any) -> None:
        try:
            receiver(**told)
        except Exception:
            log.exception("a signal of ColdFront was not handled")

    return guarded


@_guarded
def on_activate(
    allocation_pk: int | None = None, allocation_obj: Allocation | None = None, **_: Any
) -> None:
    """Upstream tells the number, the fork the allocation."""
    pk = allocation_obj.pk if allocation_obj is not None else allocation_pk
    if pk is not None:
        tasks.start(pk)


@_guarded
def on_disable(allocation_pk: int, **_: Any) -> None:
    _end(allocation_pk, lambda: current().on_revoke)


@_guarded
def on_change_approved(allocation_pk: int, **_: Any) -> None:
    _provision_if_active(allocation_pk)


@_guarded
def on_attribute_changed(attribute_pk: int, allocation_pk: int, **_: Any) -> None:
    """Of all attributes only the one with the size matters."""
    attribute = AllocationAttribute.objects.filter(pk=attribute_pk).first()
    allocation = Allocation.objects.filter(pk=allocation_pk).first()
    if attribute is None or allocation is None:
        return
    name = attribute.allocation_attribute_type.name
    if any(target.quota_attribute == name for target in targets(allocation)):
        _provision_if_active(allocation_pk)


@_guarded
def on_new(allocation_pk: int, **_: Any) -> None:
    advise(Allocation.objects.get(pk=allocation_pk))


@_guarded
def on_change_created(allocation_pk: int, allocation_change_pk: int, **_: Any) -> None:
    advise(Allocation.objects.get(pk=allocation_pk), allocation_change_pk)


def on_expire(allocation_pk: int) -> None:
    """For ``ALLOCATION_FUNCS_ON_EXPIRE``; never raises, for ColdFront would save nothing then."""
    _end(allocation_pk, lambda: current().on_expire)


def _end(allocation_pk: int, policy: Callable[[], Policy]) -> None:
    try:
        wanted = policy()
    except Exception as error:  # noqa: BLE001 - logged and recorded there
        tasks.failed(allocation_pk, error)
        return
    tasks.start(allocation_pk, wanted)


def _provision_if_active(allocation_pk: int) -> None:
    if Allocation.objects.filter(pk=allocation_pk, status__name__in=ACTIVE).exists():
        tasks.start(allocation_pk)


_RECEIVERS: dict[str, Callable[..., Any]] = {
    "allocation_activate": on_activate,
    "allocation_disable": on_disable,
    "allocation_change_approved": on_change_approved,
    "allocation_attribute_changed": on_attribute_changed,
    "allocation_new": on_new,
    "allocation_change_created": on_change_created,
    "allocation_autocreate": fork.autocreate,
    "allocation_autoupdate": fork.autoupdate,
}
