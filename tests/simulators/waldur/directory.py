"""The JSON forms of offerings, customers and users, with the keys of a real server (2024-10)."""

from __future__ import annotations

from collections.abc import Callable

import orjson

from tests.simulators.waldur.records import Customer, JsonObject, Offering, Project, User
from tests.simulators.waldur.views import CATEGORY, PRICE, moment, only

_CUSTOMER_BLANKS = dict.fromkeys(
    (
        *("native_name", "abbreviation", "contact_details", "agreement_number", "phone_number"),
        *("access_subnets", "registration_code", "homepage", "domain", "vat_code", "postal"),
        *("address", "bank_name", "bank_account", "backend_id"),
    ),
    "",
)
_CUSTOMER_NULLS = dict.fromkeys(
    (
        *("organization_group", "image", "sponsor_number", "latitude", "longitude"),
        *("payment_profiles", "call_managing_organization_uuid"),
    )
)
_OFFERING_BLANKS = dict.fromkeys(
    (
        *("description", "full_description", "terms_of_service", "terms_of_service_link"),
        *("privacy_policy_link", "native_name", "native_description", "vendor_details"),
        *("getting_started", "integration_guide", "paused_reason", "datacite_doi", "country"),
        "backend_id",
    ),
    "",
)
_OFFERING_NULLS = dict.fromkeys(
    (
        *("project", "rating", "thumbnail", "scope", "latitude", "longitude", "image"),
        *("google_calendar_is_public", "google_calendar_link"),
    )
)


class Directory:
    """JSON forms whose links start with what ``url`` says."""

    def __init__(self, url: Callable[[], str]) -> None:
        self._url = url

    def encoded_offering(self, offering: Offering, fields: tuple[str, ...]) -> bytes:
        return orjson.dumps(only(self.offering(offering), fields))

    def encoded_customer(self, customer: Customer, fields: tuple[str, ...]) -> bytes:
        return orjson.dumps(only(self.customer(customer), fields))

    def customer(self, customer: Customer) -> JsonObject:
        return {
            **_CUSTOMER_BLANKS,
            **_CUSTOMER_NULLS,
            "url": f"{self._url()}/api/customers/{customer.uuid}/",
            "uuid": customer.uuid,
            "name": customer.name,
            "slug": customer.slug,
            "created": moment(customer.created),
            "accounting_start_date": moment(customer.created),
            "display_name": customer.name,
            "email": f"{customer.slug}@example.org",
            "country": "CH",
            "country_name": "Switzerland",
            "default_tax_percent": "0.00",
            "projects": [],
            "projects_count": 1,
            "users_count": 1,
            "blocked": False,
            "archived": False,
            "is_service_provider": False,
        }

    def offering(self, offering: Offering) -> JsonObject:
        api = f"{self._url()}/api"
        return {
            **_OFFERING_BLANKS,
            **_OFFERING_NULLS,
            "url": f"{api}/marketplace-provider-offerings/{offering.uuid}/",
            "uuid": offering.uuid,
            "name": offering.name,
            "slug": offering.slug,
            "created": moment(offering.created),
            "type": offering.type,
            "state": offering.state,
            "shared": True,
            "billable": True,
            "customer": f"{api}/customers/{offering.provider.uuid}/",
            "customer_uuid": offering.provider.uuid,
            "customer_name": offering.provider.name,
            "category": f"{api}/marketplace-categories/{CATEGORY}/",
            "category_uuid": CATEGORY,
            "category_title": "Storage",
            "plugin_options": offering.plugin_options,
            "secret_options": {"service_provider_can_create_offering_user": True},
            "service_attributes": {},
            "attributes": {},
            "backend_metadata": {},
            "options": offering.options
            or {
                "order": list(offering.choices),
                "options": {
                    name: {
                        "type": "select_string",
                        "label": name.replace("_", " ").capitalize(),
                        "choices": values,
                        "required": True,
                    }
                    for name, values in offering.choices.items()
                },
            },
            "resource_options": {"order": [], "options": {}},
            "components": offering.components,
            "partitions": [],
            "plans": [self.plan(offering)],
            **{name: [] for name in ("endpoints", "roles", "screenshots", "files")},
            **{name: [] for name in ("organization_groups", "integration_status")},
            "order_count": 0,
            "total_customers": 0,
            "total_cost": 0,
            "total_cost_estimated": 0,
            "citation_count": -1,
        }

    @property
    def category_url(self) -> str:
        return f"{self._url()}/api/marketplace-categories/{CATEGORY}/"

    def plan(self, offering: Offering) -> JsonObject:
        return {
            "url": f"{self._url()}/api/marketplace-plans/{offering.plan_uuid}/",
            "uuid": offering.plan_uuid,
            "name": offering.plan_name,
            "unit": "month",
            "unit_price": "0.0000000000",
            "prices": {"storage": float(PRICE)} if not offering.prices else offering.prices,
            "plan_type": "limit",
            "archived": False,
            "is_active": True,
            "init_price": 0,
            "switch_price": 0,
            "minimal_price": 0,
            "organization_groups": [],
            "components": [],
            "offering": f"{self._url()}/api/marketplace-provider-offerings/{offering.uuid}/",
            "future_prices": {},
            "quotas": {},
            "resources_count": 0,
        }

    def user(self, user: User) -> JsonObject:
        return {
            "url": f"{self._url()}/api/users/{user.uuid}/",
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
                *(_owner(customer) for customer in sorted(user.owns, key=_name)),
                *(_member(project) for project in sorted(user.member_of, key=_name)),
            ],
        }


def _owner(customer: Customer) -> JsonObject:
    return {
        "role_name": "CUSTOMER.OWNER",
        "scope_type": "customer",
        "scope_uuid": customer.uuid,
        "scope_name": customer.name,
    }


def _member(project: Project) -> JsonObject:
    return {
        "role_name": "PROJECT.MEMBER",
        "scope_type": "project",
        "scope_uuid": project.uuid,
        "scope_name": project.name,
    }


def _name(record: Customer | Project) -> str:
    return record.name
