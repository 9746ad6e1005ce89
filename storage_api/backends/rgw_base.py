"""Names, locks and temporary keys, alike in every back-end of Ceph's gateway."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, NamedTuple

import structlog

from storage_api.backends.rgw_names import MARKER, RESERVED, TENANT, full_uid, split_uid
from storage_api.domain.errors import BackendError, Conflict, Invalid, NotFound
from storage_api.domain.models import Ref
from storage_api.transport.context import extra_time
from storage_api.transport.replicas import Replicas
from storage_api.transport.shared import Shared

Json = dict[str, Any]

log = structlog.get_logger(__name__)


class Common(NamedTuple):
    """What is configured of each, under whatever names.

    ``door`` and ``address`` say how the cluster is administered, and which one it is.
    """

    door: str
    address: str
    prefix: str
    default_tenant: str


class RgwBase(ABC):
    _replicas: Replicas

    @property
    @abstractmethod
    def _common(self) -> Common: ...

    @property
    @abstractmethod
    def _all_buckets(self) -> Shared[list[Json]]:
        """The statistics of every bucket, which cost the whole cluster; any caller may ask."""

    @abstractmethod
    def _find_user(self, uid: str) -> Json | None: ...

    @abstractmethod
    def _all_uids(self) -> Iterable[str]: ...

    @abstractmethod
    def _delete_key_of(self, uid: str, access_key: str) -> None:
        """One that is gone is done."""

    @abstractmethod
    def _require_ours(self, uid: str, found: Json) -> None:
        """Raises ``Conflict`` for users that this service must leave alone."""

    # Names

    def _tenant(self, namespace: str | None) -> str:
        """The gateway's tenant for a namespace of ours; empty is the tenantless one."""
        return namespace if namespace is not None else self._common.default_tenant

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
        if self._find_user(full_uid(tenant, MARKER)) is not None:
            return True
        return any(split_uid(uid)[0] == tenant for uid in self._all_uids())

    # One change at a time. Nested in this order only: namespace, owner, address, user, bucket.

    def _keeping_namespace(self, tenant: str) -> AbstractContextManager[None]:
        """No user appears in a namespace that is just being deleted."""
        return self._alone("namespace", tenant)

    def _keeping_owner(self, uid: str) -> AbstractContextManager[None]:
        """No owner goes while getting a bucket: a later user of that uid would own its data."""
        return self._alone("owner", uid)

    def _giving_address(self, email: str | None) -> AbstractContextManager[None]:
        """An address in use, in whatever case, is found only if nobody is just being given it."""
        return self._alone("address", email.lower()) if email else nullcontext()

    def _changing_user(self, uid: str) -> AbstractContextManager[None]:
        """The gateway fails when two changes of one user meet, quotas and keys included."""
        return self._alone("user", uid)

    @contextmanager
    def _changing_bucket(self, name: str) -> Iterator[None]:
        with self._alone("bucket", name):
            try:
                yield
            finally:
                self._all_buckets.forget()

    def _alone(self, what: str, name: str) -> AbstractContextManager[None]:
        return self._replicas.exclusive(f"{self._common.door}-{what}", self._common.address, name)

    # Users

    def _user(self, user: Ref) -> Json:
        found = None if user.name == MARKER else self._find_user(self._uid(user))
        if found is None:
            raise NotFound(f"There is no user {str(user)!r}.")
        return found

    def _our_user(self, user: Ref) -> Json:
        """One who may be changed here."""
        found = self._user(user)
        self._require_ours(self._uid(user), found)
        return found

    def _check_new_uid(self, user: Ref) -> None:
        if user.name in RESERVED:
            raise Invalid(f"The user name {user.name!r} is reserved.")
        prefix = self._common.prefix
        if not user.name.startswith(prefix):
            raise Invalid(f"Names of users that are made here begin with {prefix!r}.")

    def _require_prefix(self, uid: str) -> None:
        prefix = self._common.prefix
        if not split_uid(uid)[1].startswith(prefix):
            raise Conflict(
                f"User {uid!r} was not made here (its name does not begin with {prefix!r}) "
                "and is left alone."
            )

    # Temporary keys

    def _end_temporary_key(self, uid: str, access_key: str) -> None:
        try:
            with extra_time(), self._changing_user(uid):
                self._delete_key_of(uid, access_key)
        except (BackendError, Conflict) as error:
            _warn_of_left_over(uid, access_key, error)

    def _end_all(self, uid: str, left_over: Iterable[str]) -> None:
        """The caller holds ``_changing_user``. What fails is left for the next time."""
        for access_key in left_over:
            try:
                self._delete_key_of(uid, access_key)
            except BackendError as error:
                _warn_of_left_over(uid, access_key, error)


def _warn_of_left_over(uid: str, access_key: str, error: Exception) -> None:
    log.warning("temporary-key-left-over", uid=uid, access_key=access_key, reason=str(error))
