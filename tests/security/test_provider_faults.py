"""The plain provider of the published settings, and providers that are ill or lie."""

import time
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from storage_api.security import oauth
from tests.api.callers import assert_problem
from tests.security.visitor import Visitor
from tests.servers import free_port, service
from tests.services.oauth import Handler, SmallProvider, drip, hang, send
from tests.services.router import tls_router

HUGE = b'{"groups": ["' + b"x" * (10 * 1024**2) + b'"]}'


@pytest.fixture(params=["plain", "openid"])
def app(request: pytest.FixtureRequest, small: SmallProvider) -> Flask:
    return service(settings_of(request.param, small))


def settings_of(kind: str, small: SmallProvider) -> dict[str, str]:
    return small.plain_settings() if kind == "plain" else small.openid_settings()


@pytest.mark.parametrize(
    ("groups", "roles"),
    [
        (["storage users"], ["USER"]),
        (["bowls, lawn", "other"], ["ADMIN"]),
        (["storage users", "storage admins", "storage owners"], ["USER", "ADMIN", "UBER_ADMIN"]),
        ([f"experiment-{number}" for number in range(2000)], []),
        ([], []),
        (["STORAGE USERS", "storage", "users"], []),
    ],
)
def test_groups_give_roles(
    app: Flask, small: SmallProvider, groups: list[str], roles: list[str]
) -> None:
    small.groups = groups
    visitor = Visitor(app)
    assert visitor.sign_on().status_code == 302
    assert visitor.roles == roles
    assert len(visitor.cookie) < 300


def test_a_plain_provider_may_name_people(small: SmallProvider) -> None:
    small.answer("/api/Groups", {"groups": ["storage users"], "username": "alice"})
    visitor = Visitor(service(small.plain_settings()))
    visitor.sign_on()
    assert "Signed on as alice" in visitor.get("/").get_data(as_text=True)


def test_logging_out_of_a_plain_provider_ends_ours_only(small: SmallProvider) -> None:
    visitor = Visitor(service(small.plain_settings()))
    visitor.sign_on()
    assert visitor.get("/logout").headers["Location"] == "/"
    assert visitor.roles == []


GROUPS_ANSWERS: list[tuple[Any, int, int]] = [
    (HUGE, 200, 502),
    ({"groups": [str(number) for number in range(20_001)]}, 200, 502),
    (b"<html>", 200, 502),
    (b"", 200, 502),
    (b"\xff", 200, 502),
    ([], 200, 502),
    (None, 200, 502),
    ({}, 200, 502),
    ({"groups": None}, 200, 502),
    ({"groups": {"a": 1}}, 200, 502),
    ({"groups": [["storage owners"]]}, 200, 502),
    ({"groups": 7}, 200, 502),
    ({"error": "invalid_token"}, 401, 502),
    ({"groups": ["storage owners"]}, 302, 502),
    ({"groups": ["storage owners"]}, 404, 502),
    ({"groups": ["storage owners"]}, 500, 503),
    ({"groups": ["storage owners"]}, 503, 503),
]


@pytest.mark.parametrize(("document", "status", "expected"), GROUPS_ANSWERS, ids=range(17))
def test_no_groups_no_session(
    small: SmallProvider, document: Any, status: int, expected: int
) -> None:
    small.answer("/api/Groups", document, status)
    visitor = Visitor(service(small.plain_settings()))
    problem = assert_problem(visitor.sign_on(), expected)
    assert "storage owners" not in problem["detail"]
    assert visitor.roles == []


TOKEN_ANSWERS: list[tuple[Any, int, int]] = [
    ({"error": "invalid_grant", "error_description": "<script>"}, 400, 400),
    ({"error": "<script>\r\nX: y"}, 400, 400),
    ({"error": ["x"]}, 400, 400),
    ({"error": "invalid_client"}, 401, 502),
    ({"error": "server_error"}, 500, 503),
    (HUGE, 200, 502),
    (b"<html>", 200, 502),
    (b"<html>", 404, 502),
    ([], 200, 502),
    (None, 200, 502),
    ("token", 200, 502),
    ({}, 200, 502),
    ({"access_token": 7}, 200, 502),
    ({"access_token": "a\r\nX: y", "token_type": "Bearer"}, 200, 502),
    ({"access_token": "x", "token_type": "Bearer", "id_token": 7}, 200, 502),
    ({"access_token": "x", "token_type": "Bearer", "id_token": "x.y.z"}, 200, 502),
    ({"access_token": "x", "expires_in": "soon"}, 200, 502),
    ({"access_token": "x", "token_type": ["mac"]}, 200, 502),
]


@pytest.mark.parametrize("kind", ["plain", "openid"])
@pytest.mark.parametrize(("document", "status", "expected"), TOKEN_ANSWERS, ids=range(18))
def test_no_token_no_session(
    small: SmallProvider, kind: str, document: Any, status: int, expected: int
) -> None:
    small.answer("/Token", document, status)
    visitor = Visitor(service(settings_of(kind, small)))
    problem = assert_problem(visitor.sign_on(), expected)
    assert "script" not in problem["detail"]
    assert visitor.roles == []


DISCOVERY: list[tuple[Any, int]] = [
    (HUGE, 502),
    (b"", 502),
    ([], 502),
    ({}, 502),
    ({"issuer": 7}, 502),
    ({"id_token_signing_alg_values_supported": ["HS256"]}, 502),
    ({"authorization_endpoint": None}, 502),
    ({"jwks_uri": None}, 502),
]


@pytest.mark.parametrize(("changes", "expected"), DISCOVERY, ids=range(8))
def test_a_wrong_discovery_document_is_told(
    small: SmallProvider, changes: Any, expected: int
) -> None:
    document = changes
    if isinstance(changes, dict) and changes:
        document = {**honest_discovery(small), **changes}
    small.answer("/discovery", document)
    visitor = Visitor(service(small.openid_settings()))
    assert_problem(visitor.get("/login"), expected)


def honest_discovery(small: SmallProvider) -> dict[str, Any]:
    return {
        "issuer": small.url,
        "authorization_endpoint": f"{small.url}/Authorize",
        "token_endpoint": f"{small.url}/Token",
        "jwks_uri": f"{small.url}/jwks",
    }


def test_discovery_cannot_change_how_we_ask(small: SmallProvider) -> None:
    """authlib takes these for options of its session."""
    hostile = {"verify": False, "trust_env": True, "proxies": {"http": "http://127.0.0.1:9"}}
    small.answer("/discovery", {**honest_discovery(small), **hostile})
    visitor = Visitor(service(small.openid_settings()))
    assert visitor.sign_on().status_code == 302
    assert visitor.roles == []  # no userinfo there, so no groups


def test_a_provider_without_basic_authentication_gets_the_secret_in_the_form(
    small: SmallProvider,
) -> None:
    methods = {"token_endpoint_auth_methods_supported": ["client_secret_post"]}
    small.answer("/discovery", {**honest_discovery(small), **methods})
    assert_problem(Visitor(service(small.openid_settings())).sign_on(), 502)
    assert small.forms[-1]["client_secret"]


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/Token", "plain"),
        ("/api/Groups", "plain"),
        ("/discovery", "openid"),
        ("/Token", "openid"),
        ("/userinfo", "openid"),
        ("/jwks", "openid"),
    ],
)
@pytest.mark.parametrize("fault", [hang(5), drip(5)], ids=["hangs", "drips"])
def test_a_provider_that_hangs_is_504(
    small: SmallProvider, monkeypatch: pytest.MonkeyPatch, path: str, kind: str, fault: Handler
) -> None:
    # For each of up to five calls, of which four are well and must have the time on a busy machine.
    monkeypatch.setattr(oauth, "_TIMEOUT_SECONDS", 1.0)
    small.instead[path] = fault
    visitor = Visitor(service(settings_of(kind, small)))
    began = time.monotonic()
    if path == "/discovery":
        assert_problem(visitor.get("/login"), 504)
    else:
        assert_problem(visitor.sign_on(), 504)
    assert time.monotonic() - began < 3
    assert visitor.roles == []


def test_a_provider_that_is_down_is_503(small: SmallProvider) -> None:
    settings = {"SAPI_OAUTH_TOKEN_URL": "http://127.0.0.1:9/Token"}
    visitor = Visitor(service(small.plain_settings(**settings)))
    response = visitor.sign_on()
    assert_problem(response, 503)
    assert "Retry-After" in response.headers
    discovery = {"SAPI_OAUTH_METADATA_URL": "http://127.0.0.1:9/discovery"}
    visitor = Visitor(service(small.plain_settings(**discovery)))
    for _ in range(3):
        assert_problem(visitor.get("/login"), 503)
    assert visitor.get("/logout").status_code == 302


def test_a_provider_that_cuts_the_connection_is_503(small: SmallProvider) -> None:
    small.instead["/api/Groups"] = lambda request: request.connection.close()
    assert_problem(Visitor(service(small.plain_settings())).sign_on(), 503)


def test_redirects_are_not_followed_with_our_token(small: SmallProvider) -> None:
    elsewhere = {"Location": f"{small.url}/elsewhere"}
    small.instead["/api/Groups"] = lambda request: send(request, 307, headers=elsewhere)
    assert_problem(Visitor(service(small.plain_settings())).sign_on(), 502)
    assert small.count("/elsewhere") == 0


def test_a_private_authority_can_be_trusted(small: SmallProvider, tmp_path: Path) -> None:
    target = int(small.url.rpartition(":")[2])
    with tls_router(tmp_path, free_port(), target) as router:
        urls = {
            "SAPI_OAUTH_TOKEN_URL": f"{router.url}/Token",
            "SAPI_OAUTH_GROUPS_URL": f"{router.url}/api/Groups",
        }
        untrusted = Visitor(service(small.plain_settings(**urls))).sign_on()
        assert "certificate" in assert_problem(untrusted, 502)["detail"]
        trust = {"SAPI_OAUTH_CA_FILE": str(router.certificate)}
        visitor = Visitor(service(small.plain_settings(**urls, **trust)))
        assert visitor.sign_on().status_code == 302
        assert visitor.roles == ["USER"]
