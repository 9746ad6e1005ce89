"""Namespaces are the gateway's tenants; a suspended user keeps one that has no other.

croit has no list of tenants: they are what stands before the ``$`` of its users' uids.
"""

from storage_api.backends.croit import mapping
from storage_api.backends.croit.client import Json
from storage_api.backends.croit.making import Making
from storage_api.backends.objects import NamespaceStore
from storage_api.backends.rgw_names import MARKER, TENANT, full_uid, split_uid
from storage_api.backends.rgw_rules import check_namespace, require_no_content
from storage_api.backends.rows import existing
from storage_api.domain.errors import AlreadyExists, Invalid, NotFound
from storage_api.domain.models import Namespace
from storage_api.domain.requests import NamespaceCreate, NamespacePatch, UserPatch


class Namespaces(Making, NamespaceStore):
    def list_namespaces(self) -> list[Namespace]:
        markers: dict[str, Json | None] = {}
        for row in self._croit.list_users():
            tenant, name = split_uid(mapping.user_id(row))
            if tenant:
                markers[tenant] = row if name == MARKER else markers.get(tenant)
        return [_record(name, markers[name]) for name in sorted(markers)]

    def get_namespace(self, name: str) -> Namespace:
        marker = self._marker(name)
        if marker is None and not self._tenant_exists(name):
            raise NotFound(f"There is no namespace {name!r}.")
        return _record(name, marker)

    def create_namespace(self, name: str, fields: NamespaceCreate) -> tuple[Namespace, bool]:
        _check_settings(fields)
        if not TENANT.fullmatch(name):
            raise Invalid("A namespace here has 1 to 64 of A-Z a-z 0-9 _ as its name.")
        with self._changing_user(full_uid(name, MARKER)):
            marker = self._marker(name)
            made = False
            if marker is None and not self._tenant_exists(name):
                made = self._begin_user(full_uid(name, MARKER), None)
                marker = existing(self._marker(name))
            if marker is not None and mapping.is_unfinished(marker):
                self._finish_marker(name, fields)
            found = self.get_namespace(name)
        if not made and fields.get("display_name", found.display_name) != found.display_name:
            raise AlreadyExists(f"Namespace {name!r} exists with another display_name.")
        return found, made

    def update_namespace(self, name: str, changes: NamespacePatch) -> Namespace:
        _check_settings(changes)
        uid = full_uid(name, MARKER)
        with self._changing_user(uid):
            self.get_namespace(name)
            if "display_name" in changes:
                if self._marker(name) is None:
                    self._begin_user(uid, None)
                self._finish_marker(name, changes)
            return self.get_namespace(name)

    def delete_namespace(self, name: str) -> None:
        if not TENANT.fullmatch(name):
            return
        uid = full_uid(name, MARKER)
        with self._keeping_namespace(name), self._changing_user(uid):
            pairs = [split_uid(mapping.user_id(row)) for row in self._croit.list_users()]
            users = sum(tenant == name and user != MARKER for tenant, user in pairs)
            rows = self._croit.list_buckets()
            buckets = sum(mapping.bucket_tenant(row) == name for row in rows)
            require_no_content(name, users, buckets)
            if (name, MARKER) in pairs:
                self._croit.delete_user(uid)

    def _marker(self, name: str) -> Json | None:
        if not TENANT.fullmatch(name):
            return None
        return self._croit.find_user(full_uid(name, MARKER))

    def _finish_marker(self, name: str, fields: NamespacePatch) -> None:
        shown = fields.get("display_name", MARKER)
        settings: UserPatch = {"display_name": shown, "suspended": True}
        self._finish_user(full_uid(name, MARKER), {}, settings)


def _record(name: str, marker: Json | None) -> Namespace:
    told = marker is not None and not mapping.is_unfinished(marker)
    shown = mapping.user_record(marker).display_name if marker and told else None
    return Namespace(name=name, display_name=None if shown == MARKER else shown)


def _check_settings(fields: NamespaceCreate | NamespacePatch) -> None:
    check_namespace(fields)
    mapping.check_display_name(fields.get("display_name"))
