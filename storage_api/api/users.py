"""``/v3/<e>/users`` with their keys and, inside a named namespace, the same below it."""

from http import HTTPStatus

import structlog
from flask import Response

from storage_api.api.bodies import Body
from storage_api.api.operation import operation
from storage_api.api.purging import PURGE, PURGE_ERRORS, purge_requested, start_purge
from storage_api.api.resource import BackendResource
from storage_api.backends.objects import UserStore
from storage_api.domain.errors import Invalid
from storage_api.domain.models import Account, AccountMetadata, Job, Key, NewKey, Ref, User
from storage_api.domain.requests import AccountCreate, UserCreate, UserPatch
from storage_api.domain.requests import KeyRotation as KeyRotationBody
from storage_api.security.roles import Role

log = structlog.get_logger(__name__)

_NO_USER = {HTTPStatus.NOT_FOUND: "There is no such user."}
_NOT_OURS = {HTTPStatus.CONFLICT: "The user is not managed through this service."}
_CHANGE = _NO_USER | _NOT_OURS
_ACCOUNT = {
    "organization": "physics",
    "project": "atlas",
    "resource_uuid": "abc7de61ae93421cb02556ff18e18679",
    "storage_limit": 10**12,
}


class UserList(BackendResource):
    backend: UserStore

    @operation("list_users", Role.ADMIN, returns=list[User])
    def get(self, namespace: str | None = None) -> list[User]:
        """List the users

        Where the back-end lists names only, the other fields are null."""
        return self.backend.list_users(namespace)

    @operation(
        "create_account",
        Role.ADMIN,
        returns=Account,
        status=HTTPStatus.CREATED,
        body=Body(AccountCreate, User, example=_ACCOUNT),
        idempotent_create=True,
        errors={
            HTTPStatus.NOT_FOUND: "There is no such namespace.",
            HTTPStatus.CONFLICT: "A user of that name was made for something else.",
        },
    )
    def post(self, body: AccountCreate, namespace: str | None = None) -> tuple[Account, bool]:
        """Make a user for one resource of a portal, with limits and a key

        The name is `uid`, or made of organization, project and resource_uuid. The secret is in
        this answer and in no other. 200 when the same account exists already: its limits are
        set again and a missing key is made; the secret of an existing key is not told again,
        rotate it instead."""
        account, created = self.backend.create_account(namespace, body)
        # The audit record of this request, which has the same id, has a path without a name.
        log.info("account", backend=self.endpoint_name, user=account.user.id, created=created)
        return account, created


class UserItem(BackendResource):
    backend: UserStore

    @operation("get_user", Role.ADMIN, returns=User, errors=_NO_USER)
    def get(self, uid: str, namespace: str | None = None) -> User:
        """Get one user"""
        return self.backend.get_user(Ref(namespace, uid))

    @operation(
        "create_user",
        Role.ADMIN,
        returns=User,
        status=HTTPStatus.CREATED,
        body=Body(UserCreate, User, example={"display_name": "Alice Liddell"}),
        idempotent_create=True,
        errors={HTTPStatus.CONFLICT: "The user exists with other settings, or is not ours."},
    )
    def post(self, uid: str, body: UserCreate, namespace: str | None = None) -> tuple[User, bool]:
        """Create a user, without any key

        200 when the user exists already just so."""
        return self.backend.create_user(Ref(namespace, uid), body)

    @operation(
        "update_user",
        Role.ADMIN,
        returns=User,
        body=Body(UserPatch, User, example={"max_buckets": 100}),
        errors=_CHANGE,
    )
    def patch(self, uid: str, body: UserPatch, namespace: str | None = None) -> User:
        """Change a user"""
        if not body:
            raise Invalid("Nothing to change: none of the keys is given.")
        return self.backend.update_user(Ref(namespace, uid), body)

    @operation(
        "delete_user",
        Role.UBER_ADMIN,
        status=HTTPStatus.NO_CONTENT,
        parameters=[PURGE],
        also={HTTPStatus.ACCEPTED: Job},
        errors=PURGE_ERRORS | {HTTPStatus.CONFLICT: "The user still owns buckets, or is not ours."},
    )
    def delete(self, uid: str, namespace: str | None = None) -> Response | None:
        """Delete a user who owns no bucket, with all keys

        Also 204 when the user is gone already. With `purge`, the user's buckets go too."""
        user = Ref(namespace, uid)
        if purge_requested():
            return start_purge(self, "purge-user", user)
        self.backend.delete_user(user)
        return None


class UserMetadata(BackendResource):
    backend: UserStore

    @operation("get_account_metadata", Role.ADMIN, returns=AccountMetadata, errors=_NO_USER)
    def get(self, uid: str, namespace: str | None = None) -> AccountMetadata:
        """Get what a portal shows of a user

        How to connect, what is stored in which bucket, and how much of the limits is used.
        The keys are null unless the configuration says that they are to be shown."""
        return self.backend.get_account_metadata(Ref(namespace, uid))


class KeyList(BackendResource):
    backend: UserStore

    @operation("list_keys", Role.ADMIN, returns=list[Key], errors=_NO_USER)
    def get(self, uid: str, namespace: str | None = None) -> list[Key]:
        """List a user's keys, without secrets"""
        return self.backend.list_keys(Ref(namespace, uid))

    @operation("create_key", Role.ADMIN, returns=NewKey, status=HTTPStatus.CREATED, errors=_CHANGE)
    def post(self, uid: str, namespace: str | None = None) -> NewKey:
        """Make a key

        The secret is in this answer and in no other. Every call makes another key."""
        return self.backend.create_key(Ref(namespace, uid))


class KeyItem(BackendResource):
    backend: UserStore

    @operation("delete_key", Role.ADMIN, status=HTTPStatus.NO_CONTENT, errors=_CHANGE)
    def delete(self, uid: str, access_key: str, namespace: str | None = None) -> None:
        """Delete a key

        Also 204 when it is gone already."""
        self.backend.delete_key(Ref(namespace, uid), access_key)


class KeyRotation(BackendResource):
    backend: UserStore

    @operation(
        "rotate_key",
        Role.ADMIN,
        returns=NewKey,
        status=HTTPStatus.CREATED,
        body=Body(KeyRotationBody, example={}),
        errors={
            HTTPStatus.NOT_FOUND: "There is no such user or key.",
            HTTPStatus.CONFLICT: "The user is not managed through this service, or has no room "
            "for another key.",
        },
    )
    def post(
        self, uid: str, access_key: str, body: KeyRotationBody, namespace: str | None = None
    ) -> NewKey:
        """Replace a key by a new one

        The old one ends, at once or where the back-end can do that in some minutes; the new
        secret is in this answer and in no other."""
        minutes = body.get("old_key_expires_in_minutes", 0)
        return self.backend.rotate_key(
            Ref(namespace, uid), access_key, old_key_expires_in_minutes=minutes
        )
