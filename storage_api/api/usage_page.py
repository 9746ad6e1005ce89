"""``/usage``: a page with every back-end's usage drawn over a period."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from flask import Blueprint, Response, render_template, request, url_for

from storage_api.api.conf import mounted_backends
from storage_api.api.metering import meter
from storage_api.backends.accounting import UsageReporter
from storage_api.domain.errors import Invalid
from storage_api.metering.units import DEFAULT_UNIT, UNITS, checked_unit
from storage_api.security.principal import current_principal
from storage_api.security.roles import Role

usage_page = Blueprint("usage_page", __name__, template_folder="templates")


@usage_page.get("/usage")
def show() -> Response:
    """Whoever lacks the role to read usage sees why there is nothing to see."""
    principal = current_principal()
    # A form sends the fields that were left empty, too.
    asked: dict[str, Any] = {
        name: request.args[name] for name in ("from", "to", "unit") if request.args.get(name)
    }
    mistake = _mistake(asked)
    allowed = Role.USER in principal.roles
    measuring = [
        endpoint
        for endpoint, backend in mounted_backends().items()
        if isinstance(backend, UsageReporter)
    ]
    shown = measuring if allowed and not mistake else []
    page = render_template(
        "usage.html",
        principal=principal,
        allowed=allowed,
        mistake=mistake,
        asked={"unit": DEFAULT_UNIT, **asked},
        units=UNITS,
        plots={endpoint: url_for(f"{endpoint}.UsagePlot", **asked) for endpoint in shown},
        tables={endpoint: url_for(f"{endpoint}.UsageList", **asked) for endpoint in shown},
    )
    status = HTTPStatus.BAD_REQUEST if mistake else HTTPStatus.OK
    return Response(page, status, content_type="text/html; charset=utf-8")


def _mistake(asked: Mapping[str, str]) -> str | None:
    try:
        checked_unit(asked.get("unit"))
        meter().period(asked.get("from"), asked.get("to"))
    except Invalid as error:
        return str(error)
    return None
