"""How a namespace comes into being: made, then given its quota; a repeat does what is missing."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import structlog

from storage_api.backends.ecs import mapping_namespaces as mapping
from storage_api.backends.ecs import mapping_quotas
from storage_api.backends.ecs.client import Path
from storage_api.backends.ecs.errors import AMBIGUOUS, is_refused
from storage_api.backends.ecs.quotas import Quotas, namespace_place
from storage_api.backends.ecs.replication import ReplicationGroups
from storage_api.backends.ecs.wire import Json
from storage_api.domain.errors import AlreadyExists, BackendMisbehaved, StorageError
from storage_api.domain.models import Namespace
from storage_api.domain.requests import NamespaceCreate

log = structlog.get_logger(__name__)


class NamespaceCreation(Quotas, ReplicationGroups):
    def create_namespace(self, name: str, fields: NamespaceCreate) -> tuple[Namespace, bool]:
        """Everything is checked before the first write."""
        mapping.check_name(name)
        mapping.check_fields(fields)
        group = self._group_for(fields.get("replication_group"))
        body = mapping.creation(name, fields, group)
        with self._changing_namespace(name):
            found = self._find_namespace(name)
            if found is None and self._make(name, body):
                self._forget_capacity()
                with _what_is_there_stays(name):
                    return self._complete(name, fields), True
            return self._matching(name, fields), False

    def _make(self, name: str, body: Json) -> bool:
        """``False`` if somebody else made it at the same moment."""
        try:
            self._ecs.post(("object", "namespaces", "namespace"), body)
        except AMBIGUOUS as error:
            # It was not there just before, and whoever makes the same on this host waits.
            if self._after(error, lambda: self._find_namespace(name)) is None:
                raise
        except StorageError as error:
            # Which code a duplicate has is not known, so a look decides.
            if not is_refused(error) or self._find_namespace(name) is None:
                raise
            return False
        return True

    def _complete(self, name: str, fields: NamespaceCreate) -> Namespace:
        self._appeared(lambda: self._find_namespace(name))
        quota = fields.get("quota")
        if quota is not None and mapping_quotas.is_limited(quota):
            self._replace_quota(namespace_place(name), quota)
        record = self._record(self._existing_namespace(name))
        missed = mapping.differing(record, fields)
        if missed:
            raise BackendMisbehaved(f"{self._name} did not apply {', '.join(missed)}.")
        return record

    def _matching(self, name: str, fields: NamespaceCreate) -> Namespace:
        record = self._record(self._appeared(lambda: self._find_namespace(name)))
        differing = mapping.differing(record, fields)
        if differing == ["quota"] and self._is_unfinished(record):
            with _what_is_there_stays(name):
                return self._complete(name, fields)
        if differing:
            raise AlreadyExists(f"Namespace {name!r} exists with another {', '.join(differing)}.")
        return record

    def _is_unfinished(self, record: Namespace) -> bool:
        """Whether nobody ever gave it a quota, nor used it."""
        return record.quota == mapping_quotas.NO_QUOTA and self._holdings(record.name) == (0, 0)

    def _holdings(self, name: str) -> tuple[int, int]:
        """How many buckets and users it holds."""
        buckets = self._ecs.listed(("object", "bucket"), "object_bucket", {"namespace": name})
        users = self._ecs.listed(("object", "users", name), "blobuser")
        return len(buckets), len(users)

    def _record(self, row: Json) -> Namespace:
        """Everything that ECS knows of a namespace; releases before 4.x are asked three times."""
        record = mapping.namespace_record(row, self._group_name(mapping.group_of(row)))
        if record.quota is None:
            quota = mapping_quotas.quota_record(self._quota_row(namespace_place(record.name)))
            record = replace(record, quota=quota)
        if record.retention_classes is None:
            document = self._ecs.get((*namespace_path(record.name), "retention"))
            record = replace(record, retention_classes=mapping.class_records(document))
        return record


def namespace_path(name: str) -> Path:
    return ("object", "namespaces", "namespace", name)


@contextmanager
def _what_is_there_stays(name: str) -> Iterator[None]:
    """Nothing is undone: somebody may be using it already, and the same request finishes it."""
    try:
        yield
    except StorageError as error:
        log.warning("half-made-namespace", namespace=name, reason=str(error))
        there = "The namespace may be there without its quota; the same request finishes it."
        error.args = (f"{error} {there}",)
        raise
