"""``/v3/<e>/usage``: who used how much over a period, as it is billed."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from http import HTTPStatus
from typing import Any

from flask import Response, current_app, request

from storage_api.api.operation import operation
from storage_api.api.resource import BackendResource
from storage_api.domain.capabilities import HolderKind
from storage_api.domain.errors import Invalid
from storage_api.domain.models import MeteredUsage
from storage_api.metering.meter import Meter
from storage_api.metering.periods import Period
from storage_api.metering.units import DEFAULT_UNIT, UNITS, checked_unit
from storage_api.security.roles import Role


def _parameter(name: str, words: str, **schema: object) -> Mapping[str, Any]:
    return {"name": name, "in": "query", "type": "string", "description": words, **schema}


#: What every question about a period takes.
PERIOD: Sequence[Mapping[str, Any]] = (
    _parameter(
        "from",
        "From when on: a moment (2026-11-05T12:00:00Z), a day (2026-11-05) or a month (2026-11); "
        "without `to`, a day or month means the whole of it. Absent: this month.",
    ),
    _parameter("to", "Until before when, in the same forms. Absent or in the future: now."),
    _parameter("unit", "Unit of size.", enum=list(UNITS), default=DEFAULT_UNIT),
)
_SVG = "image/svg+xml"
#: Of an image that is opened by itself: it may style itself and nothing else.
_SVG_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox"


def meter() -> Meter:
    found: Meter = current_app.extensions["storage_api_meter"]
    return found


def asked_period() -> Period:
    """Raises ``Invalid`` for what is none."""
    given = request.args
    return meter().period(given.get("from"), given.get("to"))


def exact_filters() -> dict[str, str]:
    """Those by which the database need not look at everybody; the list applies all of them."""
    given = request.args
    found = {}
    if given.get("kind") in set(HolderKind):
        found["kind"] = given["kind"]
    name = given.get("name", "*")
    if "*" not in name and name.isprintable():
        found["name"] = name
    return found


class _MeteredResource(BackendResource):
    """Answered out of our own samples: a back-end that hangs keeps nobody from them."""

    def admission(self) -> AbstractContextManager[None]:
        return meter().door.enter()


class UsageList(_MeteredResource):
    @operation("list_metered_usage", Role.USER, returns=list[MeteredUsage], parameters=PERIOD)
    def get(self) -> list[MeteredUsage]:
        """Show what buckets, users and namespaces used over a period

        Out of samples: who has none in the period is not listed, and gaps between samples add
        nothing but are counted. A namespace or user holds its buckets, so do not add up rows of
        different kinds."""
        unit = checked_unit(request.args.get("unit"))
        period = asked_period()
        return meter().usage(self.endpoint_name, period, unit, **exact_filters())


class UsagePlot(_MeteredResource):
    @operation(
        "plot_usage",
        Role.USER,
        parameters=[
            *PERIOD,
            _parameter(
                "kind",
                "Whom to show; absent: users, or buckets or namespaces where there are none.",
                enum=[str(kind) for kind in HolderKind],
            ),
            _parameter("name", "Only those of this name; `*` stands for any text."),
        ],
        documents={HTTPStatus.OK: {"description": "An SVG image", "schema": {"type": "string"}}},
        produces=_SVG,
    )
    def get(self) -> Response:
        """Draw usage over a period

        The whole over time, the largest with their quotas, and who is near a quota. Gaps are
        left open."""
        unit = checked_unit(request.args.get("unit"))
        period = asked_period()
        kind = request.args.get("kind")
        if kind is not None and kind not in set(HolderKind):
            raise Invalid(f"'kind' must be one of {', '.join(HolderKind)}.")
        drawn = meter().picture(
            self.endpoint_name,
            period,
            unit,
            kind=HolderKind(kind) if kind else None,
            name=request.args.get("name", "*"),
        )
        headers = {"Cache-Control": "no-store", "Content-Security-Policy": _SVG_POLICY}
        return Response(drawn, headers=headers, content_type=_SVG)
