"""A bucket of an object user who belongs to the project. A tag is its stamp."""

from __future__ import annotations

from typing import Any, ClassVar

from storage_api_client import Conflict, Invalid, NotSupported
from storage_api_client.transport import address
from waldur_site_agent_storage_api.kinds.base import Limits, Record
from waldur_site_agent_storage_api.kinds.quotas import QuotaKind, quota_of
from waldur_site_agent_storage_api.names import name_of, uuid_of

TAG = "waldur-resource"


class BucketKind(QuotaKind):
    family: ClassVar[str] = "buckets"

    def stamp(self, record: Record) -> str | None:
        found = (record.get("tags") or {}).get(TAG)
        return found if isinstance(found, str) else None

    def create(self, name: str, resource: Any, limits: Limits) -> Record:
        owner = name_of("user", self.settings.bucket_owner, resource)
        self._ensure_user(owner)
        given = self.settings.create_with
        body = {
            **given,
            "owner": owner,
            "tags": {**given.get("tags", {}), TAG: uuid_of(resource)},
        }
        if limits != Limits():
            body["quota"] = quota_of(limits)
        record: Record = self.call("POST", name, json=body)
        return record

    def details(self, name: str, record: Record) -> dict[str, Any]:
        return {"bucket": name, "owner": record.get("owner")}

    def access(self, record: Record) -> dict[str, Any]:
        return {**super().access(record), "locked": bool(record.get("locked"))}

    def pause(self, name: str) -> bool:
        """Some back-ends can lock a bucket; of the others only writing is taken away."""
        super().pause(name)
        return self._lock(name, locked=True)

    def restore(self, name: str, kept: Record) -> None:
        super().restore(name, kept)
        if kept.get("locked") is False:
            self._lock(name, locked=False)

    def _lock(self, name: str, *, locked: bool) -> bool:
        try:
            self.call("PATCH", name, json={"locked": locked})
        except (Invalid, NotSupported):
            return False
        return True

    def _ensure_user(self, uid: str) -> None:
        """One who exists is left as he is; he stays when his buckets go."""
        path = self._root + address("users", uid)
        try:
            self.client.request("POST", path, json={})
        except Conflict:
            return
