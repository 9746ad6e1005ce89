"""How a secret key is found, made and ended; a lost answer is looked for, never asked for again.

ECS gives each user two at most. Both open the same access key, the user's name.
"""

from collections.abc import Sequence

import structlog

from storage_api.backends.access_keys import is_left_over
from storage_api.backends.ecs import mapping_users as mapping
from storage_api.backends.ecs.base import EcsBase
from storage_api.backends.ecs.errors import AMBIGUOUS, is_absent, is_refused
from storage_api.backends.ecs.mapping_users import KeyRow
from storage_api.backends.ecs.wire import Json
from storage_api.domain.errors import (
    BackendError,
    BackendMisbehaved,
    Conflict,
    NotFound,
    StorageError,
)
from storage_api.domain.models import NewKey, Ref
from storage_api.domain.secrets import Secret

_KEYS = ("object", "user-secret-keys")
_MOST = 2

log = structlog.get_logger(__name__)


class KeyMaking(EcsBase):
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
        """The caller holds ``_changing_user``; ``held`` are the keys that there were then."""
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
        fresh = [key for key in now if named(held, key.name) is None]
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
            if named(keys, key.name) is not None:
                raise

    def _drop(self, namespace: str, uid: str, made: NewKey) -> None:
        """Take back a key that nobody was told."""
        try:
            with self._extra_time():
                key = named(self._keys_of(namespace, uid), str(made.id))
                if key is not None:
                    self._end_key(namespace, uid, key)
        except StorageError as error:
            log.warning("new-key-left-over", uid=uid, key=made.id, reason=str(error))

    @staticmethod
    def _require_open(uid: str, owner: Json) -> None:
        if mapping.is_locked(owner):
            raise Conflict(f"User {uid!r} is suspended.")


def named(keys: Sequence[KeyRow], name: str) -> KeyRow | None:
    return next((key for key in keys if key.name == name), None)


def _no_room(uid: str, held: Sequence[KeyRow]) -> str:
    ends = [f"{key.name!r} ends at {key.expires:%Y-%m-%dT%H:%M:%SZ}" for key in held if key.expires]
    told = f" ({'; '.join(ends)})" if ends else ""
    return f"User {uid!r} has {len(held)} keys, and ECS allows no more{told}. Delete one first."
