"""Every record of one simulated Waldur, and the clock and identifiers that they get."""

from __future__ import annotations

import hashlib
import re
import threading
import uuid
from collections import Counter, defaultdict
from datetime import UTC, datetime
from typing import Any

from tests.simulators.waldur.records import Customer, Offering, Order, Project, Resource, User

_NAMESPACE = uuid.UUID("9d5a3f0e-5f3c-4f8c-9a55-0d1f6d1c7b11")


class Store:
    """Identifiers depend on nothing but the order of calls, so a seeded store is always the same.

    ``lock`` guards all of it; ``version`` grows with every change.
    """

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.version = 0
        self.customers: dict[str, Customer] = {}
        self.projects: dict[str, Project] = {}
        self.offerings: dict[str, Offering] = {}
        self.resources: dict[str, Resource] = {}
        self.orders: dict[str, Order] = {}
        self.users: dict[str, User] = {}
        # What only agents and administrators see, as JSON objects by identifier.
        self.tables: dict[str, dict[str, dict[str, Any]]] = defaultdict(dict)
        self._counted: Counter[str] = Counter()

    def new_uuid(self, kind: str) -> str:
        """32 hex digits, as the server writes them."""
        self._counted[kind] += 1
        return uuid.uuid5(_NAMESPACE, f"{kind}:{self._counted[kind]}").hex

    def new_token(self) -> str:
        """40 hex digits."""
        return hashlib.sha1(self.new_uuid("token").encode(), usedforsecurity=False).hexdigest()

    def new_slug(self, name: str) -> str:
        """The first eight letters of the name and a number, as the server makes them."""
        start = re.sub(r"[^a-z0-9]+", "-", name.lower())[:8]
        self._counted[f"slug {start}"] += 1
        return f"{start}-{self._counted[f'slug {start}']}"

    def changed(self, resource: Resource, order: Order | None = None) -> None:
        """Note a change of both; their encoded forms are stale."""
        self.version += 1
        resource.modified = now()
        resource.encoded.clear()
        if order is not None:
            order.modified = resource.modified
            order.encoded.clear()


def now() -> datetime:
    return datetime.now(UTC)
