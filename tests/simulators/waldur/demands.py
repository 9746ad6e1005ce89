"""What consumers send: their orders, checked as the server checks them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.simulators.waldur.errors import Refusal, forbidden, invalid, unseen, wrong_state
from tests.simulators.waldur.orders import Orders
from tests.simulators.waldur.records import Offering, Order, Project, Resource, User
from tests.simulators.waldur.store import Store, now

MIN_LIMIT, MAX_LIMIT = 1, 10000


class Demands:
    """Every method holds the store's lock and raises Refusal as the server would."""

    def __init__(self, store: Store, orders: Orders) -> None:
        self._store = store
        self.orders = orders

    def create(
        self, user: User, offering: Offering, project: Project, attributes: Any, limits: Any
    ) -> Order:
        """A new resource, Creating, and the order for it."""
        with self._store.lock:
            if not (user.is_staff or user.consumes(project)):
                raise invalid(project=["Invalid hyperlink - Object does not exist."])
            given = _valid_attributes(offering, attributes)
            resource = self._new_resource(offering, project, given, _valid_limits(offering, limits))
            return self.orders.place(
                user, resource, "Create", attributes=given, limits=resource.limits
            )

    def change_limits(self, user: User, resource: Resource, limits: Any) -> Order:
        with self._store.lock:
            _need(user, resource)
            if resource.state != "OK":
                raise wrong_state(["OK"])
            wanted = _valid_limits(resource.offering, limits)
            if wanted == resource.limits:
                text = "Impossible to create update orders with limits set to exactly the same."
                raise Refusal(400, [text])
            old = {"old_limits": resource.limits}
            return self.orders.place(user, resource, "Update", attributes=old, limits=wanted)

    def order_options(self, user: User, resource: Resource, options: Any) -> Order:
        """For offerings whose options change by orders only."""
        with self._store.lock:
            _need(user, resource)
            if resource.state != "OK":
                raise wrong_state(["OK"])
            both = {"old_options": resource.options or {}, "new_options": _valid_options(options)}
            return self.orders.place(user, resource, "Update", attributes=both, limits={})

    def set_options(self, user: User, resource: Resource, options: Any) -> None:
        """For offerings whose options change at once; keys unknown to the offering are taken."""
        with self._store.lock:
            _need(user, resource)
            resource.options = _valid_options(options)
            self._store.changed(resource)

    def terminate(self, user: User, resource: Resource, attributes: Any) -> Order:
        """A consumer's wish, or the provider's own."""
        with self._store.lock:
            if not user.provides(resource.offering):
                _need(user, resource)
            if resource.state not in {"OK", "Erred"}:
                raise wrong_state(["OK", "Erred"])
            given = attributes if isinstance(attributes, dict) else {}
            return self.orders.place(user, resource, "Terminate", attributes=given, limits={})

    def _new_resource(
        self, offering: Offering, project: Project, attributes: dict[str, Any], limits: Any
    ) -> Resource:
        name = str(attributes.get("name") or project.slug)
        resource = Resource(
            uuid=self._store.new_uuid("resource"),
            name=name,
            slug=self._store.new_slug(name),
            offering=offering,
            project=project,
            created=now(),
            modified=now(),
            state="Creating",
            limits=limits,
            attributes=attributes,
        )
        self._store.resources[resource.uuid] = resource
        return resource


def _need(user: User, resource: Resource) -> None:
    if user.is_staff or user.consumes(resource.project):
        return
    raise forbidden() if user.is_support else unseen("Resource")


def _valid_attributes(offering: Offering, attributes: Any) -> dict[str, Any]:
    given = attributes if isinstance(attributes, dict) else {}
    problems: dict[str, list[str]] = {}
    for name, choices in offering.choices.items():
        if name not in given:
            problems[name] = ["This field is required."]
        elif given[name] not in choices:
            problems[name] = [f'"{given[name]}" is not a valid choice.']
    if problems:
        raise Refusal(400, problems)
    return given


def _valid_limits(offering: Offering, limits: Any) -> Mapping[str, int]:
    if not isinstance(limits, dict) or set(limits) != offering.limited:
        raise invalid(limits=["Limits do not match the components of the offering."])
    for name, amount in limits.items():
        if not isinstance(amount, int) or isinstance(amount, bool):
            raise invalid(limits={name: ["A valid integer is required."]})
        if not MIN_LIMIT <= amount <= MAX_LIMIT:
            raise invalid(limits=[f"The limit must be between {MIN_LIMIT} and {MAX_LIMIT}."])
    return limits


def _valid_options(options: Any) -> dict[str, Any]:
    if not isinstance(options, dict):
        raise invalid(options=["Expected a dictionary of items."])
    return options
