"""What must be done so that Waldur's offering is as it should be; nothing where it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from waldur_site_agent.common import MARKETPLACE_SLURM_OFFERING_TYPE

from waldur_site_agent_storage_api.offering.waldur import Waldur, WaldurError
from waldur_site_agent_storage_api.offering.wanted import components_of, options_of

_OFFERINGS = "marketplace-provider-offerings/"


@dataclass(frozen=True)
class Step:
    """``text`` says in the imperative what ``do`` does."""

    text: str
    do: Callable[[], Any]


def find(waldur: Waldur, offering: Mapping[str, Any], customer: str) -> dict[str, Any] | None:
    """By UUID where the configuration has one, else by the names of offering and provider.

    Raises:
        WaldurError: two have the name, or another provider has the UUID.
    """
    uuid = offering.get("waldur_offering_uuid")
    if uuid:
        found: dict[str, Any] = waldur.get(f"{_OFFERINGS}{uuid}/")
        if found["customer_uuid"] != customer:
            raise WaldurError(f"offering {uuid} is another provider's")
        return found
    rows = [
        row
        for row in waldur.every(_OFFERINGS)
        if row["name"] == offering["name"] and row["customer_uuid"] == customer
    ]
    if len(rows) > 1:
        raise WaldurError(f"two offerings are called {offering['name']}; give its UUID")
    return rows[0] if rows else None


def creation(
    waldur: Waldur, offering: Mapping[str, Any], customer: Mapping[str, Any], category: str
) -> Step:
    """The offering with components, options and a plan; a draft that nobody can order yet."""
    body = {
        **_own(offering),
        "category": _url(waldur.every("marketplace-categories/"), "title", category),
        "customer": customer["url"],
        "type": MARKETPLACE_SLURM_OFFERING_TYPE,
        "plans": [{"name": "Standard", "unit": "month"}],
        "shared": True,
        "billable": True,
    }
    return Step(f"create offering {offering['name']}", lambda: waldur.post(_OFFERINGS, body))


def new(offering: Mapping[str, Any]) -> dict[str, Any]:
    """What ``creation`` would make, as Waldur would show it, but for the UUID."""
    plan = {"uuid": "", "name": "Standard", "prices": {}}
    return {**_own(offering), "uuid": "", "state": "Draft", "plans": [plan]}


def _own(offering: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": offering["name"],
        "components": components_of(offering),
        "options": {"order": list(options_of(offering)), "options": options_of(offering)},
    }


def changes(
    waldur: Waldur,
    offering: Mapping[str, Any],
    found: Mapping[str, Any],
    prices: Mapping[str, float],
    *,
    activate: bool,
) -> Iterator[Step]:
    """Components, options, prices and state that differ. Nothing is ever removed."""
    path = f"{_OFFERINGS}{found['uuid']}/"
    former = {row["type"]: row for row in found["components"]}
    for row in components_of(offering):
        held = former.get(row["type"])
        if held is None:
            yield _post(waldur, f"create component {row['type']}", path, "create", row)
        elif any(_differs(value, held.get(name)) for name, value in row.items()):
            body = {**row, "uuid": held["uuid"]}
            yield _post(waldur, f"change component {row['type']}", path, "update", body)
    yield from _options(waldur, offering, found, path)
    if found["plans"]:
        yield from _prices(waldur, found["plans"][0], prices)
    if activate and found["state"] == "Draft":
        yield Step("activate the offering", lambda: waldur.post(f"{path}activate/", {}))


def _prices(waldur: Waldur, plan: Mapping[str, Any], prices: Mapping[str, float]) -> Iterator[Step]:
    held = plan["prices"]
    if stale := {name: price for name, price in prices.items() if _differs(price, held.get(name))}:
        path = f"marketplace-plans/{plan['uuid']}/update_prices/"
        text = f"set prices of plan {plan['name']}: {stale}"
        yield Step(text, lambda: waldur.post(path, {"prices": {**held, **stale}}))


def _options(
    waldur: Waldur, offering: Mapping[str, Any], found: Mapping[str, Any], path: str
) -> Iterator[Step]:
    held = found.get("options") or {}
    options = {**(held.get("options") or {}), **options_of(offering)}
    if options != held.get("options"):
        former = held.get("order") or []
        order = [*former, *(name for name in options if name not in former)]
        body = {"options": {"order": order, "options": options}}
        names = ", ".join(options_of(offering))
        yield Step(f"set options {names}", lambda: waldur.post(f"{path}update_options/", body))


def _post(waldur: Waldur, text: str, path: str, verb: str, body: Mapping[str, Any]) -> Step:
    return Step(text, lambda: waldur.post(f"{path}{verb}_offering_component/", body))


def _differs(wanted: Any, held: Any) -> bool:
    """Waldur writes some numbers as text."""
    if isinstance(wanted, int | float) and not isinstance(held, bool):
        with suppress(TypeError, ValueError):
            return float(held) != wanted
    return str(wanted) != str(held)


def _url(rows: list[dict[str, Any]], name: str, value: str) -> str:
    for row in rows:
        if row[name] == value:
            url: str = row["url"]
            return url
    raise WaldurError(f"nothing in Waldur has the {name} {value}")
