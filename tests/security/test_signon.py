"""Signing on and off."""

import base64

import pytest
from flask import Flask

from tests.api.callers import assert_problem, call
from tests.servers import DUMMY, service

BASIC = {"BASIC_AUTH_USERNAME": "operator", "BASIC_AUTH_PASSWORD": "pä:ss wörd"}
PRODUCTION = {
    "FLASK_DEBUG": "0",
    "SAPI_OAUTH_CLIENT_ID": "storage-api",
    "SAPI_OAUTH_SECRET_KEY": "oauth-secret",
    "SAPI_ROLE_USER_GROUPS": "users",
}


def basic(username: str, password: str) -> dict[str, str]:
    encoded = base64.b64encode(f"{username}:{password}".encode()).decode()
    return {"Authorization": f"Basic {encoded}"}


def roles_after(app: Flask, path: str, headers: dict[str, str] | None = None) -> list[str]:
    client = app.test_client()
    client.get(path, headers=headers, base_url="https://localhost")
    found: list[str] = client.get("/conf/me/roles", base_url="https://localhost").get_json()
    return found


def test_debug_login_gives_every_role() -> None:
    app = service({"SAPI_ROLE_USER_GROUPS": "users"})
    assert roles_after(app, "/login") == ["USER", "ADMIN", "UBER_ADMIN"]


def test_there_is_no_debug_login_outside_debug() -> None:
    app = service(PRODUCTION)
    response = call(app, "GET", "/login")
    assert response.headers["Location"].startswith("https://oauth.web.cern.ch/OAuth/Authorize?")
    assert roles_after(app, "/login") == []


def test_login_basic_is_absent_unless_set_up() -> None:
    assert_problem(call(service(), "GET", "/login_basic", basic("operator", "x")), 404)


@pytest.mark.parametrize("extra", [{}, PRODUCTION], ids=["debug", "production"])
def test_login_basic_gives_a_session_with_every_role(extra: dict[str, str]) -> None:
    app = service({**extra, **BASIC, "SAPI_ROLE_USER_GROUPS": "users"})
    found = roles_after(app, "/login_basic", basic("operator", "pä:ss wörd"))
    assert found == ["USER", "ADMIN", "UBER_ADMIN"]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        basic("operator", "wrong"),
        basic("operator", ""),
        basic("", ""),
        basic("OPERATOR", "pä:ss wörd"),
        basic("operator", "pä:ss wörd "),
        basic("operator", "pä"),
        {"Authorization": "Basic"},
        {"Authorization": "Basic ###"},
        {"Authorization": "Basic /////w=="},
        {"Authorization": "Digest operator"},
        {"Authorization": "Basic " + "A" * 4096},
    ],
    ids=str,
)
def test_login_basic_refuses_everything_else(headers: dict[str, str]) -> None:
    app = service({**BASIC, "SAPI_ROLE_USER_GROUPS": "users"})
    response = call(app, "GET", "/login_basic", headers)
    assert_problem(response, 401)
    assert response.headers["WWW-Authenticate"].startswith("Basic realm=")
    assert "Set-Cookie" not in response.headers
    assert roles_after(app, "/login_basic", headers) == []


def test_credentials_are_no_session_elsewhere() -> None:
    app = service({**BASIC, "SAPI_ROLE_USER_GROUPS": "users"})
    headers = basic("operator", "pä:ss wörd")
    assert_problem(call(app, "GET", "/v3/dummy/volumes", headers), 403)


def test_logging_out_ends_the_session() -> None:
    app = service({"SAPI_ROLE_USER_GROUPS": "users"})
    client = app.test_client()
    client.get("/login")
    assert client.get("/v3/dummy/volumes").status_code == 200
    out = client.get("/logout")
    assert (out.status_code, out.headers["Location"]) == (302, "/")
    assert client.get("/v3/dummy/volumes").status_code == 403


OURS = ["/", "/conf/roles", "/?a=b#c", "/v3/dummy/volumes?limit=1"]
FOREIGN = [
    "//evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "https://evil.example",
    "http:evil.example",
    "javascript:alert(1)",
    "/\t/evil.example",
    "/\n/evil.example",
    "/%09/evil.example\r\nX: y",
    " //evil.example",
    "///evil.example",
    "evil.example",
    "",
    "\x00//evil.example",
]


@pytest.mark.parametrize("path", ["/login", "/login_basic"])
@pytest.mark.parametrize("target", OURS)
def test_a_caller_comes_back_to_where_it_was(path: str, target: str) -> None:
    app = service(BASIC)
    response = app.test_client().get(
        path, query_string={"next": target}, headers=basic("operator", "pä:ss wörd")
    )
    assert (response.status_code, response.headers["Location"]) == (302, target)


@pytest.mark.parametrize("path", ["/login", "/login_basic"])
@pytest.mark.parametrize("target", FOREIGN)
def test_nobody_is_sent_elsewhere(path: str, target: str) -> None:
    app = service(BASIC)
    response = app.test_client().get(
        path, query_string={"next": target}, headers=basic("operator", "pä:ss wörd")
    )
    assert (response.status_code, response.headers["Location"]) == (302, "/")


def test_signing_on_needs_a_get() -> None:
    app = service({**BASIC, "SAPI_BACKENDS": DUMMY})
    for path in ("/login", "/login_basic", "/logout"):
        for method in ("POST", "PUT", "DELETE"):
            assert_problem(call(app, method, path), 405)
