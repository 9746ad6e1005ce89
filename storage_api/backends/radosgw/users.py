"""Users."""

from storage_api.backends.accounts import check_email
from storage_api.backends.objects import UserStore
from storage_api.backends.radosgw import limits, mapping
from storage_api.backends.radosgw.base import log
from storage_api.backends.radosgw.client import AMBIGUOUS, Json, UnexpectedCode
from storage_api.backends.radosgw.keys import Keys
from storage_api.backends.rgw_names import MARKER, check_text, split_uid
from storage_api.backends.rgw_rules import require_no_buckets
from storage_api.backends.rows import existing
from storage_api.domain.errors import (
    AlreadyExists,
    Conflict,
    Invalid,
    NotFound,
    StorageError,
)
from storage_api.domain.models import Quota, Ref, User
from storage_api.domain.requests import UserCreate, UserPatch

_LATER = frozenset({"quota", "bucket_quota"})
_NO_QUOTA = Quota(enabled=False)


class Users(Keys, UserStore):
    def list_users(self, namespace: str | None) -> list[User]:
        tenant = self._tenant(namespace)
        uids = [uid for uid in self._admin.list_uids() if split_uid(uid)[0] == tenant]
        if not uids and tenant != self._tenant(None):
            raise NotFound(f"There is no namespace {tenant!r}.")
        users = (mapping.listed_user(uid) for uid in uids)
        return sorted((user for user in users if user.name != MARKER), key=lambda user: user.name)

    def get_user(self, user: Ref) -> User:
        return mapping.user_record(self._user(user))

    def create_user(self, user: Ref, fields: UserCreate) -> tuple[User, bool]:
        self._check_new_uid(user)
        _check_settings(fields)
        check_email(None, fields.get("email"))
        uid = self._uid(user)
        with (
            self._keeping_namespace(self._tenant(user.namespace)),
            self._giving_address(fields.get("email")),
            self._changing_user(uid),
        ):
            self._require_namespace(user.namespace)
            found = self._admin.find_user(uid)
            if found is None and self._make_user(uid, user.name, fields):
                return self._complete(uid, fields), True
            found = existing(found or self._admin.find_user(uid))
            return self._matching_user(uid, found, fields), False

    def _make_user(self, uid: str, name: str, fields: UserCreate) -> bool:
        """``False`` if somebody else made the user at the same moment."""
        parameters = {"display-name": name, **mapping.user_parameters(fields)}
        try:
            self._admin.create_user(uid, parameters)
        except UnexpectedCode as refusal:
            if refusal.code == "UserAlreadyExists":
                return False
            raise about_user(refusal) from refusal
        except AMBIGUOUS as error:
            self._read_back(uid, error)
        return True

    def _complete(self, uid: str, fields: UserCreate) -> User:
        """The settings that RGW does not take in the create call itself.

        Nothing is undone: after a lost answer the user may be somebody else's just as well.
        """
        try:
            self._set_quotas(uid, fields)
            return mapping.user_record(existing(self._admin.find_user(uid)))
        except StorageError as error:
            log.warning("half-made-user", uid=uid, reason=str(error))
            there = "The user is there, perhaps without quotas; the same request finishes it."
            error.args = (f"{error} {there}",)
            raise

    def _matching_user(self, uid: str, found: Json, fields: UserCreate) -> User:
        try:
            self._require_ours(uid, found)
        except Conflict as reason:
            raise AlreadyExists(str(reason)) from reason
        record = mapping.user_record(found)
        differing = mapping.differing(record, fields)
        if differing and self._is_unfinished(uid, record, differing):
            return self._complete(uid, fields)
        if differing:
            raise AlreadyExists(f"User {uid!r} exists with another {', '.join(differing)}.")
        return record

    def _is_unfinished(self, uid: str, record: User, differing: list[str]) -> bool:
        """Whether only quotas lack that nobody ever set, and the user was never used."""
        return (
            all(name in _LATER and getattr(record, name) == _NO_QUOTA for name in differing)
            and not record.key_ids
            and not self._admin.list_buckets_of(uid)
        )

    def _set_quotas(self, uid: str, fields: UserCreate | UserPatch) -> None:
        for kind, quota in limits.quotas(fields).items():
            self._admin.set_user_quota(uid, kind, limits.user_limits(quota))

    def update_user(self, user: Ref, changes: UserPatch) -> User:
        _check_settings(changes)
        uid = self._uid(user)
        with self._giving_address(changes.get("email")), self._changing_user(uid):
            found = self._our_user(user)
            if "email" in changes:
                _check_address(found, changes["email"])
            parameters = mapping.user_parameters(changes)
            if parameters:
                try:
                    self._admin.modify_user(uid, parameters)
                except UnexpectedCode as refusal:
                    raise about_user(refusal) from refusal
            self._set_quotas(uid, changes)
            return mapping.user_record(self._user(user))

    def delete_user(self, user: Ref) -> None:
        uid = self._uid(user)
        with self._keeping_owner(uid), self._changing_user(uid):
            try:
                self._our_user(user)
            except NotFound:
                return
            self._refuse_with_buckets(uid)
            try:
                self._admin.delete_user(uid)
            except UnexpectedCode as refusal:
                # RGW's way to say that the user owns buckets; one was made since we looked.
                if refusal.code != "BucketAlreadyExists":
                    raise
                self._refuse_with_buckets(uid)
                raise Conflict(f"User {uid!r} still owns buckets.") from refusal

    def _refuse_with_buckets(self, uid: str) -> None:
        require_no_buckets(uid, map(mapping.bucket_name, self._admin.list_buckets_of(uid)))


def _check_settings(fields: UserCreate | UserPatch) -> None:
    for quota in limits.quotas(fields).values():
        limits.check_quota(quota)
    check_text("display_name", fields.get("display_name", "-"))
    check_text("email", fields.get("email") or "-")


def _check_address(found: Json, wanted: str | None) -> None:
    """RGW keeps addresses in lower case."""
    check_email(mapping.user_record(found).email, wanted and wanted.lower())


def about_user(refusal: UnexpectedCode) -> StorageError:
    if refusal.code == "EmailExists":
        return Conflict("That e-mail address belongs to another user.")
    if refusal.code == "InvalidArgument":
        return Invalid("The object store does not accept one of the user's settings.")
    if refusal.code == "NoSuchUser":
        return NotFound("There is no such user.")
    return refusal
