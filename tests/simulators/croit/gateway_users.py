"""Users, keys and quotas of a real cluster, through Admin Ops."""

from __future__ import annotations

import secrets
import string
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Any

from tests.simulators.croit.admin_ops import AdminOps
from tests.simulators.croit.errors import CroitError, missing, no_such_key, user_exists
from tests.simulators.croit.records import Json, Key, NewUser, Quota, User
from tests.simulators.croit.store import Change

_AT_ONCE = 8
_ACCESS = {
    "full-control": "full",
    "read-write": "readwrite",
    "read": "read",
    "write": "write",
    "NONE": "",
}
_KEY_ALPHABET = string.ascii_uppercase + string.digits


class GatewayUsers:
    def __init__(self, admin: AdminOps) -> None:
        self._admin = admin
        # Keys of our own, which nobody is to see.
        self._hidden: set[str] = set()
        self._pool = ThreadPoolExecutor(_AT_ONCE)

    def uids(self) -> list[str]:
        found: list[str] = []
        marker: str | None = None
        while True:
            page = self._admin.call("GET", "user", "list", max_entries=1000, marker=marker)
            found += page["keys"]
            if not page["truncated"]:
                return sorted(found)
            marker = page["marker"]

    def users(self, uids: Iterable[str]) -> list[User]:
        rows = self._pool.map(self._find, uids)
        return [self._shown(row) for row in rows if row is not None]

    def user(self, uid: str) -> User:
        row = self._find(uid)
        if row is None:
            raise missing("user", uid)
        return self._shown(row)

    def create_user(self, new: NewUser) -> None:
        if self._find(new.uid) is not None:
            raise user_exists(new.uid)
        self._admin.call(
            "PUT",
            "user",
            uid=new.uid,
            display_name=new.name,
            email=new.email or None,
            default_placement=_placement(new.default_placement, new.default_storage_class),
        )

    def change_user(self, uid: str, changes: Json) -> None:
        user = self.user(uid)
        parameters: Json = {}
        if "name" in changes:
            parameters["display_name"] = changes["name"]
        if "email" in changes:
            parameters["email"] = changes["email"]
        if "suspended" in changes:
            parameters["suspended"] = "True" if changes["suspended"] else "False"
        if changes.keys() & {"defaultPlacement", "defaultStorageClass"}:
            parameters["default_placement"] = _placement(
                changes.get("defaultPlacement", user.default_placement),
                changes.get("defaultStorageClass", user.default_storage_class),
            )
        self._admin.call("POST", "user", uid=uid, **parameters)

    def delete_user(self, uid: str) -> None:
        self.user(uid)
        self._admin.call("DELETE", "user", uid=uid)

    def set_user_quota(self, uid: str, change: Change) -> None:
        self._set_quota(uid, "user", change(self.user(uid).user_quota))

    def set_bucket_default_quota(self, uid: str, change: Change) -> None:
        self._set_quota(uid, "bucket", change(self.user(uid).bucket_quota))

    def put_key(self, uid: str, access_key: str, secret_key: str, subuser: str = "") -> None:
        whose = self._whose(uid, subuser)
        self._admin.call(
            "PUT",
            "user",
            "key",
            uid=uid,
            subuser=whose if subuser else None,
            key_type="s3",
            access_key=access_key,
            secret_key=secret_key,
        )

    def delete_key(self, uid: str, access_key: str, subuser: str = "") -> None:
        whose = self._whose(uid, subuser)
        if not any(
            (key.user, key.access_key) == (whose, access_key) for key in self.user(uid).keys
        ):
            raise no_such_key()
        self._admin.call(
            "DELETE",
            "user",
            "key",
            uid=uid,
            subuser=whose if subuser else None,
            key_type="s3",
            access_key=access_key,
        )

    def put_subuser(self, uid: str, subuser: str, permissions: str) -> None:
        known = subuser in self.user(uid).subusers
        self._admin.call(
            "POST" if known else "PUT",
            "user",
            uid=uid,
            subuser=f"{uid}:{subuser}",
            access=_ACCESS[permissions],
        )

    def delete_subuser(self, uid: str, subuser: str) -> None:
        self._admin.call("DELETE", "user", uid=uid, subuser=self._whose(uid, subuser))

    @contextmanager
    def key_of(self, uid: str) -> Iterator[Key]:
        """One of the user's own, or one that exists only meanwhile."""
        own = (key for key in self.user(uid).keys if key.user == uid)
        # The gateway refuses what was signed with any other secret.
        found = next((key for key in own if key.secret_key.isascii()), None)
        if found is not None:
            yield found
            return
        access_key = "".join(secrets.choice(_KEY_ALPHABET) for _ in range(20))
        key = Key(uid, access_key, secrets.token_urlsafe(30))
        self._hidden.add(access_key)
        self.put_key(uid, access_key, key.secret_key)
        try:
            yield key
        finally:
            with suppress(CroitError):
                self._admin.call("DELETE", "user", "key", uid=uid, access_key=access_key)

    def _find(self, uid: str) -> Json | None:
        try:
            row: Json = self._admin.call("GET", "user", uid=uid)
        except CroitError as error:
            if error.status != 404:
                raise
            return None
        return row

    def _whose(self, uid: str, subuser: str) -> str:
        user = self.user(uid)
        if not subuser:
            return uid
        if subuser not in user.subusers:
            raise missing("subuser", subuser)
        return f"{uid}:{subuser}"

    def _set_quota(self, uid: str, kind: str, quota: Quota) -> None:
        self._admin.call("PUT", "user", "quota", uid=uid, quota_type=kind, **limits(quota))

    def _shown(self, row: Json) -> User:
        tenant = f"{row['tenant']}$" if row["tenant"] else ""
        return User(
            tenant + row["user_id"],
            row["display_name"],
            row["email"],
            bool(row["suspended"]),
            row["default_placement"] or None,
            row["default_storage_class"] or None,
            quota_of(row["user_quota"]),
            quota_of(row["bucket_quota"]),
            [Key(**key) for key in row["keys"] if key["access_key"] not in self._hidden],
            {
                sub["id"].rpartition(":")[2]: sub["permissions"].replace("<none>", "NONE")
                for sub in row["subusers"]
            },
        )


def quota_of(row: Json) -> Quota:
    return Quota(row["enabled"], row["max_size"], row["max_objects"])


def limits(quota: Quota) -> dict[str, Any]:
    return {
        "max_size": quota.max_size,
        "max_objects": quota.max_objects,
        "enabled": "True" if quota.enabled else "False",
    }


def _placement(name: str | None, storage_class: str | None) -> str | None:
    return f"{name}/{storage_class}" if name and storage_class else name
