"""What every subject of this back-end shares: names, whose users are ours, owners' keys."""

from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from secrets import token_urlsafe

import structlog

from storage_api.backends.access_keys import is_left_over, temporary_key_id
from storage_api.backends.croit import mapping
from storage_api.backends.croit.client import CroitClient, Json
from storage_api.backends.croit.refusals import AMBIGUOUS, Reason, Refusal, reason_of
from storage_api.backends.croit.settings import CroitOptions
from storage_api.backends.rgw_base import Common, RgwBase
from storage_api.backends.s3 import S3Key, S3Plane
from storage_api.domain.errors import BackendError, Conflict, NotFound
from storage_api.domain.models import NewKey, Ref
from storage_api.domain.secrets import Secret
from storage_api.transport.context import extra_time

_SECRET_BYTES = 30  # 40 characters

log = structlog.get_logger(__name__)


class CroitBase(RgwBase):
    """Common ground of the mixins that ``CroitStorage`` is put together from."""

    _options: CroitOptions

    @property
    @abstractmethod
    def _croit(self) -> CroitClient: ...

    @property
    @abstractmethod
    def _s3(self) -> S3Plane: ...

    @property
    def _common(self) -> Common:
        options = self._options
        return Common("croit", options.root, options.user_prefix, options.default_tenant or "")

    def _find_user(self, uid: str) -> Json | None:
        return self._croit.find_user(uid)

    def _all_uids(self) -> Iterable[str]:
        return map(mapping.user_id, self._croit.list_users())

    def _delete_key_of(self, uid: str, access_key: str) -> None:
        self._croit.delete_key(uid, access_key)

    @contextmanager
    def _changing_bucket(self, name: str) -> Iterator[None]:
        """Of all tenants' buckets of this name, for croit cannot always tell them apart."""
        with super()._changing_bucket(name):
            yield

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

    def _require_ours(self, uid: str, found: Json) -> None:
        """Raises ``Conflict`` for users that this service must leave alone."""
        self._require_prefix(uid)
        if mapping.is_unfinished(found):
            raise Conflict(f"User {uid!r} is half made; repeat the request that makes it.")

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
        left_over = left_over_keys(uid, rows)
        if left_over:
            with self._changing_user(uid):
                self._end_all(uid, left_over)
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
