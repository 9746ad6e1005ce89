"""Counts the requests that the service answers."""

import re
from functools import lru_cache

from prometheus_client import Counter, Gauge, Histogram

from storage_api.metrics import instruments

#: For what no route of ours serves: any path may be asked for.
UNMATCHED = "unmatched"
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_OTHER = "other"


def route_of(rule: str | None, backend: str | None) -> str:
    """A rule as a label: ``/v3/{backend}/buckets/{bucket}``, the same for all back-ends."""
    if rule is None:
        return UNMATCHED
    route = re.sub(r"<(?:[^<>:]+:)?([^<>]+)>", r"{\1}", rule)
    return (
        re.sub(f"^(/v3)?/{re.escape(backend)}(?=/)", r"\1/{backend}", route) if backend else route
    )


def request_began(backend: str | None) -> None:
    _in_progress(backend).inc()


def request_over(backend: str | None) -> None:
    _in_progress(backend).dec()


def request_answered(
    rule: str | None, backend: str | None, method: str, status: int, seconds: float
) -> None:
    """Count one answer; ``rule`` is the URL rule that matched, if any did."""
    count, took = _of_answers(rule, backend, method if method in _METHODS else _OTHER, status)
    count.inc()
    took.observe(seconds)


# To find them again by their labels would take longer than to count.
@lru_cache(maxsize=8192)
def _of_answers(
    rule: str | None, backend: str | None, method: str, status: int
) -> tuple[Counter, Histogram]:
    of = backend or "", route_of(rule, backend), method
    return instruments.REQUESTS.labels(*of, str(status)), instruments.REQUEST_SECONDS.labels(*of)


@lru_cache(maxsize=1024)
def _in_progress(backend: str | None) -> Gauge:
    return instruments.REQUESTS_IN_PROGRESS.labels(backend or "")
