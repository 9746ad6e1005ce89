"""Looks at every resource once: carries out orders, and reports what has changed behind us."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field

import structlog

from storage_api.backends.cscs.reconcile.orders import Orders, Outcome
from storage_api.backends.cscs.reconcile.tasks import Task, read_task
from storage_api.backends.cscs.rows import Malformed
from storage_api.domain.errors import StorageError
from storage_api.transport.context import serving

#: For one order: longer than any quota command, and than all tries to reach Waldur.
_ORDER_SECONDS = 600.0

log = structlog.get_logger(__name__)


@dataclass
class Summary:
    """How many resources there are of each kind; ``drifted`` are not as they should be."""

    resources: int = 0
    counts: dict[Outcome, int] = field(default_factory=lambda: dict.fromkeys(Outcome, 0))
    drifted: int = 0
    failed: int = 0

    @property
    def all_well(self) -> bool:
        return not (self.failed or self.counts[Outcome.ERRED] or self.counts[Outcome.LEFT])


def run_round(
    orders: Orders,
    stopped: Callable[[], bool],
    known_drift: dict[str, list[str]],
    *,
    dry_run: bool,
) -> Summary:
    """One round. The failure of one resource costs no other its turn.

    ``known_drift`` is what former rounds reported; it becomes what this one finds.

    Raises:
        StorageError: the list of resources cannot be had.
    """
    summary = Summary()
    tasks = _tasks(orders, summary)
    for task in tasks:
        if stopped():
            break
        if task.waits_for_us:
            if dry_run:
                _foresee(orders, task, summary)
            else:
                _settle(orders, task, summary)
    if not stopped():
        _report_drift(orders, [task for task in tasks if task.is_settled], known_drift)
        summary.drifted = len(known_drift)
    log.info(
        "round-ended",
        dry_run=dry_run,
        resources=summary.resources,
        drifted=summary.drifted,
        failed=summary.failed,
        **{outcome: count for outcome, count in summary.counts.items() if count},
    )
    return summary


def _tasks(orders: Orders, summary: Summary) -> list[Task]:
    rows = orders.reader.rows()
    projects = (row.get("project_slug") for row in rows)
    orders.ask_groups({slug for slug in projects if isinstance(slug, str)})
    tasks = []
    for row in rows:
        summary.resources += 1
        try:
            tasks.append(read_task(row, orders.reader, orders.rules))
        except Malformed as error:
            log.warning("resource-malformed", resource=str(row.get("uuid"))[:36], part=str(error))
            if row.get("order_in_progress"):
                summary.failed += 1
    return tasks


def _settle(orders: Orders, task: Task, summary: Summary) -> None:
    try:
        with serving(uuid.uuid4().hex, seconds=_ORDER_SECONDS):
            outcome = orders.settle(task.resource)
    except (StorageError, Malformed) as error:
        summary.failed += 1
        kind = getattr(error, "slug", "malformed")
        log.error("order-failed", resource=task.resource, kind=kind, detail=str(error))  # noqa: TRY400
    except Exception:
        # A mistake of ours must not keep the other orders waiting.
        summary.failed += 1
        log.exception("order-failed", resource=task.resource)
    else:
        summary.counts[outcome] += 1


def _foresee(orders: Orders, task: Task, summary: Summary) -> None:
    """Say what a real round would do."""
    order = task.order
    if order is None:
        return
    if task.wanted is None and order.type != "Terminate":
        summary.counts[Outcome.LEFT] += 1
        log.warning("order-left", resource=task.resource, reason=task.problem)
        return
    found = orders.driver.differences([task.wanted]) if task.wanted else {}
    log.info(
        "would-carry-out",
        resource=task.resource,
        order=order.uuid,
        type=order.type,
        state=order.state,
        path=task.path,
        wanted=_shown(task),
        policy=orders.policy if order.type == "Terminate" else None,
        now=found.get(task.resource, ["As wanted."] if task.wanted else []),
    )


def _report_drift(orders: Orders, tasks: list[Task], known: dict[str, list[str]]) -> None:
    """Nothing is put right: whoever changed it may have had a reason. Each is told once."""
    wanted = [task.wanted for task in tasks if task.wanted is not None]
    found = dict(orders.driver.differences(wanted))
    for resource, differences in found.items():
        if known.get(resource) != differences:
            log.warning("drift", resource=resource, differences=differences)
    for resource in known.keys() - found.keys():
        log.info("drift-ended", resource=resource)
    known.clear()
    known.update(found)


def _shown(task: Task) -> dict[str, object] | None:
    wanted = task.wanted
    if wanted is None:
        return None
    quota = wanted.quota
    return {
        "gid": wanted.gid,
        "uid": wanted.uid,
        "mode": f"{wanted.mode:o}",
        "hard_bytes": quota and quota.max_bytes,
        "soft_bytes": quota and quota.soft_bytes,
        "hard_inodes": quota and quota.max_objects,
        "soft_inodes": quota and quota.soft_objects,
    }
