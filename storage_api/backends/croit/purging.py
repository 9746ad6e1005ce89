"""What goes with all that it holds, through S3 alone: it heeds object lock."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from storage_api.backends.croit import limits, mapping
from storage_api.backends.croit.accounts import Accounts
from storage_api.backends.croit.buckets import Buckets
from storage_api.backends.croit.client import Json
from storage_api.backends.s3_contents import S3Contents
from storage_api.backends.s3_purge import Steps, one_of_several, purge, refuse_suspended
from storage_api.domain.errors import Conflict, NotFound
from storage_api.domain.models import Ref
from storage_api.domain.progress import Progress


class Purging(Buckets, Accounts):
    def purge_bucket(self, bucket: Ref, progress: Progress) -> None:
        found, _ = self._find_bucket(bucket)
        if found is not None:
            self._purge(found, Steps(progress, _known_steps(found)))

    def purge_user(self, user: Ref, progress: Progress) -> None:
        uid = self._uid(user)
        try:
            found = self._user(user)
        except NotFound:
            return
        self._require_prefix(uid)
        refuse_suspended(uid, suspended=mapping.is_suspended(found))
        rows = self._croit.list_buckets_of(uid)
        steps = [Steps(progress, _known_steps(row)) for row in rows]
        progress.expect(1)
        gone = [
            one_of_several(mapping.bucket_name(row), partial(self._purge, row, own), progress)
            for row, own in zip(rows, steps, strict=True)
        ]
        if all(gone):
            self.delete_user(user)
            progress.advance()

    def _purge(self, row: Json, steps: Steps) -> bool:
        try:
            return self._empty_and_remove(row, steps)
        except Conflict:
            # Who purges the owner at the same time may have come first, and ended the keys.
            if self._is_there(row):
                raise
            return True

    def _empty_and_remove(self, row: Json, steps: Steps) -> bool:
        uid, owner = self._our_owner(row)
        refuse_suspended(uid, suspended=mapping.is_suspended(owner))
        name = mapping.bucket_name(row)
        return purge(
            name,
            contents=partial(self._contents, uid, row),
            remove=partial(self._remove, uid, row),
            steps=steps,
        )

    def _is_there(self, row: Json) -> bool:
        """Not if it is another one by now."""
        rows = self._croit.list_buckets_named(mapping.bucket_name(row))
        return mapping.bucket_id(row) in map(mapping.bucket_id, rows)

    @contextmanager
    def _contents(self, uid: str, row: Json) -> Iterator[S3Contents]:
        name = mapping.bucket_name(row)
        if not self._is_there(row):
            raise NotFound(f"The bucket {name!r} is gone.")
        with self._opened(uid, name) as seen:
            yield seen

    @contextmanager
    def _opened(self, uid: str, name: str) -> Iterator[S3Contents]:
        owner = self._croit.find_user(uid)
        if owner is None:
            raise Conflict(f"The bucket's owner, {uid!r}, does not exist any more.")
        with self._owner_key(uid, owner) as key:
            yield S3Contents(self._s3, key, name)

    def _remove(self, uid: str, row: Json) -> bool:
        """``False`` while it holds something; true also if it is gone."""
        name = mapping.bucket_name(row)
        with self._opened(uid, name) as seen, self._changing_bucket(name):
            if not self._is_there(row):
                return True
            return self._removed(Ref(mapping.bucket_tenant(row), name), seen)


def _known_steps(row: Json) -> int:
    """What the statistics count, and the bucket itself. Delete markers turn up later."""
    return 1 + (limits.held_objects(row) or 0)
