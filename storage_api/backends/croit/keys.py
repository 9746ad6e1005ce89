"""A user's access keys, of which croit is told name and secret."""

from storage_api.backends.access_keys import is_temporary, new_key_id, successor
from storage_api.backends.croit import mapping
from storage_api.backends.croit.base import CroitBase, has_key, left_over_keys
from storage_api.backends.croit.client import Json
from storage_api.backends.objects import require_end_at_once
from storage_api.backends.rotation import Rotation
from storage_api.backends.rows import existing
from storage_api.domain.errors import NotFound
from storage_api.domain.models import Key, NewKey, Ref


class Keys(CroitBase, Rotation):
    def list_keys(self, user: Ref) -> list[Key]:
        found, uid = self._user(user), self._uid(user)
        rows = self._keys_of(uid)
        return mapping.key_records(uid, rows, suspended=mapping.is_suspended(found))

    def create_key(self, user: Ref) -> NewKey:
        uid = self._uid(user)
        with self._changing_user(uid):
            suspended = mapping.is_suspended(self._our_user(user))
            rows = self._swept_keys(uid)
            return self._make_key(uid, new_key_id(), rows, suspended=suspended)

    def delete_key(self, user: Ref, access_key: str) -> None:
        uid = self._uid(user)
        with self._changing_user(uid):
            self._our_user(user)
            if _is_own(uid, access_key, self._swept_keys(uid)):
                self._croit.delete_key(uid, access_key)

    def rotate_key(
        self, user: Ref, access_key: str, *, old_key_expires_in_minutes: int = 0
    ) -> NewKey:
        """The new key's name follows from the old one's.

        So a repeat of a rotation that was broken off half-way finds the new key, gives it
        another secret, which it can answer, and ends the old one.
        """
        require_end_at_once(old_key_expires_in_minutes)
        uid = self._uid(user)
        with self._changing_user(uid):
            suspended = mapping.is_suspended(self._our_user(user))
            rows = self._swept_keys(uid)
            if not _is_own(uid, access_key, rows):
                raise NotFound(f"User {uid!r} has no key {access_key!r}.")
            made = self._make_key(uid, successor(uid, access_key), rows, suspended=suspended)
            self._end_key(uid, access_key, made.access_key)
            return made

    def _swept_keys(self, uid: str) -> list[Json]:
        """The user's keys; temporary ones of work that was killed are ended on the way."""
        rows = self._keys_of(uid)
        self._end_all(uid, left_over_keys(uid, rows))
        return rows

    def _has_key_now(self, uid: str, access_key: str) -> bool:
        return has_key(uid, access_key, existing(self._croit.list_keys(uid)))


def _is_own(uid: str, access_key: str, rows: list[Json]) -> bool:
    return has_key(uid, access_key, rows) and not is_temporary(access_key)
