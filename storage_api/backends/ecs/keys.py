"""Secret keys of object users: at most two, of which each rotation replaces one.

Both open the same access key, the user's name. ECS caches them on its nodes: for up to two
minutes a new one may be refused and an ended one accepted.
"""

import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import structlog

from storage_api.backends.access_keys import is_left_over, is_temporary, temporary_key_id
from storage_api.backends.ecs import mapping_users as mapping
from storage_api.backends.ecs.base import EcsBase
from storage_api.backends.ecs.errors import AMBIGUOUS, is_absent, is_refused
from storage_api.backends.ecs.mapping_users import KeyRow
from storage_api.backends.ecs.wire import Json
from storage_api.backends.s3 import S3Key
from storage_api.domain.errors import (
    BackendError,
    BackendMisbehaved,
    BackendTimeout,
    BackendUnavailable,
    Conflict,
    NotFound,
    StorageError,
)
from storage_api.domain.models import Key, NewKey, Ref
from storage_api.domain.secrets import Secret

_KEYS = ("object", "user-secret-keys")
_MOST = 2
_SECRET_BYTES = 20

log = structlog.get_logger(__name__)


class Keys(EcsBase):
    def list_keys(self, user: Ref) -> list[Key]:
        namespace = self._namespace(user.namespace)
        locked = mapping.is_locked(self._existing_user(namespace, user.name))
        keys = self._keys_of(namespace, user.name)
        return [mapping.key_record(user.name, key, locked=locked) for key in keys]

    def create_key(self, user: Ref) -> NewKey:
        namespace = self._namespace(user.namespace)
        with self._changing_user(namespace, user.name):
            found = self._existing_user(namespace, user.name)
            held = self._lasting_keys(namespace, user.name)
            return self._make_key(namespace, found, held)

    def delete_key(self, user: Ref, access_key: str) -> None:
        namespace = self._namespace(user.namespace)
        with self._changing_user(namespace, user.name):
            self._existing_user(namespace, user.name)
            key = _named(self._keys_of(namespace, user.name), access_key)
            if key is not None:
                self._end_key(namespace, user.name, key)

    def rotate_key(
        self, user: Ref, access_key: str, *, old_key_expires_in_minutes: int = 0
    ) -> NewKey:
        """With an expiry ECS itself ends the old key; without one it is deleted at once."""
        namespace, minutes = self._namespace(user.namespace), old_key_expires_in_minutes
        with self._changing_user(namespace, user.name):
            found = self._existing_user(namespace, user.name)
            held = self._lasting_keys(namespace, user.name)
            old = _named(held, access_key)
            if old is None:
                raise NotFound(f"The user {str(user)!r} has no key {access_key!r}.")
            made = self._make_key(namespace, found, held, old_ends_in=minutes)
            if minutes:
                self._require_expiry(namespace, user.name, old, made)
            else:
                self._replace(namespace, user.name, old, made)
            return made

    def _existing_user(self, namespace: str, uid: str) -> Json:
        found = self._find_user(namespace, uid)
        if found is None:
            raise NotFound(f"There is no user {str(Ref(namespace, uid))!r}.")
        return found

    def _find_user(self, namespace: str, uid: str) -> Json | None:
        return self._ecs.find(("object", "users", uid, "info"), {"namespace": namespace})

    def _keys_of(self, namespace: str, uid: str) -> list[KeyRow]:
        row = self._ecs.find((*_KEYS, uid, namespace), as_admin=True)
        return mapping.key_rows(row) if row is not None else []

    def _lasting_keys(self, namespace: str, uid: str) -> list[KeyRow]:
        """Without those that a killed process left over, which are ended now."""
        keys = self._keys_of(namespace, uid)
        left_over = [key for key in keys if key.secret and is_left_over(key.secret.reveal())]
        for key in left_over:
            log.warning("temporary-key-ended", uid=uid, key=key.name)
            self._end_key(namespace, uid, key)
        return [key for key in keys if key not in left_over]

    def _make_key(
        self,
        namespace: str,
        user: Json,
        held: Sequence[KeyRow],
        *,
        old_ends_in: int = 0,
        secret: Secret | None = None,
    ) -> NewKey:
        """The caller holds ``_changing_user``. A lost answer is looked for, never asked again."""
        record = mapping.user_record(user, held)
        if len(held) >= _MOST:
            raise Conflict(_no_room(record.name, held))
        body: Json = {"namespace": namespace}
        if old_ends_in:
            body["existing_key_expiry_time_mins"] = str(old_ends_in)
        if secret is not None:
            body["secretkey"] = secret
        locked = bool(record.suspended)
        try:
            document = self._ecs.post((*_KEYS, record.name), body).document
            made = mapping.made_key(record.name, document or {}, locked=locked)
        except (*AMBIGUOUS, BackendMisbehaved) as error:
            if is_refused(error):
                raise
            return self._made_meanwhile(namespace, record.name, held, error, locked=locked)
        if made is not None:
            return made
        silent = BackendMisbehaved(f"{self._name} does not tell the key that it made.")
        return self._made_meanwhile(namespace, record.name, held, silent, locked=locked)

    def _made_meanwhile(
        self,
        namespace: str,
        uid: str,
        held: Sequence[KeyRow],
        error: BackendError,
        *,
        locked: bool,
    ) -> NewKey:
        """The key that is there now and was not before; ``error`` if none is, or it is secret."""
        now = self._after(error, lambda: self._keys_of(namespace, uid))
        fresh = [key for key in now if _named(held, key.name) is None]
        if not fresh:
            raise error
        key = fresh[-1]
        if key.secret is None:
            error.args = (f"{error} A key was made whose secret is lost: {key.name!r}. Delete it.",)
            raise error
        return mapping.new_key(uid, key, key.secret, locked=locked)

    def _end_key(self, namespace: str, uid: str, key: KeyRow) -> None:
        """Delete just this key: a body that named none would remove them all."""
        body: Json = {"namespace": namespace}
        if key.secret is not None:
            body["secret_key"] = key.secret
        elif key.vendor_id is not None:
            body["secret_key_id"] = key.vendor_id
        else:
            raise Conflict(f"{self._name} hides the key, so it cannot be named to be deleted.")
        try:
            self._ecs.post((*_KEYS, uid, "deactivate"), body)
        except NotFound as error:
            if not is_absent(error):
                raise
        except AMBIGUOUS as error:
            keys = self._after(error, lambda: self._keys_of(namespace, uid))
            if _named(keys, key.name) is not None:
                raise

    def _require_expiry(self, namespace: str, uid: str, old: KeyRow, made: NewKey) -> None:
        """ECS must say when the old key ends; otherwise nothing has been rotated."""
        try:
            with self._extra_time():
                now = _named(self._keys_of(namespace, uid), old.name)
        except BackendError as error:
            # The new key is valid and its secret is told only now.
            log.warning("expiry-not-seen", uid=uid, old=old.name, reason=str(error))
            return
        if now is not None and now.expires is None:
            self._drop(namespace, uid, made)
            raise BackendMisbehaved(f"{self._name} does not let the old key expire.")

    def _replace(self, namespace: str, uid: str, old: KeyRow, made: NewKey) -> None:
        """End ``old``; where it surely stays ``made`` goes again."""
        try:
            self._end_key(namespace, uid, old)
        except StorageError as error:
            if isinstance(error, BackendTimeout) or not self._stays(namespace, uid, old):
                log.warning(
                    "rotation-unfinished", uid=uid, old=old.name, new=made.id, reason=str(error)
                )
                raise _both_may_be_valid(error, old.name, made) from error
            self._drop(namespace, uid, made)
            raise

    def _stays(self, namespace: str, uid: str, key: KeyRow) -> bool:
        try:
            with self._extra_time():
                return _named(self._keys_of(namespace, uid), key.name) is not None
        except BackendError:
            return False

    def _drop(self, namespace: str, uid: str, made: NewKey) -> None:
        """Take back a key that nobody was told."""
        body = {"namespace": namespace, "secret_key": Secret(made.secret_key)}
        try:
            with self._extra_time():
                self._ecs.post((*_KEYS, uid, "deactivate"), body)
        except StorageError as error:
            log.warning("new-key-left-over", uid=uid, key=made.id, reason=str(error))

    # The owner of a bucket speaks S3

    @contextmanager
    def _owner_key(self, namespace: str, uid: str) -> Iterator[S3Key]:
        """A key of the owner's, or one for as long as this is entered if there is none.

        ECS lets us choose a secret, and shows it: so one that was left over can be told.

        Raises:
            Conflict: the owner is locked or gone, or all keys are hidden.
        """
        owner = self._open_owner(namespace, uid)
        held = self._keys_of(namespace, uid)
        key = _usable(uid, held)
        if key is not None:
            yield key
            return
        secret = Secret(temporary_key_id() + secrets.token_hex(_SECRET_BYTES))
        with self._changing_user(namespace, uid):
            held = self._lasting_keys(namespace, uid)
            made = self._make_key(namespace, owner, held, secret=secret)
        try:
            yield S3Key(uid, Secret(made.secret_key))
        finally:
            self._drop(namespace, uid, made)

    def _usable_key(self, namespace: str, uid: str) -> S3Key | None:
        """A key of the owner's for a mere look, for which none is made."""
        owner = self._find_user(namespace, uid)
        if owner is None or mapping.is_locked(owner):
            return None
        return _usable(uid, self._keys_of(namespace, uid))

    def _open_owner(self, namespace: str, uid: str) -> Json:
        owner = self._find_user(namespace, uid)
        if owner is None:
            raise Conflict(f"The bucket's owner, {uid!r}, does not exist (any more).")
        self._require_open(uid, owner)
        return owner

    @staticmethod
    def _require_open(uid: str, owner: Json) -> None:
        if mapping.is_locked(owner):
            raise Conflict(f"User {uid!r} is suspended.")


def _named(keys: Sequence[KeyRow], name: str) -> KeyRow | None:
    return next((key for key in keys if key.name == name), None)


def _usable(uid: str, keys: Sequence[KeyRow]) -> S3Key | None:
    """The one that lasts, rather than one that is about to end."""
    for key in sorted(keys, key=lambda key: key.expires is not None):
        if key.secret is not None and not is_temporary(key.secret.reveal()):
            return S3Key(uid, key.secret)
    return None


def _no_room(uid: str, held: Sequence[KeyRow]) -> str:
    ends = [f"{key.name!r} ends at {key.expires:%Y-%m-%dT%H:%M:%SZ}" for key in held if key.expires]
    told = f" ({'; '.join(ends)})" if ends else ""
    return f"User {uid!r} has {len(held)} keys, and ECS allows no more{told}. Delete one first."


def _both_may_be_valid(error: StorageError, old: str, made: NewKey) -> StorageError:
    kind = BackendTimeout if isinstance(error, BackendTimeout) else BackendUnavailable
    return kind(
        f"{error} Nobody knows whether the key {old!r} has ended, and {made.id!r} was made "
        "already: both may be valid. List the user's keys before repeating, and delete what is "
        "not needed."
    )
