"""What a test puts into a simulated Waldur: people, offerings, projects and resources."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from tests.simulators.waldur.orders import Orders
from tests.simulators.waldur.records import (
    Customer,
    Offering,
    Order,
    OrderState,
    Project,
    Resource,
    ResourceState,
    User,
    component,
)
from tests.simulators.waldur.store import Store, now

PERMISSIONS = ("700", "750", "770", "775", "2770", "2775")
DATA_TYPES = ("store", "archive", "users", "scratch", "workspace")

PLUGIN_OPTIONS: Mapping[str, Any] = {
    "username_generation_policy": "service_provider",
    "account_name_generation_policy": "project_slug",
    "service_provider_can_create_offering_user": True,
}

_CREATION: Mapping[ResourceState, OrderState] = {"Creating": "executing", "Erred": "erred"}


class Site:
    """One provider (``cscs``) with an offering per storage system, and six users with a token.

    They are the ``provider``, the ``consumer`` who owns every customer added here, the ``member``
    of every project added here, ``staff``, ``support`` and ``nobody``. ``token`` is the provider's.
    Records may be read at will; they are changed through the methods here.
    """

    def __init__(self, offerings: Iterable[str]) -> None:
        self.store = Store()
        self.orders = Orders(self.store)
        self.cscs = self._new_customer("CSCS", "cscs")
        self.provider = self.add_user("provider", owns=[self.cscs])
        self.consumer = self.add_user("consumer")
        self.member = self.add_user("member")
        self.staff = self.add_user("staff", is_staff=True)
        self.support = self.add_user("support", is_support=True)
        self.nobody = self.add_user("nobody")
        self.token = self.provider.token
        for slug in offerings:
            self.add_offering(slug)

    @property
    def offerings(self) -> list[Offering]:
        return list(self.store.offerings.values())

    def offering(self, slug: str) -> Offering:
        return next(row for row in self.offerings if row.slug == slug)

    # --- who and where

    def add_user(
        self,
        username: str,
        *,
        owns: Iterable[Customer] = (),
        member_of: Iterable[Project] = (),
        is_staff: bool = False,
        is_support: bool = False,
    ) -> User:
        """An owner of a provider's organisation is that provider; of others a consumer."""
        with self.store.lock:
            user = User(
                uuid=self.store.new_uuid("user"),
                username=username,
                full_name=f"{username.title()} Example",
                token=self.store.new_token(),
                created=now(),
                is_staff=is_staff,
                is_support=is_support,
                owns=set(owns),
                member_of=set(member_of),
            )
            self.store.users[user.token] = user
            return user

    def add_provider(self, name: str, *, slug: str) -> tuple[Customer, User]:
        """Another provider's organisation, and its owner."""
        with self.store.lock:
            customer = self._new_customer(name, slug)
            return customer, self.add_user(f"{slug}-provider", owns=[customer])

    def add_offering(
        self,
        slug: str,
        *,
        name: str | None = None,
        provider: Customer | None = None,
        plugin_options: Mapping[str, Any] | None = None,
        components: Iterable[dict[str, Any]] = (),
    ) -> Offering:
        """Terabytes of storage, unless ``components`` differ."""
        with self.store.lock:
            offering = Offering(
                uuid=self.store.new_uuid("offering"),
                name=name or slug.title(),
                slug=slug,
                provider=provider or self.cscs,
                plan_uuid=self.store.new_uuid("plan"),
                created=now(),
                choices={"permissions": PERMISSIONS, "storage_data_type": DATA_TYPES},
                plugin_options={**PLUGIN_OPTIONS, **(plugin_options or {})},
                components=list(components) or [component()],
            )
            self.store.offerings[offering.uuid] = offering
            return offering

    def add_customer(self, name: str, *, slug: str) -> Customer:
        with self.store.lock:
            customer = self._new_customer(name, slug)
            self.consumer.owns.add(customer)
            self.store.version += 1
            return customer

    def add_project(self, customer: Customer, name: str, *, slug: str) -> Project:
        with self.store.lock:
            project = Project(self.store.new_uuid("project"), name, slug, customer)
            self.store.projects[project.uuid] = project
            self.member.member_of.add(project)
            self.store.version += 1
            return project

    # --- resources

    def add_resource(
        self,
        offering: Offering,
        project: Project,
        *,
        data_type: str = "store",
        permissions: str = "775",
        name: str | None = None,
        slug: str | None = None,
        state: ResourceState = "OK",
        limits: Any = None,
        options: Any = None,
        attributes: Any = None,
        backend_id: str = "",
        backend_metadata: Any = None,
    ) -> Resource:
        """A resource that was ordered, approved and made before the test began.

        ``attributes`` join name, permissions and data type. Limits: 10 TB unless given.
        """
        called = name or f"{project.slug}-{data_type}"
        given = {"name": called, "permissions": permissions, "storage_data_type": data_type}
        given_limits = {"storage": 10} if limits is None else limits
        with self.store.lock:
            resource = Resource(
                uuid=self.store.new_uuid("resource"),
                name=called,
                slug=slug or self.store.new_slug(called),
                offering=offering,
                project=project,
                created=now(),
                modified=now(),
                state=state,
                limits=given_limits,
                attributes={**given, **(attributes or {})},
                options=options,
                backend_id=backend_id,
                backend_metadata={} if backend_metadata is None else backend_metadata,
                scope_uuid=self.store.new_uuid("scope"),
            )
            self.store.resources[resource.uuid] = resource
            order = self.orders.place(
                self.staff, resource, "Create", attributes=resource.attributes, limits=given_limits
            )
            reached = _CREATION.get(state, "done")
            self.change(order, state=reached, provider_reviewed_by=self.provider)
            return resource

    def change(self, record: Resource | Order, **values: Any) -> None:
        """Set attributes of the record as nobody could through the API."""
        with self.store.lock:
            for name, value in values.items():
                if not hasattr(record, name):
                    raise AttributeError(f"{type(record).__name__} has no {name}")
                setattr(record, name, value)
            if isinstance(record, Order):
                self.store.changed(record.resource, record)
            else:
                self.store.changed(record)

    def spoil(self, resource: Resource, *missing: str, **changed: Any) -> None:
        """Show the resource without the ``missing`` keys and with ``changed`` values."""
        self.change(resource, missing=frozenset(missing), changed=changed)

    def remove(self, resource: Resource) -> None:
        """Delete it with its orders, as staff may."""
        with self.store.lock:
            del self.store.resources[resource.uuid]
            for order in resource.orders:
                del self.store.orders[order.uuid]
            self.store.version += 1

    def _new_customer(self, name: str, slug: str) -> Customer:
        customer = Customer(self.store.new_uuid("customer"), name, slug, now())
        self.store.customers[customer.uuid] = customer
        return customer
