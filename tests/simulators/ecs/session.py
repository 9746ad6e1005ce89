"""Who is there: /user/whoami, /logout, the count of tokens. A login needs no token."""

from typing import Any

from tests.simulators.ecs.accounts import SYSTEM_ADMIN
from tests.simulators.ecs.call import Call, Reply
from tests.simulators.ecs.errors import EcsError, forbidden


def whoami(call: Call) -> Reply:
    account = call.account
    found: dict[str, Any] = {
        "common_name": account.name,
        "distinguished_name": "",
        "namespace": account.namespace,
        "last_time_password_changed": "2026-01-01T00:00:00.000Z",
    }
    found["role" if call.settings.release == "4.x" else "roles"] = list(account.roles)
    return Reply("user", found)


def logout(call: Call) -> Reply:
    """One token, or with ``force`` all of the user, whoever holds them."""
    name = call.query.get("username") or call.account.name
    if name != call.account.name and SYSTEM_ADMIN not in call.account.roles:
        raise forbidden()
    if call.flag("force") or name != call.account.name:
        call.world.accounts.logout_everywhere(name)
    else:
        call.world.accounts.logout(call.token)
    return Reply("loggedOut", {"user": name})


def token_count(call: Call) -> Reply:
    """[?] The names of the fields."""
    name = call.names["user"]
    if call.world.accounts.find(name) is None:
        raise EcsError(2000)
    return Reply("token_count", {"user": name, "tokenCount": call.world.accounts.count(name)})


def no_password(call: Call) -> Reply:
    """Nobody has set one for Swift."""
    raise EcsError(2000)
