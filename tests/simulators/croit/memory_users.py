"""Users of a cluster that is not there."""

from __future__ import annotations

import re
import secrets
import string
from collections.abc import Iterable

from tests.simulators.croit.errors import (
    email_taken,
    invalid,
    key_taken,
    missing,
    no_such_key,
    user_exists,
)
from tests.simulators.croit.records import Json, Key, NewUser, Placement, User
from tests.simulators.croit.store import Change

_KEY_ALPHABET = string.ascii_uppercase + string.digits
_UID = re.compile(r"([A-Za-z0-9_]+\$)?[^$]+")


class MemoryUsers:
    def __init__(self) -> None:
        self.placements = [Placement(), Placement(storage_class="COLD"), Placement("fast")]
        self._users: dict[str, User] = {}

    def uids(self) -> list[str]:
        return sorted(self._users)

    def users(self, uids: Iterable[str]) -> list[User]:
        return [self._users[uid] for uid in uids if uid in self._users]

    def user(self, uid: str) -> User:
        try:
            return self._users[uid]
        except KeyError:
            raise missing("user", uid) from None

    def create_user(self, new: NewUser) -> None:
        if new.uid in self._users:
            raise user_exists(new.uid)
        if not _UID.fullmatch(new.uid):
            raise invalid("InvalidTenantName")
        self._need_free_email(new.email)
        self._need_placement(new.default_placement)
        user = User(
            new.uid,
            new.name,
            new.email,
            default_placement=new.default_placement,
            default_storage_class=new.default_storage_class,
        )
        access_key = "".join(secrets.choice(_KEY_ALPHABET) for _ in range(20))
        user.keys.append(Key(new.uid, access_key, secrets.token_urlsafe(30)))
        self._users[new.uid] = user

    def change_user(self, uid: str, changes: Json) -> None:
        user = self.user(uid)
        if changes.get("email", user.email) != user.email:
            self._need_free_email(changes["email"])
        self._need_placement(changes.get("defaultPlacement"))
        user.name = changes.get("name", user.name)
        user.email = changes.get("email", user.email)
        user.suspended = changes.get("suspended", user.suspended)
        user.default_placement = changes.get("defaultPlacement", user.default_placement)
        user.default_storage_class = changes.get("defaultStorageClass", user.default_storage_class)

    def set_user_quota(self, uid: str, change: Change) -> None:
        user = self.user(uid)
        user.user_quota = change(user.user_quota)

    def set_bucket_default_quota(self, uid: str, change: Change) -> None:
        user = self.user(uid)
        user.bucket_quota = change(user.bucket_quota)

    def put_key(self, uid: str, access_key: str, secret_key: str, subuser: str = "") -> None:
        user = self.user(uid)
        whose = _whose(user, subuser)
        for other in self._users.values():
            if any(key.access_key == access_key and key.user != whose for key in other.keys):
                raise key_taken()
        user.keys = [key for key in user.keys if key.access_key != access_key]
        user.keys.append(Key(whose, access_key, secret_key))
        user.keys.sort(key=lambda key: key.access_key)

    def delete_key(self, uid: str, access_key: str, subuser: str = "") -> None:
        user = self.user(uid)
        whose = _whose(user, subuser)
        kept = [key for key in user.keys if (key.user, key.access_key) != (whose, access_key)]
        if len(kept) == len(user.keys):
            raise no_such_key()
        user.keys = kept

    def put_subuser(self, uid: str, subuser: str, permissions: str) -> None:
        self.user(uid).subusers[subuser] = permissions

    def delete_subuser(self, uid: str, subuser: str) -> None:
        user = self.user(uid)
        whose = _whose(user, subuser)
        del user.subusers[subuser]
        user.keys = [key for key in user.keys if key.user != whose]

    def _need_free_email(self, email: str) -> None:
        if email and any(user.email == email for user in self._users.values()):
            raise email_taken()

    def _need_placement(self, name: str | None) -> None:
        if name is not None and name not in {row.name for row in self.placements}:
            raise invalid("InvalidArgument")


def _whose(user: User, subuser: str) -> str:
    if not subuser:
        return user.uid
    if subuser not in user.subusers:
        raise missing("subuser", subuser)
    return f"{user.uid}:{subuser}"
