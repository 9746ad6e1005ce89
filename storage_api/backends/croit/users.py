"""Users."""

from storage_api.backends.accounts import check_email, is_stamp
from storage_api.backends.croit import limits, mapping
from storage_api.backends.croit.client import Json
from storage_api.backends.croit.making import Making
from storage_api.backends.croit.refusals import Reason, reason_of
from storage_api.backends.objects import UserStore
from storage_api.backends.rgw_names import MARKER, check_text, split_uid
from storage_api.backends.rgw_rules import require_no_buckets
from storage_api.backends.rows import existing
from storage_api.domain.errors import AlreadyExists, BackendError, Conflict, Invalid, NotFound
from storage_api.domain.models import Ref, User
from storage_api.domain.requests import UserCreate, UserPatch


class Users(Making, UserStore):
    def list_users(self, namespace: str | None) -> list[User]:
        """With everything but keys, which croit tells of one user at a time."""
        tenant = self._tenant(namespace)
        rows = [
            row for row in self._croit.list_users() if split_uid(mapping.user_id(row))[0] == tenant
        ]
        if not rows and tenant != self._tenant(None):
            raise NotFound(f"There is no namespace {tenant!r}.")
        users = map(mapping.user_record, rows)
        return sorted((user for user in users if user.name != MARKER), key=lambda user: user.name)

    def get_user(self, user: Ref) -> User:
        return self._with_keys(self._user(user))

    def _with_keys(self, found: Json) -> User:
        return mapping.user_record(found, self._keys_of(mapping.user_id(found)))

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
            found = self._croit.find_user(uid)
            made = found is None and self._begin_user(uid, fields.get("email"))
            found = existing(found or self._croit.find_user(uid))
            self._require_prefix_of_existing(uid)
            if mapping.is_unfinished(found):
                found = self._complete(uid, found, fields)
            else:
                self._require_match(uid, found, fields)
            return self._with_keys(found), made

    def _require_prefix_of_existing(self, uid: str) -> None:
        try:
            self._require_prefix(uid)
        except Conflict as reason:
            raise AlreadyExists(str(reason)) from reason

    def _complete(self, uid: str, found: Json, fields: UserCreate) -> Json:
        if is_stamp(mapping.user_record(found).email):
            raise AlreadyExists(f"User {uid!r} is being made as an account.")
        self._require_free(fields.get("email"), uid)
        settings: UserPatch = {
            "display_name": fields.get("display_name", split_uid(uid)[1]),
            "email": fields.get("email"),
            "suspended": fields.get("suspended", False),
        }
        return self._finish_user(uid, limits.quotas(fields), settings)

    def _require_match(self, uid: str, found: Json, fields: UserCreate) -> None:
        differing = mapping.differing(mapping.user_record(found), fields)
        if differing:
            raise AlreadyExists(f"User {uid!r} exists with another {', '.join(differing)}.")

    def update_user(self, user: Ref, changes: UserPatch) -> User:
        _check_settings(changes)
        uid = self._uid(user)
        with self._giving_address(changes.get("email")), self._changing_user(uid):
            found = self._our_user(user)
            if "email" in changes:
                wanted = changes["email"]
                check_email(mapping.user_record(found).email, wanted and wanted.lower())
                self._require_free(wanted, uid)
            self._modify_user(uid, mapping.user_fields(changes))
            self._set_quotas(uid, limits.quotas(changes))
            return self.get_user(user)

    def delete_user(self, user: Ref) -> None:
        uid = self._uid(user)
        with self._keeping_owner(uid), self._changing_user(uid):
            try:
                self._user(user)
            except NotFound:
                return
            self._require_prefix(uid)
            self._refuse_with_buckets(uid)
            try:
                self._croit.delete_user(uid)
            except BackendError as error:
                if reason_of(error) is not Reason.OWNS_BUCKETS:
                    raise
                # One was made since we looked.
                self._refuse_with_buckets(uid)
                raise Conflict(f"User {uid!r} still owns buckets.") from error

    def _refuse_with_buckets(self, uid: str) -> None:
        require_no_buckets(uid, map(mapping.bucket_name, self._croit.list_buckets_of(uid)))


def _check_settings(fields: UserCreate | UserPatch) -> None:
    if fields.get("max_buckets") is not None:
        raise Invalid("croit has no max_buckets; it must be null.")
    for quota in limits.quotas(fields).values():
        limits.check_quota(quota)
    mapping.check_display_name(fields.get("display_name"))
    check_text("email", fields.get("email") or "-")
