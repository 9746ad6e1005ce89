"""What a site agent tells of itself, and the queue that its events wait in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.simulators.waldur.access import plain_uuid
from tests.simulators.waldur.calls import Call, json_reply
from tests.simulators.waldur.errors import invalid, unseen
from tests.simulators.waldur.messages import Reply
from tests.simulators.waldur.store import Store, now
from tests.simulators.waldur.views import moment

QueueMaker = Callable[[str, str, str], None]


class Agents:
    """``make_queue``: called with virtual host, queue and the caller's token."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.make_queue: QueueMaker = lambda _vhost, _queue, _token: None

    def version(self, call: Call) -> Reply:
        return json_reply({"version": "8.1.2", "latest_version": "8.1.2"})

    def identities(self, call: Call) -> Reply:
        wanted = call.request.query.get("name")
        rows = [
            row
            for row in self._store.tables["identities"].values()
            if not wanted or row["name"] in wanted
        ]
        return listed(rows)

    def add_identity(self, call: Call) -> Reply:
        row = self._new(
            "identities",
            name=_needed(call, "name"),
            offering=plain_uuid(_needed(call, "offering")),
            created_by=None,
            services=[],
        )
        return json_reply(row, 201)

    def change_identity(self, call: Call) -> Reply:
        row = self._row("identities", call.key)
        row["version"] = call.body.get("version")
        return json_reply(row)

    def on_identity(self, call: Call) -> Reply:
        identity = self._row("identities", call.key)
        if call.action == "register_queue":
            queue = f"consumer_{identity['uuid']}"
            self.make_queue(call.user.uuid, queue, call.user.token)
            row = {
                "rmq_username": queue,
                "queue_name": queue,
                "vhost": call.user.uuid,
                "observable_object_types": call.body.get("object_types", []),
            }
            return json_reply(row, 201)
        row = self._new(
            "services",
            name=_needed(call, "name"),
            mode=call.body.get("mode"),
            identity=identity["uuid"],
            identity_name=identity["name"],
            state="Active",
            processors=[],
        )
        return json_reply(row, 201)

    def on_service(self, call: Call) -> Reply:
        service = self._row("services", call.key)
        row = self._new(
            "processors",
            name=_needed(call, "name"),
            backend_type=_needed(call, "backend_type"),
            service=service["uuid"],
            service_name=service["name"],
        )
        return json_reply(row, 201)

    def _new(self, table: str, **values: Any) -> dict[str, Any]:
        uuid = self._store.new_uuid(table)
        at = moment(now())
        row = {"uuid": uuid, "url": f"/{table}/{uuid}/", "created": at, "modified": at, **values}
        self._store.tables[table][uuid] = row
        return row

    def _row(self, table: str, key: str) -> Any:
        row = self._store.tables[table].get(plain_uuid(key))
        if row is None:
            raise unseen(table)
        return row


def _needed(call: Call, name: str) -> str:
    if not isinstance(value := call.body.get(name), str):
        raise invalid(**{name: ["This field is required."]})
    return value


def listed(rows: list[Any]) -> Reply:
    """All on one page."""
    reply = json_reply(rows)
    return Reply(reply.status, reply.body, {**reply.headers, "X-Result-Count": str(len(rows))})
