"""Accounts, and what goes with all that it holds."""

from dataclasses import replace

from storage_api.backends.accounts import (
    AccountOptions,
    account_metadata,
    account_name,
    account_quota,
    stamp_of,
)
from storage_api.backends.dummy.buckets import DummyBuckets, measured
from storage_api.backends.dummy.family import require
from storage_api.backends.dummy.keys import add_key
from storage_api.backends.dummy.kinds import BUCKET, USER
from storage_api.backends.dummy.namespaces import check_namespace
from storage_api.backends.dummy.transaction import View
from storage_api.backends.dummy.users import DummyUsers, buckets_of, new_user
from storage_api.domain.errors import AlreadyExists, Conflict
from storage_api.domain.models import Account, AccountMetadata, Connection, Ref
from storage_api.domain.progress import Progress
from storage_api.domain.requests import AccountCreate

_OPTIONS = AccountOptions()
_NAMING = _OPTIONS.naming("")


class DummyAccounts(DummyBuckets, DummyUsers):
    def create_account(self, namespace: str | None, fields: AccountCreate) -> tuple[Account, bool]:
        ref = Ref(namespace, account_name(fields, _NAMING))
        new = new_user(ref)
        stamp = stamp_of(fields, str(new.id))
        quota = account_quota(str(new.id), fields, _OPTIONS)
        with self._store.transaction() as tx:
            check_namespace(tx, namespace)
            found = tx.get(USER, ref)
            if found is not None and found.email != stamp:
                raise AlreadyExists(
                    f"The user {str(ref)!r} exists and was made for something else."
                )
            user = replace(found or new, email=stamp, quota=quota)
            if "display_name" in fields:
                user = replace(user, display_name=fields["display_name"])
            tx.put(USER, ref, user)
            key = None if user.key_ids else add_key(tx, ref)
            connection = Connection(
                endpoint=None,
                access_key=key.access_key if key else next(iter(user.key_ids or []), None),
                secret_key=key.secret_key if key else None,
            )
            return Account(user=require(tx, USER, ref), connection=connection), found is None

    def get_account_metadata(self, user: Ref) -> AccountMetadata:
        """There is no S3 service to connect to, so no endpoint either."""
        with self._store.view() as view:
            found = require(view, USER, user)
            buckets = [measured(bucket) for bucket in buckets_of(view, user)]
        return account_metadata(found, buckets, Connection(endpoint=None))

    def purge_bucket(self, bucket: Ref, progress: Progress) -> None:
        """There is never anything in it."""
        with self._store.view() as view:
            found = view.get(BUCKET, bucket)
            if found is not None:
                _refuse_suspended(view, Ref(bucket.namespace, found.owner or ""))
        progress.expect(1)
        self.delete_bucket(bucket)
        progress.advance()

    def purge_user(self, user: Ref, progress: Progress) -> None:
        with self._store.view() as view:
            _refuse_suspended(view, user)
            buckets = buckets_of(view, user)
        progress.expect(len(buckets) + 1)
        for bucket in buckets:
            self.delete_bucket(Ref(user.namespace, bucket.name))
            progress.advance()
        self.delete_user(user)
        progress.advance()


def _refuse_suspended(view: View, user: Ref) -> None:
    found = view.get(USER, user)
    if found is not None and found.suspended:
        raise Conflict(f"The user {str(user)!r} is suspended.")
