"""Filters and pages for every list.

``limit`` and ``marker`` page (a ``Link`` header leads to the next page); other
parameters keep the records whose field equals them, with ``*`` for any text in
``name``. Without ``limit`` the whole list comes, in the back-end's order.
"""

import base64
import binascii
import dataclasses
import fnmatch
import operator
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from flask import request

from storage_api.domain.errors import Invalid

MAX_LIMIT = 10_000
#: Fields that a list can be filtered by, where its record has them.
FILTERS = ("kind", "name", "owner", "state", "backend")
#: What a record is sorted and paged by; ids, which grow with time, from the newest.
_KEYS = ("holder", "name", "access_key", "host", "id", "uuid")
_DESCENDING = "id"


def filters_of(record: type) -> list[str]:
    """The filters that a list of ``record`` offers."""
    fields = _field_names(record)
    return [name for name in FILTERS if name in fields]


def paged(records: list[Any], record: type) -> tuple[list[Any], dict[str, str]]:
    """The page that the request asks for, and the headers that lead to the next one.

    Raises:
        Invalid: ``limit`` or ``marker`` is malformed.
    """
    for name in filters_of(record):
        if (wanted := request.args.get(name)) is not None:
            matches = _matcher(name, wanted)
            records = [item for item in records if matches(getattr(item, name))]
    limit = _limit()
    marker = request.args.get("marker")
    if limit is None and marker is None:
        return records, {}
    key = next(name for name in _KEYS if name in _field_names(record))
    records = sorted(records, key=lambda item: _mark(item, key), reverse=key == _DESCENDING)
    if marker is not None:
        before = operator.lt if key == _DESCENDING else operator.gt
        last = _decode(marker)
        records = [item for item in records if before(_mark(item, key), last)]
    if limit is None or len(records) <= limit:
        return records, {}
    page = records[:limit]
    return page, {"Link": f'<{_next_url(_mark(page[-1], key))}>; rel="next"'}


def _mark(item: Any, key: str) -> str:
    """What a record is sorted and paged by; one access key may have several secrets."""
    value: str = getattr(item, key)
    return f"{value} {item.id or ''}" if key == "access_key" else value


def _field_names(record: type) -> set[str]:
    return {field.name for field in dataclasses.fields(record)}


def _matcher(name: str, wanted: str) -> Callable[[str | None], bool]:
    if name != "name" or "*" not in wanted:
        return lambda value: value == wanted
    # fnmatch's expression cannot backtrack for ever; only * is special here.
    pattern = re.compile(fnmatch.translate(re.sub(r"([\[?])", r"[\1]", wanted)))
    return lambda value: value is not None and pattern.match(value) is not None


def _limit() -> int | None:
    text = request.args.get("limit")
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= MAX_LIMIT):
        raise Invalid(f"'limit' must be a whole number from 1 to {MAX_LIMIT}.")
    return int(text)


def _decode(marker: str) -> str:
    try:
        return base64.b64decode(marker, altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        raise Invalid("'marker' must come from the Link header of the page before.") from None


def _next_url(last: str) -> str:
    marker = base64.urlsafe_b64encode(last.encode()).decode()
    query = {**request.args.to_dict(), "marker": marker}
    return f"{request.path}?{urlencode(query)}"
