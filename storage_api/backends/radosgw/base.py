"""What every subject of this back-end shares: names, whose users are ours, owners' keys."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, TypeVar

import structlog

from storage_api.backends.access_keys import is_left_over, temporary_key_id
from storage_api.backends.radosgw import mapping
from storage_api.backends.radosgw.client import AMBIGUOUS, AdminOps, Json, UnexpectedCode
from storage_api.backends.radosgw.settings import RadosgwOptions
from storage_api.backends.rgw_names import (
    MARKER,
    RESERVED,
    TENANT,
    bucket_path,
    full_uid,
    split_uid,
)
from storage_api.backends.s3 import S3Key, S3Plane
from storage_api.domain.errors import BackendError, Conflict, Invalid, NotFound
from storage_api.domain.models import NewKey, Ref
from storage_api.domain.secrets import Secret
from storage_api.transport.context import extra_time
from storage_api.transport.exclusive import exclusive
from storage_api.transport.shared import Shared

T = TypeVar("T")

log = structlog.get_logger(__name__)


class RadosgwBase(ABC):
    """Common ground of the mixins that ``RadosgwStorage`` is put together from."""

    _options: RadosgwOptions

    @property
    @abstractmethod
    def _admin(self) -> AdminOps: ...

    @property
    @abstractmethod
    def _s3(self) -> S3Plane: ...

    @property
    @abstractmethod
    def _all_buckets(self) -> Shared[list[Json]]:
        """The statistics of every bucket, which cost the whole cluster; any caller may ask."""

    # Names

    def _tenant(self, namespace: str | None) -> str:
        """RGW's tenant for a namespace of ours; empty is the tenantless one."""
        return namespace if namespace is not None else self._options.default_namespace or ""

    def _uid(self, user: Ref) -> str:
        return full_uid(self._tenant(user.namespace), user.name)

    def _path(self, bucket: Ref) -> str:
        return bucket_path(self._tenant(bucket.namespace), bucket.name)

    def _require_namespace(self, namespace: str | None) -> str:
        """The tenant; the default one needs no proof that it exists."""
        tenant = self._tenant(namespace)
        if tenant != self._tenant(None) and not self._tenant_exists(tenant):
            raise NotFound(f"There is no namespace {tenant!r}.")
        return tenant

    def _tenant_exists(self, tenant: str) -> bool:
        if not TENANT.fullmatch(tenant):
            return False
        if self._admin.find_user(full_uid(tenant, MARKER)) is not None:
            return True
        return any(split_uid(uid)[0] == tenant for uid in self._admin.list_uids())

    # One change at a time. Nested in this order only: namespace, owner, address, user, bucket.

    def _keeping_namespace(self, tenant: str) -> AbstractContextManager[None]:
        """No user appears in a namespace that is just being deleted."""
        return exclusive("radosgw-namespace", self._options.endpoint, tenant)

    def _keeping_owner(self, uid: str) -> AbstractContextManager[None]:
        """No owner goes while getting a bucket: a later user of that uid would own its data."""
        return exclusive("radosgw-owner", self._options.endpoint, uid)

    def _giving_address(self, email: str | None) -> AbstractContextManager[None]:
        """RGW finds an address that is in use only if nobody else is just being given it."""
        if not email:
            return nullcontext()
        return exclusive("radosgw-address", self._options.endpoint, email)

    def _changing_user(self, uid: str) -> AbstractContextManager[None]:
        """RGW answers 500 when two changes of one user meet, quotas and keys included."""
        return exclusive("radosgw-user", self._options.endpoint, uid)

    @contextmanager
    def _changing_bucket(self, path: str) -> Iterator[None]:
        with exclusive("radosgw-bucket", self._options.endpoint, path):
            try:
                yield
            finally:
                self._all_buckets.forget()

    # Users

    def _user(self, user: Ref) -> Json:
        found = None if user.name == MARKER else self._admin.find_user(self._uid(user))
        if found is None:
            raise NotFound(f"There is no user {str(user)!r}.")
        return found

    def _our_user(self, user: Ref) -> Json:
        found = self._user(user)
        self._require_ours(self._uid(user), found)
        return found

    def _check_new_uid(self, user: Ref) -> None:
        if user.name in RESERVED:
            raise Invalid(f"The user name {user.name!r} is reserved.")
        prefix = self._options.uid_prefix
        if not user.name.startswith(prefix):
            raise Invalid(f"Names of users that are made here begin with {prefix!r}.")

    def _is_administrator(self, found: Json) -> bool:
        return mapping.is_administrator(found, self._options.admin_access_key)

    def _require_ours(self, uid: str, found: Json) -> None:
        """Raises ``Conflict`` for users that this service must leave alone."""
        if self._is_administrator(found):
            raise Conflict(f"User {uid!r} is an administrator of RadosGW and is left alone here.")
        if not split_uid(uid)[1].startswith(self._options.uid_prefix):
            raise Conflict(
                f"User {uid!r} was not made here (its name does not begin with "
                f"{self._options.uid_prefix!r}) and is left alone."
            )

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

    def _end_temporary_key(self, uid: str, access_key: str) -> None:
        try:
            with extra_time(), self._changing_user(uid):
                self._admin.delete_key(uid, access_key)
        except (BackendError, Conflict) as error:
            _warn_of_left_over(uid, access_key, error)

    def _sweep_keys(self, uid: str, owner: Json) -> None:
        """End the temporary keys of work that was killed."""
        if _left_over_keys(owner):
            with self._changing_user(uid):
                self._end_left_over_keys(uid, owner)

    def _end_left_over_keys(self, uid: str, owner: Json) -> None:
        """The caller holds ``_changing_user``. What fails is left for the next time."""
        for access_key in _left_over_keys(owner):
            try:
                self._admin.delete_key(uid, access_key)
            except BackendError as error:
                _warn_of_left_over(uid, access_key, error)

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


def _warn_of_left_over(uid: str, access_key: str, error: Exception) -> None:
    log.warning("temporary-key-left-over", uid=uid, access_key=access_key, reason=str(error))
