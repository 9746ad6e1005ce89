"""Who may do what: every route, every method, every role."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask

from storage_api.security.roles import Role
from tests.api.callers import assert_problem, call, cookie_of
from tests.api.routes import BACKEND, OPEN, SERVICE, all_routes, backend_routes
from tests.security.test_signon import BASIC, basic
from tests.servers import service
from tests.services.oauth import SmallProvider, small_provider


@pytest.fixture(scope="module")
def provider() -> Iterator[SmallProvider]:
    with small_provider() as provider:
        yield provider


@pytest.fixture(scope="module")
def app(provider: SmallProvider) -> Flask:
    """With groups for every role, so that nobody is a USER by default, and every way to sign on."""
    return service(provider.openid_settings(**BASIC))


GROUP_OF = {
    Role.USER: "storage users",
    Role.ADMIN: "storage admins",
    Role.UBER_ADMIN: "storage owners",
}


@dataclass(frozen=True)
class Caller:
    """Somebody, by a way of signing on: how, with which roles."""

    way: str
    roles: tuple[Role, ...] = ()

    def headers(self, app: Flask, provider: SmallProvider) -> dict[str, str]:
        if self.way == "cookie":
            return cookie_of(app, *self.roles)
        if self.way == "bearer":
            token = provider.bearer(groups=[GROUP_OF[role] for role in self.roles])
            return {"Authorization": f"Bearer {token}"}
        if self.way == "basic":
            signed_on = call(app, "GET", "/login_basic", basic("operator", "pä:ss wörd"))
            return {"Cookie": signed_on.headers["Set-Cookie"].partition(";")[0]}
        if self.way == "password on every call":
            return basic("operator", "pä:ss wörd")
        return {}

    def __str__(self) -> str:
        return " ".join([self.way, *self.roles])


CALLERS = [
    Caller("nobody"),
    *(Caller(way, (role,)) for way in ("cookie", "bearer") for role in Role),
    *(Caller(way) for way in ("cookie", "bearer", "password on every call")),
    Caller("basic", tuple(Role)),  # the one account has every role
]


@pytest.mark.parametrize("caller", CALLERS, ids=str)
def test_exactly_the_role_of_the_table_opens_a_route(
    app: Flask, provider: SmallProvider, caller: Caller
) -> None:
    headers = caller.headers(app, provider)
    wrong = []
    for route in all_routes(app):
        response = call(app, route.method, route.path, headers)
        may = route.role is OPEN or route.role in caller.roles
        refused = response.status_code == 403
        if refused is may or (response.status_code == 401 and route.rule != "/login_basic"):
            wrong.append(f"{route} as {caller}: {response.status_code}")
        if refused:
            assert_problem(response, 403)
    assert wrong == []


@pytest.mark.parametrize("caller", CALLERS, ids=str)
def test_introspection_tells_the_same(app: Flask, provider: SmallProvider, caller: Caller) -> None:
    headers = caller.headers(app, provider)
    assert call(app, "GET", "/conf/me/roles", headers).get_json() == list(caller.roles)
    for role in Role:
        answer = call(app, "GET", f"/conf/roles/{role}/am_i_a", headers)
        assert answer.get_json() is (role in caller.roles)
        groups = call(app, "GET", f"/conf/roles/{role}/egroups", headers).get_json()
        assert GROUP_OF[role] in groups
    for path in ("/conf/roles/ROOT/am_i_a", "/conf/roles/user/egroups"):
        assert_problem(call(app, "GET", path, headers), 404)


def test_a_route_that_the_table_lacks_fails(provider: SmallProvider) -> None:
    app = service(provider.openid_settings())
    app.add_url_rule("/new", "new", lambda: "open to everybody")
    with pytest.raises(KeyError):
        all_routes(app)


def test_the_table_lists_nothing_that_is_not_there(app: Flask) -> None:
    routes = {route.rule for route in all_routes(app)}
    assert {f"/v3/dummy{path}" for path in BACKEND} | set(SERVICE) <= routes


def test_roles_are_distinct_but_can_be_held_together(app: Flask) -> None:
    both = cookie_of(app, Role.USER, Role.ADMIN)
    assert call(app, "GET", "/v3/dummy/volumes", both).status_code == 200
    assert call(app, "GET", "/v3/dummy/users", both).status_code == 200
    assert_problem(call(app, "DELETE", "/v3/dummy/users/alice", both), 403)


def test_head_needs_the_role_of_get(app: Flask) -> None:
    for route in backend_routes(app):
        if route.method == "GET":
            response = call(app, "HEAD", route.path)
            assert (response.status_code, response.get_data()) == (403, b"")


def test_the_role_comes_before_anything_else(app: Flask) -> None:
    hostile: dict[str, dict[str, Any]] = {
        "bad JSON": {"data": "{", "content_type": "application/json"},
        "wrong content type": {"data": "x", "content_type": "text/plain"},
        "wrong types": {"json": [1]},
        "too large": {"data": b"x" * (1024**2 + 1), "content_type": "application/json"},
    }
    for route in backend_routes(app):
        for body in hostile.values():
            assert_problem(call(app, route.method, route.path, **body), 403)
        bad_name = route.with_name(route.parameters[-1], "%20") if route.parameters else None
        if bad_name:
            assert_problem(call(app, route.method, bad_name), 403)


def test_a_refusal_says_what_is_missing(app: Flask) -> None:
    stranger = assert_problem(call(app, "GET", "/v3/dummy/users"), 403)
    assert "ADMIN" in stranger["detail"]
    assert "/login" in stranger["detail"]
    user = assert_problem(call(app, "GET", "/v3/dummy/users", cookie_of(app, Role.USER)), 403)
    assert "ADMIN" in user["detail"]


def test_without_user_groups_everybody_is_a_user() -> None:
    app = service()
    assert call(app, "GET", "/v3/dummy/volumes").status_code == 200
    assert call(app, "GET", "/conf/me/roles").get_json() == ["USER"]
    assert_problem(call(app, "GET", "/v3/dummy/users"), 403)
    admin = cookie_of(app, Role.ADMIN)
    assert call(app, "GET", "/conf/me/roles", admin).get_json() == ["USER", "ADMIN"]


def test_a_role_without_groups_is_nobody_s() -> None:
    app = service({"SAPI_ROLE_USER_GROUPS": "users"})
    assert call(app, "GET", "/conf/me/roles").get_json() == []
    assert call(app, "GET", "/conf/roles/ADMIN/egroups").get_json() == []
