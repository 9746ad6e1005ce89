"""What a resource's row asks for: its open order, and how the resource is to be afterwards."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from storage_api.backends.cscs.drivers.base import Wanted
from storage_api.backends.cscs.mapping import Allocation, Malformed, OpenOrder
from storage_api.backends.cscs.quotas import OutOfRange, QuotaRules
from storage_api.backends.cscs.reading import Reader
from storage_api.domain.models import Quota

Json = dict[str, Any]

#: Orders that wait for us; all others wait for somebody else, or for nobody.
OURS = frozenset({"pending-provider", "executing"})
TYPES = frozenset({"Create", "Update", "Terminate"})
_SETTLED = frozenset({"OK", "Erred"})
_CLOSE = 1e-6


@dataclass(frozen=True)
class Task:
    """``wanted`` is ``None`` where ``problem`` says what is missing to tell.

    ``options`` are those that the resource is to have besides the applied numbers.
    ``lifts_limits``: it has limits, and by its order would have none, which is what 0 TB means.
    """

    resource: str
    path: str
    state: str
    backend_id: str
    order: OpenOrder | None
    wanted: Wanted | None
    problem: str | None
    options: Mapping[str, Any]
    lifts_limits: bool

    @property
    def waits_for_us(self) -> bool:
        order = self.order
        return order is not None and order.state in OURS and order.type in TYPES

    @property
    def is_settled(self) -> bool:
        """Provided or failed, so that its state can be compared with what it should be."""
        return self.state in _SETTLED and not self.waits_for_us


def read_task(row: Json, reader: Reader, rules: QuotaRules) -> Task:
    """The task in ``row`` of a resource.

    Raises:
        Malformed: the row, or what its order asks for, makes no sense.
    """
    after = _after_order(row, rules)
    entry = reader.entry_of(after)
    allocation = entry.allocation
    uid, problem = _uid(allocation)
    if entry.gid is None:
        problem = "The project's group is not known."
    wanted = None
    if entry.gid is not None and problem is None:
        wanted = Wanted(
            resource=allocation.uuid,
            path=allocation.path,
            gid=entry.gid,
            mode=int(allocation.mode, 8),
            quota=_sane(rules.record(allocation.quotas)),
            uid=uid,
        )
    return Task(
        resource=allocation.uuid,
        path=allocation.path,
        state=allocation.effective_state,
        backend_id=allocation.backend_id,
        order=allocation.order,
        wanted=wanted,
        problem=problem,
        options=allocation.options,
        lifts_limits=after is not row
        and allocation.quotas is None
        and reader.entry_of(row).allocation.quotas is not None,
    )


def applied_options(applied: Quota | None, task: Task, rules: QuotaRules) -> dict[str, Any]:
    """What to tell Waldur when the work is done: applied numbers, and nothing not applied.

    Waldur replaces all of a resource's options by these, so the others are told again. Soft
    space is never told: it is what was ordered.
    """
    if applied is None:
        return {}
    numbers = rules.options(replace(applied, soft_bytes=None))
    return {**task.options, **numbers} if numbers else {}


def _sane(quota: Quota | None) -> Quota | None:
    """No soft limit above its hard one, which storage systems refuse: it would never warn."""
    if quota is None:
        return None
    return replace(
        quota,
        soft_bytes=_at_most(quota.soft_bytes, quota.max_bytes),
        soft_objects=_at_most(quota.soft_objects, quota.max_objects),
    )


def _at_most(soft: int | None, hard: int | None) -> int | None:
    return min(soft, hard) if soft and hard else soft


def _after_order(row: Json, rules: QuotaRules) -> Json:
    """The row as it will be once its open order, if that is an update, is done."""
    order = row.get("order_in_progress")
    if not isinstance(order, Mapping) or order.get("type") != "Update":
        return row
    told = order.get("attributes") or {}
    if not isinstance(told, Mapping):
        raise Malformed("order_in_progress.attributes")
    after = dict(row)
    if "old_limits" in told:
        after["limits"] = order.get("limits") or row.get("limits")
        after["options"] = _without_echoes(row, told, rules)
    if told.get("new_options") is not None:
        after["options"] = told["new_options"]
    return after


def _without_echoes(row: Json, told: Mapping[str, Any], rules: QuotaRules) -> object:
    """The options without the numbers that only repeat what the old limits came to.

    Waldur keeps what we report as applied in the place of an operator's overrides. Were they
    taken for overrides, no later change of the limits would ever change anything.
    """
    options = row.get("options")
    old = told.get("old_limits") or row.get("limits")
    if not isinstance(options, Mapping) or not isinstance(old, Mapping):
        return options
    try:
        echoes = rules.options(rules.record(rules.quotas(old, {})) or Quota())
    except OutOfRange:
        raise Malformed("order_in_progress.attributes.old_limits") from None
    return {
        name: value for name, value in options.items() if not _is_close(value, echoes.get(name))
    }


def _is_close(value: object, other: float | None) -> bool:
    """Equal but for what a storage system rounds."""
    if other is None or isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return math.isclose(value, other, rel_tol=_CLOSE)


def _uid(allocation: Allocation) -> tuple[int | None, str | None]:
    """The owner of a user's directory, which only Waldur's own record of it can tell."""
    if allocation.target_type != "user":
        return None, None
    found = (allocation.target or {}).get("unixUid")
    if isinstance(found, int) and not isinstance(found, bool) and found > 0:
        return found, None
    return None, "The user's number is not known."
