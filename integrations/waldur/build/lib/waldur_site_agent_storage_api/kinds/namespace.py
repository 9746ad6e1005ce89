"""A namespace. A label is its stamp where the back-end has labels, else the ledger."""

from __future__ import annotations

from typing import Any, ClassVar

from storage_api_client import Invalid
from waldur_site_agent_storage_api.kinds.base import Limits, Record
from waldur_site_agent_storage_api.kinds.quotas import QuotaKind, quota_of
from waldur_site_agent_storage_api.names import uuid_of

LABEL = "waldur-resource"


class NamespaceKind(QuotaKind):
    family: ClassVar[str] = "namespaces"

    def stamp(self, record: Record) -> str | None:
        found = (record.get("labels") or {}).get(LABEL)
        return found if isinstance(found, str) else None

    def create(self, name: str, resource: Any, limits: Limits) -> Record:
        given = dict(self.settings.create_with)
        if limits != Limits():
            given["quota"] = quota_of(limits)
        labels = {**given.pop("labels", {}), LABEL: uuid_of(resource)}
        try:
            record: Record = self.call("POST", name, json={**given, "labels": labels})
        except Invalid as error:
            if "label" not in (error.detail or ""):
                raise
            record = self.call("POST", name, json=given)
        return record

    def details(self, name: str, record: Record) -> dict[str, Any]:
        return {"namespace": name, "replication_group": record.get("replication_group")}

    def delete(self, name: str, *, purge: bool) -> Any:
        """Namespaces with anything inside are never deleted, whatever the policy."""
        return self.call("DELETE", name)
