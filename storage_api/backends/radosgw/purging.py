"""What goes with all that it holds, through S3 alone: RGW's own purge ignores object lock."""

from functools import partial

from storage_api.backends.radosgw import limits, mapping
from storage_api.backends.radosgw.accounts import Accounts
from storage_api.backends.radosgw.buckets import Buckets
from storage_api.backends.radosgw.client import Json, UnexpectedCode
from storage_api.backends.rgw_names import bucket_path
from storage_api.backends.rgw_purging import RgwPurging
from storage_api.backends.s3_purge import Steps, purge, refuse_suspended
from storage_api.domain.errors import Conflict, NotFound
from storage_api.domain.models import Ref
from storage_api.domain.progress import Progress


class Purging(Buckets, Accounts, RgwPurging):
    def purge_bucket(self, bucket: Ref, progress: Progress) -> None:
        found = self._admin.find_bucket(self._path(bucket))
        if found is not None:
            self._purge(found, Steps(progress, self._known_steps(found)))

    def purge_user(self, user: Ref, progress: Progress) -> None:
        uid = self._uid(user)
        try:
            refuse_suspended(uid, suspended=mapping.is_suspended(self._our_user(user)))
        except NotFound:
            return
        self._purge_with_buckets(user, self._admin.list_buckets_of(uid), progress)

    def _name_of(self, row: Json) -> str:
        return mapping.bucket_name(row)

    def _known_steps(self, row: Json) -> int:
        return 1 + (limits.held_objects(row) or 0) + limits.open_uploads(row)

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

    def _is_there(self, row: Json) -> bool:
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
