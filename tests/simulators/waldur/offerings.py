"""What a provider changes on offerings: components, options, plans and prices."""

from __future__ import annotations

from typing import Any

from tests.simulators.waldur.access import Access, plain_uuid
from tests.simulators.waldur.agents import listed
from tests.simulators.waldur.calls import Call, json_reply
from tests.simulators.waldur.directory import Directory
from tests.simulators.waldur.errors import Refusal, forbidden, invalid, unseen
from tests.simulators.waldur.messages import Reply
from tests.simulators.waldur.records import Offering, component
from tests.simulators.waldur.store import Store, now
from tests.simulators.waldur.views import CATEGORY


class Offerings:
    def __init__(self, store: Store, access: Access, directory: Directory) -> None:
        self._store = store
        self._access = access
        self._directory = directory

    def categories(self, call: Call) -> Reply:
        url = self._directory.category_url
        return listed([{"uuid": CATEGORY, "url": url, "title": "Storage"}])

    def customers(self, call: Call) -> Reply:
        slugs = call.request.query.get("slug")
        rows = [row for row in self._store.customers.values() if not slugs or row.slug in slugs]
        return listed([self._directory.customer(row) for row in rows])

    def create(self, call: Call) -> Reply:
        body = call.body
        customer = self._store.customers.get(_linked(body.get("customer")))
        if customer is None:
            raise invalid(customer=["Invalid hyperlink - Object does not exist."])
        if not (call.user.is_staff or customer in call.user.owns):
            raise forbidden()
        if _linked(body.get("category")) != CATEGORY:
            raise invalid(category=["Invalid hyperlink - Object does not exist."])
        offering = Offering(
            uuid=self._store.new_uuid("offering"),
            name=body["name"],
            slug=self._store.new_slug(body["name"]),
            provider=customer,
            plan_uuid=self._store.new_uuid("plan"),
            created=now(),
            choices={},
            plugin_options=body.get("plugin_options", {}),
            components=[self._component(row) for row in body.get("components", [])],
            options=body.get("options", {"order": [], "options": {}}),
            state="Draft",
            type=body["type"],
            plan_name=(body.get("plans") or [{"name": "Standard"}])[0]["name"],
        )
        self._store.offerings[offering.uuid] = offering
        self._store.version += 1
        return json_reply(self._directory.offering(offering), 201)

    def on_offering(self, call: Call) -> Reply:
        offering = self._access.offering(call.user, call.key)
        self._access.need_provider(call.user, offering)
        match call.action:
            case "create_offering_component":
                return self._add_component(offering, call.body)
            case "update_offering_component":
                return self._change_component(offering, call.body)
            case "update_options":
                offering.options = call.body["options"]
                return Reply(200)
            case "update_integration":
                offering.plugin_options = {
                    **offering.plugin_options,
                    **call.body.get("plugin_options", {}),
                }
                return Reply(200)
            case "activate":
                offering.state = "Active"
                return json_reply({"detail": "Active", "state": "Active"})
        raise Refusal(404, "<h1>Not Found</h1>")

    def plan(self, call: Call) -> Reply:
        return json_reply(self._directory.plan(self._planned(call)))

    def set_prices(self, call: Call) -> Reply:
        offering = self._planned(call)
        self._access.need_provider(call.user, offering)
        offering.prices = {**offering.prices, **call.body["prices"]}
        return Reply(200)

    def _add_component(self, offering: Offering, body: Any) -> Reply:
        if any(row["type"] == body["type"] for row in offering.components):
            raise invalid(type=["The component exists already."])
        offering.components.append(self._component(body))
        return Reply(201)

    def _change_component(self, offering: Offering, body: Any) -> Reply:
        for row in offering.components:
            if row["uuid"] == plain_uuid(body["uuid"]):
                row |= {name: value for name, value in body.items() if name != "uuid"}
                return Reply(200)
        raise unseen("OfferingComponent")

    def _component(self, body: Any) -> dict[str, Any]:
        return {**component(), **body, "uuid": self._store.new_uuid("component")}

    def _planned(self, call: Call) -> Offering:
        for offering in self._store.offerings.values():
            if offering.plan_uuid == plain_uuid(call.key):
                return offering
        raise unseen("Plan")


def _linked(text: Any) -> str:
    return plain_uuid(text.rstrip("/").rpartition("/")[2]) if isinstance(text, str) else ""
