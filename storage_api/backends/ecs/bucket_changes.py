"""What can be changed of a bucket: each setting by a call of its own, then all are read back."""

from contextlib import ExitStack

from storage_api.backends.ecs import mapping_buckets as mapping
from storage_api.backends.ecs.bucket_base import BUCKET, BucketBase
from storage_api.backends.ecs.errors import AMBIGUOUS
from storage_api.backends.ecs.quotas import Quotas
from storage_api.backends.ecs.wire import Json
from storage_api.domain.errors import BackendMisbehaved, Conflict, Invalid
from storage_api.domain.models import Bucket, Ref, Versioning
from storage_api.domain.requests import BucketPatch


class BucketChanges(Quotas, BucketBase):
    def update_bucket(self, bucket: Ref, changes: BucketPatch) -> Bucket:
        namespace, heir = self._namespace(bucket.namespace), changes.get("owner")
        with ExitStack() as held:
            if heir is not None:
                held.enter_context(self._changing_user(namespace, heir))
            held.enter_context(self._changing_bucket(namespace, bucket.name))
            row = self._existing_bucket(namespace, bucket.name)
            found = self._bucket_record(row)
            self._check_changes(namespace, row, found, changes)
            return self._changed_bucket(namespace, found, changes)

    def _check_changes(
        self, namespace: str, row: Json, found: Bucket, changes: BucketPatch
    ) -> None:
        self._refuse_while_emptied(row)
        mapping.check_changes(found, changes)
        if found.object_lock and changes.get("versioning") is Versioning.SUSPENDED:
            raise Conflict("A bucket with object lock cannot suspend versioning.")
        if changes.get("owner", found.owner) != found.owner:
            self._future_owner(namespace, changes["owner"])

    def _changed_bucket(self, namespace: str, found: Bucket, changes: BucketPatch) -> Bucket:
        try:
            self._change_bucket(namespace, found, changes)
        except AMBIGUOUS as error:
            changed = self._after(error, lambda: self._bucket_now(namespace, found.name))
            if mapping.differing(changed, changes):
                raise
            return changed
        changed = self._bucket_now(namespace, found.name)
        if missed := mapping.differing(changed, changes):
            raise BackendMisbehaved(
                f"{self._name} accepted the change, but does not show {', '.join(missed)}."
            )
        return changed

    def _bucket_now(self, namespace: str, name: str) -> Bucket:
        return self._bucket_record(self._existing_bucket(namespace, name))

    def _change_bucket(self, namespace: str, found: Bucket, changes: BucketPatch) -> None:
        """An unlocking comes first and a locking last, so that neither is in the way."""
        steps = {name: value for name, value in changes.items() if getattr(found, name) != value}
        if steps.get("locked") is False:
            self._set_lock_of_bucket(namespace, found.name, locked=False)
        if "tags" in steps:
            self._set_tags(namespace, found.name, changes["tags"])
        if "versioning" in steps:
            self._set_versioning(namespace, found.name, changes["versioning"])
        if "retention_seconds" in steps:
            self._set_retention(namespace, found.name, changes["retention_seconds"])
        if "owner" in steps:
            body: Json = {"namespace": namespace, "new_owner": changes["owner"]}
            self._ecs.post((*BUCKET, found.name, "owner"), body, repeatable=True)
        if steps.get("locked") is True:
            self._set_lock_of_bucket(namespace, found.name, locked=True)

    def _set_lock_of_bucket(self, namespace: str, name: str, *, locked: bool) -> None:
        """The state is in the path, not in the body."""
        path = (*BUCKET, name, "lock", "true" if locked else "false")
        self._ecs.put(path, {"namespace": namespace})

    def _set_versioning(self, namespace: str, name: str, wanted: Versioning) -> None:
        body: Json = {"Status": wanted.capitalize(), "namespace": namespace}
        self._ecs.put((*BUCKET, name, "versioning"), body)

    def _set_retention(self, namespace: str, name: str, seconds: int) -> None:
        self._ecs.put((*BUCKET, name, "retention"), {"period": seconds, "namespace": namespace})

    def _set_tags(self, namespace: str, name: str, wanted: dict[str, str]) -> None:
        """Tags are removed, rewritten and added by three calls.

        A removal that was repeated after a lost answer is refused, for the tags are gone: then
        what is left to do is worked out once more.
        """
        before = self._tags(namespace, name)
        try:
            self._write_tags(namespace, name, before, wanted)
        except AMBIGUOUS as error:
            if self._after(error, lambda: self._tags(namespace, name)) != wanted:
                raise
        except Invalid:
            now = self._tags(namespace, name)
            if now == before:
                raise
            self._write_tags(namespace, name, now, wanted)

    def _tags(self, namespace: str, name: str) -> dict[str, str]:
        return mapping.bucket_tags(self._existing_bucket(namespace, name))

    def _write_tags(
        self, namespace: str, name: str, found: dict[str, str], wanted: dict[str, str]
    ) -> None:
        path, more = (*BUCKET, name, "tags"), {"namespace": namespace}
        removed, rewritten, added = mapping.tag_changes(found, wanted)
        if removed["TagSet"]:
            self._ecs.delete(path, more, removed | more)
        if rewritten["TagSet"]:
            self._ecs.put(path, rewritten | more, more)
        if added["TagSet"]:
            self._ecs.post(path, added | more, more)
