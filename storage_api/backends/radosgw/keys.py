"""A user's access keys."""

from storage_api.backends.access_keys import new_key_id, successor
from storage_api.backends.objects import require_end_at_once
from storage_api.backends.radosgw import mapping
from storage_api.backends.radosgw.base import RadosgwBase
from storage_api.backends.radosgw.client import Json
from storage_api.backends.rotation import Rotation
from storage_api.backends.rows import existing
from storage_api.domain.errors import NotFound
from storage_api.domain.models import Key, NewKey, Ref


class Keys(RadosgwBase, Rotation):
    def list_keys(self, user: Ref) -> list[Key]:
        found = self._user(user)
        suspended = mapping.is_suspended(found)
        return [mapping.key_record(key, suspended=suspended) for key in mapping.own_keys(found)]

    def create_key(self, user: Ref) -> NewKey:
        uid = self._uid(user)
        with self._changing_user(uid):
            found = self._our_user(user)
            self._end_left_over_keys(uid, found)
            return self._make_key(uid, new_key_id(), suspended=mapping.is_suspended(found))

    def delete_key(self, user: Ref, access_key: str) -> None:
        uid = self._uid(user)
        with self._changing_user(uid):
            found = self._our_user(user)
            self._end_left_over_keys(uid, found)
            if _has_key(found, access_key):
                self._admin.delete_key(uid, access_key)

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
            found = self._our_user(user)
            self._end_left_over_keys(uid, found)
            if not _has_key(found, access_key):
                raise NotFound(f"User {uid!r} has no key {access_key!r}.")
            suspended = mapping.is_suspended(found)
            made = self._make_key(uid, successor(uid, access_key), suspended=suspended)
            self._end_key(uid, access_key, made.access_key)
            return made

    def _has_key_now(self, uid: str, access_key: str) -> bool:
        return _has_key(existing(self._admin.find_user(uid)), access_key)


def _has_key(found: Json, access_key: str) -> bool:
    return any(row["access_key"] == access_key for row in mapping.own_keys(found))
