"""Access keys of resources: minted by an agent, kept here."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from tests.simulators.waldur.access import Access, plain_uuid
from tests.simulators.waldur.agents import listed
from tests.simulators.waldur.calls import Call, json_reply
from tests.simulators.waldur.errors import unseen, wrong_state
from tests.simulators.waldur.messages import Reply
from tests.simulators.waldur.records import Resource
from tests.simulators.waldur.store import Store, now
from tests.simulators.waldur.views import moment


class Secrets:
    def __init__(self, store: Store, access: Access) -> None:
        self._store = store
        self._access = access

    def of(self, resource: Resource) -> list[dict[str, Any]]:
        rows = self._store.tables["keys"].values()
        return [row for row in rows if row["resource_uuid"] == resource.uuid]

    def begin_rotation(self, key: dict[str, Any]) -> None:
        """What a consumer's click does; the agent is then told."""
        with self._store.lock:
            key["state"] = "Updating"
            key["modified"] = moment(now())

    def keys(self, call: Call) -> Reply:
        query = call.request.query
        rows = [row for row in self._store.tables["keys"].values() if _wanted(row, query)]
        return listed(rows)

    def report(self, call: Call) -> Reply:
        body = call.body
        resource = self._access.provider_resource(call.user, body["resource"])
        self._access.need_provider(call.user, resource.offering)
        uuid = self._store.new_uuid("key")
        self._store.tables["keys"][uuid] = {
            "uuid": uuid,
            "resource_uuid": resource.uuid,
            "offering_uuid": resource.offering.uuid,
            "resource_backend_id": resource.backend_id,
            "client_id": body["client_id"],
            "api_key": body["api_key"],
            "state": "OK",
            "error_message": "",
            "modified": moment(now()),
        }
        return json_reply(_status(self._store.tables["keys"][uuid]), 201)

    def on_key(self, call: Call) -> Reply:
        row = self._store.tables["keys"].get(plain_uuid(call.key))
        if row is None:
            raise unseen("ResourceApiKey")
        if row["state"] != "Updating":
            raise wrong_state(["Updating"])
        if call.action == "set_key":
            client_id = call.body.get("client_id", row["client_id"])
            row |= {"state": "OK", "api_key": call.body["api_key"], "client_id": client_id}
        else:
            row |= {"state": "Erred", "error_message": call.body.get("error_message", "")}
        row["modified"] = moment(now())
        return json_reply(_status(row))


def _status(row: dict[str, Any]) -> dict[str, Any]:
    """No answer to an agent repeats the secret."""
    return {name: value for name, value in row.items() if name != "api_key"}


def _wanted(row: dict[str, Any], query: dict[str, list[str]]) -> bool:
    for name in ("resource_uuid", "offering_uuid"):
        if name in query and row[name] not in map(plain_uuid, query[name]):
            return False
    if "state" in query and row["state"] not in query["state"]:
        return False
    return _is_before(row["modified"], query.get("modified_before"))


def _is_before(modified: str, bound: Sequence[str] | None) -> bool:
    return not bound or datetime.fromisoformat(modified) <= datetime.fromisoformat(bound[-1])
