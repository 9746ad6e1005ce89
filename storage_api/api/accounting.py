"""Quotas and usage of buckets, users and namespaces; capacity of the whole back-end."""

from http import HTTPStatus
from typing import ClassVar

from storage_api.api.bodies import Body
from storage_api.api.operation import operation
from storage_api.api.resource import BackendResource
from storage_api.backends.accounting import (
    CapacityReporter,
    Holder,
    QuotaStore,
    UsageReporter,
)
from storage_api.domain.capabilities import HolderKind
from storage_api.domain.models import Capacity, Quota, Ref, Usage
from storage_api.security.roles import Role

_NO_HOLDER = {HTTPStatus.NOT_FOUND: "There is no such bucket, user or namespace."}
_CHANGE = _NO_HOLDER | {HTTPStatus.CONFLICT: "It is not managed through this service."}


class CapacityItem(BackendResource):
    backend: CapacityReporter

    @operation("get_capacity", Role.USER, returns=Capacity)
    def get(self) -> Capacity:
        """Show the back-end's space"""
        return self.backend.get_capacity()


class _HolderResource(BackendResource):
    kind: ClassVar[HolderKind]

    def holder(
        self, *, namespace: str | None = None, bucket: str | None = None, uid: str | None = None
    ) -> Holder:
        name = bucket or uid
        if name is None:
            return Holder(self.kind, Ref(None, namespace or ""))
        return Holder(self.kind, Ref(namespace, name))


class _QuotaResource(_HolderResource):
    backend: QuotaStore

    @operation("get_quota", Role.USER, returns=Quota, errors=_NO_HOLDER)
    def get(self, **path: str) -> Quota:
        """Get the quota"""
        return self.backend.get_quota(self.holder(**path))

    @operation(
        "set_quota",
        Role.ADMIN,
        returns=Quota,
        body=Body(Quota, example={"max_bytes": 10**12, "max_objects": 1_000_000}),
        errors=_CHANGE,
    )
    def put(self, body: Quota, **path: str) -> Quota:
        """Replace the whole quota

        A limit that is null or absent is unlimited; 0 means that nothing may be written.
        Answers what the back-end then says, rounding included."""
        return self.backend.set_quota(self.holder(**path), body)

    @operation("delete_quota", Role.ADMIN, status=HTTPStatus.NO_CONTENT, errors=_CHANGE)
    def delete(self, **path: str) -> None:
        """Remove the quota: everything is unlimited"""
        self.backend.set_quota(self.holder(**path), Quota(enabled=False))


class _UsageResource(_HolderResource):
    backend: UsageReporter

    @operation("get_usage", Role.USER, returns=Usage, errors=_NO_HOLDER)
    def get(self, **path: str) -> Usage:
        """Show what is stored"""
        return self.backend.get_usage(self.holder(**path))


class BucketQuota(_QuotaResource):
    kind = HolderKind.BUCKET


class UserQuota(_QuotaResource):
    kind = HolderKind.USER


class NamespaceQuota(_QuotaResource):
    kind = HolderKind.NAMESPACE


class BucketUsage(_UsageResource):
    kind = HolderKind.BUCKET


class UserUsage(_UsageResource):
    kind = HolderKind.USER


class NamespaceUsage(_UsageResource):
    kind = HolderKind.NAMESPACE
