"""Who sees what. What a caller may not see looks as if it were not there."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from typing import TypeVar

from tests.simulators.waldur.errors import forbidden, unseen
from tests.simulators.waldur.records import Customer, Offering, Order, Resource, User
from tests.simulators.waldur.store import Store

T = TypeVar("T")


class Access:
    """The store as one user sees it: staff and support everything, others by their roles."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def provider_resources(self, user: User) -> list[Resource]:
        return [row for row in self._store.resources.values() if _as_provider(user, row)]

    def consumer_resources(self, user: User) -> list[Resource]:
        """Empty for a provider's own token."""
        return [row for row in self._store.resources.values() if _as_consumer(user, row)]

    def orders(self, user: User) -> list[Order]:
        return [row for row in self._store.orders.values() if _order(user, row)]

    def offerings(self, user: User) -> list[Offering]:
        return [row for row in self._store.offerings.values() if _offering(user, row)]

    def customers(self, offering: Offering) -> list[Customer]:
        """The organisations that have a resource of the offering, in the order they came."""
        found = {
            row.project.customer
            for row in self._store.resources.values()
            if row.offering is offering and row.state != "Terminated"
        }
        return [row for row in self._store.customers.values() if row in found]

    def provider_resource(self, user: User, key: str) -> Resource:
        return _find(self._store.resources, key, lambda row: _as_provider(user, row), "Resource")

    def consumer_resource(self, user: User, key: str) -> Resource:
        return _find(self._store.resources, key, lambda row: _as_consumer(user, row), "Resource")

    def order(self, user: User, key: str) -> Order:
        return _find(self._store.orders, key, lambda row: _order(user, row), "Order")

    def offering(self, user: User, key: str) -> Offering:
        return _find(self._store.offerings, key, lambda row: _offering(user, row), "Offering")

    def need_provider(self, user: User, offering: Offering) -> None:
        """403 for those who see it but neither provide it nor are staff."""
        if not (user.is_staff or user.provides(offering)):
            raise forbidden()

    def need_owner(self, user: User, order: Order) -> None:
        """403 for those who see the order but may not decide for its consumer."""
        if not (user.is_staff or order.resource.project.customer in user.owns):
            raise forbidden()


def plain_uuid(text: str) -> str:
    """32 hex digits; empty for what is no UUID. Dashes are allowed."""
    try:
        return uuid.UUID(text).hex
    except ValueError:
        return ""


def _find(rows: Mapping[str, T], key: str, sees: Callable[[T], bool], noun: str) -> T:
    row = rows.get(plain_uuid(key))
    if row is None or not sees(row):
        raise unseen(noun)
    return row


def _as_provider(user: User, resource: Resource) -> bool:
    return user.sees_all or user.provides(resource.offering)


def _as_consumer(user: User, resource: Resource) -> bool:
    return user.sees_all or user.consumes(resource.project)


def _order(user: User, order: Order) -> bool:
    return _as_provider(user, order.resource) or _as_consumer(user, order.resource)


def _offering(user: User, offering: Offering) -> bool:
    return user.sees_all or user.provides(offering)
