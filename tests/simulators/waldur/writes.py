"""What callers change: orders and resources, each in the role that may."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tests.simulators.waldur.access import Access, plain_uuid
from tests.simulators.waldur.calls import Call, json_reply
from tests.simulators.waldur.demands import Demands
from tests.simulators.waldur.errors import Refusal, crash, forbidden, invalid
from tests.simulators.waldur.messages import Reply
from tests.simulators.waldur.provider import Provider
from tests.simulators.waldur.records import JsonObject, Order
from tests.simulators.waldur.store import Store
from tests.simulators.waldur.views import Views

_DONE = Reply(200)


class Writes:
    """Each method answers a POST.

    ``empty_approval``: approve_by_provider answers without a body, as servers did until 2024.
    """

    def __init__(
        self,
        store: Store,
        access: Access,
        demands: Demands,
        views: Views,
        *,
        empty_approval: bool,
    ) -> None:
        self._empty_approval = empty_approval
        self._store = store
        self._access = access
        self._orders = demands.orders
        self._demands = demands
        self._provider = Provider(store)
        self._views = views

    def create_order(self, call: Call) -> Reply:
        body = call.body
        offering = self._store.offerings.get(_linked(body, "offering"))
        project = self._store.projects.get(_linked(body, "project"))
        if offering is None or project is None:
            wrong = "offering" if offering is None else "project"
            raise invalid(**{wrong: ["Invalid hyperlink - Object does not exist."]})
        order = self._demands.create(
            call.user, offering, project, body.get("attributes"), body.get("limits")
        )
        return json_reply(self._views.order(order), 201)

    def on_order(self, call: Call) -> Reply:
        actions: Mapping[str, Callable[[Call, Order], Reply]] = {
            "approve_by_consumer": self._approve_by_consumer,
            "reject_by_consumer": self._reject_by_consumer,
            "approve_by_provider": self._approve_by_provider,
            "reject_by_provider": self._reject_by_provider,
            "set_state_executing": self._set_state_executing,
            "set_state_done": self._set_state_done,
            "set_state_erred": self._set_state_erred,
            "cancel": _cancel,
        }
        if call.action not in actions:
            raise Refusal(404, "<h1>Not Found</h1>")
        return actions[call.action](call, self._access.order(call.user, call.key))

    def on_provider_resource(self, call: Call) -> Reply:
        actions: Mapping[str, Callable[..., JsonObject]] = {
            "set_backend_id": self._provider.set_backend_id,
            "set_backend_metadata": self._provider.set_backend_metadata,
            "update_options_direct": self._provider.update_options_direct,
            "set_state_ok": self._provider.set_state_ok,
            "set_as_ok": self._provider.set_state_ok,
            "set_as_erred": self._provider.set_as_erred,
            "set_limits": self._provider.set_limits,
            "set_endpoints": self._provider.set_endpoints,
            "refresh_last_sync": self._provider.refresh_last_sync,
        }
        if call.action != "terminate" and call.action not in actions:
            raise Refusal(404, "<h1>Not Found</h1>")
        resource = self._access.provider_resource(call.user, call.key)
        self._access.need_provider(call.user, resource.offering)
        if call.action == "terminate":
            order = self._demands.terminate(call.user, resource, call.body.get("attributes"))
            return json_reply({"order_uuid": order.uuid})
        return json_reply(actions[call.action](resource, call.body))

    def on_consumer_resource(self, call: Call) -> Reply:
        if call.action not in {"update_limits", "update_options", "terminate"}:
            raise Refusal(404, "<h1>Not Found</h1>")
        resource = self._access.consumer_resource(call.user, call.key)
        if call.action == "update_limits":
            order = self._demands.change_limits(call.user, resource, call.body.get("limits"))
            return json_reply({"order_uuid": order.uuid})
        if call.action == "terminate":
            order = self._demands.terminate(call.user, resource, call.body.get("attributes"))
            return json_reply({"order_uuid": order.uuid})
        options = call.body.get("options")
        if resource.offering.plugin_options.get("create_orders_on_resource_option_change"):
            order = self._demands.order_options(call.user, resource, options)
            return json_reply({"order_uuid": order.uuid}, 201)
        self._demands.set_options(call.user, resource, options)
        return json_reply({"status": "Resource options are submitted"})

    def set_usage(self, call: Call) -> Reply:
        resource = self._store.resources.get(_linked(call.body, "resource"))
        if resource is None:
            raise invalid(resource=["Object does not exist."])
        self._access.need_provider(call.user, resource.offering)
        self._provider.set_usage(resource, call.body.get("usages"), call.body.get("date"))
        return Reply(201)

    def _approve_by_consumer(self, call: Call, order: Order) -> Reply:
        self._access.need_owner(call.user, order)
        self._orders.approve_by_consumer(order, call.user)
        return _DONE

    def _reject_by_consumer(self, call: Call, order: Order) -> Reply:
        self._access.need_owner(call.user, order)
        self._orders.reject(order, call.user, side="consumer", comment="")
        return _DONE

    def _approve_by_provider(self, call: Call, order: Order) -> Reply:
        self._access.need_provider(call.user, order.resource.offering)
        attributes = call.body.get("attributes") or {}
        if not isinstance(attributes, dict):
            raise invalid(attributes=["Expected a dictionary of items."])
        self._orders.approve_by_provider(order, call.user, attributes)
        return _DONE if self._empty_approval else json_reply({"detail": "Order has been approved."})

    def _reject_by_provider(self, call: Call, order: Order) -> Reply:
        self._access.need_provider(call.user, order.resource.offering)
        comment = str(call.body.get("provider_rejection_comment", ""))
        self._orders.reject(order, call.user, side="provider", comment=comment)
        return _DONE

    def _set_state_executing(self, call: Call, order: Order) -> Reply:
        self._access.need_provider(call.user, order.resource.offering)
        self._orders.execute(order)
        return _DONE

    def _set_state_done(self, call: Call, order: Order) -> Reply:
        self._access.need_provider(call.user, order.resource.offering)
        self._orders.finish(order)
        return _DONE

    def _set_state_erred(self, call: Call, order: Order) -> Reply:
        self._access.need_provider(call.user, order.resource.offering)
        body = call.body
        if "error_message" not in body or "error_traceback" not in body:
            raise crash()
        self._orders.fail(order, str(body["error_message"]), str(body["error_traceback"]))
        return _DONE


def _cancel(call: Call, order: Order) -> Reply:
    """Offerings of this type know no cancelling."""
    raise forbidden()


def _linked(body: JsonObject, name: str) -> str:
    """The identifier that a link, or the bare identifier, ends with."""
    text: Any = body.get(name)
    return plain_uuid(text.rstrip("/").rpartition("/")[2]) if isinstance(text, str) else ""
