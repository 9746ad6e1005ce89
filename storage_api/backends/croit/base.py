"""What every subject of this back-end shares: names, whose users are ours, owners' keys."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from secrets import token_urlsafe

import structlog

from storage_api.backends.access_keys import is_left_over, temporary_key_id
from storage_api.backends.croit import mapping
from storage_api.backends.croit.client import CroitClient, Json
from storage_api.backends.croit.refusals import AMBIGUOUS, Reason, Refusal, reason_of
from storage_api.backends.croit.settings import CroitOptions
from storage_api.backends.rgw_names import MARKER, RESERVED, TENANT, full_uid, split_uid
from storage_api.backends.s3 import S3Key, S3Plane
from storage_api.domain.errors import BackendError, Conflict, Invalid, NotFound
from storage_api.domain.models import NewKey, Ref
from storage_api.domain.secrets import Secret
from storage_api.transport.context import extra_time
from storage_api.transport.exclusive import exclusive
from storage_api.transport.shared import Shared

_SECRET_BYTES = 30  # 40 characters

log = structlog.get_logger(__name__)


class CroitBase(ABC):
    """Common ground of the mixins that ``CroitStorage`` is put together from."""

    _options: CroitOptions

    @property
    @abstractmethod
    def _croit(self) -> CroitClient: ...

    @property
    @abstractmethod
    def _s3(self) -> S3Plane: ...

    @property
    @abstractmethod
    def _all_buckets(self) -> Shared[list[Json]]:
        """The statistics of every bucket, which cost the whole cluster; any caller may ask."""

    # Names

    def _tenant(self, namespace: str | None) -> str:
        """The gateway's tenant for a namespace of ours; empty is the tenantless one."""
        return namespace if namespace is not None else self._options.default_tenant or ""

    def _uid(self, user: Ref) -> str:
        return full_uid(self._tenant(user.namespace), user.name)

    def _require_namespace(self, namespace: str | None) -> str:
        """The tenant; the default one needs no proof that it exists."""
        tenant = self._tenant(namespace)
        if tenant != self._tenant(None) and not self._tenant_exists(tenant):
            raise NotFound(f"There is no namespace {tenant!r}.")
        return tenant

    def _tenant_exists(self, tenant: str) -> bool:
        if not TENANT.fullmatch(tenant):
            return False
        if self._croit.find_user(full_uid(tenant, MARKER)) is not None:
            return True
        return any(split_uid(mapping.user_id(row))[0] == tenant for row in self._croit.list_users())

    # One change at a time. Nested in this order only: namespace, owner, address, user, bucket.

    def _keeping_namespace(self, tenant: str) -> AbstractContextManager[None]:
        """No user appears in a namespace that is just being deleted."""
        return exclusive("croit-namespace", self._options.root, tenant)

    def _keeping_owner(self, uid: str) -> AbstractContextManager[None]:
        """No owner goes while getting a bucket: a later user of that uid would own its data."""
        return exclusive("croit-owner", self._options.root, uid)

    def _giving_address(self, email: str | None) -> AbstractContextManager[None]:
        """An address that is in use is found only if nobody else is just being given it."""
        if not email:
            return nullcontext()
        return exclusive("croit-address", self._options.root, email.lower())

    def _changing_user(self, uid: str) -> AbstractContextManager[None]:
        """The gateway fails when two changes of one user meet, quotas and keys included."""
        return exclusive("croit-user", self._options.root, uid)

    @contextmanager
    def _changing_bucket(self, name: str) -> Iterator[None]:
        """Of all tenants' buckets of this name, for croit cannot always tell them apart."""
        with exclusive("croit-bucket", self._options.root, name):
            try:
                yield
            finally:
                self._all_buckets.forget()

    # Writes whose answer may be lost

    def _sure(self, change: Callable[[], None], holds: Callable[[], bool]) -> None:
        """Make a change; where its outcome is not known, look whether it ``holds``."""
        try:
            change()
        except AMBIGUOUS as error:
            if not self._looked(holds, error):
                raise

    def _looked(self, holds: Callable[[], bool], error: BackendError) -> bool:
        try:
            with extra_time():
                return holds()
        except (BackendError, NotFound):
            raise error from None

    # Users

    def _user(self, user: Ref) -> Json:
        found = None if user.name == MARKER else self._croit.find_user(self._uid(user))
        if found is None:
            raise NotFound(f"There is no user {str(user)!r}.")
        return found

    def _our_user(self, user: Ref) -> Json:
        """One who may be changed here; a user that is half made must be finished first."""
        found = self._user(user)
        self._require_ours(self._uid(user), found)
        return found

    def _check_new_uid(self, user: Ref) -> None:
        if user.name in RESERVED:
            raise Invalid(f"The user name {user.name!r} is reserved.")
        prefix = self._options.user_prefix
        if not user.name.startswith(prefix):
            raise Invalid(f"Names of users that are made here begin with {prefix!r}.")

    def _require_ours(self, uid: str, found: Json) -> None:
        """Raises ``Conflict`` for users that this service must leave alone."""
        self._require_prefix(uid)
        if mapping.is_unfinished(found):
            raise Conflict(f"User {uid!r} is half made; repeat the request that makes it.")

    def _require_prefix(self, uid: str) -> None:
        if not split_uid(uid)[1].startswith(self._options.user_prefix):
            raise Conflict(
                f"User {uid!r} was not made here (its name does not begin with "
                f"{self._options.user_prefix!r}) and is left alone."
            )

    # Keys

    def _keys_of(self, uid: str) -> list[Json]:
        """Every row, those of sub-users and our temporary ones among them."""
        rows = self._croit.list_keys(uid)
        if rows is None:
            raise NotFound(f"There is no user {uid!r}.")
        return rows

    def _make_key(self, uid: str, access_key: str, rows: list[Json], *, suspended: bool) -> NewKey:
        """The caller holds ``_changing_user``. The name is ours, so a lost answer can be found.

        A key of that name that the user has already, by ``rows``, gets another secret: it is
        ended before, for croit does not say what it does with a name that it has.
        """
        secret = Secret(token_urlsafe(_SECRET_BYTES))
        if has_key(uid, access_key, rows):
            self._croit.delete_key(uid, access_key)

        def is_there() -> bool:
            return any(
                mapping.access_key(row) == access_key and mapping.secret_key(row) == secret
                for row in mapping.all_keys(uid, self._keys_of(uid))
            )

        try:
            self._sure(lambda: self._croit.put_key(uid, access_key, secret), is_there)
        except AMBIGUOUS as error:
            if reason_of(error) is Reason.EXISTS:
                raise Conflict(f"The access key {access_key!r} belongs to another user.") from None
            raise
        return NewKey(access_key=access_key, active=not suspended, secret_key=secret.reveal())

    def _usable_key(self, uid: str, rows: list[Json]) -> S3Key | None:
        """A key with which the owner may speak S3, unless he is suspended."""
        for row in mapping.own_keys(uid, rows):
            if row.get("secret_key"):
                return S3Key(mapping.access_key(row), mapping.secret_key(row))
        return None

    def _key_to_look(self, uid: str) -> S3Key | None:
        """For a look no key is made."""
        rows = self._croit.list_keys(uid)
        return self._usable_key(uid, rows) if rows else None

    @contextmanager
    def _owner_key(self, uid: str, owner: Json) -> Iterator[S3Key]:
        """A key for a write: one of the owner's, or a temporary one if there is none.

        Raises:
            Conflict: the owner is suspended, which is never lifted on the quiet.
        """
        if mapping.is_suspended(owner):
            raise Conflict(f"User {uid!r}, who owns the bucket, is suspended.")
        rows = self._keys_of(uid)
        if left_over_keys(uid, rows):
            with self._changing_user(uid):
                self._end_left_over_keys(uid, rows)
        key = self._usable_key(uid, rows)
        if key is not None:
            yield key
            return
        with self._changing_user(uid):
            made = self._make_key(uid, temporary_key_id(), [], suspended=False)
        try:
            yield S3Key(made.access_key, Secret(made.secret_key))
        finally:
            self._end_temporary_key(uid, made.access_key)

    def _end_temporary_key(self, uid: str, access_key: str) -> None:
        try:
            with extra_time(), self._changing_user(uid):
                self._croit.delete_key(uid, access_key)
        except (BackendError, Conflict) as error:
            _warn_of_left_over(uid, access_key, error)

    def _end_left_over_keys(self, uid: str, rows: list[Json]) -> None:
        """The caller holds ``_changing_user``. What fails is left for the next time."""
        for access_key in left_over_keys(uid, rows):
            try:
                self._croit.delete_key(uid, access_key)
            except BackendError as error:
                _warn_of_left_over(uid, access_key, error)

    # Buckets

    def _find_bucket(self, bucket: Ref) -> tuple[Json | None, bool]:
        """The bucket, and whether it is the only one of its name in all tenants."""
        rows = self._croit.list_buckets_named(bucket.name)
        tenant = self._tenant(bucket.namespace)
        found = next((row for row in rows if mapping.bucket_tenant(row) == tenant), None)
        others = len(rows) - (found is not None)
        return found, others == 0

    def _bucket(self, bucket: Ref) -> Json:
        found, _ = self._find_bucket(bucket)
        if found is None:
            raise NotFound(f"There is no bucket {str(bucket)!r}.")
        return found

    def _bucket_by_name_alone(self, bucket: Ref) -> Json:
        """For croit's calls that take neither tenant nor owner.

        Raises:
            Conflict: another tenant has a bucket of this name, which croit might take instead.
        """
        found, alone = self._find_bucket(bucket)
        if found is None:
            raise NotFound(f"There is no bucket {str(bucket)!r}.")
        if not alone:
            raise not_alone(bucket.name)
        return found

    def _our_owner(self, bucket: Json) -> tuple[str, Json]:
        """The bucket's owner, who must be ours for any change of the bucket."""
        uid = mapping.bucket_owner(bucket)
        owner = self._croit.find_user(uid)
        if owner is None:
            raise Conflict(f"The bucket's owner, {uid!r}, does not exist any more.")
        self._require_ours(uid, owner)
        return uid, owner


def has_key(uid: str, access_key: str, rows: list[Json]) -> bool:
    """Whether it is the user's own, be it one of our temporary ones."""
    return any(mapping.access_key(row) == access_key for row in mapping.all_keys(uid, rows))


def left_over_keys(uid: str, rows: list[Json]) -> list[str]:
    names = (mapping.access_key(row) for row in mapping.all_keys(uid, rows))
    return [name for name in names if is_left_over(name)]


def not_alone(name: str) -> Conflict:
    return Conflict(
        f"Several tenants have a bucket {name!r}, and croit cannot be told which one is meant "
        "here; do it in croit itself."
    )


class NotFoundByName(Conflict):
    """croit does not know a bucket by what it is called in its tenant."""


@contextmanager
def by_name_alone(name: str) -> Iterator[None]:
    """For croit's calls that take neither tenant nor owner, of a bucket that was just seen."""
    try:
        yield
    except Refusal as refusal:
        if refusal.reason is not Reason.ABSENT:
            raise
        raise NotFoundByName(
            f"croit does not find the bucket {name!r} by its name alone; do it in croit itself."
        ) from refusal


def _warn_of_left_over(uid: str, access_key: str, error: Exception) -> None:
    log.warning("temporary-key-left-over", uid=uid, access_key=access_key, reason=str(error))
