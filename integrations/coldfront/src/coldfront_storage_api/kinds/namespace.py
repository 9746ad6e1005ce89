"""A namespace with its quota, owner, key and bucket, which the service makes as one.

The stamp is the name of the service's own record (``/allocations``): the service never takes over
a namespace that it did not make under this very name, so nobody else's can be touched.
"""

from contextlib import suppress
from typing import Any, ClassVar

from coldfront_storage_api import attributes
from coldfront_storage_api.failures import Refused
from coldfront_storage_api.kinds.base import Found, Storage
from coldfront_storage_api.kinds.naming import chosen
from coldfront_storage_api.names import slug
from storage_api_client import NotFound


class NamespaceStorage(Storage):
    needs: ClassVar = frozenset({"allocations", "namespaces", "users"})
    options: ClassVar = frozenset({"nfs_share"})

    @property
    def identity(self) -> str:
        return self.recorded or self.target.stamp

    @property
    def place(self) -> str | None:
        told = self._record()
        return _place(told) if told is not None else None

    def find(self) -> Found | None:
        told = self._record()
        if told is None:
            self._refuse_namesake()
            return None
        if told["state"] != "active":
            # The same request again finishes it; the service says if it cannot.
            return None
        quota, usage = told.get("quota") or {}, told.get("usage") or {}
        return Found(
            limit=quota.get("max_bytes"),
            used=None if usage.get("stale") else usage.get("used_bytes"),
            closed=bool(self._users(told).get(told["owner"]).get("suspended")),
            place=_place(told),
        )

    def make(self, size: int, options: frozenset[str] = frozenset()) -> str:
        self.refuse_options(options)
        body = {**self._wish(), "size_bytes": size}
        if options:
            body["nfs_share"] = True
        # The owner's secret, which this answer alone holds, is not kept: ColdFront is no safe.
        return _place(self.backend.allocations.create(self.identity, **body))

    def _wish(self) -> dict[str, Any]:
        target, half = self.target, self._record()
        if half is not None:
            namespace, bucket = half["namespace"], half["bucket"]
        else:
            namespace = chosen(target, "Namespace")
            bucket = attributes.value(target.allocation, "Bucket") or slug(
                f"lab-{namespace}-bucket"
            )
        wish: dict[str, Any] = {"namespace": namespace, "bucket": bucket}
        if group := target.setting("replication_group"):
            wish["replication_group"] = group
        if domain := target.setting("ldap_domain"):
            wish |= {"domain": domain, "groups": [target.allocation.project.title]}
        return wish

    def resize(self, size: int, found: Found) -> None:
        # The service itself refuses to go below what is stored.
        del found
        self.backend.allocations.update(self.identity, size_bytes=size)

    def close(self) -> None:
        self._suspend(suspended=True)

    def open(self) -> None:
        self._suspend(suspended=False)

    def delete(self) -> None:
        with suppress(NotFound):
            self.backend.allocations.delete(self.identity)

    def refuse_half(self) -> None:
        told = self._record()
        if told is not None and told["state"] != "active":
            raise Refused(f"The namespace {told['namespace']!r} is not whole: {told['state']}.")

    def _suspend(self, *, suspended: bool) -> None:
        told = self.backend.allocations.get(self.identity)
        self._users(told).update(told["owner"], suspended=suspended)

    def _users(self, told: Any) -> Any:
        return self.backend.in_namespace(told["namespace"]).users

    def _record(self) -> Any:
        try:
            return self.backend.allocations.get(self.identity)
        except NotFound:
            return None

    def _refuse_namesake(self) -> None:
        name = chosen(self.target, "Namespace")
        try:
            self.backend.namespaces.get(name)
        except NotFound:
            return
        raise Refused(f"The namespace {name!r} exists already and is not this allocation's.")


def _place(told: Any) -> str:
    return f"{told['namespace']}:{told['bucket']}"
