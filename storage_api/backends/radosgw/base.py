"""What every subject of this back-end shares: names, whose users are ours, owners' keys."""

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import structlog

from storage_api.backends.access_keys import is_left_over, temporary_key_id
from storage_api.backends.radosgw import mapping
from storage_api.backends.radosgw.client import AMBIGUOUS, AdminOps, Json, UnexpectedCode
from storage_api.backends.radosgw.settings import RadosgwOptions
from storage_api.backends.rgw_base import Common, RgwBase
from storage_api.backends.rgw_names import bucket_path
from storage_api.backends.s3 import S3Key, S3Plane
from storage_api.domain.errors import BackendError, Conflict, NotFound
from storage_api.domain.models import NewKey, Ref
from storage_api.domain.secrets import Secret
from storage_api.transport.context import extra_time

log = structlog.get_logger(__name__)


class RadosgwBase(RgwBase):
    """Common ground of the mixins that ``RadosgwStorage`` is put together from."""

    _options: RadosgwOptions

    @property
    @abstractmethod
    def _admin(self) -> AdminOps: ...

    @property
    @abstractmethod
    def _s3(self) -> S3Plane: ...

    @property
    def _common(self) -> Common:
        options = self._options
        tenant = options.default_namespace or ""
        return Common("radosgw", options.endpoint, options.uid_prefix, tenant)

    def _find_user(self, uid: str) -> Json | None:
        return self._admin.find_user(uid)

    def _all_uids(self) -> Iterable[str]:
        return self._admin.list_uids()

    def _delete_key_of(self, uid: str, access_key: str) -> None:
        self._admin.delete_key(uid, access_key)

    def _path(self, bucket: Ref) -> str:
        return bucket_path(self._tenant(bucket.namespace), bucket.name)

    # Users

    def _is_administrator(self, found: Json) -> bool:
        return mapping.is_administrator(found, self._options.admin_access_key)

    def _require_ours(self, uid: str, found: Json) -> None:
        """Raises ``Conflict`` for users that this service must leave alone."""
        if self._is_administrator(found):
            raise Conflict(f"User {uid!r} is an administrator of RadosGW and is left alone here.")
        self._require_prefix(uid)

    # Keys

    def _make_key(self, uid: str, access_key: str, *, suspended: bool) -> NewKey:
        """The caller holds ``_changing_user``. The name is ours, so a lost answer can be found.

        A key of that name that the user has already gets another secret.
        """
        rows: Sequence[Mapping[str, Any]]
        try:
            rows = self._admin.add_key(uid, access_key)
        except UnexpectedCode as refusal:
            if refusal.code == "KeyExists":
                raise Conflict(f"The access key {access_key!r} belongs to another user.") from None
            raise
        except AMBIGUOUS as error:
            rows = mapping.all_keys(self._read_back(uid, error))
            if access_key not in {row["access_key"] for row in rows}:
                raise
        return mapping.new_key(rows, access_key, suspended=suspended)

    def _read_back(self, uid: str, error: BackendError) -> Json:
        """The user after a write whose outcome is not known; ``error`` if that stays so."""
        try:
            with extra_time():
                found = self._admin.find_user(uid)
        except BackendError:
            raise error from None
        if found is None:
            raise error
        return found

    def _usable_key(self, owner: Json) -> S3Key | None:
        """A key with which the owner may speak S3 now."""
        if mapping.is_suspended(owner):
            return None
        for row in mapping.own_keys(owner):
            if mapping.is_active(row) and row.get("secret_key"):
                return S3Key(row["access_key"], row["secret_key"])
        return None

    @contextmanager
    def _owner_key(self, uid: str, owner: Json) -> Iterator[S3Key]:
        """A key for a write: one of the owner's, or a temporary one if there is none.

        Raises:
            Conflict: the owner is suspended, which is never lifted on the quiet.
        """
        if mapping.is_suspended(owner):
            raise Conflict(f"User {uid!r}, who owns the bucket, is suspended.")
        self._sweep_keys(uid, owner)
        key = self._usable_key(owner)
        if key is not None:
            yield key
            return
        with self._changing_user(uid):
            made = self._make_key(uid, temporary_key_id(), suspended=False)
        try:
            yield S3Key(made.access_key, Secret(made.secret_key))
        finally:
            self._end_temporary_key(uid, made.access_key)

    def _sweep_keys(self, uid: str, owner: Json) -> None:
        """End the temporary keys of work that was killed."""
        if _left_over_keys(owner):
            with self._changing_user(uid):
                self._end_left_over_keys(uid, owner)

    def _end_left_over_keys(self, uid: str, owner: Json) -> None:
        """The caller holds ``_changing_user``."""
        self._end_all(uid, _left_over_keys(owner))

    # Buckets

    def _bucket(self, bucket: Ref) -> Json:
        found = self._admin.find_bucket(self._path(bucket))
        if found is None:
            raise NotFound(f"There is no bucket {str(bucket)!r}.")
        return found

    def _our_owner(self, bucket: Json) -> tuple[str, Json]:
        """The bucket's owner, who must be ours for any change of the bucket."""
        uid = mapping.owner_uid(bucket)
        owner = self._admin.find_user(uid)
        if owner is None:
            raise Conflict(f"The bucket's owner, {uid!r}, does not exist any more.")
        self._require_ours(uid, owner)
        return uid, owner


def _left_over_keys(owner: Json) -> list[str]:
    names: list[str] = [row["access_key"] for row in mapping.all_keys(owner)]
    return [name for name in names if is_left_over(name)]
