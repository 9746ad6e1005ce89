"""How an account is made in every back-end of Ceph's gateway."""

from abc import abstractmethod

from storage_api.backends.accounts import AccountOptions, account_name, account_quota, stamp_of
from storage_api.backends.objects import UserStore
from storage_api.backends.rgw_base import Json, RgwBase
from storage_api.backends.rows import existing
from storage_api.domain.models import Account, Quota, Ref
from storage_api.domain.requests import AccountCreate


class RgwAccounts(RgwBase, UserStore):
    @property
    @abstractmethod
    def _account_options(self) -> AccountOptions: ...

    @abstractmethod
    def _check_shown_name(self, fields: AccountCreate) -> None: ...

    @abstractmethod
    def _check_account_quota(self, quota: Quota) -> None: ...

    @abstractmethod
    def _begin_account(self, user: Ref, stamp: str, fields: AccountCreate) -> bool:
        """``False`` if somebody else made the user at the same moment."""

    @abstractmethod
    def _require_stamp(self, uid: str, found: Json, stamp: str) -> None:
        """Raises ``AlreadyExists`` for a user who is not ours or was made for something else."""

    @abstractmethod
    def _finish_account(
        self, uid: str, found: Json, quota: Quota, fields: AccountCreate
    ) -> Account:
        """What the create call does not take, or what an adopted account may have lost.

        The key comes last, so that nobody writes before there is a limit.
        """

    def create_account(self, namespace: str | None, fields: AccountCreate) -> tuple[Account, bool]:
        naming = self._account_options.naming(self._common.prefix)
        user = Ref(namespace, account_name(fields, naming))
        self._check_new_uid(user)
        self._check_shown_name(fields)
        uid = self._uid(user)
        quota = account_quota(uid, fields, self._account_options)
        self._check_account_quota(quota)
        stamp = stamp_of(fields, uid)
        with (
            self._keeping_namespace(self._tenant(namespace)),
            self._giving_address(stamp),
            self._changing_user(uid),
        ):
            self._require_namespace(namespace)
            found = self._find_user(uid)
            made = found is None and self._begin_account(user, stamp, fields)
            found = existing(found or self._find_user(uid))
            self._require_stamp(uid, found, stamp)
            return self._finish_account(uid, found, quota, fields), made
