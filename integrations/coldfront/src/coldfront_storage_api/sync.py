"""Compares storage and ColdFront: pulls limits and usage, repairs what is asked to be repaired."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field

from coldfront.core.allocation.models import Allocation
from coldfront.core.resource.models import Resource

from coldfront_storage_api import attributes, lifecycle, record, units
from coldfront_storage_api.connection import client
from coldfront_storage_api.failures import Refused, told
from coldfront_storage_api.kinds import Found, storage_of
from coldfront_storage_api.selection import Target, endpoint_of, targets
from coldfront_storage_api.settings import Policy, current

BYTES = "Quota_In_Bytes"
_REVOKED = frozenset({"Revoked", "Denied"})


@dataclass
class Report:
    """What was found, line by line; ``failed`` counts what could not be looked at or mended."""

    say: Callable[[str], object]
    failed: int = 0
    granted: defaultdict[int, int] = field(default_factory=lambda: defaultdict(int))
    #: Resources whose sum is not known.
    unknown: set[int] = field(default_factory=set)

    def failure(self, what: str, error: Exception | str) -> None:
        self.failed += 1
        self.say(f"{what}: FAILED: {told(error) if isinstance(error, Exception) else error}")


@dataclass(frozen=True)
class Scope:
    """What is looked at: everything, or one resource by its name, or one allocation."""

    resource: str | None = None
    allocation: int | None = None

    def allocations(self) -> Iterator[Allocation]:
        found = Allocation.objects.order_by("pk").distinct()
        if self.allocation is not None:
            found = found.filter(pk=self.allocation)
        if self.resource is not None:
            found = found.filter(resources__name=self.resource)
        yield from found.select_related("project__pi", "status")

    def missing(self) -> Iterator[str]:
        """What was named and is not there."""
        if self.allocation is not None and not Allocation.objects.filter(pk=self.allocation):
            yield f"allocation {self.allocation}"
        if self.resource is not None and not Resource.objects.filter(name=self.resource):
            yield f"resource {self.resource!r}"

    def resources(self) -> Iterator[Resource]:
        found = Resource.objects.order_by("pk")
        yield from found.filter(name=self.resource) if self.resource is not None else found


def synchronise(report: Report, scope: Scope, *, provision: bool, dry_run: bool) -> None:
    """Look at every allocation in ``scope``, then at the totals of its resources.

    With ``provision`` what is missing, failed or differs is brought to what ColdFront says. With
    ``dry_run`` nothing is written anywhere.
    """
    for missing in scope.missing():
        report.failure(missing, "there is none")
    for allocation in scope.allocations():
        try:
            found = targets(allocation)
        except Exception as error:  # noqa: BLE001 - reported; the next one is looked at
            report.failure(f"allocation {allocation.pk}", error)
            continue
        if found and provision and not dry_run:
            _bring_about(report, allocation)
        seen = [(target, held) for target in found if (held := _pull(report, target)) is not None]
        if seen and not dry_run:
            _write_sums(report, seen)
    if scope.allocation is None:
        for resource in scope.resources():
            _pull_totals(report, resource, dry_run=dry_run)


def wanted_state(allocation: Allocation) -> str | None:
    """The state that storage of the allocation should have; ``None``: whatever it has."""
    policy = _policy(allocation)
    if policy is None:
        return lifecycle.PROVISIONED if allocation.status.name in lifecycle.ACTIVE else None
    return lifecycle.ENDED.get(policy)


def _policy(allocation: Allocation) -> Policy | None:
    status = allocation.status.name
    if status in _REVOKED:
        return current().on_revoke
    return current().on_expire if status == "Expired" else None


def _bring_about(report: Report, allocation: Allocation) -> None:
    wanted = wanted_state(allocation)
    if wanted is None:
        return
    policy = _policy(allocation)
    if policy is not None:
        if not record.known(allocation) or wanted == _state(allocation):
            return
        failures = lifecycle.withdraw(allocation, policy)
    else:
        failures = lifecycle.provision(allocation)
    for failure in failures:
        report.failure(f"allocation {allocation.pk}", failure)


def _state(allocation: Allocation) -> str | None:
    return attributes.value(allocation, record.STATE)


def _pull(report: Report, target: Target) -> Found | None:
    """The storage as it is; all of it unknown if that failed; ``None`` if there is none."""
    what = f"allocation {target.allocation.pk}, {target.resource.name}"
    try:
        if record.identity(target) is None:
            if wanted_state(target.allocation) == lifecycle.PROVISIONED:
                report.say(f"{what}: missing; --provision makes it")
            return None
        storage = storage_of(target)
        storage.check()
        found = storage.find()
        if found is None:
            _say_gone(report, target, what)
            return None
        report.granted[target.resource.pk] += found.limit or 0
        _compare(report, target, found, what)
    except Exception as error:  # noqa: BLE001 - reported; the next one is looked at
        report.failure(what, error)
        report.unknown.add(target.resource.pk)
        return Found(limit=None, used=None, closed=False, place="")
    return found


def _say_gone(report: Report, target: Target, what: str) -> None:
    if wanted_state(target.allocation) == lifecycle.PROVISIONED:
        report.failure(what, "its storage is gone; --provision makes it anew, and empty")
    else:
        report.say(f"{what}: gone")


def _compare(report: Report, target: Target, found: Found, what: str) -> None:
    used = "unknown" if found.used is None else found.used
    report.say(f"{what}: limit {found.limit}, used {used}")
    if wanted_state(target.allocation) != lifecycle.PROVISIONED:
        return
    size = target.size()
    if not units.fits(found.limit, size):
        report.say(f"{what}: drift: ColdFront grants {size}; --provision sets it")
    if found.closed:
        report.say(f"{what}: drift: closed, though the allocation is active; --provision opens it")


def _write_sums(report: Report, seen: list[tuple[Target, Found]]) -> None:
    """Several resources of an allocation share its attributes, which show them all together."""
    allocation = seen[0][0].allocation
    by_attribute: dict[str, list[tuple[Target, Found]]] = {}
    try:
        for target, found in seen:
            by_attribute.setdefault(target.quota_attribute, []).append((target, found))
        for sharing in by_attribute.values():
            target, found = sharing[0]
            _write_size(target, found.limit, _sum(each.used for _, each in sharing))
        _write_bytes(
            allocation, _sum(each.limit for _, each in seen), _sum(each.used for _, each in seen)
        )
    except Exception as error:  # noqa: BLE001 - reported; the next one is looked at
        report.failure(f"allocation {allocation.pk}", error)


def _sum(figures: Iterable[int | None]) -> int | None:
    total = 0
    for figure in figures:
        if figure is None:
            return None
        total += figure
    return total


def write_figures(
    target: Target, limit: int | None, used: int | None, *, storage_rules: bool = False
) -> None:
    """Write limit and usage into ColdFront. What is not known is left as it is.

    The attribute with the size is what ColdFront grants, so it is written only where it is absent,
    unless ``storage_rules``.
    """
    _write_size(target, limit, used, storage_rules=storage_rules)
    _write_bytes(target.allocation, limit, used)


def _write_size(
    target: Target, limit: int | None, used: int | None, *, storage_rules: bool = False
) -> None:
    allocation, name = target.allocation, target.quota_attribute
    unit = units.unit_bytes(name, current().tb_bytes)
    if limit is not None and (storage_rules or attributes.value(allocation, name) is None):
        attributes.put(allocation, name, str(units.from_bytes(limit, unit)))
    if used is not None:
        attributes.set_usage(allocation, name, units.from_bytes(used, unit))


def _write_bytes(allocation: Allocation, limit: int | None, used: int | None) -> None:
    if limit is not None:
        attributes.put(allocation, BYTES, str(limit))
    if used is not None:
        attributes.set_usage(allocation, BYTES, used)


def _pull_totals(report: Report, resource: Resource, *, dry_run: bool) -> None:
    what = f"resource {resource.name}"
    try:
        endpoint = endpoint_of(resource)
        if endpoint is None:
            return
        told_capacity = client().backend(endpoint).capacity()
        figures = {
            "capacity_tb": told_capacity.get("total_bytes"),
            "used_tb": told_capacity.get("used_bytes"),
            "free_tb": told_capacity.get("free_bytes"),
            "allocated_tb": None if resource.pk in report.unknown else report.granted[resource.pk],
        }
        if not dry_run:
            write_totals(resource, figures.items())
        report.say(f"{what}: {figures}")
    except Exception as error:  # noqa: BLE001 - reported; the next one is looked at
        report.failure(what, error)


def write_totals(resource: Resource, figures: Iterable[tuple[str, int | None]]) -> None:
    """Write bytes as terabytes; what is not known is left as it is."""
    for name, size in figures:
        if size is not None:
            attributes.put_on_resource(
                resource, name, str(units.from_bytes(size, current().tb_bytes))
            )


def strangers(report: Report) -> None:
    """Name what carries this ColdFront's stamp and belongs to no allocation. Removes nothing.

    Volumes carry no stamp, so they are not looked for.
    """
    recorded = record.all_names()
    endpoints: set[str] = set()
    for resource in Resource.objects.all():
        # One that names no back-end was reported with its totals.
        with suppress(Refused):
            if (endpoint := endpoint_of(resource)) is not None:
                endpoints.add(endpoint)
    for endpoint in sorted(endpoints):
        try:
            for name in _stamped(endpoint):
                if name not in recorded:
                    report.say(f"{endpoint}: {name} is of this ColdFront, and of no allocation")
        except Exception as error:  # noqa: BLE001 - reported; the next one is looked at
            report.failure(endpoint, error)


def _stamped(endpoint: str) -> Iterator[str]:
    backend, prefix = client().backend(endpoint), f"coldfront:{current().site}:"
    families = backend.state()["capabilities"]
    if "allocations" in families:
        for allocation in backend.allocations.list():
            if allocation["name"].startswith(prefix):
                yield allocation["name"]
    if "buckets" in families:
        for bucket in backend.buckets.list():
            if (bucket.get("tags") or {}).get("storage-api-owner", "").startswith(prefix):
                yield bucket["name"]
