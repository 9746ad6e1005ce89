"""How a bucket comes into being: in one call with all of its settings, which are then read back."""

import structlog

from storage_api.backends.ecs import mapping_buckets as mapping
from storage_api.backends.ecs.bucket_base import BUCKET
from storage_api.backends.ecs.bucket_changes import BucketChanges
from storage_api.backends.ecs.errors import AMBIGUOUS, is_refused
from storage_api.backends.ecs.making import Made
from storage_api.backends.ecs.quotas import bucket_place
from storage_api.backends.ecs.reading import text
from storage_api.backends.ecs.wire import Json, Query
from storage_api.domain.errors import (
    AlreadyExists,
    BackendError,
    BackendMisbehaved,
    Invalid,
    StorageError,
)
from storage_api.domain.models import Bucket, Ref
from storage_api.domain.requests import BucketCreate, BucketPatch

#: What can be set later too, if ECS left it out.
_LATER = frozenset({"quota", "tags", "versioning", "retention_seconds"})

log = structlog.get_logger(__name__)


class BucketCreation(BucketChanges):
    def create_bucket(self, bucket: Ref, fields: BucketCreate) -> tuple[Bucket, bool]:
        wanted = mapping.checked_fields(bucket.name, fields)
        namespace, owner = self._namespace(bucket.namespace), wanted["owner"]
        with (
            self._changing_user(namespace, owner),
            self._changing_bucket(namespace, bucket.name),
        ):
            if (found := self._find_bucket(namespace, bucket.name)) is not None:
                return self._matching_bucket(found, wanted), False
            body = self._new_bucket(namespace, bucket.name, wanted)
            made = self._make_bucket(namespace, bucket.name, body)
            found = self._appeared(lambda: self._find_bucket(namespace, bucket.name))
            if made is not Made.SURELY:
                return self._matching_bucket(found, wanted), made is Made.PERHAPS
            return self._completed_bucket(found, wanted), True

    def _matching_bucket(self, row: Json, wanted: BucketCreate) -> Bucket:
        self._refuse_while_emptied(row)
        found = self._bucket_record(row)
        if differing := mapping.differing(found, wanted):
            raise AlreadyExists(
                f"The bucket {found.name!r} exists with another {', '.join(differing)}."
            )
        return found

    def _new_bucket(self, namespace: str, name: str, wanted: BucketCreate) -> Json:
        """The body that makes it, all of which has been checked."""
        self._future_owner(namespace, wanted["owner"])
        found = self._existing_namespace(namespace)
        mapping.check_namespace(found, wanted)
        group = self._group_for(wanted.get("replication_group"), found)
        if group is None:
            raise Invalid(
                "Name a replication_group: neither the namespace nor this back-end has a default."
            )
        return mapping.create_body(namespace, name, group, wanted)

    def _make_bucket(self, namespace: str, name: str, body: Json) -> Made:
        try:
            document = self._ecs.post(BUCKET, body).document or {}
        except AMBIGUOUS as error:
            if self._after(error, lambda: self._find_bucket(namespace, name)) is None:
                raise
            return Made.PERHAPS
        except StorageError as error:
            if not is_refused(error) or isinstance(error, BackendError):
                raise
            if self._find_bucket(namespace, name) is None:
                raise
            return Made.BY_ANOTHER
        if partly := text(document.get("error_message")):
            log.warning("bucket-made-in-part", bucket=name, reason=partly[:500])
        return Made.SURELY

    def _completed_bucket(self, row: Json, wanted: BucketCreate) -> Bucket:
        """The bucket that this request made, with what ECS left out set now, or taken back."""
        namespace, name = mapping.identity(row)
        found = self._bucket_record(row)
        try:
            missing = mapping.differing(found, wanted)
            if missing and _LATER.issuperset(missing):
                self._set_what_is_missing(namespace, found, missing, wanted)
                found = self._bucket_now(namespace, name)
                missing = mapping.differing(found, wanted)
            if missing:
                raise BackendMisbehaved(
                    f"{self._name} made the bucket without its {', '.join(missing)}."
                )
        except StorageError as error:
            error.args = (f"{error} {self._bucket_taken_back(namespace, name)}",)
            raise
        return found

    def _set_what_is_missing(
        self, namespace: str, found: Bucket, missing: list[str], wanted: BucketCreate
    ) -> None:
        if "quota" in missing:
            place = bucket_place(namespace, Ref(namespace, found.name))
            self._replace_quota(place, wanted["quota"])
        changes: BucketPatch = {}
        if "tags" in missing:
            changes["tags"] = wanted["tags"]
        if "versioning" in missing:
            changes["versioning"] = wanted["versioning"]
        if "retention_seconds" in missing:
            changes["retention_seconds"] = wanted["retention_seconds"]
        self._change_bucket(namespace, found, changes)

    def _bucket_taken_back(self, namespace: str, name: str) -> str:
        """ECS itself refuses to remove what somebody has put an object into meanwhile."""
        query: Query = {"namespace": namespace, "emptyBucket": False}
        try:
            with self._extra_time():
                self._ecs.post((*BUCKET, name, "deactivate"), query=query)
        except StorageError as error:
            log.warning("half-made-bucket", bucket=name, namespace=namespace, reason=str(error))
            return "The bucket is there, perhaps without these settings."
        return "It was removed again."
