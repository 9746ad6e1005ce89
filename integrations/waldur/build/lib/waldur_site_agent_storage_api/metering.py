"""Usage over a month, out of the service's metering."""

from __future__ import annotations

from decimal import Decimal

from storage_api_client import NotSupported
from waldur_site_agent_storage_api.kinds.base import Kind

_SECONDS_A_DAY = 86_400


def days_of(kind: Kind, name: str, month: str | None) -> tuple[float | None, float | None]:
    """Byte-days and object-days of one holder; ``None`` where nothing was measured.

    ``month``: ``2026-11``; absent: this month until now.
    """
    kind_name = kind.settings.kind
    params = {"kind": kind_name, "name": name}
    if month is not None:
        params["from"] = month
    try:
        rows = kind.client.request("GET", f"/v3/{kind.settings.subsystem}/usage", params=params)
    except NotSupported:
        return None, None
    namespace = kind.settings.namespace
    for row in rows:
        if row["name"] == name and namespace in {None, row.get("namespace")}:
            return _days(row.get("byte_seconds")), _number(row.get("object_days"))
    return None, None


def _days(byte_seconds: str | None) -> float | None:
    return None if byte_seconds is None else float(Decimal(byte_seconds) / _SECONDS_A_DAY)


def _number(text: str | None) -> float | None:
    return None if text is None else float(text)
