"""A user's access keys, of which croit is told name and secret."""

from storage_api.backends.access_keys import is_temporary, new_key_id, successor
from storage_api.backends.croit import mapping
from storage_api.backends.croit.base import CroitBase, has_key, log
from storage_api.backends.croit.client import Json
from storage_api.backends.objects import require_end_at_once
from storage_api.domain.errors import BackendError, BackendTimeout, BackendUnavailable, NotFound
from storage_api.domain.models import Key, NewKey, Ref


class Keys(CroitBase):
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
        self._end_left_over_keys(uid, rows)
        return rows

    def _end_key(self, uid: str, old: str, new: str) -> None:
        """An error drops ``new`` only where ``old`` surely stays."""
        try:
            self._croit.delete_key(uid, old)
        except BackendError as error:
            rows = self._seen_after(uid)
            if rows is not None and not has_key(uid, old, rows):
                return
            # A request without an answer may still be carried out, whatever a look shows now.
            if rows is not None and not isinstance(error, BackendTimeout):
                self._drop_key(uid, new)
                raise
            log.warning("rotation-unfinished", uid=uid, old=old, new=new, reason=str(error))
            raise _both_may_be_valid(error, old, new) from error

    def _seen_after(self, uid: str) -> list[Json] | None:
        """The user's keys, looked at in extra time; ``None`` if that tells nothing."""
        try:
            with self._extra_time():
                return self._croit.list_keys(uid)
        except BackendError:
            return None

    def _drop_key(self, uid: str, access_key: str) -> None:
        try:
            with self._extra_time():
                self._croit.delete_key(uid, access_key)
        except BackendError as error:
            log.warning("new-key-left-over", uid=uid, access_key=access_key, reason=str(error))


def _is_own(uid: str, access_key: str, rows: list[Json]) -> bool:
    return has_key(uid, access_key, rows) and not is_temporary(access_key)


def _both_may_be_valid(error: BackendError, old: str, new: str) -> BackendError:
    kind = BackendTimeout if isinstance(error, BackendTimeout) else BackendUnavailable
    return kind(
        f"{error} Nobody knows whether the key {old!r} has ended, and {new!r} was made already: "
        f"both may be valid. Rotate {old!r} once more, or {new!r} if the other is gone."
    )
