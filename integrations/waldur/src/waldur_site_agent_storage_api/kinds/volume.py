"""A volume. It can carry no stamp, so the ledger alone proves whose it is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from waldur_site_agent.backend.exceptions import BackendError

from storage_api_client import AlreadyExists, ApiError
from storage_api_client.transport import address
from waldur_site_agent_storage_api.kinds.base import Kind, Limits, Record
from waldur_site_agent_storage_api.names import fields_of


class VolumeKind(Kind):
    family: ClassVar[str] = "volumes"
    stamped: ClassVar[bool] = False

    def names(self) -> Iterator[str]:
        """Those that hold users' data: a filer's own root is nobody's to import."""
        for record in self.call("GET"):
            if record.get("junction_path") != "/":
                yield record["name"]

    def stamp(self, record: Record) -> str | None:
        return None

    def check(self, limits: Limits) -> None:
        if limits.max_bytes is None:
            raise BackendError("a volume needs a size, and the order has none")

    def create(self, name: str, resource: Any, limits: Limits) -> Record:
        path = self.settings.junction_template.format(name=name, **fields_of(resource))
        body = {
            **self.settings.create_with,
            "junction_path": path,
            "size_total": limits.max_bytes,
        }
        self.call("POST", name, json=body)
        found = self.find(name)
        if found is None:
            raise BackendError(f"volume {name} was made and cannot be found")
        return found

    def limits(self, name: str, record: Record) -> Limits:
        return Limits(record.get("size_total"))

    def set_limits(self, name: str, limits: Limits) -> None:
        if limits.max_bytes is not None:
            self.call("PATCH", name, json={"size_total": limits.max_bytes})

    def used(self, name: str, record: Record) -> Limits:
        return Limits(record.get("size_used"))

    def details(self, name: str, record: Record) -> dict[str, Any]:
        path, filer = record.get("junction_path"), record.get("filer_address")
        mount = f"{filer}:{path}" if filer and path else None
        return {"path": path, "mount": mount, "export_policy": record.get("active_policy_name")}

    def access(self, record: Record) -> dict[str, Any]:
        return {"active_policy_name": record.get("active_policy_name")}

    def downscale(self, name: str) -> bool:
        return self._use(name, self.settings.downscale_policy)

    def pause(self, name: str) -> bool:
        policy = self.settings.pause_policy
        if policy is not None:
            self._ensure_policy(policy)
        return self._use(name, policy)

    def restore(self, name: str, kept: Record) -> None:
        self._use(name, kept.get("active_policy_name"))

    def _use(self, name: str, policy: str | None) -> bool:
        """False where there is no policy to use, or none now that could be put back later."""
        if policy is None or self.call("GET", name).get("active_policy_name") is None:
            return False
        self.call("PATCH", name, json={"active_policy_name": policy})
        return True

    def _ensure_policy(self, policy: str) -> None:
        """An export policy without a rule lets nobody in."""
        path = f"/v3/{self.settings.subsystem}/export" + address(policy)
        try:
            self.client.request("POST", path, json={"rules": []})
        except AlreadyExists:
            return
        except ApiError as error:
            if error.code != "already-exists":
                raise
