"""Namespaces are RGW's tenants; a user who can do nothing keeps one that has no other."""

import contextvars
from concurrent.futures import ThreadPoolExecutor

from storage_api.backends.objects import NamespaceStore
from storage_api.backends.radosgw import mapping
from storage_api.backends.radosgw.base import RadosgwBase
from storage_api.backends.radosgw.client import AMBIGUOUS, Json, UnexpectedCode
from storage_api.backends.rgw_names import MARKER, TENANT, full_uid, split_uid
from storage_api.backends.rgw_rules import check_namespace, require_no_content
from storage_api.domain.errors import AlreadyExists, Invalid, NotFound
from storage_api.domain.models import Namespace
from storage_api.domain.requests import NamespaceCreate, NamespacePatch

_AT_ONCE = 4


class Namespaces(RadosgwBase, NamespaceStore):
    def list_namespaces(self) -> list[Namespace]:
        tenants: dict[str, bool] = {}
        for uid in self._admin.list_uids():
            tenant, name = split_uid(uid)
            if tenant:
                tenants[tenant] = tenants.get(tenant, False) or name == MARKER
        names = sorted(tenants)
        marked = [name for name in names if tenants[name]]
        shown = dict(zip(marked, self._markers(marked), strict=True))
        return [_record(name, shown.get(name)) for name in names]

    def _markers(self, tenants: list[str]) -> list[Json | None]:
        """A few at a time, each within the deadline of this request."""
        contexts = [contextvars.copy_context() for _ in tenants]
        with ThreadPoolExecutor(min(_AT_ONCE, self._options.concurrency)) as pool:
            return list(
                pool.map(lambda context, name: context.run(self._marker, name), contexts, tenants)
            )

    def get_namespace(self, name: str) -> Namespace:
        marker = self._marker(name)
        if marker is None and not self._tenant_exists(name):
            raise NotFound(f"There is no namespace {name!r}.")
        return _record(name, marker)

    def create_namespace(self, name: str, fields: NamespaceCreate) -> tuple[Namespace, bool]:
        check_namespace(fields)
        if not TENANT.fullmatch(name):
            raise Invalid("A namespace of RadosGW has 1 to 64 of A-Z a-z 0-9 _ as its name.")
        with self._changing_user(full_uid(name, MARKER)):
            if not self._tenant_exists(name) and self._make_marker(name, fields):
                return self.get_namespace(name), True
            found = self.get_namespace(name)
        if fields.get("display_name", found.display_name) != found.display_name:
            raise AlreadyExists(f"Namespace {name!r} exists with another display_name.")
        return found, False

    def update_namespace(self, name: str, changes: NamespacePatch) -> Namespace:
        check_namespace(changes)
        with self._changing_user(full_uid(name, MARKER)):
            self.get_namespace(name)
            if "display_name" in changes and not self._make_marker(name, changes):
                parameters = {"display-name": changes["display_name"]}
                self._admin.modify_user(full_uid(name, MARKER), parameters)
            return self.get_namespace(name)

    def delete_namespace(self, name: str) -> None:
        if not TENANT.fullmatch(name):
            return
        with (
            self._keeping_namespace(name),
            self._changing_user(full_uid(name, MARKER)),
        ):
            users = sum(
                tenant == name and user != MARKER
                for tenant, user in map(split_uid, self._admin.list_uids())
            )
            buckets = sum(
                mapping.path_tenant(path) == name for path in self._admin.list_bucket_paths()
            )
            require_no_content(name, users, buckets)
            self._admin.delete_user(full_uid(name, MARKER))

    def _marker(self, name: str) -> Json | None:
        if not TENANT.fullmatch(name):
            return None
        return self._admin.find_user(full_uid(name, MARKER))

    def _make_marker(self, name: str, fields: NamespacePatch) -> bool:
        """``False`` if the namespace has a marker already."""
        uid = full_uid(name, MARKER)
        shown = fields.get("display_name", MARKER)
        try:
            self._admin.create_user(uid, mapping.marker_parameters(shown))
        except UnexpectedCode as refusal:
            if refusal.code == "UserAlreadyExists":
                return False
            raise
        except AMBIGUOUS as error:
            self._read_back(uid, error)
        return True


def _record(name: str, marker: Json | None) -> Namespace:
    shown = mapping.user_record(marker).display_name if marker else None
    return Namespace(name=name, display_name=None if shown == MARKER else shown)
