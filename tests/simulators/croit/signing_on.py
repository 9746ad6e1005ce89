"""/auth, /api-tokens and /status."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import parse_qs

from tests.simulators.croit import views
from tests.simulators.croit.access import Account
from tests.simulators.croit.call import Call, answer, done
from tests.simulators.croit.errors import invalid, missing, unauthorized
from tests.simulators.waldur.messages import Reply

_DAY = 86400


def status(call: Call) -> Reply:
    return answer(
        {
            "status": "OK",
            "currentVersion": call.world.settings.version,
            "multiRgwEnabled": False,
            "cephConfigured": True,
            "error": None,
        }
    )


def version(call: Call) -> Reply:
    return answer(call.world.settings.version)


def login(call: Call) -> Reply:
    """Name and password by the header, and the flow by the form."""
    if _form(call).get("grant_type") != "client_credentials":
        raise invalid("unsupported grant_type")
    authorization = call.request.headers.get("Authorization", "")
    if not authorization.lower().startswith("basic "):
        raise unauthorized()
    caller = call.world.access.caller(authorization)
    return _token(call, Account(caller.name, "", caller.roles))


def login_form(call: Call) -> Reply:
    form = _form(call)
    if form.get("grant_type") != "password":
        raise invalid("unsupported grant_type")
    access = call.world.access
    return _token(call, access.account(form.get("username", ""), form.get("password", "")))


def _form(call: Call) -> dict[str, str]:
    fields = parse_qs(call.request.body.decode("utf-8", "replace"))
    return {name: values[0] for name, values in fields.items()}


def _token(call: Call, account: Account) -> Reply:
    seconds = call.world.settings.login_seconds
    token = call.world.access.sign_on(account, seconds)
    days, rest = divmod(seconds, _DAY)
    return answer(
        {
            "access_token": token.secret,
            "token_type": "bearer",
            "expires_in": f"PT{seconds}S" if rest else f"P{days}D",
            "roles": list(account.roles),
            "userId": account.name,
            "passwordWasNeverChanged": False,
        }
    )


def logout(call: Call) -> Reply:
    """Ends the session whose token was shown; an API token is not a session."""
    token = call.caller.token if call.caller else None
    if token is not None and token.id is None:
        call.world.access.remove(token)
    return done(201)


def token_info(call: Call) -> Reply:
    caller = call.caller
    if caller is None:
        raise unauthorized()
    return answer(
        {
            "username": caller.name,
            "roles": list(caller.roles),
            "expiry": views.expiry(caller.token),
            "oidcId": None,
            "oidcSubject": None,
        }
    )


def list_tokens(call: Call) -> Reply:
    return call.listed([views.api_token(token) for token in call.world.access.api_tokens()])


def add_token(call: Call) -> Reply:
    roles = _roles(call.body["roles"])
    expiry = _moment(call.body.get("expiry"))
    return answer(call.world.access.add_token(call.body["name"], roles, expiry).secret)


def change_token(call: Call) -> Reply:
    token = call.world.access.api_token(_number(call))
    roles = _roles(call.given["roles"]) if "roles" in call.given else token.roles
    token.name, token.roles = call.given.get("name", token.name), roles
    if "expiry" in call.body:
        token.expiry = _moment(call.body["expiry"])
    return done()


def delete_token(call: Call) -> Reply:
    access = call.world.access
    access.remove(access.api_token(_number(call)))
    return done()


def _number(call: Call) -> int:
    try:
        return int(call.names["id"])
    except ValueError:
        raise missing("API token", call.names["id"]) from None


def _roles(roles: list[str]) -> tuple[str, ...]:
    if "admin" in roles and "viewer" not in roles:
        raise invalid("an admin token must be a viewer's too")
    return tuple(dict.fromkeys(roles))


def _moment(text: Any) -> float | None:
    if text is None:
        return None
    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError:
        raise invalid("expiry is no time") from None
