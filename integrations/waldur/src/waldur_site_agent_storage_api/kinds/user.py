"""A user's account on an object store. The service itself stamps it with the resource's UUID."""

from __future__ import annotations

import re
from typing import Any, ClassVar

from storage_api_client import Invalid, NotSupported
from waldur_site_agent_storage_api.kinds.base import Limits, Record
from waldur_site_agent_storage_api.kinds.quotas import QuotaKind
from waldur_site_agent_storage_api.names import fields_of, uuid_of

_STAMP = re.compile(r"storage-api-([0-9a-f]{32})-[0-9a-f]{32}@invalid")


class UserKind(QuotaKind):
    """The service derives the name, out of customer, project and UUID."""

    family: ClassVar[str] = "users"
    has_keys: ClassVar[bool] = True

    def stamp(self, record: Record) -> str | None:
        found = _STAMP.fullmatch((record.get("email") or "").lower())
        return found and found[1]

    def name(self, resource: Any) -> str:
        """Known once it is made; until then the UUID, which locks it as well."""
        return uuid_of(resource)

    def made_for(self, resource: Any) -> list[str]:
        """Whatever the slugs are called by now: names end with digits of the UUID."""
        pattern = f"*{uuid_of(resource)[:8]}"
        return [record["name"] for record in self.call("GET", params={"name": pattern})]

    def create(self, name: str, resource: Any, limits: Limits) -> Record:
        """The record has ``connection`` beside the user's own keys: a new key, told this once."""
        fields = fields_of(resource)
        body = {
            "organization": fields["customer_slug"],
            "project": fields["project_slug"],
            "resource_uuid": uuid_of(resource),
            "display_name": resource.name,
            "storage_limit": limits.max_bytes,
            "object_limit": limits.max_objects,
        }
        account = self.call("POST", json={**self.settings.create_with, **body})
        return {**account["user"], "connection": account["connection"]}

    def details(self, name: str, record: Record) -> dict[str, Any]:
        shown = self.call("GET", name, "metadata")
        connection = shown["connection"]
        return {
            "user": record.get("id") or name,
            "s3_endpoint": connection.get("endpoint"),
            "region": connection.get("region"),
            "buckets": [bucket["name"] for bucket in shown["storage"].get("buckets") or []],
        }

    def access(self, record: Record) -> dict[str, Any]:
        return {**super().access(record), "suspended": bool(record.get("suspended"))}

    def pause(self, name: str) -> bool:
        try:
            self.call("PATCH", name, json={"suspended": True})
        except (Invalid, NotSupported):
            return False
        return True

    def restore(self, name: str, kept: Record) -> None:
        if not kept.get("suspended") and self.call("GET", name).get("suspended"):
            self.call("PATCH", name, json={"suspended": False})
        super().restore(name, kept)

    # Keys

    def key_ids(self, name: str) -> list[str]:
        return [key.get("id") or key["access_key"] for key in self.call("GET", name, "keys")]

    def new_key(self, name: str) -> Record:
        key: Record = self.call("POST", name, "keys")
        return key

    def rotate_key(self, name: str, key_id: str) -> Record:
        key: Record = self.call("POST", name, "keys", key_id, "rotate", json={})
        return key

    def delete_key(self, name: str, key_id: str) -> None:
        self.call("DELETE", name, "keys", key_id)
