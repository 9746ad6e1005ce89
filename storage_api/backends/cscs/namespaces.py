"""Namespaces: tenants, and their customers below them. Waldur makes and removes them."""

from storage_api.backends.accounting import CapacityReporter, Holder, UsageReporter
from storage_api.backends.cscs.base import CscsBase
from storage_api.backends.cscs.records import (
    customer_namespace,
    living,
    namespaces,
    storable,
    tenant_namespace,
    usage_of,
)
from storage_api.backends.objects import NamespaceStore
from storage_api.domain.capabilities import HolderKind
from storage_api.domain.errors import NotFound, NotSupported
from storage_api.domain.models import Capacity, Namespace, Usage
from storage_api.domain.requests import NamespaceCreate, NamespacePatch


class Namespaces(CscsBase, NamespaceStore, UsageReporter, CapacityReporter):
    usage_holders = frozenset({HolderKind.NAMESPACE})

    def list_namespaces(self) -> list[Namespace]:
        return namespaces(self._catalogue.get().value)

    def get_namespace(self, name: str) -> Namespace:
        found = next((each for each in self.list_namespaces() if each.name == name), None)
        if found is None:
            raise NotFound(f"There is no namespace {name!r}.")
        return found

    def get_usage(self, holder: Holder) -> Usage:
        name = holder.ref.name
        entries = [
            entry
            for entry in living(self._catalogue.get().value)
            if name in {tenant_namespace(entry.allocation), customer_namespace(entry.allocation)}
        ]
        if not entries:
            raise NotFound(f"There is no namespace {name!r}.")
        return usage_of(entries, self._rules)

    def get_capacity(self) -> Capacity:
        """Waldur knows what is promised and used, not how large the systems are."""
        entries = list(living(self._catalogue.get().value))
        quotas = [self._rules.record(entry.allocation.quotas) for entry in entries]
        promised = storable(sum(quota.max_bytes or 0 for quota in quotas if quota))
        used = usage_of(entries, self._rules).used_bytes
        return Capacity(used_bytes=used, allocated_bytes=promised, raw=False)

    def create_namespace(self, name: str, fields: NamespaceCreate) -> tuple[Namespace, bool]:
        del name, fields
        raise _in_waldur()

    def update_namespace(self, name: str, changes: NamespacePatch) -> Namespace:
        del name, changes
        raise _in_waldur()

    def delete_namespace(self, name: str) -> None:
        del name
        raise _in_waldur()


def _in_waldur() -> NotSupported:
    return NotSupported("Tenants and customers are kept in Waldur and cannot be changed here.")
