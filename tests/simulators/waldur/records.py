"""What the marketplace keeps: organisations, offerings, resources, orders and who may see them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import NAMESPACE_OID, uuid5

ResourceState = Literal["Creating", "OK", "Erred", "Updating", "Terminating", "Terminated"]
OrderType = Literal["Create", "Update", "Terminate"]
OrderState = Literal[
    "pending-consumer",
    "pending-provider",
    "pending-project",
    "pending-start-date",
    "executing",
    "done",
    "erred",
    "canceled",
    "rejected",
]

RESOURCE_STATES: tuple[ResourceState, ...] = (
    "Creating",
    "OK",
    "Erred",
    "Updating",
    "Terminating",
    "Terminated",
)
ORDER_STATES: tuple[OrderState, ...] = (
    "pending-consumer",
    "pending-provider",
    "pending-project",
    "pending-start-date",
    "executing",
    "done",
    "erred",
    "canceled",
    "rejected",
)
ORDER_TYPES: tuple[OrderType, ...] = ("Create", "Update", "Terminate")
OPEN: frozenset[OrderState] = frozenset(
    ("pending-consumer", "pending-provider", "pending-project", "pending-start-date", "executing")
)


@dataclass(eq=False)
class Customer:
    uuid: str
    name: str
    slug: str
    created: datetime


@dataclass(eq=False)
class Project:
    uuid: str
    name: str
    slug: str
    customer: Customer


def component(kind: str = "storage", **values: Any) -> dict[str, Any]:
    """A component of an offering: terabytes to be limited, unless ``values`` differ."""
    return {
        "uuid": uuid5(NAMESPACE_OID, kind).hex,
        "type": kind,
        "name": kind.capitalize(),
        "description": "",
        "billing_type": "limit",
        "measured_unit": "TB",
        "unit_factor": 1,
        "limit_period": "month",
        "limit_amount": None,
        "article_code": "",
        "min_value": 1,
        "max_value": 10000,
        "max_available_limit": None,
        "default_limit": None,
        "is_boolean": False,
        "factor": None,
        "is_builtin": False,
        **values,
    }


@dataclass(eq=False)
class Offering:
    """``choices`` are the attributes that an order must give, each with its legal values."""

    uuid: str
    name: str
    slug: str
    provider: Customer
    plan_uuid: str
    created: datetime
    choices: dict[str, tuple[str, ...]]
    plugin_options: dict[str, Any]
    components: list[dict[str, Any]] = field(default_factory=lambda: [component()])
    options: dict[str, Any] | None = None
    state: str = "Active"
    type: str = "Marketplace.Slurm"
    plan_name: str = "Standard"
    prices: dict[str, Any] = field(default_factory=dict)

    @property
    def limited(self) -> set[str]:
        return {row["type"] for row in self.components if row["billing_type"] == "limit"}


@dataclass(eq=False)
class User:
    uuid: str
    username: str
    full_name: str
    token: str
    created: datetime
    is_staff: bool = False
    is_support: bool = False
    owns: set[Customer] = field(default_factory=set)
    member_of: set[Project] = field(default_factory=set)

    @property
    def sees_all(self) -> bool:
        return self.is_staff or self.is_support

    def provides(self, offering: Offering) -> bool:
        return offering.provider in self.owns

    def consumes(self, project: Project) -> bool:
        return project in self.member_of or project.customer in self.owns


@dataclass(eq=False)
class Resource:
    """``changed`` replaces and ``missing`` removes keys of its JSON form, whatever they hold."""

    uuid: str
    name: str
    slug: str
    offering: Offering
    project: Project
    created: datetime
    modified: datetime
    state: ResourceState
    limits: Any
    attributes: Any
    options: Any = None
    backend_id: str = ""
    backend_metadata: Any = field(default_factory=dict)
    endpoints: list[dict[str, str]] = field(default_factory=list)
    # By billing period and component.
    usages: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    synced: int = 0
    scope_uuid: str | None = None
    current_usages: dict[str, str] = field(default_factory=dict)
    error_message: str = ""
    error_traceback: str = ""
    orders: list[Order] = field(default_factory=list)
    changed: dict[str, Any] = field(default_factory=dict)
    missing: frozenset[str] = frozenset()
    encoded: dict[tuple[str, ...], bytes] = field(default_factory=dict)

    @property
    def order_in_progress(self) -> Order | None:
        return next((order for order in reversed(self.orders) if order.state in OPEN), None)

    @property
    def creation_order(self) -> Order | None:
        return next((order for order in self.orders if order.type == "Create"), None)


@dataclass(eq=False)
class Order:
    uuid: str
    type: OrderType
    state: OrderState
    resource: Resource
    created_by: User
    created: datetime
    modified: datetime
    attributes: dict[str, Any]
    limits: Any
    consumer_reviewed_by: User | None = None
    consumer_reviewed_at: datetime | None = None
    provider_reviewed_by: User | None = None
    provider_reviewed_at: datetime | None = None
    completed_at: datetime | None = None
    error_message: str = ""
    error_traceback: str = ""
    provider_rejection_comment: str = ""
    encoded: dict[tuple[str, ...], bytes] = field(default_factory=dict)


JsonObject = Mapping[str, Any]
