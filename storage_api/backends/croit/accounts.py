"""Accounts: users made for one resource of a portal, in steps that a repeat finishes."""

from datetime import UTC, datetime

from storage_api.backends.access_keys import new_key_id
from storage_api.backends.accounts import AccountOptions, account_metadata, shows_key
from storage_api.backends.croit import limits, mapping
from storage_api.backends.croit.base import log
from storage_api.backends.croit.client import Json
from storage_api.backends.croit.users import Users
from storage_api.backends.rgw_accounts import RgwAccounts
from storage_api.backends.rgw_rules import in_whole_kib
from storage_api.backends.rows import existing
from storage_api.backends.s3 import S3Key
from storage_api.domain.errors import AlreadyExists
from storage_api.domain.models import Account, AccountMetadata, Connection, NewKey, Quota, Ref
from storage_api.domain.requests import AccountCreate
from storage_api.domain.secrets import Secret


class Accounts(Users, RgwAccounts):
    @property
    def _account_options(self) -> AccountOptions:
        return self._options

    def _check_shown_name(self, fields: AccountCreate) -> None:
        mapping.check_display_name(fields.get("display_name"))

    def _check_account_quota(self, quota: Quota) -> None:
        limits.check_quota(quota)

    def _begin_account(self, user: Ref, stamp: str, _: AccountCreate) -> bool:
        return self._begin_user(self._uid(user), stamp)

    def _require_stamp(self, uid: str, found: Json, stamp: str) -> None:
        self._require_prefix_of_existing(uid)
        if mapping.user_record(found).email != stamp:
            raise AlreadyExists(f"User {uid!r} exists and was made for something else.")

    def _finish_account(
        self, uid: str, found: Json, quota: Quota, fields: AccountCreate
    ) -> Account:
        record = mapping.user_record(found)
        if mapping.is_unfinished(found):
            shown = fields.get("display_name", record.name)
            self._finish_user(uid, {"quota": quota}, {"display_name": shown})
        else:
            if fields.get("display_name", record.display_name) != record.display_name:
                wanted = mapping.user_fields({"display_name": fields["display_name"]})
                self._modify_user(uid, wanted)
            if record.quota != in_whole_kib(quota):
                self._set_user_quota(uid, "quota", quota)
        rows = self._swept_keys(uid)
        own = mapping.own_keys(uid, rows)
        made: NewKey | None = None
        if not own:
            suspended = mapping.is_suspended(found)
            made = self._make_key(uid, new_key_id(), rows, suspended=suspended)
        connection = self._connection(
            made.access_key if made else mapping.access_key(own[0]),
            Secret(made.secret_key) if made else None,
        )
        return Account(
            user=self._with_keys(existing(self._croit.find_user(uid))), connection=connection
        )

    def get_account_metadata(self, user: Ref) -> AccountMetadata:
        found = self._user(user)
        uid, now = mapping.user_id(found), datetime.now(UTC)
        buckets = [mapping.bucket_record(row, now) for row in self._croit.list_buckets_of(uid)]
        rows = self._keys_of(uid)
        record = mapping.user_record(found, rows)
        told = shows_key(record, self._options, self._options.user_prefix)
        usable = not mapping.is_suspended(found) and not mapping.is_unfinished(found)
        key = self._usable_key(uid, rows) if told and usable else None
        return account_metadata(record, buckets, self._shown_connection(uid, key))

    def _shown_connection(self, uid: str, key: S3Key | None) -> Connection:
        """A key is never told without a trace."""
        if key is None:
            return self._connection(None, None)
        log.warning("credentials-shown", uid=uid, access_key=key.access_key)
        return self._connection(key.access_key, key.secret_key)

    def _connection(self, access_key: str | None, secret: Secret | None) -> Connection:
        return Connection(
            endpoint=self._options.s3_endpoint,
            region=self._options.s3_region,
            access_key=access_key,
            secret_key=secret.reveal() if secret else None,
        )
