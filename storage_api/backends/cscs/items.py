"""The items of the CSCS document: tenants, customers, and below them projects and users."""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

import orjson

from storage_api.backends.cscs.actions import Origin, action_urls
from storage_api.backends.cscs.gids import mock_uid
from storage_api.backends.cscs.hpc_user import LARGEST_GID
from storage_api.backends.cscs.ids import scoped_id
from storage_api.backends.cscs.mapping import DEFAULT_MODE, Allocation
from storage_api.backends.cscs.quotas import Quotas

Item = dict[str, Any]


class Customer(NamedTuple):
    """Somebody who has resources of an offering; ``uuid`` is dashed."""

    uuid: str
    slug: str
    name: str


class ItemWriter:
    """Writes the items of one configured back-end."""

    def __init__(self, file_system: str, waldur: Origin) -> None:
        self._file_system = _storage_item("storage_file_system", file_system)
        self._waldur = waldur

    def tenant(self, allocation: Allocation) -> Item:
        """The provider, once for each offering and data type."""
        target = {
            "itemId": allocation.offering_uuid,
            "key": allocation.tenant_slug.lower(),
            "name": allocation.tenant_name,
        }
        return self._parent(allocation, "tenant", target, allocation.tenant_path, None)

    def customer(self, allocation: Allocation, customer: Customer, tenant: str) -> Item:
        """The customer, once for each offering and data type; ``tenant`` is its parent."""
        target = {"itemId": customer.uuid, "key": customer.slug, "name": customer.name}
        return self._parent(allocation, "customer", target, allocation.customer_path, tenant)

    def project(self, allocation: Allocation, gid: int, parent: str | None) -> Item:
        """The space itself, with what may be done about its open order."""
        kind = allocation.target_type
        target = _user_target(allocation, gid) if kind == "user" else _target(allocation, gid)
        return {
            "itemId": allocation.uuid,
            "status": allocation.status,
            "mountPoint": {"default": allocation.path},
            "permission": {"permissionType": "octal", "value": allocation.mode},
            "quotas": _document(allocation.quotas),
            "target": {"targetType": kind, "targetItem": target},
            **self._storage(allocation),
            "parentItemId": parent,
            "oldQuotas": _document(allocation.old_quotas),
            "newQuotas": _document(allocation.new_quotas),
            **action_urls(allocation, self._waldur),
        }

    def _parent(
        self, allocation: Allocation, kind: str, target: Item, path: str, above: str | None
    ) -> Item:
        return {
            "itemId": target["itemId"],
            "status": "pending",
            "mountPoint": {"default": path},
            "permission": {"permissionType": "octal", "value": DEFAULT_MODE},
            "quotas": None,
            "target": {"targetType": kind, "targetItem": target},
            **self._storage(allocation),
            "parentItemId": above,
            "oldQuotas": None,
            "newQuotas": None,
        }

    def _storage(self, allocation: Allocation) -> Item:
        data_type = allocation.data_type
        return {
            "storageSystem": _storage_item("storage_system", allocation.offering_slug),
            "storageFileSystem": self._file_system,
            "storageDataType": _storage_item("storage_data_type", data_type, data_type.lower()),
        }


class Bodies:
    """Items as JSON. What has not changed since the last reading is not encoded again."""

    def __init__(self, writer: ItemWriter) -> None:
        self.writer = writer
        self._last: Mapping[str, _Body] = {}

    def of_projects(self, wanted: Iterable[tuple[Allocation, int, str | None]]) -> list[bytes]:
        """In the order of ``wanted``: allocations with their group and their parent."""
        bodies: dict[str, _Body] = {}
        for allocation, gid, parent in wanted:
            last = self._last.get(allocation.uuid)
            if last and last.allocation is allocation and last[1:3] == (gid, parent):
                bodies[allocation.uuid] = last
            else:
                body = orjson.dumps(self.writer.project(allocation, gid, parent))
                bodies[allocation.uuid] = _Body(allocation, gid, parent, body)
        self._last = bodies
        return [each.body for each in bodies.values()]


class _Body(NamedTuple):
    allocation: Allocation
    gid: int
    parent: str | None
    body: bytes


def kept_gid(allocation: Allocation) -> int | None:
    """The group that Waldur itself keeps for the allocation, so that nobody need be asked."""
    kept = allocation.target or {}
    if allocation.target_type == "user":
        kept = kept.get("primaryProject") or {}
    gid: int | None = kept.get("unixGid")
    return gid if gid and gid <= LARGEST_GID else None


@lru_cache(maxsize=1024)
def _storage_item(scope: str, name: str, path: str = "") -> Item:
    return {
        "itemId": scoped_id(scope, name),
        "key": name.lower(),
        "name": name.upper(),
        "active": True,
        "path": path,
    }


def _target(allocation: Allocation, gid: int) -> Item:
    active = allocation.status == "active"
    target = {
        "itemId": scoped_id("project", allocation.slug),
        "key": None,
        "name": allocation.slug,
        "status": allocation.status,
        "unixGid": gid,
        "active": active,
    }
    return _with_kept(target, allocation)


def _user_target(allocation: Allocation, gid: int) -> Item:
    """Neither mail address nor user number can be looked up anywhere: both are made up."""
    active = allocation.status == "active"
    target = {
        "itemId": scoped_id("user", allocation.slug),
        "key": None,
        "name": None,
        "status": allocation.status,
        "email": f"user-{allocation.slug}@example.com",
        "unixUid": mock_uid(allocation.slug),
        "primaryProject": {"name": allocation.project_slug, "unixGid": gid, "active": active},
        "active": active,
    }
    return _with_kept(target, allocation)


def _with_kept(target: Item, allocation: Allocation) -> Item:
    """What Waldur keeps counts; what it does not say of it is null, but for the group."""
    kept = allocation.target
    if kept is None:
        return target
    merged = {name: kept.get(name) for name in target}
    if "unixGid" in target and merged["unixGid"] is None:
        merged["unixGid"] = target["unixGid"]
    if "primaryProject" in target and merged["primaryProject"] is None:
        merged["primaryProject"] = target["primaryProject"]
    return merged


def _document(quotas: Quotas | None) -> list[dict[str, Any]] | None:
    return quotas.document() if quotas else None
