"""Secret keys of object users: at most two, of which each rotation replaces one.

ECS caches them on its nodes: for up to two minutes a new one may be refused and an ended one
accepted.
"""

from storage_api.backends.ecs import mapping_users as mapping
from storage_api.backends.ecs.key_making import KeyMaking, log, named
from storage_api.backends.ecs.mapping_users import KeyRow
from storage_api.domain.errors import (
    BackendError,
    BackendMisbehaved,
    BackendTimeout,
    BackendUnavailable,
    NotFound,
    StorageError,
)
from storage_api.domain.models import Key, NewKey, Ref


class Keys(KeyMaking):
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
            key = named(self._keys_of(namespace, user.name), access_key)
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
            old = named(held, access_key)
            if old is None:
                raise NotFound(f"The user {str(user)!r} has no key {access_key!r}.")
            made = self._make_key(namespace, found, held, old_ends_in=minutes)
            if minutes:
                self._require_expiry(namespace, user.name, old, made)
            else:
                self._replace(namespace, user.name, old, made)
            return made

    def _require_expiry(self, namespace: str, uid: str, old: KeyRow, made: NewKey) -> None:
        """ECS must say when the old key ends; otherwise nothing has been rotated."""
        try:
            with self._extra_time():
                now = named(self._keys_of(namespace, uid), old.name)
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
                return named(self._keys_of(namespace, uid), key.name) is not None
        except BackendError:
            return False


def _both_may_be_valid(error: StorageError, old: str, made: NewKey) -> StorageError:
    kind = BackendTimeout if isinstance(error, BackendTimeout) else BackendUnavailable
    return kind(
        f"{error} Nobody knows whether the key {old!r} has ended, and {made.id!r} was made "
        "already: both may be valid. List the user's keys before repeating, and delete what is "
        "not needed."
    )
