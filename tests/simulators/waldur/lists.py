"""Lists as the server gives them: pages, ``field`` and the headers that lead on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar
from urllib.parse import urlencode

from tests.simulators.waldur.errors import Refusal

T = TypeVar("T")
Query = Mapping[str, Sequence[str]]
PAGE_SIZE = 10
MAX_PAGE_SIZE = 300


def page_of(rows: Sequence[T], query: Query, url: str) -> tuple[Sequence[T], dict[str, str]]:
    """The asked page and its headers. A page that does not exist is 404."""
    size = _page_size(query)
    last = max(1, -(-len(rows) // size))
    number = _page_number(query)
    if not 1 <= number <= last:
        raise Refusal(404, {"detail": "Invalid page."})
    links = [("first", 1), ("prev", number - 1), ("next", number + 1), ("last", last)]
    link = ", ".join(
        f'<{url}?{urlencode([*_kept(query), ("page", str(target))])}>; rel="{relation}"'
        for relation, target in links
        if 1 <= target <= last
    )
    headers = {"X-Result-Count": str(len(rows)), "Link": link}
    return rows[(number - 1) * size : number * size], headers


def _page_size(query: Query) -> int:
    text = _last(query, "page_size")
    size = int(text) if text.isdecimal() else 0
    return min(size, MAX_PAGE_SIZE) or PAGE_SIZE


def _page_number(query: Query) -> int:
    text = _last(query, "page") or "1"
    return int(text) if text.isdecimal() else 0


def _kept(query: Query) -> list[tuple[str, str]]:
    return [(name, value) for name, values in query.items() if name != "page" for value in values]


def _last(query: Query, name: str) -> str:
    return query[name][-1] if query.get(name) else ""


def fields_of(query: Query) -> tuple[str, ...]:
    return tuple(sorted(set(query.get("field", ()))))
