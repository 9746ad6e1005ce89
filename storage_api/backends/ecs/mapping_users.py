"""ECS's rows of object users and of their secret keys to our records and back. Pure functions."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from storage_api.backends.ecs.reading import checked, moment, rows, text, truth
from storage_api.backends.ecs.wire import Json
from storage_api.domain import names
from storage_api.domain.errors import Invalid
from storage_api.domain.models import Key, NewKey, Quota, User
from storage_api.domain.requests import AccountCreate, UserCreate, UserPatch
from storage_api.domain.secrets import Secret

#: The tags of an object user that keep the name for people, and for whom an account was made.
DISPLAY_NAME = "display-name"
STAMP = "storage-api-account"
_SLOTS = (1, 2)
_UNLIMITED = (None, Quota(), Quota(enabled=False))


@dataclass(frozen=True)
class KeyRow:
    """One of a user's two secret keys.

    ``name`` is what our API calls it: ECS's own id, or where the release has none the moment at
    which it was made. Its slot would not do: another key may move into it. ``secret`` is ``None``
    where the cluster hides secrets, and ``vendor_id`` where the release has none.
    """

    name: str
    secret: Secret | None
    vendor_id: str | None
    created: datetime | None
    expires: datetime | None


def user_tags(row: Json) -> dict[str, str]:
    """The tags of a user's info."""
    return {
        name: text(tag.get("value")) or ""
        for tag in rows(row.get("tag") or row.get("tags"))
        if (name := text(tag.get("name")))
    }


def user_record(row: Json, keys: Sequence[KeyRow]) -> User:
    """A user's info and keys; ECS knows neither addresses nor limits of users."""
    name, namespace = user_name(row), text(row.get("namespace"))
    return User(
        name=name,
        namespace=namespace,
        id=f"{namespace}/{name}",
        display_name=user_tags(row).get(DISPLAY_NAME),
        suspended=is_locked(row),
        key_ids=[key.name for key in keys],
    )


def tags_of(fields: UserCreate | AccountCreate) -> dict[str, str]:
    """The tags that keep what ECS's user has no field for."""
    return {DISPLAY_NAME: fields["display_name"]} if "display_name" in fields else {}


@checked
def user_name(row: Json) -> str:
    return str(row["name"])


@checked
def listed_user(row: Json) -> User:
    """One of a list, which tells names only."""
    name, namespace = str(row["userid"]), text(row.get("namespace"))
    return User(name=name, namespace=namespace, id=f"{namespace}/{name}")


@checked
def is_locked(row: Json) -> bool:
    return bool(truth(row["locked"]))


def differing(found: User, fields: UserCreate | UserPatch) -> list[str]:
    """Which of the asked settings an existing user does not have."""
    wanted = {"display_name", "suspended"} & fields.keys()
    asked: dict[str, Any] = {**fields}
    return sorted(name for name in wanted if getattr(found, name) != asked[name])


def refuse_foreign(fields: UserCreate | UserPatch) -> None:
    """Raises ``Invalid`` for settings that ECS's users do not have."""
    foreign = [name for name in ("email", "max_buckets") if fields.get(name) is not None]
    foreign += [name for name in ("quota", "bucket_quota") if fields.get(name) not in _UNLIMITED]
    if foreign:
        raise Invalid(
            f"ECS cannot honour {', '.join(foreign)} of a user; limits are set on namespaces "
            "and buckets."
        )


@checked
def key_rows(row: Json) -> list[KeyRow]:
    """The keys that a user has, the older one first."""
    found = [key for slot in _SLOTS if (key := _key_row(row, slot))]
    told = [key.name for key in found]
    if len(set(told)) < len(told):
        raise ValueError("two keys of one name")
    return sorted(found, key=lambda key: (key.created is not None, key.created, key.name))


@checked
def made_key(uid: str, reply: Json, *, locked: bool) -> NewKey | None:
    """The key that an answer to its creation tells; ``None`` if it tells none."""
    secret = _secret(reply.get("secret_key"))
    if secret is None:
        return None
    stamp = text(reply.get("key_timestamp"))
    name = _key_name(text(reply.get("secret_key_id")), stamp)
    return NewKey(
        access_key=uid,
        id=name,
        active=not locked,
        created=moment(stamp),
        expires=moment(reply.get("key_expiry_timestamp")),
        secret_key=secret.reveal(),
    )


def key_record(uid: str, key: KeyRow, *, locked: bool) -> Key:
    return Key(
        access_key=uid, id=key.name, active=not locked, created=key.created, expires=key.expires
    )


def new_key(uid: str, key: KeyRow, secret: Secret, *, locked: bool) -> NewKey:
    return NewKey(
        access_key=uid,
        id=key.name,
        active=not locked,
        created=key.created,
        expires=key.expires,
        secret_key=secret.reveal(),
    )


def _key_row(row: Json, slot: int) -> KeyRow | None:
    secret = _secret(row.get(f"secret_key_{slot}"))
    stamp = text(row.get(f"key_timestamp_{slot}"))
    vendor_id = text(row.get(f"secret_key_{slot}_id"))
    exists = truth(row.get(f"secret_key_{slot}_exist"))
    if not (secret or stamp if exists is None else exists):
        return None
    return KeyRow(
        name=_key_name(vendor_id, stamp),
        secret=secret,
        vendor_id=vendor_id,
        created=moment(stamp),
        expires=moment(row.get(f"key_expiry_timestamp_{slot}")),
    )


def _key_name(vendor_id: str | None, stamp: str | None) -> str:
    if vendor_id is not None and names.ACCESS_KEY.allows(vendor_id):
        return vendor_id
    digits = re.sub(r"\D", "", stamp or "")
    if not digits:
        raise ValueError("a key without id and time")
    return digits


def _secret(value: object) -> Secret | None:
    """The wire hides what it reads; an empty one is none."""
    return value if isinstance(value, Secret) and value else None
