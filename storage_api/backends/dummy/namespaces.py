"""Namespaces, and where users and buckets live."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from storage_api.backends.dummy.family import Family, differing, require
from storage_api.backends.dummy.kinds import BUCKET, NAMESPACE, NAMESPACES_BY_PARENT, USER
from storage_api.backends.dummy.transaction import View
from storage_api.backends.objects import NamespaceStore
from storage_api.domain.errors import AlreadyExists, Conflict, Invalid
from storage_api.domain.models import Namespace, Quota, Ref
from storage_api.domain.requests import NamespaceCreate, NamespacePatch


class DummyNamespaces(Family, NamespaceStore):
    def list_namespaces(self) -> list[Namespace]:
        return self._store.all(NAMESPACE)

    def get_namespace(self, name: str) -> Namespace:
        with self._store.view() as view:
            return require(view, NAMESPACE, Ref(None, name))

    def create_namespace(self, name: str, fields: NamespaceCreate) -> tuple[Namespace, bool]:
        wanted: dict[str, Any] = dict(fields)
        ref = Ref(None, name)
        with self._store.transaction() as tx:
            if found := tx.get(NAMESPACE, ref):
                if differences := differing(found, wanted):
                    raise AlreadyExists(
                        f"The namespace {name!r} exists with another {', '.join(differences)}."
                    )
                return found, False
            parent = fields.get("parent")
            if parent is not None and not tx.has(NAMESPACE, Ref(None, parent)):
                raise Invalid(f"There is no namespace {parent!r} to be the parent.")
            defaults = Namespace(name=name, display_name=name, quota=Quota(), labels={})
            namespace = replace(defaults, **wanted)
            tx.put(NAMESPACE, ref, namespace)
        return namespace, True

    def update_namespace(self, name: str, changes: NamespacePatch) -> Namespace:
        wanted: Mapping[str, Any] = changes
        with self._store.transaction() as tx:
            former = require(tx, NAMESPACE, Ref(None, name))
            namespace = replace(former, **wanted)
            if namespace != former:
                tx.put(NAMESPACE, Ref(None, name), namespace)
        return namespace

    def delete_namespace(self, name: str) -> None:
        with self._store.transaction() as tx:
            held = {
                "users": tx.count(USER, name),
                "buckets": tx.count(BUCKET, name),
                "namespaces": len(tx.find(NAMESPACES_BY_PARENT, name)),
            }
            if any(held.values()):
                counts = ", ".join(f"{count} {what}" for what, count in held.items() if count)
                raise Conflict(f"The namespace {name!r} still holds {counts}.")
            tx.delete(NAMESPACE, Ref(None, name))


def check_namespace(view: View, namespace: str | None) -> None:
    """Raises ``NotFound``; the default namespace, which has no name, is always there."""
    if namespace is not None:
        require(view, NAMESPACE, Ref(None, namespace))
