"""A collection: filtered, ordered, cut into pages."""

from collections.abc import Iterable, Sequence
from functools import cmp_to_key
from typing import Any, TypeVar
from urllib.parse import parse_qsl, urlencode

import orjson

from tests.simulators.ontap import query
from tests.simulators.ontap.call import Call, json
from tests.simulators.ontap.errors import bad_value
from tests.simulators.ontap.fields import Schema, Selection, select
from tests.simulators.ontap.http import Response
from tests.simulators.ontap.rows import Leaf, Row

R = TypeVar("R", bound=Row)

# The key in the cursor is for people; this is where a page ended, also when its last record
# is gone by the time that the next one is asked for.
_CURSOR = "at"

_NAMING = ("name", "uuid")
_UNSET: tuple[Leaf, ...] = ()

_Order = list[tuple[str, bool]]


def matching(call: Call, schema: Schema, rows: Iterable[R]) -> list[R]:
    """The records that every filter of the call matches."""
    found = list(rows)
    # What names one record first: the other filters then look at few.
    for path, text in sorted(call.params.filters, key=lambda pair: pair[0] not in _NAMING):
        if not schema.has_leaf(path, call.version):
            if call.params.ignore_unknown:
                continue
            raise bad_value(path, text)
        matches = query.predicate(text)
        found = [row for row in found if matches(row.leaves.get(path, _UNSET))]
    return found


def collection(call: Call, schema: Schema, rows: Iterable[Row]) -> Response:
    """Records in the order of their positions, or as ``order_by`` says.

    A page ends after ``max_records``, or when ``return_timeout`` seconds of simulated time
    have passed, whichever comes first; ``_links.next`` is there as long as records are left.
    """
    params = call.params
    selection = select(
        schema,
        params.fields,
        call.version,
        instance=False,
        ignore_unknown=params.ignore_unknown,
    )
    found = matching(call, schema, rows)
    if params.return_records is False:
        return json({"num_records": len(found)})
    order = _order(call, schema)
    if order:
        found.sort(key=cmp_to_key(lambda a, b: _compare(order, _place(order, a), _place(order, b))))
    else:
        found.sort(key=lambda row: row.position)
    rest = _after_cursor(call, order, found)
    page = rest[: _page_size(call)]
    more = len(page) < len(rest)
    return _answer(call, schema, selection, page, _next_href(call, schema, order, page, more))


def _answer(
    call: Call, schema: Schema, selection: Selection, page: Sequence[Row], next_href: str | None
) -> Response:
    links: dict[str, Any] = {"self": {"href": call.target}} if call.hal else {}
    if next_href is not None:
        links["next"] = {"href": next_href}
    records = b",".join([row.encoded(selection, hal=call.hal) for row in page])
    tail = b',"_links":' + orjson.dumps(links) if links else b""
    return Response(200, b'{"records":[%b],"num_records":%d%b}' % (records, len(page), tail))


def _page_size(call: Call) -> int:
    """At least one: a page never ends without progress."""
    each = call.world.settings.seconds_per_record
    if not each:
        return call.params.max_records
    return max(1, min(call.params.max_records, int(call.params.page_seconds / each)))


def _order(call: Call, schema: Schema) -> _Order:
    order: _Order = []
    for part in (call.params.order_by or "").split(","):
        words = part.split()
        if not words:
            continue
        direction = words[1].lower() if len(words) > 1 else "asc"
        known = schema.has_leaf(words[0], call.version)
        if not known or direction not in {"asc", "desc"} or len(words) > 2:
            raise bad_value("order_by", part)
        order.append((words[0], direction == "desc"))
    return order


def _place(order: _Order, row: Row) -> list[Leaf | None]:
    """What a record is ordered by, its position last."""
    return [*(row.leaves.get(path, (None,))[0] for path, _ in order), row.position]


def _compare(order: _Order, one: Sequence[Leaf | None], other: Sequence[Leaf | None]) -> int:
    """Records without a value come last, in both directions ([I])."""
    for (_, descending), left, right in zip([*order, ("", False)], one, other, strict=True):
        if left == right:
            continue
        if left is None or right is None:
            return 1 if left is None else -1
        less = str(left) < str(right) if isinstance(left, str) else left < right  # type: ignore[operator]
        return (1 if less else -1) if descending else (-1 if less else 1)
    return 0


def _after_cursor(call: Call, order: _Order, rows: list[Row]) -> list[Row]:
    text = call.params.start.get(_CURSOR)
    if text is None:
        return rows
    try:
        cursor = orjson.loads(text)
        return [row for row in rows if _compare(order, _place(order, row), cursor) > 0]
    except (TypeError, ValueError):
        raise bad_value(f"start.{_CURSOR}", text) from None


def _next_href(
    call: Call, schema: Schema, order: _Order, page: Sequence[Row], more: bool
) -> str | None:
    if not more:
        return None
    path, _, asked = call.target.partition("?")
    kept = [
        pair
        for pair in parse_qsl(asked, keep_blank_values=True)
        if not pair[0].startswith("start.")
    ]
    last = page[-1]
    cursor = orjson.dumps(_place(order, last)).decode()
    key = str(last.leaves[schema.key][0])
    return (
        f"{path}?{urlencode([*kept, (f'start.{schema.key}', key), (f'start.{_CURSOR}', cursor)])}"
    )
