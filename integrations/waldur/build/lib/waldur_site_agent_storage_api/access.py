"""Members, pause, downscale and restore; and what Waldur shows of a resource."""

from __future__ import annotations

from typing import Any

from waldur_site_agent.backend import logger

from storage_api_client import ApiError
from waldur_site_agent_storage_api.errors import StorageApiUnavailable, translated
from waldur_site_agent_storage_api.kinds.base import Kind, Limits
from waldur_site_agent_storage_api.ledger import Ledger, Mode
from waldur_site_agent_storage_api.objects import Objects
from waldur_site_agent_storage_api.settings import Settings


class AccessHooks:
    """The agent calls these for every resource in every cycle of membership sync."""

    kind: Kind
    ledger: Ledger
    objects: Objects
    settings: Settings

    # Members: who may use a volume or a bucket is the site's directory's affair. They are kept
    # in the ledger and shown, so that the agent finds each of them where it put him.

    def add_user(self, waldur_resource: Any, username: str, **kwargs: Any) -> bool:
        del kwargs
        if not username or not waldur_resource.backend_id:
            return False
        self.ledger.add_member(waldur_resource.backend_id, username)
        return True

    def remove_user(self, waldur_resource: Any, username: str, **kwargs: Any) -> bool:
        del kwargs
        self.ledger.remove_member(waldur_resource.backend_id, username)
        return True

    # Access

    def downscale_resource(self, resource_backend_id: str) -> bool:
        return self._switch(resource_backend_id, "downscaled")

    def pause_resource(self, resource_backend_id: str) -> bool:
        return self._switch(resource_backend_id, "paused")

    def restore_resource(self, resource_backend_id: str) -> bool:
        """Called in every cycle; asks nobody where there is nothing to restore."""
        return self._switch(resource_backend_id, "normal")

    def _switch(self, name: str, mode: Mode) -> bool:
        try:
            with translated():
                return self.objects.switch(name, mode)
        except StorageApiUnavailable as error:
            logger.warning("%s stays as it is: %s", name, error)
            return False

    # What Waldur shows

    def get_resource_metadata(self, resource_backend_id: str) -> dict[str, Any]:
        """All of it: the agent replaces what Waldur had. No secrets."""
        name = resource_backend_id
        with translated():
            record = self.kind.find(name)
            if record is None:
                return {"name": name, "state": "missing"}
            limits = self.objects.limits(name)
            used = self._used(name, record)
            entry = self.ledger.entry(name)
            return {
                "subsystem": self.settings.subsystem,
                "kind": self.settings.kind,
                "name": name,
                **self.kind.details(name, record),
                "quota_bytes": limits.max_bytes,
                "quota_objects": limits.max_objects,
                "used_bytes": used.max_bytes,
                "used_objects": used.max_objects,
                "access": entry.mode if entry else "normal",
                "members": self.ledger.members(name),
            }

    def endpoints(self, metadata: dict[str, Any]) -> list[dict[str, str]]:
        """The links that Waldur shows, out of the setting of that name and the metadata."""
        return [
            {"name": name, "url": template.format_map(_Known(metadata))}
            for name, template in self.settings.endpoints.items()
        ]

    def _used(self, name: str, record: Any) -> Limits:
        try:
            return self.kind.used(name, record)
        except ApiError as error:
            logger.warning("What %s holds is unknown: %s", name, error.code)
            return Limits()


class _Known(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return ""
