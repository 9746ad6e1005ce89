"""Mounts one back-end: the resources of the families that it has, 501 for the others."""

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import NamedTuple, NoReturn

from flask_restx import Api, Namespace

from storage_api.api import (
    accounting,
    allocations,
    buckets,
    exports,
    locks,
    metering,
    namespaces,
    orders,
    snapshots,
    storage_resources,
    users,
)
from storage_api.api import volumes as volume_resources
from storage_api.api.operation import operation
from storage_api.api.resource import ApiResource, BackendResource
from storage_api.backends.accounting import QuotaStore, UsageReporter
from storage_api.backends.base import StorageBackend
from storage_api.domain.capabilities import Capability, HolderKind
from storage_api.domain.errors import NotSupported
from storage_api.security.roles import Role
from storage_api.transport.doors import Door, Doors, share, threads_of_process

PREFIX = "/v3"
_NAMESPACED = "/namespaces/<string:namespace>"
#: Where clients of the CSCS storage proxy look; the first back-end that has it answers.
_PUBLISHED = "/api"


class Route(NamedTuple):
    """A resource of a family; ``holder`` where it exists for some kinds of holder only.

    ``scoped`` resources exist in the default namespace and below named ones. Where a family
    is not offered its paths answer 501, unless they are ``names_elsewhere``: of volumes that
    other back-ends may have.
    """

    url: str
    resource: type[BackendResource]
    holder: HolderKind | None = None
    scoped: bool = False
    names_elsewhere: bool = False


_BUCKET = "/buckets/<string:bucket>"
_USER = "/users/<string:uid>"
_VOLUME = "/volumes/<path:volume>"
_ORDER = f"{_VOLUME}/orders/<string:order>"
_KEY = f"{_USER}/keys/<string:access_key>"

ROUTES: Mapping[Capability, tuple[Route, ...]] = {
    Capability.VOLUMES: (
        Route("/volumes", volume_resources.VolumeList),
        Route(_VOLUME, volume_resources.VolumeItem),
    ),
    Capability.SNAPSHOTS: (
        Route(f"{_VOLUME}/snapshots", snapshots.SnapshotList),
        Route(f"{_VOLUME}/snapshots/<string:snapshot>", snapshots.SnapshotItem),
    ),
    Capability.LOCKS: (
        Route(f"{_VOLUME}/locks", locks.LockList),
        Route(f"{_VOLUME}/locks/<string:host>", locks.LockItem),
    ),
    Capability.EXPORT: (
        Route("/export", exports.PolicyList),
        Route("/export/<path:policy>", exports.PolicyItem),
        Route("/export/<path:policy>/rule/<path:rule>", exports.RuleItem),
    ),
    Capability.BUCKETS: (
        Route("/buckets", buckets.BucketList, scoped=True),
        Route(_BUCKET, buckets.BucketItem, scoped=True),
        Route(f"{_BUCKET}/lifecycle", buckets.BucketLifecycle, scoped=True),
        Route(f"{_BUCKET}/policy", buckets.BucketPolicy, scoped=True),
        Route(f"{_BUCKET}/cors", buckets.BucketCors, scoped=True),
    ),
    Capability.ACL: (Route(f"{_BUCKET}/acl", buckets.BucketAcl, scoped=True),),
    Capability.USERS: (
        Route("/users", users.UserList, scoped=True),
        Route(_USER, users.UserItem, scoped=True),
        Route(f"{_USER}/metadata", users.UserMetadata, scoped=True),
        Route(f"{_USER}/keys", users.KeyList, scoped=True),
        Route(_KEY, users.KeyItem, scoped=True),
        Route(f"{_KEY}/rotate", users.KeyRotation, scoped=True),
    ),
    Capability.NAMESPACES: (
        Route("/namespaces", namespaces.NamespaceList),
        Route(_NAMESPACED, namespaces.NamespaceItem),
    ),
    Capability.QUOTA: (
        Route(f"{_BUCKET}/quota", accounting.BucketQuota, HolderKind.BUCKET, scoped=True),
        Route(f"{_USER}/quota", accounting.UserQuota, HolderKind.USER, scoped=True),
        Route(f"{_NAMESPACED}/quota", accounting.NamespaceQuota, HolderKind.NAMESPACE),
    ),
    Capability.USAGE: (
        Route("/usage", metering.UsageList),
        Route("/usage.svg", metering.UsagePlot),
        Route(f"{_BUCKET}/usage", accounting.BucketUsage, HolderKind.BUCKET, scoped=True),
        Route(f"{_USER}/usage", accounting.UserUsage, HolderKind.USER, scoped=True),
        Route(f"{_NAMESPACED}/usage", accounting.NamespaceUsage, HolderKind.NAMESPACE),
    ),
    Capability.CAPACITY: (Route("/capacity", accounting.CapacityItem),),
    Capability.ALLOCATIONS: (
        Route("/allocations", allocations.AllocationList),
        Route("/allocations/<string:allocation>", allocations.AllocationItem),
    ),
    Capability.STORAGE_RESOURCES: (
        Route("/storage-resources", storage_resources.StorageResources),
        Route("/gid-cache", storage_resources.GidCacheItem),
    ),
    Capability.ORDERS: (
        Route(f"{_VOLUME}/orders", orders.OrderList, names_elsewhere=True),
        Route(f"{_ORDER}/approve", orders.OrderApprove, names_elsewhere=True),
        Route(f"{_ORDER}/reject", orders.OrderReject, names_elsewhere=True),
        Route(f"{_ORDER}/done", orders.OrderDone, names_elsewhere=True),
        Route(f"{_ORDER}/erred", orders.OrderErred, names_elsewhere=True),
        Route(f"{_VOLUME}/backend-id", orders.VolumeBackendId, names_elsewhere=True),
        Route(f"{_VOLUME}/options", orders.VolumeOptions, names_elsewhere=True),
    ),
}


def mount_backends(api: Api, backends: Mapping[str, StorageBackend]) -> dict[str, Door]:
    """Mount every back-end under ``/v3/<endpoint>``, and one where CSCS' clients look.

    Answers the doors of those that have a limit: whoever works with one of them in a request's
    name passes its door.
    """
    published = False
    limits = {endpoint: backend.request_limit for endpoint, backend in backends.items()}
    limited = len([limit for limit in limits.values() if limit])
    shares = Doors(share(threads_of_process(), limited))
    doors = {name: shares.door(name, limit) for name, limit in limits.items() if limit}
    for endpoint, backend in backends.items():
        namespace = Namespace(
            endpoint, description=_description(backend), path=f"{PREFIX}/{endpoint}"
        )
        api.add_namespace(namespace)
        door = doors.get(endpoint)
        for capability, routes in ROUTES.items():
            for route in routes:
                _mount(namespace, _Mounted(endpoint, backend, door), backends, capability, route)
        if Capability.STORAGE_RESOURCES in backend.capabilities and not published:
            published = True
            _publish(api, endpoint, _Mounted(endpoint, backend, door))
    return doors


def offers(backend: StorageBackend, capability: Capability, holder: HolderKind | None) -> bool:
    """Whether ``backend`` has the family, and for this kind of holder."""
    if capability not in backend.capabilities:
        return False
    if holder is None:
        return True
    if isinstance(backend, QuotaStore) and capability is Capability.QUOTA:
        return holder in backend.quota_holders
    return isinstance(backend, UsageReporter) and holder in backend.usage_holders


class _Mounted(NamedTuple):
    endpoint: str
    backend: StorageBackend
    door: Door | None


def _publish(api: Api, endpoint: str, mounted: _Mounted) -> None:
    namespace = Namespace(
        "storage-resources", description=f"The same as below {PREFIX}/{endpoint}", path=_PUBLISHED
    )
    api.add_namespace(namespace)
    resource = storage_resources.PublishedStorageResources
    namespace.add_resource(
        resource,
        "/storage-resources/",
        endpoint=f"{endpoint}.{resource.__name__}",
        resource_class_kwargs=mounted._asdict(),
    )


def _mount(
    namespace: Namespace,
    mounted: _Mounted,
    backends: Mapping[str, StorageBackend],
    capability: Capability,
    route: Route,
) -> None:
    backend = mounted.backend
    scopes = ["", _NAMESPACED] if route.scoped else [""]
    for scope in scopes:
        name = f"{namespace.name}.{'in-namespace.' if scope else ''}{route.resource.__name__}"
        offered = offers(backend, capability, route.holder) and (
            not scope or Capability.NAMESPACES in backend.capabilities
        )
        if offered:
            namespace.add_resource(
                route.resource,
                scope + route.url,
                endpoint=name,
                resource_class_kwargs=mounted._asdict(),
            )
        elif not route.names_elsewhere:
            able = _able(backends, capability, route.holder, scoped=bool(scope))
            namespace.add_resource(
                Unsupported,
                scope + route.url,
                endpoint=name,
                route_doc=False,
                resource_class_kwargs={"family": _family(capability, route.holder), "able": able},
            )


class Unsupported(ApiResource):
    """Stands where a back-end lacks a family."""

    def __init__(self, api: object, *, family: str, able: list[str]) -> None:
        super().__init__(api)
        self._text = (
            f"This back-end has no {family}. "
            f"Back-ends that do: {', '.join(able) or 'none is configured'}."
        )

    @operation("unsupported", Role.USER, status=HTTPStatus.NOT_IMPLEMENTED)
    def get(self, **_path: str) -> NoReturn:
        raise NotSupported(self._text)

    post = put = patch = delete = get


def _family(capability: Capability, holder: HolderKind | None) -> str:
    return f"{holder} {capability}" if holder else capability


def _able(
    backends: Mapping[str, StorageBackend],
    capability: Capability,
    holder: HolderKind | None,
    *,
    scoped: bool,
) -> list[str]:
    return [
        endpoint
        for endpoint, backend in backends.items()
        if offers(backend, capability, holder)
        and (not scoped or Capability.NAMESPACES in backend.capabilities)
    ]


def _description(backend: StorageBackend) -> str:
    families: Iterable[str] = sorted(backend.capabilities)
    return f"{type(backend).__name__}: {', '.join(families) or 'nothing yet'}"
