"""The JSON forms of records: those of a real server (2024-10) with the slugs of newer ones."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import orjson

from tests.simulators.waldur.records import (
    Customer,
    JsonObject,
    Offering,
    Order,
    Project,
    Resource,
    User,
)

_PRICE = 5
_CATEGORY = "d1f0fb347b8d4ad1ab5967db43064c2b"
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
            row = resource.encoded[fields] = _encode(self.resource(resource), fields)
        return row

    def encoded_order(self, order: Order, fields: tuple[str, ...]) -> bytes:
        row = order.encoded.get(fields)
        if row is None:
            row = order.encoded[fields] = _encode(self.order(order), fields)
        return row

    def encoded_offering(self, offering: Offering, fields: tuple[str, ...]) -> bytes:
        return _encode(self.offering(offering), fields)

    def encoded_customer(self, customer: Customer, fields: tuple[str, ...]) -> bytes:
        return _encode(self.customer(customer), fields)

    def resource(self, resource: Resource) -> JsonObject:
        order, creation = resource.order_in_progress, resource.creation_order
        scope = resource.scope_uuid
        row = {
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
            "endpoints": [],
            "available_actions": [],
            "order_in_progress": order and orjson.Fragment(self.encoded_order(order, _WHOLE)),
            "creation_order": creation and orjson.Fragment(self.encoded_order(creation, _WHOLE)),
            **resource.changed,
        }
        return {key: value for key, value in row.items() if key not in resource.missing}

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

    def customer(self, customer: Customer) -> JsonObject:
        return {
            "url": f"{self._api}/customers/{customer.uuid}/",
            "uuid": customer.uuid,
            "name": customer.name,
            "slug": customer.slug,
            "created": moment(customer.created),
            "display_name": customer.name,
            "abbreviation": "",
            "email": f"{customer.slug}@example.org",
            "phone_number": "",
            "country": "CH",
            "country_name": "Switzerland",
            "projects": [],
            "backend_id": "",
            "blocked": False,
            "archived": False,
            "is_service_provider": False,
        }

    def offering(self, offering: Offering) -> JsonObject:
        return {
            "url": f"{self._api}/marketplace-provider-offerings/{offering.uuid}/",
            "uuid": offering.uuid,
            "name": offering.name,
            "slug": offering.slug,
            "created": moment(offering.created),
            "type": "Marketplace.Slurm",
            "state": "Active",
            "shared": True,
            "billable": True,
            "customer": f"{self._api}/customers/{offering.provider.uuid}/",
            "customer_uuid": offering.provider.uuid,
            "customer_name": offering.provider.name,
            "category": f"{self._api}/marketplace-categories/{_CATEGORY}/",
            "category_uuid": _CATEGORY,
            "category_title": "Storage",
            "plugin_options": offering.plugin_options,
            "secret_options": {"service_provider_can_create_offering_user": True},
            "attributes": {},
            "backend_id": "",
            "backend_metadata": {},
            "options": {
                "order": list(offering.choices),
                "options": {
                    name: {"type": "select_string", "choices": values, "required": True}
                    for name, values in offering.choices.items()
                },
            },
            "resource_options": {"order": [], "options": {}},
            "components": [
                {
                    "uuid": offering.uuid[::-1],
                    "type": "storage",
                    "name": "Storage",
                    "billing_type": "limit",
                    "measured_unit": "TB",
                    "limit_period": "month",
                    "min_value": 1,
                    "max_value": 10000,
                }
            ],
            "plans": [
                {
                    "url": f"{self._api}/marketplace-plans/{offering.plan_uuid}/",
                    "uuid": offering.plan_uuid,
                    "name": "Standard",
                    "unit": "month",
                    "prices": {"storage": float(_PRICE)},
                }
            ],
        }

    def user(self, user: User) -> JsonObject:
        return {
            "url": f"{self._api}/users/{user.uuid}/",
            "uuid": user.uuid,
            "username": user.username,
            "slug": user.username,
            "full_name": user.full_name,
            "first_name": user.full_name.partition(" ")[0],
            "last_name": user.full_name.partition(" ")[2],
            "email": f"{user.username}@example.org",
            "is_staff": user.is_staff,
            "is_support": user.is_support,
            "is_active": True,
            "registration_method": "default",
            "date_joined": moment(user.created),
            "token_lifetime": None,
            "permissions": [
                *(_owner_role(customer) for customer in sorted(user.owns, key=_by_uuid)),
                *(_member_role(project) for project in sorted(user.member_of, key=_by_uuid)),
            ],
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
            "category_uuid": _CATEGORY,
            "category_icon": None,
        }

    def _plan_part(self, offering: Offering) -> dict[str, Any]:
        public = f"{self._api}/marketplace-public-offerings/{offering.uuid}"
        return {
            "plan": f"{public}/plans/{offering.plan_uuid}/",
            "plan_unit": "month",
            "plan_name": "Standard",
            "plan_uuid": offering.plan_uuid,
            "plan_description": "",
        }

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


def _owner_role(customer: Customer) -> JsonObject:
    return {
        "role_name": "CUSTOMER.OWNER",
        "scope_type": "customer",
        "scope_uuid": customer.uuid,
        "scope_name": customer.name,
    }


def _member_role(project: Project) -> JsonObject:
    return {
        "role_name": "PROJECT.MEMBER",
        "scope_type": "project",
        "scope_uuid": project.uuid,
        "scope_name": project.name,
    }


def _by_uuid(record: Customer | Project) -> str:
    return record.uuid


def _cost(limits: Any) -> int:
    """Malformed limits cost nothing."""
    amount = limits.get("storage", 0) if isinstance(limits, dict) else 0
    return amount * _PRICE if isinstance(amount, int) else 0


def _encode(row: JsonObject, fields: tuple[str, ...]) -> bytes:
    if fields:
        row = {name: row[name] for name in fields if name in row}
    return orjson.dumps(row)
