"""Allocations in our own terms: volumes, namespaces, orders."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from storage_api.backends.cscs.ids import dashed
from storage_api.backends.cscs.mapping import Allocation
from storage_api.backends.cscs.quotas import QuotaRules, number
from storage_api.backends.cscs.snapshot import Entry, Snapshot, volume_name
from storage_api.domain import names
from storage_api.domain.models import Namespace, Order, Usage, Volume
from storage_api.domain.units import MAX_BYTES

#: Stands between the names of a tenant and of a customer; slugs that Waldur makes lack it.
_BETWEEN = "__"


def volume_record(entry: Entry, rules: QuotaRules) -> Volume:
    """A project's or a user's space. Its size is the hard limit."""
    allocation = entry.allocation
    quota = rules.record(allocation.quotas)
    return Volume(
        name=volume_name(allocation.path),
        uuid=allocation.uuid,
        size_total=quota.max_bytes if quota else None,
        size_used=used_bytes(allocation, rules),
        junction_path=allocation.path,
        state=allocation.status,
        creation_time=moment(allocation.created),
        namespace=customer_namespace(allocation),
        quota=quota,
        gid=entry.gid,
        mode=allocation.mode,
        owner=allocation.project_slug,
    )


def order_record(row: Mapping[str, Any], allocation: Allocation, rules: QuotaRules) -> Order:
    """An order of Waldur's; the limits are shown while it is the allocation's open one."""
    uuid = dashed(row.get("uuid")) or ""
    is_open = allocation.order is not None and allocation.order.uuid == uuid
    return Order(
        uuid=uuid,
        type=_text(row, "type"),
        state=_text(row, "state"),
        volume=volume_name(allocation.path),
        created=moment(row.get("created")),
        old_quota=rules.record(allocation.old_quotas) if is_open else None,
        new_quota=rules.record(allocation.new_quotas) if is_open else None,
        error_message=_text(row, "error_message"),
    )


def used_bytes(allocation: Allocation, rules: QuotaRules) -> int | None:
    """What Waldur was last told of; ``None`` where nobody has measured."""
    used = number(allocation.used_space)
    return None if used is None else storable(int(Decimal(repr(used)) * rules.tb_bytes))


def storable(size: int) -> int | None:
    """A size, unless it is larger than any can be: then somebody has measured nonsense."""
    return size if size <= MAX_BYTES else None


def moment(text: object) -> datetime | None:
    """An RFC 3339 time, in UTC."""
    if not isinstance(text, str):
        return None
    try:
        found = datetime.fromisoformat(text)
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def tenant_namespace(allocation: Allocation) -> str:
    """The tenant's slug, or where that is no name here, the offering's identifier."""
    slug = allocation.tenant_slug
    return slug if _is_name(slug) else allocation.offering_uuid.replace("-", "")


def customer_namespace(allocation: Allocation) -> str:
    """``<tenant>__<customer>``, or where that is no name here, the customer's identifier.

    A customer may bear the slug of a tenant, and one customer may be at several tenants.
    """
    name = f"{allocation.tenant_slug}{_BETWEEN}{allocation.customer_slug}"
    uuid = (allocation.customer_uuid or allocation.uuid).replace("-", "")
    return name if _is_name(name) else uuid


def namespaces(snapshot: Snapshot) -> list[Namespace]:
    """Every tenant, and below it every customer who has something there, by name."""
    found: dict[str, Namespace] = {}
    for entry in living(snapshot):
        allocation = entry.allocation
        tenant, customer = tenant_namespace(allocation), customer_namespace(allocation)
        if tenant not in found:
            found[tenant] = Namespace(name=tenant, display_name=allocation.tenant_name)
        if customer not in found:
            known = snapshot.customers.get(allocation.customer_slug)
            found[customer] = Namespace(
                name=customer,
                parent=tenant,
                display_name=known.name if known else None,
                labels={"waldur_uuid": allocation.customer_uuid}
                if allocation.customer_uuid
                else {},
            )
    return sorted(found.values(), key=lambda each: each.name)


def usage_of(entries: Sequence[Entry], rules: QuotaRules) -> Usage:
    """The sum, unless something was never measured. Waldur is told from time to time only."""
    used = [used_bytes(entry.allocation, rules) for entry in entries]
    known = [size for size in used if size is not None]
    total = storable(sum(known)) if len(known) == len(used) else None
    return Usage(used_bytes=total, source="waldur", stale=True)


def living(snapshot: Snapshot) -> Iterable[Entry]:
    return (entry for entry in snapshot.entries if not entry.is_removed)


def _is_name(text: str) -> bool:
    return names.NAMESPACE.pattern.fullmatch(text) is not None


def _text(row: Mapping[str, Any], name: str) -> str | None:
    found = row.get(name)
    return found if isinstance(found, str) and found else None
