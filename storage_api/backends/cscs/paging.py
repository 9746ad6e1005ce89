"""Reads a whole listing of Waldur: page 1 for the count, then the others several at a time."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Any, NamedTuple, TypeVar

import structlog

from storage_api.domain.errors import BackendMisbehaved
from storage_api.domain.units import ceil_div

Json = dict[str, Any]
T = TypeVar("T")
R = TypeVar("R")

#: The largest page that Waldur gives.
PAGE_SIZE = 300

#: What claims more would only fill our memory.
_MOST_PAGES = 10_000

log = structlog.get_logger(__name__)


class Page(NamedTuple):
    """One page, and how many rows Waldur said there are in all."""

    rows: list[Json]
    total: int


def in_parallel(work: Callable[[T], R], tasks: Iterable[T], at_once: int) -> list[R]:
    """``work`` for each task, in order, within the deadline of this request.

    The first error ends it; what has not begun by then is not done.
    """
    tasks = list(tasks)
    if len(tasks) < 2:  # noqa: PLR2004  # nothing to do at the same time
        return [work(task) for task in tasks]
    with ThreadPoolExecutor(min(at_once, len(tasks))) as pool:
        futures = [pool.submit(copy_context().run, work, task) for task in tasks]
        try:
            return [future.result() for future in futures]
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def read_listing(fetch: Callable[[int], Page], at_once: int) -> list[Json]:
    """Every row, each once, though the listing may change while it is read.

    Rows are told apart by ``uuid``. If what came is not what Waldur counted, all is read
    once more, and a row that either reading has is kept, as the second one shows it.
    """
    rows, whole = _read_once(fetch, at_once)
    if not whole:
        log.info("listing-changed-while-read", rows=len(rows))
        again, whole = _read_once(fetch, at_once)
        rows = again if whole else rows | again
    return list(rows.values())


def _read_once(fetch: Callable[[int], Page], at_once: int) -> tuple[dict[object, Json], bool]:
    first = fetch(1)
    pages = [first]
    if not first.rows and first.total:
        raise BackendMisbehaved("Waldur counts rows that it does not show.")
    if len(first.rows) < first.total:
        last = ceil_div(first.total, len(first.rows))
        if last > _MOST_PAGES:
            raise BackendMisbehaved("Waldur counts more pages than any site has.")
        pages += in_parallel(fetch, range(2, last + 1), at_once)
    rows: dict[object, Json] = {}
    for page in pages:
        for row in page.rows:
            uuid = row.get("uuid")
            rows[uuid if isinstance(uuid, str) else id(row)] = row
    totals = {page.total for page in pages}
    return rows, totals == {len(rows)} == {sum(len(page.rows) for page in pages)}
