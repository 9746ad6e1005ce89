"""What a provider does about orders, so that each step can be repeated without harm.

Waldur refuses a second approval or completion, and takes an error in any state: so the
order is looked at first, and again when an answer is lost.
"""

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from typing import Any

from storage_api.backends.cscs.applied import after_order, applied_options, joined
from storage_api.backends.cscs.base import CscsBase, collision
from storage_api.backends.cscs.ids import dashed
from storage_api.backends.cscs.mapping import read_allocation
from storage_api.backends.cscs.records import order_record, volume_record
from storage_api.backends.cscs.rows import Malformed
from storage_api.backends.cscs.snapshot import COLLISION, Entry, volume_name
from storage_api.backends.orders import OrderStore
from storage_api.domain.errors import (
    BackendMisbehaved,
    BackendTimeout,
    BackendUnavailable,
    Conflict,
    Invalid,
    NotFound,
)
from storage_api.domain.models import Order, Quota, Volume

#: After one of these the step may or may not have been taken; a conflict may be our own repeat.
_UNSURE = (BackendTimeout, BackendUnavailable, BackendMisbehaved, Conflict)
#: Kinds of locks; a path's is taken before a resource's.
_ORDER, _PATH, _RESOURCE = "cscs-order", "cscs-path", "cscs-resource"


class Orders(CscsBase, OrderStore):
    def list_orders(self, volume: str) -> list[Order]:
        entry = self._living(volume)
        with self._waiting.enter():
            row = self._waldur.get_resource(entry.allocation.uuid)
        order = row.get("order_in_progress")
        if not isinstance(order, dict):
            return []
        return [order_record(order, self._mapped(row).allocation, self._rules)]

    def approve_order(self, volume: str, order: str, applied: Quota | None) -> Order:
        if applied:
            _enforced(applied)
        return self._step(
            volume,
            order,
            before="pending-provider",
            after={"executing", "done"},
            take=lambda entry: self._waldur.approve_order(
                order, self._told(entry, applied) if applied else {}
            ),
        )

    def reject_order(self, volume: str, order: str, reason: str) -> Order:
        return self._step(
            volume,
            order,
            before="pending-provider",
            after={"rejected"},
            take=lambda _: self._waldur.reject_order(order, reason),
        )

    def complete_order(self, volume: str, order: str) -> Order:
        return self._step(
            volume,
            order,
            before="executing",
            after={"done"},
            take=lambda _: self._waldur.set_order_done(order),
        )

    def fail_order(self, volume: str, order: str, message: str, traceback: str) -> Order:
        return self._step(
            volume,
            order,
            before="executing",
            after={"erred"},
            take=lambda _: self._waldur.set_order_erred(order, message, traceback),
        )

    def set_backend_id(self, volume: str, path: str) -> Volume:
        if not path.startswith("/") or not volume_name(path):
            raise Invalid("'backend_id' must be the absolute path at which the volume is.")
        uuid = self._writable(volume).allocation.uuid
        with self._changing(_PATH, path), self._changing(_RESOURCE, uuid):
            others = self._catalogue.get().value.by_name.get(volume_name(path), ())
            if any(not each.is_removed and each.allocation.uuid != uuid for each in others):
                raise collision(volume_name(path))
            if self._waldur.get_resource(uuid).get("backend_id") != path:
                self._waldur.set_backend_id(uuid, path)
                self._catalogue.forget()
            return self._volume(uuid)

    def set_applied(self, volume: str, quota: Quota | None, mode: str | None) -> Volume:
        wanted: dict[str, Any] = self._rules.options(_enforced(quota)) if quota else {}
        if mode is not None:
            wanted["permissions"] = mode
        if not wanted:
            raise Invalid("Nothing to set: give limits or a mode.")
        uuid = self._writable(volume).allocation.uuid
        with self._changing(_RESOURCE, uuid):
            held = self._waldur.get_resource(uuid).get("options")
            options = held if isinstance(held, dict) else {}
            if (new := joined(options, wanted)) != options:
                self._waldur.update_options(uuid, new)
                self._catalogue.forget()
            return self._volume(uuid)

    def _step(
        self,
        volume: str,
        order: str,
        *,
        before: str,
        after: Collection[str],
        take: Callable[[Entry], None],
    ) -> Order:
        """Take the order from ``before`` on, unless it is ``after`` that already."""
        claimants = self._claimants(volume)
        with self._changing(_ORDER, dashed(order) or order):
            entry, row = self._find(volume, order, claimants)
            if row.get("state") in after:
                return order_record(row, entry.allocation, self._rules)
            if row.get("state") != before:
                raise Conflict(
                    f"The order is {row.get('state')}; this is possible while it is {before}."
                )
            if entry.problem == COLLISION:
                raise collision(volume)
            try:
                take(entry)
            except _UNSURE:
                row = self._waldur.get_order(order)
                if row.get("state") not in after:
                    raise
            finally:
                self._catalogue.forget()
            return order_record(self._waldur.get_order(order), entry.allocation, self._rules)

    def _told(self, entry: Entry, applied: Quota) -> dict[str, Any]:
        """The options to approve with, in which nothing is lost that the resource is to have."""
        row = self._waldur.get_resource(entry.allocation.uuid)
        try:
            after = read_allocation(after_order(row, self._rules), self._mapping_rules)
        except Malformed as error:
            raise self._senseless(error) from None
        return applied_options(applied, after.options, self._rules)

    def _find(
        self, volume: str, order: str, claimants: Collection[Entry]
    ) -> tuple[Entry, dict[str, Any]]:
        """The order, and which of those with this path it is about."""
        row = self._waldur.get_order(order)
        uuid = dashed(row.get("marketplace_resource_uuid"))
        entry = next((each for each in claimants if each.allocation.uuid == uuid), None)
        if entry is None:
            raise NotFound(f"Volume {volume!r} has no such order.")
        return entry, row

    def _claimants(self, volume: str) -> Collection[Entry]:
        """All that have, or had, this path: an order may be repeated after its resource is gone."""
        found = self._catalogue.get().value.by_name.get(volume)
        found = found or self._catalogue.get(afresh=True).value.by_name.get(volume)
        if not found:
            raise NotFound(f"There is no volume {volume!r}.")
        return found

    def _writable(self, volume: str) -> Entry:
        return self._living(volume, look_again=True)

    @contextmanager
    def _changing(self, kind: str, name: str) -> Iterator[None]:
        root = self._options.waldur_root
        with self._waiting.enter(), self._replicas.exclusive(kind, root, name):
            yield

    def _volume(self, uuid: str) -> Volume:
        return volume_record(self._mapped(self._waldur.get_resource(uuid)), self._rules)

    def _mapped(self, row: dict[str, Any]) -> Entry:
        try:
            return self._reader.entry_of(row)
        except Malformed as error:
            raise self._senseless(error) from None

    def _senseless(self, error: Malformed) -> BackendMisbehaved:
        return BackendMisbehaved(f"{self._name} has a resource whose {error} is wrong.")


def _enforced(quota: Quota) -> Quota:
    """Waldur has no word for limits that are kept but not enforced."""
    if not quota.enabled:
        raise Invalid("'quota.enabled' must be true: other limits are none here.")
    return quota
