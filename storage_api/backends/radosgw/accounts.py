"""Accounts: users made for one resource of a portal, in steps that a repeat finishes."""

from datetime import UTC, datetime

from storage_api.backends.access_keys import new_key_id
from storage_api.backends.accounts import AccountOptions, account_metadata, shows_key
from storage_api.backends.radosgw import limits, mapping
from storage_api.backends.radosgw.base import log
from storage_api.backends.radosgw.client import AMBIGUOUS, Json, UnexpectedCode
from storage_api.backends.radosgw.users import Users, about_user
from storage_api.backends.rgw_accounts import RgwAccounts
from storage_api.backends.rgw_names import check_text
from storage_api.backends.rows import existing
from storage_api.backends.s3 import S3Key
from storage_api.domain.errors import AlreadyExists, Conflict
from storage_api.domain.models import Account, AccountMetadata, Connection, Quota, Ref
from storage_api.domain.requests import AccountCreate


class Accounts(Users, RgwAccounts):
    @property
    def _account_options(self) -> AccountOptions:
        return self._options

    def _check_shown_name(self, fields: AccountCreate) -> None:
        check_text("display_name", fields.get("display_name", "-"))

    def _check_account_quota(self, quota: Quota) -> None:
        limits.check_quota(quota)

    def _begin_account(self, user: Ref, stamp: str, fields: AccountCreate) -> bool:
        uid, shown = self._uid(user), fields.get("display_name", user.name)
        try:
            self._admin.create_user(uid, {"display-name": shown, "email": stamp})
        except UnexpectedCode as refusal:
            if refusal.code == "UserAlreadyExists":
                return False
            raise about_user(refusal) from refusal
        except AMBIGUOUS as error:
            self._read_back(uid, error)
        return True

    def _require_stamp(self, uid: str, found: Json, stamp: str) -> None:
        try:
            self._require_ours(uid, found)
        except Conflict as reason:
            raise AlreadyExists(str(reason)) from reason
        if mapping.user_record(found).email != stamp:
            raise AlreadyExists(f"User {uid!r} exists and was made for something else.")

    def _finish_account(
        self, uid: str, found: Json, quota: Quota, fields: AccountCreate
    ) -> Account:
        record = mapping.user_record(found)
        if fields.get("display_name", record.display_name) != record.display_name:
            self._admin.modify_user(uid, {"display-name": fields["display_name"]})
        if record.quota != quota:
            self._admin.sync_user_stats(uid)
            self._admin.set_user_quota(uid, "user", limits.user_limits(quota))
        self._end_left_over_keys(uid, found)
        own = mapping.own_keys(found)
        made = (
            None
            if own
            else self._make_key(uid, new_key_id(), suspended=mapping.is_suspended(found))
        )
        connection = Connection(
            endpoint=self._options.client_endpoint,
            region=self._options.region,
            access_key=made.access_key if made else own[0]["access_key"],
            secret_key=made.secret_key if made else None,
        )
        user = mapping.user_record(existing(self._admin.find_user(uid)))
        return Account(user=user, connection=connection)

    def get_account_metadata(self, user: Ref) -> AccountMetadata:
        found = self._user(user)
        uid, now = self._uid(user), datetime.now(UTC)
        rows = self._admin.list_buckets_of(uid)
        buckets = [mapping.bucket_record(row, now) for row in rows]
        record = mapping.user_record(found)
        told = shows_key(record, self._options, self._options.uid_prefix)
        shown = told and not self._is_administrator(found)
        key = self._usable_key(found) if shown else None
        return account_metadata(record, buckets, self._connection(uid, key))

    def _connection(self, uid: str, key: S3Key | None) -> Connection:
        """A key is never told without a trace."""
        options = self._options
        if key is not None:
            log.warning("credentials-shown", uid=uid, access_key=key.access_key)
        return Connection(
            endpoint=options.client_endpoint,
            region=options.region,
            access_key=key.access_key if key else None,
            secret_key=key.secret_key.reveal() if key else None,
        )
