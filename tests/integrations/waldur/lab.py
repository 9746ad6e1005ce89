"""One Waldur, one service and one agent's host, for the tests of a module."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import requests

from tests.integrations.waldur.agent import Site, until
from tests.integrations.waldur.front import Front
from tests.servers import Server
from tests.simulators.waldur import WaldurSimulator
from tests.simulators.waldur.records import Offering, Order, Project, Resource, component

GB = 10**9

STORAGE = {
    "measured_unit": "GB",
    "unit_factor": GB,
    "accounting_type": "limit",
    "label": "Storage",
    "measure": "bytes",
}
OBJECTS = {
    "measured_unit": "objects",
    "unit_factor": 1,
    "accounting_type": "limit",
    "label": "Objects",
    "measure": "objects",
}


@dataclass
class Lab:
    """``configured``: the agent's offerings, by their slugs."""

    waldur: WaldurSimulator
    service: Server
    front: Front
    token: Path
    site: Site
    project: Project
    subsystem: str = "dummy"
    configured: dict[str, dict[str, Any]] = field(default_factory=dict)

    def offer(
        self,
        slug: str,
        *,
        settings: Mapping[str, Any],
        components: Mapping[str, Mapping[str, Any]] | None = None,
        more: Mapping[str, Any] | None = None,
    ) -> Offering:
        """An offering of Waldur, and the agent's configuration for it."""
        rows = {"storage": STORAGE} if components is None else components
        offering = self.waldur.add_offering(
            slug,
            components=[
                component(name, billing_type=row["accounting_type"]) for name, row in rows.items()
            ],
        )
        offering.choices.clear()
        self.configured[slug] = {
            "name": slug,
            "waldur_api_url": f"{self.waldur.url}/api/",
            "waldur_api_token": self.waldur.token,
            "waldur_offering_uuid": offering.uuid,
            "backend_type": "storage-api",
            "order_processing_backend": "storage-api",
            "membership_sync_backend": "storage-api",
            "reporting_backend": "storage-api",
            "verify_ssl": False,
            "backend_settings": {
                "api_url": self.front.url,
                "api_token_file": str(self.token),
                "state_directory": str(self.site.state),
                "subsystem": self.subsystem,
                **settings,
            },
            "backend_components": {name: dict(row) for name, row in rows.items()},
            **(more or {}),
        }
        self.site.configure(*self.configured.values())
        return offering

    def order(
        self,
        offering: Offering,
        name: str,
        *,
        limits: Mapping[str, int] | None = None,
        attributes: Mapping[str, Any] | None = None,
    ) -> Order:
        """A create order: 5 units of storage, unless ``limits`` differ."""
        wanted = {"storage": 5} if limits is None else dict(limits)
        return self.waldur.create(
            offering, self.project, name=name, limits=wanted, attributes=attributes
        )

    def ended(self, *orders: Order, seconds: float = 90.0) -> list[str]:
        """The states of ``orders``, once each is over."""
        over = {"done", "erred", "rejected"}
        until(lambda: all(order.state in over for order in orders), seconds)
        return [order.state for order in orders]

    def made(self, *orders: Order) -> list[Resource]:
        """The resources, once each order is done."""
        assert self.ended(*orders) == ["done"] * len(orders), [
            (order.state, order.error_message) for order in orders
        ]
        return [order.resource for order in orders]

    def age(self, order: Order) -> None:
        """Let an order look as if nobody had touched it for an hour."""
        with self.waldur.store.lock:
            order.modified -= timedelta(hours=1)
            order.encoded.clear()
            self.waldur.store.version += 1

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """What the service answers an administrator; None where there is nothing."""
        with requests.Session() as session:
            session.trust_env = False
            answer = session.request(
                method,
                f"{self.service.url}{path}",
                json=body,
                headers={"Authorization": f"Bearer {self.token.read_text()}"},
                timeout=10,
            )
        if answer.status_code == 404:
            return None
        assert answer.ok, answer.text
        return answer.json() if answer.content else None

    def shows(self, path: str, **values: Any) -> bool:
        """Whether the service's record has these values."""
        record = self.call("GET", path)
        return all(record[name] == value for name, value in values.items())

    def names(self, family: str) -> list[str]:
        return [row["name"] for row in self.call("GET", f"/v3/{self.subsystem}/{family}")]
