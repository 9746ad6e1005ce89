"""The published proxy and our service, asked the same."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import requests

from tests.backends.cscs.lab import DOCUMENT, Lab, kind
from tests.conformance.client import Answer, Api
from tests.simulators.waldur.records import Resource

Item = dict[str, Any]
ABSENT = "absent"
WHOLE = "?page_size=500"


@dataclass(frozen=True)
class Sides:
    """Both read ``lab``'s Waldur with every question."""

    lab: Lab
    url: str
    api: Api

    def theirs(self, query: str = WHOLE) -> Answer:
        with requests.Session() as session:
            session.trust_env = False
            found = session.get(f"{self.url}{DOCUMENT}{query}", timeout=60)
        return Answer(found.status_code, found.headers, found.json())

    def ours(self, query: str = WHOLE) -> Answer:
        """Read afresh, as theirs always is."""
        return self.api.get(f"{DOCUMENT}{query}", headers={"Cache-Control": "no-cache"})

    def both(self, query: str = WHOLE) -> tuple[Any, Any]:
        """The two documents."""
        return self.theirs(query).expect(200), self.ours(query).expect(200)

    def name_of(self, item: Item) -> str:
        """A project's slug; for tenants and customers what and where they are."""
        if kind(item) in {"project", "user"}:
            resource = self.lab.waldur.store.resources[uuid.UUID(item["itemId"]).hex]
            return resource.project.slug
        system, data_type = item["storageSystem"]["key"], item["storageDataType"]["key"]
        return f"{kind(item)} {item['target']['targetItem']['key']} {system} {data_type}"


def identified(resource: Resource) -> str:
    return str(uuid.UUID(resource.uuid))


def known(items: list[Item]) -> list[Item]:
    """Without the user numbers, which the published proxy makes up anew with every start."""
    copies: list[Item] = json.loads(json.dumps(items))
    for item in copies:
        target = item["target"]["targetItem"]
        if "unixUid" in target:
            target["unixUid"] = type(target["unixUid"]).__name__
    return copies


def differences(theirs: Item, ours: Item) -> dict[str, tuple[Any, Any]]:
    """Where the two differ: dotted path to what each has there."""
    one, other = dict(_leaves(theirs)), dict(_leaves(ours))
    paths = [*one, *(path for path in other if path not in one)]
    pairs = {path: (one.get(path, ABSENT), other.get(path, ABSENT)) for path in paths}
    return {path: pair for path, pair in pairs.items() if pair[0] != pair[1]}


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict | list) and value:
        parts = value.items() if isinstance(value, dict) else enumerate(value)
        for name, part in parts:
            yield from _leaves(part, f"{path}.{name}" if path else str(name))
    else:
        yield path, value
