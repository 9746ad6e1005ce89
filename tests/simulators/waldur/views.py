"""The JSON forms of resources and orders: a real server's (2024-10), with newer ones' slugs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import orjson

from tests.simulators.waldur.records import (
    JsonObject,
    Offering,
    Order,
    Project,
    Resource,
)

PRICE = 5
CATEGORY = "d1f0fb347b8d4ad1ab5967db43064c2b"
_WHOLE: tuple[str, ...] = ()


def moment(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat(timespec="microseconds").replace("+00:00", "Z")


class Views:
    """JSON forms whose links start with what ``url`` says."""

    def __init__(self, url: Callable[[], str]) -> None:
        self._url = url

    @property
    def _api(self) -> str:
        return f"{self._url()}/api"

    def link(self, path: str) -> str:
        return f"{self._url()}{path}"

    def encoded_resource(self, resource: Resource, fields: tuple[str, ...]) -> bytes:
        """Kept with the resource until it changes. ``fields`` empty: all of them."""
        row = resource.encoded.get(fields)
        if row is None:
            row = resource.encoded[fields] = orjson.dumps(only(self.resource(resource), fields))
        return row

    def encoded_order(self, order: Order, fields: tuple[str, ...]) -> bytes:
        row = order.encoded.get(fields)
        if row is None:
            row = order.encoded[fields] = orjson.dumps(only(self.order(order), fields))
        return row

    def resource(self, resource: Resource) -> JsonObject:
        order, creation = resource.order_in_progress, resource.creation_order
        scope = resource.scope_uuid
        row: dict[str, Any] = {
            **self._offering_part(resource.offering),
            **self._plan_part(resource.offering),
            **self._project_part(resource.project),
            "url": f"{self._api}/marketplace-resources/{resource.uuid}/",
            "uuid": resource.uuid,
            "name": resource.name,
            "slug": resource.slug,
            "state": resource.state,
            "created": moment(resource.created),
            "modified": moment(resource.modified),
            "attributes": resource.attributes,
            "limits": resource.limits,
            "options": resource.options,
            "backend_id": resource.backend_id,
            "effective_id": "",
            "backend_metadata": resource.backend_metadata,
            "scope": scope and f"{self._api}/slurm-allocations/{scope}/",
            "resource_uuid": scope,
            "resource_type": scope and "SLURM.Allocation",
            "project": f"{self._api}/projects/{resource.project.uuid}/",
            "offering_customer_uuid": resource.offering.provider.uuid,
            "current_usages": resource.current_usages,
            "limit_usage": {"storage": None},
            "can_terminate": resource.state in {"OK", "Erred"} and order is None,
            "error_message": resource.error_message,
            "error_traceback": resource.error_traceback,
            "description": "",
            "is_usage_based": False,
            "is_limit_based": True,
            "report": None,
            "end_date": None,
            "end_date_requested_by": None,
            "project_end_date": None,
            "project_end_date_requested_by": None,
            "username": None,
            "downscaled": False,
            "restrict_member_access": False,
            "paused": False,
            "endpoints": resource.endpoints,
            "available_actions": [],
            "order_in_progress": order and orjson.Fragment(self.encoded_order(order, _WHOLE)),
            "creation_order": creation and orjson.Fragment(self.encoded_order(creation, _WHOLE)),
            **resource.changed,
        }
        for key in resource.missing:
            row.pop(key, None)
        return row

    def order(self, order: Order) -> JsonObject:
        resource = order.resource
        terminates = order.type == "Terminate"
        cost = None if terminates else _cost(order.limits)
        return {
            **self._offering_part(resource.offering),
            **({"plan": None} if terminates else self._plan_part(resource.offering)),
            **self._project_part(resource.project),
            **_reviews(order),
            "url": f"{self._api}/marketplace-orders/{order.uuid}/",
            "uuid": order.uuid,
            "type": order.type,
            "state": order.state,
            "created": moment(order.created),
            "modified": moment(order.modified),
            "completed_at": moment(order.completed_at),
            "attributes": order.attributes,
            "limits": order.limits,
            "marketplace_resource_uuid": resource.uuid,
            "resource_uuid": resource.scope_uuid,
            "resource_type": resource.scope_uuid and "SLURM.Allocation",
            "resource_name": resource.name,
            **({} if terminates else self._new_plan(resource.offering)),
            "cost": None if cost is None else f"{cost:.10f}",
            "old_cost_estimate": float(_cost(resource.limits)),
            "new_cost_estimate": None if cost is None else float(cost),
            "created_by_username": order.created_by.username,
            "created_by_full_name": order.created_by.full_name,
            "created_by_civil_number": None,
            "error_message": order.error_message,
            "error_traceback": order.error_traceback,
            "provider_rejection_comment": order.provider_rejection_comment,
            "output": "",
            "callback_url": None,
            "can_terminate": False,
            "fixed_price": 0,
            "activation_price": 0,
            "termination_comment": None,
            "backend_id": "",
            "issue": None,
        }

    def _offering_part(self, offering: Offering) -> dict[str, Any]:
        return {
            "offering": f"{self._api}/marketplace-public-offerings/{offering.uuid}/",
            "offering_uuid": offering.uuid,
            "offering_name": offering.name,
            "offering_slug": offering.slug,
            "offering_description": "",
            "offering_image": None,
            "offering_thumbnail": None,
            "offering_type": "Marketplace.Slurm",
            "offering_terms_of_service": "",
            "offering_shared": True,
            "offering_billable": True,
            "offering_plugin_options": offering.plugin_options,
            "provider_name": offering.provider.name,
            "provider_slug": offering.provider.slug,
            "provider_uuid": offering.provider.uuid,
            "category_title": "Storage",
            "category_uuid": CATEGORY,
            "category_icon": None,
        }

    def _plan_part(self, offering: Offering) -> dict[str, Any]:
        public = f"{self._api}/marketplace-public-offerings/{offering.uuid}"
        return {
            "plan": f"{public}/plans/{offering.plan_uuid}/",
            "plan_unit": "month",
            "plan_name": offering.plan_name,
            "plan_uuid": offering.plan_uuid,
            "plan_description": "",
        }

    def _new_plan(self, offering: Offering) -> dict[str, Any]:
        return {"new_plan_name": offering.plan_name, "new_plan_uuid": offering.plan_uuid}

    def _project_part(self, project: Project) -> dict[str, Any]:
        return {
            "project_uuid": project.uuid,
            "project_name": project.name,
            "project_slug": project.slug,
            "project_description": "",
            "customer_uuid": project.customer.uuid,
            "customer_name": project.customer.name,
            "customer_slug": project.customer.slug,
        }


def _reviews(order: Order) -> dict[str, Any]:
    """Nobody's name stands where nobody has decided yet."""
    row: dict[str, Any] = {
        "consumer_reviewed_at": moment(order.consumer_reviewed_at),
        "provider_reviewed_at": moment(order.provider_reviewed_at),
    }
    for side, user in (
        ("consumer", order.consumer_reviewed_by),
        ("provider", order.provider_reviewed_by),
    ):
        if user is not None:
            row[f"{side}_reviewed_by"] = user.username
            row[f"{side}_reviewed_by_full_name"] = user.full_name
    return row


def _cost(limits: Any) -> int:
    """Malformed limits cost nothing."""
    amount = limits.get("storage", 0) if isinstance(limits, dict) else 0
    return amount * PRICE if isinstance(amount, int) else 0


def only(row: JsonObject, fields: tuple[str, ...]) -> JsonObject:
    """The named keys, or all when none is named. Names that the row lacks are ignored."""
    return {name: row[name] for name in fields if name in row} if fields else row
