"""The life of an order, and what it does to its resource.

Placed by a consumer it waits for the consumer's owner (if a mere member placed it), then for the
provider. Approved it is executing; the provider then says done or erred.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from tests.simulators.waldur.errors import Refusal, wrong_state
from tests.simulators.waldur.records import (
    Order,
    OrderState,
    OrderType,
    Resource,
    ResourceState,
    User,
)
from tests.simulators.waldur.store import Store, now

_UNDERWAY: Mapping[OrderType, ResourceState] = {
    "Create": "Creating",
    "Update": "Updating",
    "Terminate": "Terminating",
}
_DONE: Mapping[OrderType, ResourceState] = {
    "Create": "OK",
    "Update": "OK",
    "Terminate": "Terminated",
}
_ERRED: Mapping[OrderType, ResourceState] = {
    "Create": "Erred",
    "Update": "Erred",
    "Terminate": "OK",
}
_REJECTED: Mapping[OrderType, ResourceState] = {
    "Create": "Terminated",
    "Update": "OK",
    "Terminate": "OK",
}


class Orders:
    """Every method holds the store's lock and raises Refusal as the server would."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def place(
        self,
        user: User,
        resource: Resource,
        kind: OrderType,
        *,
        attributes: dict[str, Any],
        limits: Any,
    ) -> Order:
        """One order at a time may be open for a resource."""
        with self._store.lock:
            if resource.order_in_progress is not None:
                raise Refusal(400, ["Pending order for resource already exists."])
            at = now()
            order = Order(
                uuid=self._store.new_uuid("order"),
                type=kind,
                state="pending-consumer",
                resource=resource,
                created_by=user,
                created=at,
                modified=at,
                attributes=attributes,
                limits=limits,
            )
            self._store.orders[order.uuid] = order
            resource.orders.append(order)
            if needs_no_consumer(user, resource):
                _review_by_consumer(order, user)
            self._store.changed(resource, order)
            return order

    def approve_by_consumer(self, order: Order, user: User) -> None:
        with self._in_state(order, "pending-consumer"):
            _review_by_consumer(order, user)
            self._store.changed(order.resource, order)

    def approve_by_provider(self, order: Order, user: User, attributes: Mapping[str, Any]) -> None:
        """``attributes`` join those of the order: ``new_options`` says what was really applied."""
        with self._in_state(order, "pending-provider"):
            order.attributes = {**order.attributes, **attributes}
            _review_by_provider(order, user)
            self._execute(order)
            order.resource.state = _UNDERWAY[order.type]
            if order.type == "Update":
                _show(order.resource, "Update Scheduled")

    def reject(self, order: Order, user: User, *, side: str, comment: str) -> None:
        """``side``: provider or consumer."""
        wanted: OrderState = "pending-provider" if side == "provider" else "pending-consumer"
        with self._in_state(order, wanted):
            if side == "provider":
                _review_by_provider(order, user)
                order.provider_rejection_comment = comment
            order.state = "rejected"
            order.completed_at = now()
            order.resource.state = _REJECTED[order.type]
            self._store.changed(order.resource, order)

    def execute(self, order: Order) -> None:
        """Open an erred order again. Its resource stays as it is until the order is done."""
        with self._in_state(order, "pending-consumer", "pending-provider", "erred"):
            self._execute(order)

    def finish(self, order: Order) -> None:
        with self._in_state(order, "executing"):
            order.state = "done"
            order.completed_at = now()
            resource = order.resource
            resource.state = _DONE[order.type]
            if order.type != "Terminate":
                _show(resource, "OK")
            if "old_limits" in order.attributes:
                resource.limits = order.limits
            if order.type != "Terminate" and "new_options" in order.attributes:
                resource.options = order.attributes["new_options"]
            self._store.changed(resource, order)

    def fail(self, order: Order, message: str, traceback: str) -> None:
        """No state is checked: the resource suffers even when the order is not executing."""
        with self._store.lock:
            if order.state == "executing":
                order.state = "erred"
                order.completed_at = now()
            order.error_message, order.error_traceback = message, traceback
            order.resource.state = _ERRED[order.type]
            self._store.changed(order.resource, order)

    def _execute(self, order: Order) -> None:
        order.state = "executing"
        order.completed_at = None
        resource = order.resource
        if resource.scope_uuid is None:
            resource.scope_uuid = self._store.new_uuid("scope")
        self._store.changed(resource, order)

    @contextmanager
    def _in_state(self, order: Order, *valid: OrderState) -> Iterator[None]:
        with self._store.lock:
            if order.state not in valid:
                raise wrong_state(valid)
            yield


def needs_no_consumer(user: User, resource: Resource) -> bool:
    """An owner's, the staff's and the provider's own orders go straight to the provider."""
    return (
        user.is_staff
        or resource.project.customer in user.owns
        or (user.provides(resource.offering) and not user.consumes(resource.project))
    )


def _review_by_consumer(order: Order, user: User) -> None:
    order.state = "pending-provider"
    order.consumer_reviewed_by = user
    order.consumer_reviewed_at = now()


def _review_by_provider(order: Order, user: User) -> None:
    order.provider_reviewed_by = user
    order.provider_reviewed_at = now()


def _show(resource: Resource, state: str) -> None:
    """Servers keep the state of what lies behind a resource among what providers keep there."""
    shown = {"state": state, "action": None, "runtime_state": None, "action_details": None}
    resource.backend_metadata = {**(resource.backend_metadata or {}), **shown}
