"""A user's access keys."""

from storage_api.backends.access_keys import new_key_id, successor
from storage_api.backends.objects import require_end_at_once
from storage_api.backends.radosgw import mapping
from storage_api.backends.radosgw.base import RadosgwBase, log
from storage_api.backends.radosgw.client import Json
from storage_api.domain.errors import (
    BackendError,
    BackendTimeout,
    BackendUnavailable,
    NotFound,
)
from storage_api.domain.models import Key, NewKey, Ref


class Keys(RadosgwBase):
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

    def _end_key(self, uid: str, old: str, new: str) -> None:
        """An error drops ``new`` only where ``old`` surely stays."""
        try:
            self._admin.delete_key(uid, old)
        except BackendError as error:
            found = self._seen_after(uid)
            if found is not None and not _has_key(found, old):
                return
            # A request without an answer may still be carried out, whatever a look shows now.
            if found is not None and not isinstance(error, BackendTimeout):
                self._drop_key(uid, new)
                raise
            log.warning("rotation-unfinished", uid=uid, old=old, new=new, reason=str(error))
            raise _both_may_be_valid(error, old, new) from error

    def _seen_after(self, uid: str) -> Json | None:
        """The user, looked at in extra time; ``None`` if that tells nothing."""
        try:
            with self._extra_time():
                return self._admin.find_user(uid)
        except BackendError:
            return None

    def _drop_key(self, uid: str, access_key: str) -> None:
        try:
            with self._extra_time():
                self._admin.delete_key(uid, access_key)
        except BackendError as error:
            log.warning("new-key-left-over", uid=uid, access_key=access_key, reason=str(error))


def _has_key(found: Json, access_key: str) -> bool:
    return any(row["access_key"] == access_key for row in mapping.own_keys(found))


def _both_may_be_valid(error: BackendError, old: str, new: str) -> BackendError:
    kind = BackendTimeout if isinstance(error, BackendTimeout) else BackendUnavailable
    return kind(
        f"{error} Nobody knows whether the key {old!r} has ended, and {new!r} was made already: "
        f"both may be valid. Rotate {old!r} once more, or {new!r} if the other is gone."
    )
