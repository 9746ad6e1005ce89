"""Accounts: users made for one resource of a portal; and users who go with all that they own."""

from storage_api.backends.accounts import account_metadata, account_name, stamp_of
from storage_api.backends.ecs import mapping_users as mapping
from storage_api.backends.ecs.bucket_removal import BucketRemoval
from storage_api.backends.ecs.key_making import log
from storage_api.backends.ecs.making import Made
from storage_api.backends.ecs.owners import REGION
from storage_api.backends.ecs.usage import Usages
from storage_api.backends.ecs.users import Users
from storage_api.backends.ecs.wire import Json
from storage_api.backends.objects import UserStore
from storage_api.domain.errors import AlreadyExists, Conflict, Invalid
from storage_api.domain.models import (
    Account,
    AccountMetadata,
    Bucket,
    Connection,
    Ref,
)
from storage_api.domain.progress import Progress
from storage_api.domain.requests import AccountCreate

_LIMITS = ("storage_limit", "object_limit")


class Accounts(Users, BucketRemoval, Usages, UserStore):
    def create_account(self, namespace: str | None, fields: AccountCreate) -> tuple[Account, bool]:
        """The stamp is a tag of the user. A key comes last, and only if there is none."""
        if unknown := [name for name in _LIMITS if fields.get(name) is not None]:
            raise Invalid(f"ECS cannot honour {', '.join(unknown)}: it limits no users.")
        user = Ref(self._namespace(namespace), account_name(fields, self._options.naming("")))
        where, uid = str(user.namespace), user.name
        tags = {**mapping.tags_of(fields), mapping.STAMP: stamp_of(fields, str(user))}
        with self._changing_namespace(where), self._changing_user(where, uid):
            self._existing_namespace(where)
            made = Made.BY_ANOTHER
            if self._find_user(where, uid) is None:
                made = self._make_user(where, uid, tags)
            row = self._appeared(lambda: self._find_user(where, uid))
            if mapping.user_tags(row).get(mapping.STAMP) != tags[mapping.STAMP]:
                raise AlreadyExists(f"User {uid!r} exists and was made for something else.")
            if "display_name" in fields:
                self._set_tag(where, row, mapping.DISPLAY_NAME, fields["display_name"])
            return self._with_key(where, row), made is not Made.BY_ANOTHER

    def _with_key(self, namespace: str, row: Json) -> Account:
        uid = mapping.user_name(row)
        made = None
        if not (held := self._keys_of(namespace, uid)):
            made = self._make_key(namespace, row, held)
        connection = Connection(
            endpoint=self._options.s3_endpoint,
            region=REGION,
            access_key=uid,
            secret_key=made.secret_key if made else None,
        )
        return Account(user=self.get_user(Ref(namespace, uid)), connection=connection)

    def get_account_metadata(self, user: Ref) -> AccountMetadata:
        namespace = self._namespace(user.namespace)
        found = self.get_user(Ref(namespace, user.name))
        owned = self._owned(namespace, user.name)
        usage = self._bucket_usages(namespace) if owned else {}
        buckets = [Bucket(name=name, usage=usage.get(name)) for name in owned]
        return account_metadata(found, buckets, self._connection(namespace, user.name))

    def _connection(self, namespace: str, uid: str) -> Connection:
        """With the user's key only where the operator wants that, and never without a trace."""
        options, key = self._options, None
        if options.expose_credentials:
            key = self._usable_key(namespace, uid)
        if key is not None:
            log.warning("credentials-shown", uid=uid, access_key=key.access_key)
        return Connection(
            endpoint=options.s3_endpoint,
            region=REGION,
            access_key=key.access_key if key else None,
            secret_key=key.secret_key.reveal() if key else None,
        )

    def purge_user(self, user: Ref, progress: Progress) -> None:
        namespace = self._namespace(user.namespace)
        row = self._find_user(namespace, user.name)
        if row is None:
            return
        self._require_open(user.name, row)
        owned = self._owned(namespace, user.name)
        progress.expect(len(owned) + 1)
        gone = [self._purged_of(namespace, name, progress) for name in owned]
        if all(gone):
            self.delete_user(Ref(namespace, user.name))
            progress.advance()

    def _purged_of(self, namespace: str, name: str, progress: Progress) -> bool:
        """One of several buckets: what keeps this one does not keep the next."""
        try:
            return self._purged(namespace, name, progress)
        except Conflict as reason:
            progress.report(f"Bucket {name!r} stays: {reason}")
            return False
