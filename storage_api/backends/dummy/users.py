"""Object users."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from storage_api.backends.accounts import check_email
from storage_api.backends.dummy.family import differing, require, some
from storage_api.backends.dummy.keys import DummyKeys
from storage_api.backends.dummy.kinds import (
    BUCKETS_BY_OWNER,
    KEY,
    USER,
    USERS_BY_EMAIL,
)
from storage_api.backends.dummy.namespaces import check_namespace
from storage_api.backends.dummy.transaction import View
from storage_api.backends.objects import UserStore
from storage_api.domain.errors import AlreadyExists, Conflict
from storage_api.domain.models import Bucket, Quota, Ref, User
from storage_api.domain.requests import UserCreate, UserPatch

_MAX_BUCKETS = 1000
_MOST_NAMES = 10


class DummyUsers(DummyKeys, UserStore):
    def list_users(self, namespace: str | None) -> list[User]:
        with self._store.view() as view:
            check_namespace(view, namespace)
        return [user for user in self._store.all(USER) if user.namespace == namespace]

    def get_user(self, user: Ref) -> User:
        with self._store.view() as view:
            return require(view, USER, user)

    def create_user(self, user: Ref, fields: UserCreate) -> tuple[User, bool]:
        wanted: dict[str, Any] = dict(fields)
        check_email(None, fields.get("email"))
        with self._store.transaction() as tx:
            check_namespace(tx, user.namespace)
            if found := tx.get(USER, user):
                if differences := differing(found, wanted):
                    raise AlreadyExists(
                        f"The user {str(user)!r} exists with another {', '.join(differences)}."
                    )
                return found, False
            created = replace(new_user(user), **wanted)
            _check_address(tx, created)
            tx.put(USER, user, created)
        return created, True

    def update_user(self, user: Ref, changes: UserPatch) -> User:
        wanted: Mapping[str, Any] = changes
        with self._store.transaction() as tx:
            former = require(tx, USER, user)
            updated = replace(former, **wanted)
            check_email(former.email, updated.email)
            _check_address(tx, updated)
            if updated != former:
                tx.put(USER, user, updated)
        return updated

    def delete_user(self, user: Ref) -> None:
        with self._store.transaction() as tx:
            names = [bucket.name for bucket in buckets_of(tx, user)]
            if names:
                raise Conflict(f"The user {str(user)!r} owns buckets: {some(names, _MOST_NAMES)}.")
            tx.delete(USER, user)
            tx.delete_members(KEY, str(user))


def buckets_of(view: View, user: Ref) -> list[Bucket]:
    """The user's buckets by name."""
    owned = view.find(BUCKETS_BY_OWNER, user.name)
    return [bucket for bucket in owned if bucket.namespace == user.namespace]


def new_user(user: Ref) -> User:
    return User(
        name=user.name,
        namespace=user.namespace,
        id=f"{user.namespace}${user.name}" if user.namespace else user.name,
        display_name=user.name,
        suspended=False,
        max_buckets=_MAX_BUCKETS,
        key_ids=[],
        quota=Quota(),
        bucket_quota=Quota(),
    )


def _check_address(view: View, user: User) -> None:
    """An e-mail address names one user in all namespaces."""
    if user.email and any(other.id != user.id for other in view.find(USERS_BY_EMAIL, user.email)):
        raise Conflict("The e-mail address belongs to another user.")
