"""What an event asks for, done at once, by django-q's cluster, or by the nightly command."""

import logging
from typing import Any

from coldfront.core.allocation.models import Allocation
from django.db import transaction

from coldfront_storage_api import lifecycle, record
from coldfront_storage_api.selection import targets
from coldfront_storage_api.settings import Mode, Policy, current

_RUN = "coldfront_storage_api.tasks.run"

log = logging.getLogger(__name__)


def start(allocation_pk: int, policy: Policy | None = None) -> None:
    """Provision the allocation's storage, or apply ``policy`` to it. Never raises.

    ColdFront sends its signals unguarded, after it saved: an exception would break its page, leave
    the allocation half-approved and keep others from being told.
    """
    try:
        _start(allocation_pk, policy)
    except Exception:
        log.exception("storage of allocation %s", allocation_pk)


def _start(allocation_pk: int, policy: Policy | None) -> None:
    allocation = Allocation.objects.get(pk=allocation_pk)
    if policy is Policy.NONE or not targets(allocation):
        return
    mode = current().mode
    if mode is Mode.INLINE:
        run(allocation_pk, policy)
        return
    # If the queue loses it, the nightly command finds it.
    record.outcome(allocation, lifecycle.PENDING, [])
    if mode is Mode.QUEUE:
        transaction.on_commit(lambda: _enqueue(allocation_pk, policy), robust=True)


def run(allocation_pk: int, policy: str | None = None) -> None:
    """The work itself; django-q calls it by this name."""
    allocation = Allocation.objects.get(pk=allocation_pk)
    if policy is None:
        lifecycle.provision(allocation)
    else:
        lifecycle.withdraw(allocation, Policy(policy))


def _enqueue(allocation_pk: int, policy: Policy | None) -> None:
    try:
        from django_q.tasks import async_task  # noqa: PLC0415 - only sites with a queue need it

        async_task(_RUN, allocation_pk, policy and policy.value, broker=_broker())
    except Exception:
        log.exception("no queue for the storage of allocation %s: doing it now", allocation_pk)
        run(allocation_pk, policy and policy.value)


def _broker() -> Any:
    """Redis's client would try for seconds, while somebody waits for a page."""
    from django_q.brokers import get_broker  # noqa: PLC0415 - as above

    broker = get_broker()
    connection: Any = getattr(broker, "connection", None)
    if hasattr(connection, "set_retry"):
        from redis.backoff import NoBackoff  # noqa: PLC0415 - as above
        from redis.retry import Retry  # noqa: PLC0415 - as above

        connection.set_retry(Retry(NoBackoff(), 0))
    return broker
