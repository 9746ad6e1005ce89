"""The simulated Waldur that tests start, fill and watch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from tests.simulators.waldur.access import Access
from tests.simulators.waldur.agents import Agents
from tests.simulators.waldur.api import Api
from tests.simulators.waldur.demands import Demands
from tests.simulators.waldur.directory import Directory
from tests.simulators.waldur.http import SimulatorServer
from tests.simulators.waldur.imports import Imports
from tests.simulators.waldur.offerings import Offerings
from tests.simulators.waldur.people import People
from tests.simulators.waldur.reads import Reads
from tests.simulators.waldur.records import Offering, Order, Project, Resource, User
from tests.simulators.waldur.secrets import Secrets
from tests.simulators.waldur.seed import seed
from tests.simulators.waldur.site import Site
from tests.simulators.waldur.views import Views
from tests.simulators.waldur.writes import Writes


class WaldurSimulator(Site, SimulatorServer):
    """Waldur's marketplace on ``url``. Orders placed and decided here are as good as those by HTTP.

    ``empty_approval``: approve_by_provider answers without a body, as servers of 2024 did.
    """

    def __init__(
        self,
        *,
        offerings: Iterable[str] = ("capstor", "vast", "iopsstor"),
        port: int = 0,
        empty_approval: bool = False,
    ) -> None:
        Site.__init__(self, offerings)
        self._demands = Demands(self.store, self.orders)
        access = Access(self.store)
        self._views = Views(lambda: self.url)
        directory = Directory(lambda: self.url)
        self.agents = Agents(self.store)
        self.people = People(self.store, access)
        self.secrets = Secrets(self.store, access)
        self.imports = Imports(self.store, access)
        api = Api(
            self.store,
            Reads(self.store, access, self._views, directory),
            Writes(self.store, access, self._demands, self._views, empty_approval=empty_approval),
            agents=self.agents,
            people=self.people,
            secrets=self.secrets,
            imports=self.imports,
            offerings=Offerings(self.store, access, directory),
        )
        SimulatorServer.__init__(self, api.answer, port=port)

    def seed(self, count: int) -> list[Resource]:
        """Add ``count`` resources with their customers and projects."""
        return seed(self, count)

    def warm(self) -> None:
        """Encode every resource, once started: the first list then costs no more than the next."""
        with self.store.lock:
            for resource in self.store.resources.values():
                self._views.encoded_resource(resource, ())

    def create(
        self,
        offering: Offering,
        project: Project,
        *,
        data_type: str = "store",
        permissions: str = "775",
        name: str | None = None,
        limits: Any = None,
        attributes: Mapping[str, Any] | None = None,
        by: User | None = None,
    ) -> Order:
        """Order a new resource, 10 TB unless ``limits`` differ."""
        given = {
            "name": name or f"{project.slug}-{data_type}",
            "permissions": permissions,
            "storage_data_type": data_type,
            **(attributes or {}),
        }
        wanted = {"storage": 10} if limits is None else limits
        return self._demands.create(by or self.consumer, offering, project, given, wanted)

    def change_limits(
        self, resource: Resource, storage: int, *, by: User | None = None, **others: int
    ) -> Order:
        """``storage`` in TB; ``others``: the offering's other components."""
        limits = {"storage": storage, **others}
        return self._demands.change_limits(by or self.consumer, resource, limits)

    def change_options(
        self, resource: Resource, options: Mapping[str, Any], *, by: User | None = None
    ) -> Order:
        return self._demands.order_options(by or self.consumer, resource, dict(options))

    def terminate(self, resource: Resource, *, by: User | None = None) -> Order:
        return self._demands.terminate(by or self.consumer, resource, {})

    def approve_by_consumer(self, order: Order) -> None:
        self.orders.approve_by_consumer(order, self.consumer)

    def approve(self, order: Order, attributes: Mapping[str, Any] | None = None) -> None:
        """As the provider."""
        self.orders.approve_by_provider(order, self.provider, attributes or {})

    def reject(self, order: Order, comment: str = "") -> None:
        self.orders.reject(order, self.provider, side="provider", comment=comment)

    def finish(self, order: Order) -> None:
        self.orders.finish(order)

    def fail(self, order: Order, message: str = "", traceback: str = "") -> None:
        self.orders.fail(order, message, traceback)
