"""Lists and single records."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from tests.simulators.waldur.access import Access
from tests.simulators.waldur.agents import listed
from tests.simulators.waldur.calls import Call, encoded_reply, json_reply
from tests.simulators.waldur.directory import Directory
from tests.simulators.waldur.filters import ORDER_FILTERS, RESOURCE_FILTERS, Filter, narrowed
from tests.simulators.waldur.lists import fields_of, page_of
from tests.simulators.waldur.messages import Reply
from tests.simulators.waldur.ordering import ORDER_KEYS, RESOURCE_KEYS, Keys, ordered
from tests.simulators.waldur.records import Resource
from tests.simulators.waldur.store import Store
from tests.simulators.waldur.views import Views

T = TypeVar("T")
Encode = Callable[[T, tuple[str, ...]], bytes]
_PAGING = frozenset(("page", "page_size", "field"))


class Reads:
    """Each method answers a GET."""

    def __init__(self, store: Store, access: Access, views: Views, directory: Directory) -> None:
        self._store = store
        self._directory = directory
        self._access = access
        self._views = views
        self._seen_version = -1
        self._selections: dict[object, list[Any]] = {}

    def me(self, call: Call) -> Reply:
        return json_reply(self._directory.user(call.user))

    def provider_resources(self, call: Call) -> Reply:
        return self._resources(call, self._access.provider_resources)

    def consumer_resources(self, call: Call) -> Reply:
        return self._resources(call, self._access.consumer_resources)

    def provider_resource(self, call: Call) -> Reply:
        resource = self._access.provider_resource(call.user, call.key)
        return _one(call, resource, self._views.encoded_resource)

    def consumer_resource(self, call: Call) -> Reply:
        resource = self._access.consumer_resource(call.user, call.key)
        return _one(call, resource, self._views.encoded_resource)

    def orders(self, call: Call) -> Reply:
        rows = self._selected(
            call, lambda: self._access.orders(call.user), ORDER_FILTERS, ORDER_KEYS
        )
        return self._page(call, rows, self._views.encoded_order)

    def order(self, call: Call) -> Reply:
        return _one(call, self._access.order(call.user, call.key), self._views.encoded_order)

    def offerings(self, call: Call) -> Reply:
        rows = self._access.offerings(call.user)
        return self._page(call, rows, self._directory.encoded_offering)

    def offering(self, call: Call) -> Reply:
        offering = self._access.offering(call.user, call.key)
        return _one(call, offering, self._directory.encoded_offering)

    def customers(self, call: Call) -> Reply:
        rows = self._access.customers(self._access.offering(call.user, call.key))
        return self._page(call, rows, self._directory.encoded_customer)

    def usages(self, call: Call) -> Reply:
        query = call.request.query
        resource = self._access.provider_resource(call.user, query["resource_uuid"][-1])
        periods = query.get("billing_period")
        rows = [
            row for (period, _), row in resource.usages.items() if not periods or period in periods
        ]
        return listed(rows)

    def _resources(self, call: Call, seen_by: Callable[..., list[Resource]]) -> Reply:
        rows = self._selected(call, lambda: seen_by(call.user), RESOURCE_FILTERS, RESOURCE_KEYS)
        return self._page(call, rows, self._views.encoded_resource)

    def _selected(
        self,
        call: Call,
        seen: Callable[[], list[T]],
        filters: Mapping[str, Filter[T]],
        keys: Keys[T],
    ) -> list[T]:
        """Found once for all pages of a list, as long as nothing changes."""
        if self._seen_version != self._store.version:
            self._selections.clear()
            self._seen_version = self._store.version
        query = {k: tuple(v) for k, v in call.request.query.items() if k not in _PAGING}
        key = (call.request.path, call.user, frozenset(query.items()))
        if key not in self._selections:
            self._selections[key] = ordered(narrowed(seen(), query, filters), query, keys)
        return self._selections[key]

    def _page(self, call: Call, rows: Sequence[T], encode: Encode[T]) -> Reply:
        query = call.request.query
        page, headers = page_of(rows, query, self._views.link(call.request.path))
        fields = fields_of(query)
        return encoded_reply(b"[%b]" % b",".join(encode(row, fields) for row in page), headers)


def _one(call: Call, record: T, encode: Encode[T]) -> Reply:
    return encoded_reply(encode(record, fields_of(call.request.query)))
