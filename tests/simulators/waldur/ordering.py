"""The parameter ``o``: by which keys a list is ordered, each with ``-`` for the other way round."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from tests.simulators.waldur.errors import invalid
from tests.simulators.waldur.records import Order, Resource

T = TypeVar("T")
Keys = Mapping[str, Callable[[T], str]]


def ordered(rows: list[T], query: Mapping[str, Sequence[str]], keys: Keys[T]) -> list[T]:
    """Without ``o``: as they were made. A key that the list does not know is 400."""
    for name in reversed([name for text in query.get("o", ()) for name in text.split(",")]):
        key = keys.get(name.removeprefix("-"))
        if key is None:
            text = f"Select a valid choice. {name} is not one of the available choices."
            raise invalid(o=[text])
        rows = sorted(rows, key=key, reverse=name.startswith("-"))
    return rows


RESOURCE_KEYS: Keys[Resource] = {
    "created": lambda resource: resource.created.isoformat(timespec="microseconds"),
    "name": lambda resource: resource.name,
    "project_name": lambda resource: resource.project.name,
    "state": lambda resource: resource.state,
}
ORDER_KEYS: Keys[Order] = {
    "created": lambda order: order.created.isoformat(timespec="microseconds"),
    "state": lambda order: order.state,
}
