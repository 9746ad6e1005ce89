"""What an event asks for, done at once, by django-q's cluster, or by the nightly command."""

import logging
from datetime import datetime
from typing import Any

from coldfront.core.allocation.models import Allocation
from django.db import transaction

from coldfront_storage_api import lifecycle, record
from coldfront_storage_api.failures import told
from coldfront_storage_api.selection import targets
from coldfront_storage_api.settings import Mode, Policy, current

_RUN = "coldfront_storage_api.tasks.run_late"
#: For each answer of Redis, of which there are three, while somebody waits for a page.
_SECONDS = 1

log = logging.getLogger(__name__)


def start(allocation_pk: int, policy: Policy | None = None) -> None:
    """Provision the allocation's storage, or apply ``policy`` to it. Never raises.

    ColdFront sends its signals unguarded, after it saved: an exception would break its page, leave
    the allocation half-approved and keep others from being told.
    """
    try:
        _start(allocation_pk, policy)
    except Exception as error:  # noqa: BLE001 - logged and recorded there
        failed(allocation_pk, error)


def failed(allocation_pk: int, error: Exception) -> None:
    """Log it, and record it at the allocation if that has storage. Never raises."""
    log.error("storage of allocation %s", allocation_pk, exc_info=error)
    try:
        allocation = Allocation.objects.get(pk=allocation_pk)
        if targets(allocation):
            record.failed(allocation, told(error))
    except Exception:
        log.exception("the state of allocation %s was not recorded", allocation_pk)


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
    """The work itself, whatever the allocation has become since."""
    allocation = Allocation.objects.get(pk=allocation_pk)
    if policy is None:
        lifecycle.provision(allocation)
    else:
        lifecycle.withdraw(allocation, Policy(policy))


def run_late(allocation_pk: int, policy: str | None = None) -> None:
    """As ``run``, if it is still wanted; django-q calls it by this name.

    Its workers keep no order, and a task that took long is given out again: what was to be opened
    then may have been revoked since, and the other way round.
    """
    if _is_usable(Allocation.objects.get(pk=allocation_pk)) == (policy is None):
        run(allocation_pk, policy)
    else:
        log.info("allocation %s: no longer wanted: %s", allocation_pk, policy or "provision")


def _is_usable(allocation: Allocation) -> bool:
    # ColdFront tells of an expiry before it writes it down.
    today = datetime.now().astimezone().date()
    ended = allocation.end_date is not None and allocation.end_date < today
    return allocation.status.name in lifecycle.ACTIVE and not ended


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
        for limit in ("socket_connect_timeout", "socket_timeout"):
            connection.connection_pool.connection_kwargs.setdefault(limit, _SECONDS)
    return broker
