"""What kinds with a quota of their own share: buckets, users and namespaces."""

from __future__ import annotations

from typing import Any

from storage_api_client import Invalid, NotSupported
from waldur_site_agent_storage_api.kinds.base import Kind, Limits, Record

_NAMES = ("max_bytes", "max_objects")
_SOFT = {"soft_bytes": "max_bytes", "soft_objects": "max_objects"}


class QuotaKind(Kind):
    """Limits are the quota of the API. One that is not enforced is none."""

    def limits(self, name: str, record: Record) -> Limits:
        return _limits(self.call("GET", name, "quota"))

    def set_limits(self, name: str, limits: Limits) -> None:
        """Limits that only warn are somebody else's, and stay."""
        self._put(name, limits, self.call("GET", name, "quota"))

    def used(self, name: str, record: Record) -> Limits:
        usage = self.call("GET", name, "usage")
        return Limits(usage.get("used_bytes"), usage.get("used_objects"))

    def access(self, record: Record) -> dict[str, Any]:
        try:
            quota = self.call("GET", record["name"], "quota")
        except NotSupported:
            return {}
        limits = _limits(quota)
        found = {"max_bytes": limits.max_bytes, "max_objects": limits.max_objects}
        return {**found, **{name: quota.get(name) for name in _SOFT}}

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
        if "max_bytes" in kept:
            self._put(name, Limits(kept["max_bytes"], kept["max_objects"]), kept)

    def _put(self, name: str, limits: Limits, former: Record) -> None:
        """With the soft limits of ``former``, where they are below the hard ones."""
        body = quota_of(limits)
        if former.get("enabled") is not False:
            for soft, hard in _SOFT.items():
                value, most = former.get(soft), body.get(hard)
                if value is not None and (most is None or value <= most):
                    body |= {soft: value, "enabled": True}
        self.call("PUT", name, "quota", json=body)


def quota_of(limits: Limits) -> dict[str, Any]:
    """The body of a PUT, which replaces the whole quota."""
    given = {name: getattr(limits, name) for name in _NAMES if getattr(limits, name) is not None}
    return {**given, "enabled": bool(given)}


def _limits(quota: Record) -> Limits:
    if quota.get("enabled") is False:
        return Limits()
    return Limits(quota.get("max_bytes"), quota.get("max_objects"))
