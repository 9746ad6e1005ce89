"""The session cookie: what it is, how long it lasts, and that nobody else can make one."""

import base64
import time
from collections.abc import Callable

import pytest
from flask import Flask

from storage_api.security.roles import Role
from storage_api.security.session import LIFETIME_SECONDS
from tests.api.callers import call, cookie_of
from tests.security.test_signon import BASIC, PRODUCTION, basic
from tests.servers import service

CLOSED = {"SAPI_ROLE_USER_GROUPS": "users"}


def cookie_attributes(header: str) -> tuple[str, set[str]]:
    first, *rest = header.split("; ")
    return first.partition("=")[0], set(rest)


def is_accepted(app: Flask, cookie: dict[str, str]) -> bool:
    return call(app, "GET", "/v3/dummy/volumes", cookie).status_code == 200


def test_outside_debug_the_cookie_is_for_https_and_this_host_only() -> None:
    app = service({**PRODUCTION, **BASIC})
    response = app.test_client().get("/login_basic", headers=basic("operator", "pä:ss wörd"))
    name, attributes = cookie_attributes(response.headers["Set-Cookie"])
    assert name.startswith("__Host-")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= attributes
    assert not any(attribute.startswith("Domain") for attribute in attributes)


def test_in_debug_the_cookie_works_without_https() -> None:
    response = service().test_client().get("/login")
    name, attributes = cookie_attributes(response.headers["Set-Cookie"])
    assert not name.startswith("__")
    assert {"HttpOnly", "Path=/", "SameSite=Lax"} <= attributes
    assert "Secure" not in attributes


def test_the_cookie_holds_no_more_than_needed() -> None:
    cookie = service().test_client().get("/login").headers["Set-Cookie"]
    value = cookie.partition("=")[2].partition(".")[0]
    text = base64.urlsafe_b64decode(value + "=" * (-len(value) % 4)).decode()
    assert len(cookie) < 400
    for word in ("token", "secret", "password"):
        assert word not in text


def test_a_session_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    app = service(CLOSED)
    cookie = cookie_of(app, Role.USER)
    now = time.time()
    assert is_accepted(app, cookie)
    monkeypatch.setattr(time, "time", lambda: now + LIFETIME_SECONDS - 5)
    assert is_accepted(app, cookie)
    monkeypatch.setattr(time, "time", lambda: now + LIFETIME_SECONDS + 5)
    assert not is_accepted(app, cookie)


def _flip(position: int) -> Callable[[str], str]:
    def change(value: str) -> str:
        at = position % len(value)
        return value[:at] + ("A" if value[at] != "A" else "B") + value[at + 1 :]

    return change


@pytest.mark.parametrize(
    "change",
    [
        _flip(0),
        _flip(5),
        _flip(-2),
        lambda value: value[:-3],
        lambda value: value.rpartition(".")[0],
        lambda value: "",
        lambda value: "." * 3,
        lambda value: "A" * 5000,
        lambda value: value.replace(".", "..", 1),
        lambda value: base64.urlsafe_b64encode(b'{"sub":"x","roles":["USER"]}').decode() + "..",
    ],
)
def test_a_cookie_that_was_tampered_with_is_nobody_s(change: Callable[[str], str]) -> None:
    app = service(CLOSED)
    cookie = cookie_of(app, *Role)
    name, _, value = cookie["Cookie"].partition("=")
    assert is_accepted(app, cookie)
    response = call(app, "GET", "/v3/dummy/volumes", {"Cookie": f"{name}={change(value)}"})
    assert response.status_code == 403


def test_sessions_of_another_key_are_nobody_s() -> None:
    mine, other = (service({**CLOSED, "SAPI_SECRET_KEY": key}) for key in ("one", "two"))
    cookie = cookie_of(mine, *Role)
    assert is_accepted(mine, cookie)
    assert not is_accepted(other, cookie)


@pytest.mark.parametrize("extra", [{"SAPI_SECRET_KEY": "shared"}, {}], ids=["given", "derived"])
def test_replicas_accept_each_other_s_sessions(extra: dict[str, str]) -> None:
    first, second = (service({**PRODUCTION, **CLOSED, **extra}) for _ in range(2))
    cookie = cookie_of(first, Role.USER)
    assert call(second, "GET", "/v3/dummy/volumes", cookie).status_code == 200


def test_a_session_that_somebody_else_prepared_is_replaced() -> None:
    app = service(CLOSED)
    client = app.test_client()
    with client.session_transaction() as session:
        session["planted"] = "x"
    client.get("/login")
    with client.session_transaction() as session:
        assert "planted" not in session


def test_an_unknown_role_in_a_session_is_no_role() -> None:
    app = service(CLOSED)
    client = app.test_client()
    with client.session_transaction() as session:
        session.update(sub="x", roles=["ROOT", "user"], exp=int(time.time()) + 60)
    assert client.get("/conf/me/roles").get_json() == []
