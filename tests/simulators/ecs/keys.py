"""Secret keys of object users: /object/user-secret-keys…"""

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Any

from tests.simulators.ecs.body import Whole
from tests.simulators.ecs.call import Call, Reply
from tests.simulators.ecs.clock import key_time
from tests.simulators.ecs.errors import EcsError, invalid, no_entity
from tests.simulators.ecs.records import ObjectUser, SecretKey
from tests.simulators.ecs.users import find

_HOME = "/object/user-secret-keys"
_MOST = 2


def listed(call: Call) -> Reply:
    """With the secrets in clear, unless they are hidden."""
    user = _user(call)
    found = _about(call, user)
    for number in (1, 2):
        key = _numbered(user, number)
        hidden = key is None or call.settings.hide_secret_keys
        found[f"secret_key_{number}"] = "" if key is None or hidden else key.secret
    return Reply("user_secret_keys", found)


def existing(call: Call) -> Reply:
    return Reply("user_secret_keys", _about(call, _user(call)))


def create(call: Call) -> Reply:
    shape = {"namespace": str, "secretkey": str, "existing_key_expiry_time_mins": Whole}
    fields = call.body(shape)
    user = find(call, call.names["user"], fields.get("namespace"))
    if len(user.keys) >= _MOST:
        # [?] Of the class of 1031.
        raise EcsError(1031, f"User {user.name} has {_MOST} secret keys already")
    now = call.world.clock.now()
    _let_expire(user, fields.get("existing_key_expiry_time_mins"), now)
    secret = fields.get("secretkey") or secrets.token_urlsafe(30)
    key = SecretKey(hashlib.sha256(secret.encode()).hexdigest(), secret, now)
    user.keys.append(key)
    found: dict[str, Any] = {
        "secret_key": key.secret,
        "key_timestamp": key_time(key.made),
        "key_expiry_timestamp": "",
        "link": _link(user),
    }
    if call.settings.release == "4.x":
        found["secret_key_id"] = key.id
    return Reply("user_secret_key", found)


def deactivate(call: Call) -> None:
    """A body that names no key removes them all."""
    shape = {"namespace": str, "secret_key": str, "secret_key_id": str}
    fields = call.body(shape)
    user = find(call, call.names["user"], fields.get("namespace"))
    named = {name: fields[name] for name in ("secret_key", "secret_key_id") if fields.get(name)}
    if not named:
        user.keys.clear()
        return
    for key in user.keys:
        if named.get("secret_key") == key.secret or named.get("secret_key_id") == key.id:
            user.keys.remove(key)
            return
    # [?] The code.
    raise no_entity("of the given secret key")


def _user(call: Call) -> ObjectUser:
    return find(call, call.names["user"], call.names.get("namespace"))


def _let_expire(user: ObjectUser, minutes: int | None, now: datetime) -> None:
    if minutes is None:
        return
    if minutes < 0 or not user.keys:
        # [?] The code; an expiry is for a user who has a key.
        raise invalid("existing_key_expiry_time_mins", minutes)
    for key in user.keys:
        key.expires = now + timedelta(minutes=minutes)


def _about(call: Call, user: ObjectUser) -> dict[str, Any]:
    found: dict[str, Any] = {"link": _link(user)}
    for number in range(1, _MOST + 1):
        key = _numbered(user, number)
        found[f"key_timestamp_{number}"] = key_time(None if key is None else key.made)
        found[f"key_expiry_timestamp_{number}"] = key_time(None if key is None else key.expires)
        found[f"secret_key_{number}_exist"] = key is not None
        if call.settings.release == "4.x":
            found[f"secret_key_{number}_id"] = "" if key is None else key.id
    return found


def _numbered(user: ObjectUser, number: int) -> SecretKey | None:
    return user.keys[number - 1] if number <= len(user.keys) else None


def _link(user: ObjectUser) -> dict[str, str]:
    return {"rel": "self", "href": f"{_HOME}/{user.name}"}
