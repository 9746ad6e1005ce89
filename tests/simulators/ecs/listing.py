"""Lists in pages: ``limit``, ``marker`` and a prefix of the name."""

import uuid
from collections.abc import Callable, Iterable
from typing import Any, TypeVar
from urllib.parse import urlencode

from tests.simulators.ecs.call import Call, Reply
from tests.simulators.ecs.errors import invalid

Row = TypeVar("Row")
_MARKER_TAIL = 37


def page(
    call: Call,
    path: str,
    *,
    root: str,
    key: str,
    most: str,
    rows: Iterable[Row],
    name_of: Callable[[Row], str],
    shown: Callable[[Row], Any],
) -> Reply:
    """``{<key>: [...], <most>, Filter, NextMarker, NextPageLink}``; the last page has no marker."""
    limit = min(call.number("limit", call.settings.page_limit), call.settings.page_limit)
    pattern = call.query.get("name", "")
    found = _matching(rows, name_of, pattern)
    found.sort(key=name_of)
    here, more = after(found, name_of, call.query.get("marker", ""), limit)
    document: dict[str, Any] = {key: [shown(row) for row in here], most: limit}
    document["Filter"] = f"name={pattern}" if pattern else ""
    if more:
        document["NextMarker"] = marker(name_of(here[-1]))
        query = {**call.query, "limit": limit, "marker": document["NextMarker"]}
        document["NextPageLink"] = f"{path}?{urlencode(query)}"
    return Reply(root, document)


def after(
    rows: list[Row], name_of: Callable[[Row], str], marked: str, limit: int
) -> tuple[list[Row], bool]:
    """The next rows of an ordered list, and whether there are still others."""
    if marked:
        last = _unmark(marked)
        rows = [row for row in rows if name_of(row) > last]
    return rows[:limit], len(rows) > limit


def marker(name: str) -> str:
    """Only its maker knows what it means."""
    return f"{name}-{uuid.uuid5(uuid.NAMESPACE_URL, name)}"


def _unmark(marked: str) -> str:
    name = marked[:-_MARKER_TAIL]
    if marker(name) != marked:
        raise invalid("marker", marked)
    return name


def _matching(rows: Iterable[Row], name_of: Callable[[Row], str], pattern: str) -> list[Row]:
    if not pattern:
        return list(rows)
    prefix, wild, rest = pattern.partition("*")
    if rest:
        raise invalid("name", pattern)
    return [
        row for row in rows if (name_of(row).startswith(prefix) if wild else name_of(row) == prefix)
    ]
