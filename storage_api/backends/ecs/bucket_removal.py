"""How buckets go: empty ones at once; others only by a purge, for which ECS empties them itself."""

import time

from storage_api.backends.ecs import mapping_buckets as mapping
from storage_api.backends.ecs.bucket_base import BUCKET, BucketBase
from storage_api.backends.ecs.errors import AMBIGUOUS, is_absent, is_refused
from storage_api.backends.ecs.owners import Owners
from storage_api.backends.ecs.reading import text
from storage_api.backends.ecs.wire import Json, Query, Reply
from storage_api.domain.errors import (
    BackendError,
    BackendMisbehaved,
    Conflict,
    NotFound,
    StorageError,
)
from storage_api.domain.models import Ref
from storage_api.domain.progress import Progress

_COUNTED = 1000
_UNDER_WAY = frozenset({"PENDING", "IN_PROGRESS", "POST_PROCESSING", "ABORT_IN_PROGRESS"})
_BROKEN_OFF = frozenset({"FAILED", "ABORTED"})
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 10.0
#: Times that an emptying may be over and the bucket still be shown, by another node.
_LATE_LOOKS = 6


class BucketRemoval(BucketBase, Owners):
    def delete_bucket(self, bucket: Ref) -> None:
        namespace = self._namespace(bucket.namespace)
        with self._changing_bucket(namespace, bucket.name):
            row = self._find_bucket(namespace, bucket.name)
            if row is None:
                return
            self._refuse_while_emptied(row)
            if held := self._counted(row):
                raise Conflict(held)
            self._remove_empty(namespace, bucket.name)

    def _counted(self, row: Json) -> str | None:
        """What the bucket holds, in words, as far as its owner can see that through S3."""
        seen = self._seen_by_owner(row)
        try:
            versions, markers = seen.count_versions(_COUNTED) if seen is not None else (0, 0)
        except (BackendError, Conflict, NotFound):
            return None  # ECS itself is asked next, and it looks before it removes anything
        if not versions and not markers:
            return None
        more = "at least " if versions + markers >= _COUNTED else ""
        return (
            f"The bucket is not empty: it still holds {more}{versions} object version(s) and "
            f"{markers} delete marker(s)."
        )

    def _remove_empty(self, namespace: str, name: str) -> None:
        """Raises ``Conflict`` if ECS finds something in it."""
        try:
            self._deactivate_bucket(namespace, name, with_content=False)
            self._vanished(lambda: self._find_bucket(namespace, name))
        except BackendError:
            raise
        except StorageError as error:
            # Which code a bucket with content gives is not known, so any refusal means that.
            if not is_refused(error):
                raise
            raise Conflict(
                "ECS does not remove the bucket: it still holds objects, versions, delete "
                "markers or open uploads, or its state forbids that."
            ) from error

    def _deactivate_bucket(self, namespace: str, name: str, *, with_content: bool) -> Reply | None:
        """``None`` if it is gone already; never asked a second time after a lost answer."""
        query: Query = {"namespace": namespace, "emptyBucket": with_content}
        try:
            return self._ecs.post((*BUCKET, name, "deactivate"), query=query)
        except NotFound as error:
            if not is_absent(error):
                raise
        except AMBIGUOUS as error:
            row = self._after(error, lambda: self._find_bucket(namespace, name))
            if row is not None and not (with_content and mapping.is_being_emptied(row)):
                raise
        return None

    # With all that it holds

    def purge_bucket(self, bucket: Ref, progress: Progress) -> None:
        """ECS empties it in the background, read-only; a second call follows the same emptying."""
        progress.expect(1)
        self._purged(self._namespace(bucket.namespace), bucket.name, progress)

    def _purged(self, namespace: str, name: str, progress: Progress) -> bool:
        """Whether the bucket is gone: one step, which was expected; else it is told why not."""
        if not self._options.allow_purge:
            raise Conflict("Purging is not allowed on this back-end (its option 'allow_purge').")
        with self._changing_bucket(namespace, name):
            left = self._what_is_left(namespace, name, progress)
        if left is None or (left and self._followed(namespace, name, progress)):
            progress.advance()
            return True
        return False

    def _what_is_left(self, namespace: str, name: str, progress: Progress) -> bool | None:
        """``None``: nothing; true: an emptying to follow; false: what must stay."""
        row = self._find_bucket(namespace, name)
        if row is None:
            return None
        self._require_purgeable(namespace, row)
        if self._emptying(namespace, name) in _UNDER_WAY:
            return True
        if self._removed_if_empty(namespace, name):
            return None
        record = self._bucket_record(row)
        if record.object_lock or record.retention_seconds:
            progress.report(
                f"The bucket {name!r} has object lock or retention, so what it holds stays."
            )
            return False
        progress.advance(0)  # the last moment to stop: ECS does not take this back
        self._deactivate_bucket(namespace, name, with_content=True)
        return True

    def _require_purgeable(self, namespace: str, row: Json) -> None:
        record = self._listed_bucket(row)
        if record.locked:
            raise Conflict(f"The bucket {record.name!r} is locked.")
        owner = self._find_user(namespace, record.owner) if record.owner else None
        if owner is not None and record.owner is not None:
            self._require_open(record.owner, owner)

    def _removed_if_empty(self, namespace: str, name: str) -> bool:
        try:
            self._remove_empty(namespace, name)
        except Conflict:
            return False
        return True

    def _followed(self, namespace: str, name: str, progress: Progress) -> bool:
        """Whether the emptying came to its end, and the bucket with it."""
        pause, late = _FIRST_PAUSE, 0
        while (status := self._emptying(namespace, name)) is not None:
            progress.advance(0)
            if status in _BROKEN_OFF:
                progress.report(
                    f"ECS broke the emptying of bucket {name!r} off ({status}); a repeat goes on."
                )
                return False
            if status not in _UNDER_WAY:
                if self._find_bucket(namespace, name) is None:
                    break
                late += 1
                if late > _LATE_LOOKS:
                    raise BackendMisbehaved(
                        f"{self._name} says that bucket {name!r} was emptied, but keeps it."
                    )
            time.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)
        return True

    def _emptying(self, namespace: str, name: str) -> str | None:
        """How an emptying stands; ``None`` if the bucket is gone."""
        path = (*BUCKET, name, "empty-bucket-status")
        found = self._ecs.find(path, {"namespace": namespace})
        if found is None:
            return None if self._find_bucket(namespace, name) is None else "NOT_FOUND"
        return (text(found.get("status")) or "NOT_FOUND").upper()
