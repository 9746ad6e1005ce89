"""Namespaces: listing, changing and removing them; how they are made stands beside."""

from storage_api.backends.ecs import mapping_namespaces as mapping
from storage_api.backends.ecs.errors import AMBIGUOUS, is_absent, is_refused
from storage_api.backends.ecs.namespace_creation import NamespaceCreation, namespace_path
from storage_api.backends.objects import NamespaceStore
from storage_api.domain.errors import BackendMisbehaved, Conflict, NotFound, StorageError
from storage_api.domain.models import Namespace
from storage_api.domain.requests import NamespacePatch


class Namespaces(NamespaceCreation, NamespaceStore):
    def list_namespaces(self) -> list[Namespace]:
        rows = self._namespace_rows()
        groups = {urn: self._group_name(urn) for urn in {mapping.group_of(row) for row in rows}}
        records = [mapping.namespace_record(row, groups[mapping.group_of(row)]) for row in rows]
        return sorted(records, key=lambda record: record.name)

    def get_namespace(self, name: str) -> Namespace:
        return self._record(self._existing_namespace(name))

    def update_namespace(self, name: str, changes: NamespacePatch) -> Namespace:
        with self._changing_namespace(name):
            row = self._existing_namespace(name)
            record = self._record(row)
            mapping.check_fields(changes)
            if record.encryption_enabled and changes.get("encryption_enabled") is False:
                raise Conflict("The encryption of a namespace cannot be switched off.")
            wanted = changes.get("replication_group")
            group = None if wanted is None else self._group_id(wanted)
            if not mapping.differing(record, changes):
                return record
            try:
                self._ecs.put(namespace_path(name), mapping.update(row, changes, group))
            except AMBIGUOUS as error:
                record = self._after(error, lambda: self.get_namespace(name))
                if mapping.differing(record, changes):
                    raise
                return record
            record = self.get_namespace(name)
        missed = mapping.differing(record, changes)
        if missed:
            raise BackendMisbehaved(
                f"{self._name} took the change, but does not show it: {', '.join(missed)}."
            )
        return record

    def delete_namespace(self, name: str) -> None:
        with self._changing_namespace(name):
            if self._find_namespace(name) is None:
                return
            self._refuse_while_in_use(name)
            try:
                self._ecs.post((*namespace_path(name), "deactivate"), repeatable=True)
                self._vanished(lambda: self._find_namespace(name))
            except AMBIGUOUS as error:
                if self._after(error, lambda: self._find_namespace(name)) is not None:
                    raise
            except StorageError as error:
                if is_absent(error):
                    return
                if is_refused(error):
                    # Which code says that somebody has made a bucket since is not known.
                    self._refuse_while_in_use(name)
                raise
            finally:
                self._forget_capacity()

    def _refuse_while_in_use(self, name: str) -> None:
        try:
            buckets, users = self._holdings(name)
        except NotFound as error:
            if is_absent(error):
                return
            raise
        if buckets or users:
            raise Conflict(
                f"Namespace {name!r} still holds {buckets} bucket(s) and {users} user(s)."
            )
