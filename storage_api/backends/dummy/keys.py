"""Access keys. There is nothing that a secret could open, so none is kept."""

import secrets
import string
from dataclasses import replace

from storage_api.backends.dummy.family import Family, now, require
from storage_api.backends.dummy.kinds import KEY, USER
from storage_api.backends.dummy.transaction import Transaction
from storage_api.backends.objects import require_end_at_once
from storage_api.domain.errors import NotFound
from storage_api.domain.models import Key, NewKey, Ref

_ALPHABET = string.ascii_uppercase + string.digits
_ACCESS_KEY_LENGTH = 20
# 30 random bytes give 40 characters.
_SECRET_BYTES = 30


class DummyKeys(Family):
    def list_keys(self, user: Ref) -> list[Key]:
        with self._store.view() as view:
            require(view, USER, user)
            return view.members(KEY, str(user))

    def create_key(self, user: Ref) -> NewKey:
        with self._store.transaction() as tx:
            return add_key(tx, user)

    def delete_key(self, user: Ref, access_key: str) -> None:
        with self._store.transaction() as tx:
            _remove_key(tx, user, access_key)

    def rotate_key(
        self, user: Ref, access_key: str, *, old_key_expires_in_minutes: int = 0
    ) -> NewKey:
        require_end_at_once(old_key_expires_in_minutes)
        with self._store.transaction() as tx:
            if not _remove_key(tx, user, access_key):
                raise NotFound(f"The user {str(user)!r} has no such key.")
            return add_key(tx, user)


def add_key(tx: Transaction, user: Ref) -> NewKey:
    owner = require(tx, USER, user)
    access_key = "".join(secrets.choice(_ALPHABET) for _ in range(_ACCESS_KEY_LENGTH))
    kept = Key(access_key=access_key, active=True, created=now())
    tx.put(KEY, Ref(str(user), access_key), kept)
    tx.put(USER, user, replace(owner, key_ids=[*(owner.key_ids or []), access_key]))
    return NewKey(
        access_key=access_key,
        active=kept.active,
        created=kept.created,
        secret_key=secrets.token_urlsafe(_SECRET_BYTES),
    )


def _remove_key(tx: Transaction, user: Ref, access_key: str) -> bool:
    """False when the user has no such key."""
    owner = require(tx, USER, user)
    if not tx.delete(KEY, Ref(str(user), access_key)):
        return False
    key_ids = [key for key in owner.key_ids or [] if key != access_key]
    tx.put(USER, user, replace(owner, key_ids=key_ids))
    return True
