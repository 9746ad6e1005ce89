"""What a resource's row asks for: its open order, and how the resource is to be afterwards."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from storage_api.backends.cscs.applied import after_order
from storage_api.backends.cscs.drivers.base import Wanted
from storage_api.backends.cscs.mapping import Allocation, OpenOrder
from storage_api.backends.cscs.quotas import QuotaRules
from storage_api.backends.cscs.reading import Reader
from storage_api.domain.models import Quota

Json = dict[str, Any]

#: Orders that wait for us; all others wait for somebody else, or for nobody.
OURS = frozenset({"pending-provider", "executing"})
TYPES = frozenset({"Create", "Update", "Terminate"})
_SETTLED = frozenset({"OK", "Erred"})


@dataclass(frozen=True)
class Task:
    """``wanted`` is ``None`` where ``problem`` says what is missing to tell.

    ``options`` are those that the resource is to have besides the applied numbers.
    ``unlimited``: it would have no limits, though it has some now, or one is spoken of that is
    0 or no number.
    """

    resource: str
    path: str
    state: str
    backend_id: str
    order: OpenOrder | None
    wanted: Wanted | None
    problem: str | None
    options: Mapping[str, Any]
    unlimited: bool

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
    after = after_order(row, rules)
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
        unlimited=allocation.quotas is None
        and ("storage" in (after.get("limits") or {}) or _has_limits(row, reader)),
    )


def _has_limits(row: Json, reader: Reader) -> bool:
    return reader.entry_of(row).allocation.quotas is not None


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


def _uid(allocation: Allocation) -> tuple[int | None, str | None]:
    """The owner of a user's directory, which only Waldur's own record of it can tell."""
    if allocation.target_type != "user":
        return None, None
    found = (allocation.target or {}).get("unixUid")
    if isinstance(found, int) and not isinstance(found, bool) and found > 0:
        return found, None
    return None, "The user's number is not known."
