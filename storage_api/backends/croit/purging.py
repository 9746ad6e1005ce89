"""What goes with all that it holds, through S3 alone: it heeds object lock."""

from functools import partial

from storage_api.backends.croit import limits, mapping
from storage_api.backends.croit.accounts import Accounts
from storage_api.backends.croit.buckets import Buckets
from storage_api.backends.croit.client import Json
from storage_api.backends.rgw_purging import RgwPurging
from storage_api.backends.s3_purge import Steps, purge, refuse_suspended
from storage_api.domain.errors import NotFound
from storage_api.domain.models import Ref
from storage_api.domain.progress import Progress


class Purging(Buckets, Accounts, RgwPurging):
    def purge_bucket(self, bucket: Ref, progress: Progress) -> None:
        found, _ = self._find_bucket(bucket)
        if found is not None:
            self._purge(found, Steps(progress, self._known_steps(found)))

    def purge_user(self, user: Ref, progress: Progress) -> None:
        uid = self._uid(user)
        try:
            found = self._user(user)
        except NotFound:
            return
        self._require_prefix(uid)
        refuse_suspended(uid, suspended=mapping.is_suspended(found))
        self._purge_with_buckets(user, self._croit.list_buckets_of(uid), progress)

    def _name_of(self, row: Json) -> str:
        return mapping.bucket_name(row)

    def _known_steps(self, row: Json) -> int:
        return 1 + (limits.held_objects(row) or 0)

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
        rows = self._croit.list_buckets_named(mapping.bucket_name(row))
        return mapping.bucket_id(row) in map(mapping.bucket_id, rows)

    def _remove(self, uid: str, row: Json) -> bool:
        """``False`` while it holds something; true also if it is gone."""
        name = mapping.bucket_name(row)
        with self._opened(uid, name) as seen, self._changing_bucket(name):
            if not self._is_there(row):
                return True
            return self._removed(Ref(mapping.bucket_tenant(row), name), seen)
