"""The ``pagination`` parameter: one JSON document that filters, sorts and cuts a list."""

from __future__ import annotations

import json
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from jsonschema import Draft202012Validator

from tests.simulators.croit.errors import invalid
from tests.simulators.croit.records import Json

_DOCUMENT = Draft202012Validator(
    {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "after": {"type": ["integer", "null"], "minimum": 0},
            "limit": {"type": ["integer", "null"], "minimum": 0},
            "sortBy": {
                "type": ["array", "null"],
                "items": {
                    "type": "object",
                    "required": ["column"],
                    "properties": {
                        "column": {"type": "string"},
                        "order": {"enum": ["ASC", "DESC"]},
                    },
                },
            },
            "where": {"type": ["object", "null"]},
        },
    }
)


@dataclass(frozen=True)
class Pagination:
    after: int
    limit: int | None
    sort_by: list[Json]
    where: Json

    def page(self, rows: list[Json]) -> Json:
        """[O] Filter, then sort, then limit; ``total`` counts what the filter left."""
        found = [row for row in rows if _holds(self.where, row)]
        for order in reversed(self.sort_by):
            column = order["column"]
            found.sort(
                key=lambda row: _sortable(row.get(column)), reverse=order.get("order") == "DESC"
            )
        end = None if self.limit is None else self.after + self.limit
        return {
            "data": found[self.after : end],
            "total": len(found),
            "after": self.after,
            "limit": self.limit,
        }


def parse(text: str) -> Pagination:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        raise invalid("pagination is not JSON") from None
    if not _DOCUMENT.is_valid(document):
        raise invalid("pagination is not what it must be")
    return Pagination(
        document.get("after") or 0,
        document.get("limit"),
        document.get("sortBy") or [],
        document.get("where") or {},
    )


def _holds(where: Any, row: Json) -> bool:
    if not isinstance(where, dict):
        raise invalid("a condition is an object")
    return all(_one(name, wanted, row) for name, wanted in where.items())


def _one(name: str, wanted: Any, row: Json) -> bool:
    match name:
        case "_and":
            return all(_holds(part, row) for part in wanted)
        case "_or":
            return any(_holds(part, row) for part in wanted)
        case "_not":
            return not _holds(wanted, row)
        case "_search":
            return any(str(wanted).lower() in _text(value).lower() for value in row.values())
    if not isinstance(wanted, dict) or not wanted.keys() <= _OPERATORS.keys():
        raise invalid(f"unknown condition on {name}")
    return all(_OPERATORS[test](row.get(name), value) for test, value in wanted.items())


def _text(value: Any) -> str:
    """[O] Values of conditions are strings, whatever the column is."""
    return value if isinstance(value, str) else json.dumps(value)


def _compared(test: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    def holds(value: Any, wanted: Any) -> bool:
        try:
            return test(float(_text(value)), float(_text(wanted)))
        except ValueError:
            return test(_text(value), _text(wanted))

    return holds


def _matches(value: Any, wanted: Any) -> bool:
    try:
        return re.search(_text(wanted), _text(value)) is not None
    except re.error:
        raise invalid("_regex is not a regular expression") from None


def _among(value: Any, wanted: Any) -> bool:
    if not isinstance(wanted, list):
        raise invalid("_in and _nin take a list")
    return _text(value) in [_text(item) for item in wanted]


_OPERATORS: Mapping[str, Callable[[Any, Any], bool]] = {
    "_eq": lambda value, wanted: _text(value) == _text(wanted),
    "_neq": lambda value, wanted: _text(value) != _text(wanted),
    "_gt": _compared(operator.gt),
    "_gte": _compared(operator.ge),
    "_lt": _compared(operator.lt),
    "_lte": _compared(operator.le),
    "_regex": _matches,
    "_in": _among,
    "_nin": lambda value, wanted: not _among(value, wanted),
    "_contains": lambda value, wanted: _text(wanted) in _text(value),
}


def _sortable(value: Any) -> tuple[int, Any]:
    """Null first, then numbers, then the rest by its text."""
    if value is None:
        return 0, 0
    return (1, value) if isinstance(value, int | float) else (2, _text(value))
