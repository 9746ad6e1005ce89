"""Signing on and off with a real OpenID provider."""

from pathlib import Path

import pytest

from tests.api.callers import assert_problem, call
from tests.security.visitor import CALLBACK, Visitor
from tests.servers import service
from tests.services.forms import query_of
from tests.services.oidc import CLIENT_ID, OidcProvider, oidc_provider


@pytest.mark.parametrize(
    ("login", "roles"),
    [
        ("alice", ["USER"]),
        ("bob", ["ADMIN"]),
        ("carol", ["UBER_ADMIN"]),
        ("dave", []),
        ("frank", ["USER"]),
    ],
)
def test_groups_give_roles(oidc: OidcProvider, login: str, roles: list[str]) -> None:
    visitor = Visitor(service(oidc.settings()), login)
    response = visitor.sign_on("/conf/me/roles?x=1")
    assert (response.status_code, response.headers["Location"]) == (302, "/conf/me/roles?x=1")
    assert visitor.roles == roles
    assert len(visitor.cookie) < 300


def test_groups_may_be_a_nested_claim(oidc: OidcProvider) -> None:
    nested = {"SAPI_OAUTH_GROUPS_CLAIM": "resource_access.storage.roles"}
    app = service(oidc.settings(**nested))
    visitor = Visitor(app, "erin")
    visitor.sign_on()
    assert visitor.roles == ["ADMIN"]
    bearer = {"Authorization": f"Bearer {oidc.access_token('erin')}"}
    assert call(app, "GET", "/conf/me/roles", bearer).get_json() == ["ADMIN"]


def test_groups_may_be_in_the_id_token(tmp_path: Path, oidc: OidcProvider) -> None:
    with oidc_provider([CALLBACK], tmp_path / "log", groups_in_id_token=True) as provider:
        for login, roles in (("bob", ["ADMIN"]), ("frank", ["USER"]), ("dave", [])):
            visitor = Visitor(service(provider.settings()), login)
            visitor.sign_on()
            assert visitor.roles == roles


def test_without_user_groups_everybody_is_a_user(oidc: OidcProvider) -> None:
    visitor = Visitor(service(oidc.settings(SAPI_ROLE_USER_GROUPS="")), "bob")
    assert visitor.roles == ["USER"]
    visitor.sign_on()
    assert visitor.roles == ["USER", "ADMIN"]


def test_roles_without_groups_are_nobody_s(oidc: OidcProvider) -> None:
    closed = {"SAPI_ROLE_ADMIN_GROUPS": "", "SAPI_ROLE_UBER_ADMIN_GROUPS": ""}
    for login in ("bob", "carol", "dave"):
        visitor = Visitor(service(oidc.settings(**closed)), login)
        visitor.sign_on()
        assert visitor.roles == []


def test_logging_out_ends_the_provider_s_session_too(oidc: OidcProvider) -> None:
    visitor = Visitor(service(oidc.settings()))
    visitor.sign_on()
    out = visitor.get("/logout")
    assert visitor.roles == []
    address = out.headers["Location"]
    assert address.startswith(f"{oidc.issuer}/session/end?")
    assert query_of(address)["client_id"] == CLIENT_ID
    assert query_of(address)["post_logout_redirect_uri"] == "https://localhost/"


def test_a_second_log_in_needs_no_password(oidc: OidcProvider) -> None:
    """The provider's own session lives on until it is ended; another subject gets another one."""
    visitor = Visitor(service(oidc.settings()), "bob")
    visitor.sign_on()
    again = visitor.browser.get(visitor.begin(), allow_redirects=False, timeout=30)
    assert again.headers["Location"].startswith(CALLBACK)


def test_the_provider_s_refusal_is_told(oidc: OidcProvider) -> None:
    visitor = Visitor(service(oidc.settings()))
    state = query_of(visitor.begin())["state"]
    refused = visitor.get(f"/oauth-done?error=access_denied&state={state}")
    assert "access_denied" in assert_problem(refused, 400)["detail"]
    assert visitor.roles == []


def test_a_token_of_the_provider_serves_scripts(oidc: OidcProvider) -> None:
    app = service(oidc.settings())
    for login, roles in (("alice", ["USER"]), ("bob", ["ADMIN"]), ("dave", [])):
        bearer = {"Authorization": f"Bearer {oidc.access_token(login)}"}
        assert call(app, "GET", "/conf/me/roles", bearer).get_json() == roles


def test_an_id_token_is_no_bearer_token(oidc: OidcProvider) -> None:
    """Even where somebody took a client's id for the audience."""
    app = service(oidc.settings(SAPI_OAUTH_AUDIENCE="script"))
    bearer = {"Authorization": f"Bearer {oidc.tokens('bob')['id_token']}"}
    problem = assert_problem(call(app, "GET", "/conf/me/roles", bearer), 401)
    assert "no access token" in problem["detail"]
