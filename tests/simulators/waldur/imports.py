"""Resources that an agent found at its back-end, for an administrator to import."""

from __future__ import annotations

from typing import Any

from tests.simulators.waldur.access import Access, plain_uuid
from tests.simulators.waldur.agents import listed
from tests.simulators.waldur.calls import Call, json_reply
from tests.simulators.waldur.errors import unseen
from tests.simulators.waldur.messages import Reply
from tests.simulators.waldur.records import Offering
from tests.simulators.waldur.store import Store, now
from tests.simulators.waldur.views import moment

_STATES = {"start_processing": "Processing", "set_done": "Done", "set_erred": "Erred"}


class Imports:
    def __init__(self, store: Store, access: Access) -> None:
        self._store = store
        self._access = access

    def ask(self, offering: Offering) -> dict[str, Any]:
        """What an administrator's click does; the agent is then told."""
        with self._store.lock:
            uuid = self._store.new_uuid("request")
            row = {
                "uuid": uuid,
                "url": f"/api/backend-resource-requests/{uuid}/",
                "created": moment(now()),
                "modified": moment(now()),
                "started": None,
                "finished": None,
                "state": "Sent",
                "offering": offering.uuid,
                "offering_name": offering.name,
                "offering_url": f"/api/marketplace-provider-offerings/{offering.uuid}/",
                "error_message": "",
                "error_traceback": "",
            }
            self._store.tables["requests"][uuid] = row
            return row

    def request(self, call: Call) -> Reply:
        return json_reply(self._row(call))

    def on_request(self, call: Call) -> Reply:
        row = self._row(call)
        row["state"] = _STATES[call.action]
        row["error_message"] = call.body.get("error_message", "")
        return json_reply({"status": row["state"]})

    def found(self, call: Call) -> Reply:
        query = call.request.query
        wanted = query.get("backend_id")
        rows = self._store.tables["found"].values()
        return listed([row for row in rows if not wanted or row["backend_id"] in wanted])

    def add_found(self, call: Call) -> Reply:
        body = call.body
        project = self._store.projects[plain_uuid(body["project"])]
        offering = self._access.offering(call.user, body["offering"])
        uuid = self._store.new_uuid("found")
        row = {
            "uuid": uuid,
            "url": f"/api/backend-resources/{uuid}/",
            "created": moment(now()),
            "modified": moment(now()),
            "name": body["name"],
            "backend_id": body["backend_id"],
            "backend_metadata": body.get("backend_metadata", {}),
            "project": project.uuid,
            "project_name": project.name,
            "project_url": f"/api/projects/{project.uuid}/",
            "offering": offering.uuid,
            "offering_name": offering.name,
            "offering_url": f"/api/marketplace-provider-offerings/{offering.uuid}/",
        }
        self._store.tables["found"][uuid] = row
        return json_reply(row, 201)

    def _row(self, call: Call) -> dict[str, Any]:
        row = self._store.tables["requests"].get(plain_uuid(call.key))
        if row is None:
            raise unseen("BackendResourceReq")
        return row
