"""Query parameters that narrow a list. Those that the server does not know change nothing."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import TypeVar

from tests.simulators.waldur.errors import Refusal, invalid
from tests.simulators.waldur.records import (
    ORDER_STATES,
    ORDER_TYPES,
    RESOURCE_STATES,
    Order,
    Resource,
)

T = TypeVar("T")
Test = Callable[[T], bool]
# From a parameter's name and values to a test of one record.
Filter = Callable[[str, Sequence[str]], Test[T]]


def narrowed(
    records: Iterable[T], query: Mapping[str, Sequence[str]], filters: Mapping[str, Filter[T]]
) -> list[T]:
    """The records that pass every filter of the query; a bad value is 400."""
    tests = [filters[name](name, values) for name, values in query.items() if name in filters]
    return [record for record in records if all(test(record) for test in tests)]


def _choice(legal: Sequence[str], key: Callable[[T], str]) -> Filter[T]:
    """Any of the values, each of which must be legal."""

    def test_of(name: str, values: Sequence[str]) -> Test[T]:
        for value in values:
            if value not in legal:
                raise _bad_choice(name, value)
        wanted = frozenset(values)
        return lambda record: key(record) in wanted

    return test_of


def _identifier(key: Callable[[T], str]) -> Filter[T]:
    """Any of the identifiers, with dashes or without."""

    def test_of(name: str, values: Sequence[str]) -> Test[T]:
        wanted = frozenset(_uuid(name, piece) for value in values for piece in value.split(","))
        return lambda record: key(record) in wanted

    return test_of


def _slug(key: Callable[[T], str]) -> Filter[T]:
    """Any of the names, which commas may separate."""

    def test_of(name: str, values: Sequence[str]) -> Test[T]:
        wanted = frozenset(piece for value in values for piece in value.split(","))
        return lambda record: key(record) in wanted

    return test_of


def _since_day(key: Callable[[T], datetime]) -> Filter[T]:
    """From that day on; a time of day is refused."""

    def test_of(name: str, values: Sequence[str]) -> Test[T]:
        try:
            day = date.fromisoformat(values[-1])
        except ValueError:
            raise invalid(**{name: ["Enter a valid date."]}) from None
        return lambda record: key(record).date() >= day

    return test_of


def _time(key: Callable[[T], datetime], *, before: bool = False) -> Filter[T]:
    """From that moment on, or up to it."""

    def test_of(name: str, values: Sequence[str]) -> Test[T]:
        try:
            moment = datetime.fromisoformat(values[-1])
        except ValueError:
            raise invalid(**{name: ["Enter a valid date/time."]}) from None
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return lambda record: key(record) <= moment if before else key(record) >= moment

    return test_of


def _uuid(name: str, text: str) -> str:
    try:
        return uuid.UUID(text).hex
    except ValueError:
        raise invalid(**{name: ["Enter a valid UUID."]}) from None


def _bad_choice(name: str, value: str) -> Refusal:
    text = f"Select a valid choice. {value} is not one of the available choices."
    return invalid(**{name: [text]})


RESOURCE_FILTERS: Mapping[str, Filter[Resource]] = {
    "state": _choice(RESOURCE_STATES, lambda resource: resource.state),
    "offering_slug": _slug(lambda resource: resource.offering.slug),
    "offering_uuid": _identifier(lambda resource: resource.offering.uuid),
    "project_uuid": _identifier(lambda resource: resource.project.uuid),
    "customer_uuid": _identifier(lambda resource: resource.project.customer.uuid),
    "modified": _since_day(lambda resource: resource.modified),
}

ORDER_FILTERS: Mapping[str, Filter[Order]] = {
    "state": _choice(ORDER_STATES, lambda order: order.state),
    "type": _choice(ORDER_TYPES, lambda order: order.type),
    "offering_slug": _slug(lambda order: order.resource.offering.slug),
    "offering_uuid": _identifier(lambda order: order.resource.offering.uuid),
    "resource_uuid": _identifier(lambda order: order.resource.uuid),
    "project_uuid": _identifier(lambda order: order.resource.project.uuid),
    "customer_uuid": _identifier(lambda order: order.resource.project.customer.uuid),
    "modified": _time(lambda order: order.modified),
    "modified_before": _time(lambda order: order.modified, before=True),
}
