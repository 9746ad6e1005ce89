"""What providers write on their resources."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from tests.simulators.waldur.errors import Refusal, crash, invalid, wrong_state
from tests.simulators.waldur.records import JsonObject, Resource
from tests.simulators.waldur.store import Store, now

_AMOUNT = re.compile(r"\d+(\.\d{1,2})?")
_MEASURED = ("OK", "Updating", "Terminating")


class Provider:
    """Every method holds the store's lock and returns the JSON answer."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def set_backend_id(self, resource: Resource, body: JsonObject) -> JsonObject:
        """The same again is fine; the empty text is allowed."""
        if "backend_id" not in body:
            raise crash()
        wanted = body["backend_id"]
        if not isinstance(wanted, str) or len(wanted) > 255:
            raise invalid(backend_id=["Not a valid string."])
        with self._store.lock:
            if wanted == resource.backend_id:
                return {"status": "Resource backend_id is not changed."}
            resource.backend_id = wanted
            self._store.changed(resource)
        return {"status": "Resource backend_id has been changed."}

    def set_backend_metadata(self, resource: Resource, body: JsonObject) -> JsonObject:
        """Replaces all of it."""
        wanted = _object(body, "backend_metadata")
        with self._store.lock:
            resource.backend_metadata = wanted
            self._store.changed(resource)
        return {"status": "The backend metadata is updated"}

    def update_options_direct(self, resource: Resource, body: JsonObject) -> JsonObject:
        """Replaces all of them, without an order."""
        wanted = _object(body, "options")
        with self._store.lock:
            resource.options = wanted
            self._store.changed(resource)
        return {"status": "Resource options are submitted"}

    def set_state_ok(self, resource: Resource, _body: JsonObject) -> JsonObject:
        """Whatever its state was, but Terminated; an open order stays as it is."""
        with self._store.lock:
            if resource.state == "Terminated":
                raise wrong_state(["OK", "Erred", "Creating", "Updating", "Terminating"])
            resource.state = "OK"
            resource.error_message = resource.error_traceback = ""
            self._store.changed(resource)
        return {"status": "Resource is OK"}

    def set_limits(self, resource: Resource, body: JsonObject) -> JsonObject:
        """Without an order: what the back-end really holds."""
        wanted = _object(body, "limits")
        for name, amount in wanted.items():
            if not isinstance(amount, int) or isinstance(amount, bool):
                raise invalid(limits={name: ["A valid integer is required."]})
        with self._store.lock:
            resource.limits = {**resource.limits, **wanted}
            self._store.changed(resource)
        return {"status": "Resource limits are set"}

    def set_endpoints(self, resource: Resource, body: JsonObject) -> JsonObject:
        with self._store.lock:
            resource.endpoints = list(body.get("endpoints", []))
            self._store.changed(resource)
        return {"status": "Resource endpoints are set"}

    def refresh_last_sync(self, resource: Resource, _body: JsonObject) -> JsonObject:
        resource.synced += 1
        return {"status": "ok"}

    def set_as_erred(self, resource: Resource, body: JsonObject) -> JsonObject:
        with self._store.lock:
            resource.state = "Erred"
            resource.error_message = str(body.get("error_message", ""))
            self._store.changed(resource)
        return {"status": "Resource is erred"}

    def set_usage(self, resource: Resource, usages: Any, date: Any) -> None:
        """``[{"type": "storage", "amount": "3.00"}]``, at most two decimals.

        ``date``: in the month that is meant; absent: this one.
        """
        if resource.state not in _MEASURED:
            raise invalid(resource=["Resource is not in valid state."])
        if not isinstance(usages, list):
            raise invalid(usages=["This field is required."])
        known = {row["type"] for row in resource.offering.components}
        amounts = dict(_amount(usage, known) for usage in usages)
        period = (datetime.fromisoformat(date) if date else now()).strftime("%Y-%m-01")
        with self._store.lock:
            resource.current_usages = {**resource.current_usages, **amounts}
            for kind, amount in amounts.items():
                row = resource.usages.setdefault(
                    (period, kind), {"uuid": self._store.new_uuid("usage")}
                )
                row |= {"type": kind, "usage": amount, "billing_period": period}
            self._store.changed(resource)


def _object(body: JsonObject, name: str) -> dict[str, Any]:
    value = body.get(name)
    if value is None:
        raise invalid(**{name: ["This field is required."]})
    if not isinstance(value, dict):
        raise invalid(**{name: ['Expected a dictionary of items but got type "str".']})
    return value


def _amount(usage: Any, known: set[str]) -> tuple[str, str]:
    given: Mapping[str, Any] = usage if isinstance(usage, dict) else {}
    kind = given.get("type")
    if kind not in known:
        raise Refusal(400, ["Component is not found."])
    text = str(given.get("amount", ""))
    if not _AMOUNT.fullmatch(text):
        problem = {"amount": ["Ensure that there are no more than 2 decimal places."]}
        raise invalid(usages=[problem])
    return str(kind), f"{float(text):.2f}"
