"""How much space the cluster has, and how much of it quotas promise."""

import contextvars
from abc import abstractmethod
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from storage_api.backends.accounting import CapacityReporter
from storage_api.backends.ecs import mapping_quotas
from storage_api.backends.ecs.base import EcsBase
from storage_api.backends.ecs.mapping_namespaces import name_of
from storage_api.backends.ecs.reading import size_in_bytes
from storage_api.backends.ecs.wire import Json
from storage_api.domain.errors import BackendMisbehaved, StorageError
from storage_api.domain.models import Capacity, Quota
from storage_api.domain.units import GIB, MAX_BYTES
from storage_api.transport.shared import Shared

_DIGITS = 3


@dataclass(frozen=True)
class _Promised:
    """A namespace's quota, ``None`` if it is gone, or why it could not be read."""

    quota: Quota | None = None
    error: str | None = None


class Capacities(EcsBase, CapacityReporter):
    @property
    @abstractmethod
    def _capacity(self) -> Shared[Capacity]:
        """The figures that everybody who asks at about the same time shares."""

    def get_capacity(self) -> Capacity:
        """Raw space of the local site; ``allocated_bytes`` adds up the namespaces' quotas.

        Namespaces without a limit count in ``unlimited_count``; those whose quota could not be
        read are named in ``errors``, and then ``overcommit`` is not known.
        """
        return self._capacity.get()[0]

    def _forget_capacity(self) -> None:
        self._capacity.forget()

    def _fetch_capacity(self) -> Capacity:
        total, free = _space(self._ecs.get(("object", "capacity")))
        promised = self._all_promised(self._namespace_rows())
        quotas = [row.quota for row in promised if row.quota is not None]
        limits = [quota.max_bytes for quota in quotas if quota.max_bytes is not None]
        errors = [row.error for row in promised if row.error is not None]
        allocated = sum(limits)
        return Capacity(
            total_bytes=total,
            used_bytes=None if total is None or free is None else total - free,
            free_bytes=free,
            allocated_bytes=allocated if allocated <= MAX_BYTES else None,
            raw=True,
            unlimited_count=len(quotas) - len(limits),
            errors=errors,
            overcommit=None if errors or not total else round(allocated / total, _DIGITS),
        )

    def _all_promised(self, rows: list[Json]) -> list[_Promised]:
        """Since 4.x the list tells; before, a few are asked at a time, within our deadline."""
        contexts = [contextvars.copy_context() for _ in rows]
        # One place at the cluster is left to others.
        with ThreadPoolExecutor(max(1, self._options.concurrency - 1)) as pool:
            return list(
                pool.map(lambda context, row: context.run(self._promised, row), contexts, rows)
            )

    def _promised(self, row: Json) -> _Promised:
        name = name_of(row)
        try:
            if not mapping_quotas.tells_quota(row):
                found = self._ecs.find(("object", "namespaces", "namespace", name, "quota"))
                if found is None:
                    return _Promised()
                row = found
            return _Promised(mapping_quotas.quota_record(row))
        except StorageError as error:
            return _Promised(error=f"{name}: {error}")


def _space(row: Json) -> tuple[int | None, int | None]:
    """(all, free), in bytes; ECS tells GiB, and calls them gb."""
    total = size_in_bytes(row.get("totalProvisioned_gb"), GIB)
    free = size_in_bytes(row.get("totalFree_gb"), GIB)
    if any(size is not None and size < 0 for size in (total, free)):
        raise BackendMisbehaved("ECS tells of less than no space.")
    return total, free
