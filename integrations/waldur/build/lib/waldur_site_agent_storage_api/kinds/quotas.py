"""What kinds with a quota of their own share: buckets, users and namespaces."""

from __future__ import annotations

from typing import Any

from storage_api_client import Invalid, NotSupported
from waldur_site_agent_storage_api.kinds.base import Kind, Limits, Record

_NAMES = ("max_bytes", "max_objects")


class QuotaKind(Kind):
    """Limits are the quota of the API. One that is not enforced is none."""

    def limits(self, name: str, record: Record) -> Limits:
        return _limits(self.call("GET", name, "quota"))

    def set_limits(self, name: str, limits: Limits) -> None:
        self.call("PUT", name, "quota", json=quota_of(limits))

    def used(self, name: str, record: Record) -> Limits:
        usage = self.call("GET", name, "usage")
        return Limits(usage.get("used_bytes"), usage.get("used_objects"))

    def access(self, record: Record) -> dict[str, Any]:
        limits = _limits(self.call("GET", record["name"], "quota"))
        return {"max_bytes": limits.max_bytes, "max_objects": limits.max_objects}

    def downscale(self, name: str) -> bool:
        """A quota of nothing: what is there can be read and deleted."""
        try:
            self.call("PUT", name, "quota", json=quota_of(Limits(0, 0)))
        except (Invalid, NotSupported):
            return False
        return True

    def pause(self, name: str) -> bool:
        self.downscale(name)
        return False

    def restore(self, name: str, kept: Record) -> None:
        self.set_limits(name, Limits(kept.get("max_bytes"), kept.get("max_objects")))


def quota_of(limits: Limits) -> dict[str, Any]:
    """The body of a PUT, which replaces the whole quota."""
    given = {name: getattr(limits, name) for name in _NAMES if getattr(limits, name) is not None}
    return {**given, "enabled": bool(given)}


def _limits(quota: Record) -> Limits:
    if quota.get("enabled") is False:
        return Limits()
    return Limits(quota.get("max_bytes"), quota.get("max_objects"))
