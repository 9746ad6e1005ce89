"""What goes with all that it holds, through S3 alone: RGW's own purge ignores object lock."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from storage_api.backends.radosgw import limits, mapping
from storage_api.backends.radosgw.accounts import Accounts
from storage_api.backends.radosgw.buckets import Buckets
from storage_api.backends.radosgw.client import Json, UnexpectedCode
from storage_api.backends.rgw_names import bucket_path
from storage_api.backends.s3_contents import S3Contents
from storage_api.backends.s3_purge import Steps, one_of_several, purge, refuse_suspended
from storage_api.domain.errors import Conflict, NotFound
from storage_api.domain.models import Ref
from storage_api.domain.progress import Progress


class Purging(Buckets, Accounts):
    def purge_bucket(self, bucket: Ref, progress: Progress) -> None:
        found = self._admin.find_bucket(self._path(bucket))
        if found is not None:
            self._purge(found, Steps(progress, _known_steps(found)))

    def purge_user(self, user: Ref, progress: Progress) -> None:
        uid = self._uid(user)
        try:
            refuse_suspended(uid, suspended=mapping.is_suspended(self._our_user(user)))
        except NotFound:
            return
        rows = self._admin.list_buckets_of(uid)
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
        if not limits.has_index(row):
            raise Conflict("The bucket has no index, so nobody can list what it holds.")
        return purge(
            mapping.bucket_name(row),
            contents=partial(self._contents, uid, row),
            remove=partial(self._remove, row),
            steps=steps,
        )

    @contextmanager
    def _contents(self, uid: str, row: Json) -> Iterator[S3Contents]:
        name = mapping.bucket_name(row)
        if not self._is_there(row):
            raise NotFound(f"The bucket {name!r} is gone.")
        owner = self._admin.find_user(uid)
        if owner is None:
            raise Conflict(f"The bucket's owner, {uid!r}, does not exist any more.")
        with self._owner_key(uid, owner) as key:
            yield S3Contents(self._s3, key, name)

    def _is_there(self, row: Json) -> bool:
        """Not if it is another one by now."""
        found = self._admin.find_bucket(_path(row))
        return found is not None and mapping.bucket_id(found) == mapping.bucket_id(row)

    def _remove(self, row: Json) -> bool:
        """``False`` while it holds something; true also if it is gone."""
        path = _path(row)
        with self._changing_bucket(path):
            if not self._is_there(row):
                return True
            try:
                self._admin.delete_bucket(path)
            except UnexpectedCode as refusal:
                if refusal.code != "BucketNotEmpty":
                    raise
                return False
        return True


def _path(row: Json) -> str:
    return bucket_path(mapping.bucket_tenant(row), mapping.bucket_name(row))


def _known_steps(row: Json) -> int:
    """What the statistics count, and the bucket itself. Delete markers turn up later."""
    return 1 + (limits.held_objects(row) or 0) + limits.open_uploads(row)
