"""A page of another site cannot write with our user's cookie."""

import pytest
from flask import Flask

from storage_api.domain.units import GIB
from storage_api.security.roles import Role
from tests.api.callers import assert_problem, call, cookie_of

VOLUME = "/v3/dummy/volumes/target"
FOREIGN = [
    {"Origin": "https://evil.example"},
    {"Origin": "http://localhost:81"},
    {"Origin": "http://sub.localhost"},
    {"Origin": "http://localhost.evil.example"},
    {"Origin": "null"},
    {"Origin": "http://["},
    {"Origin": ""},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"},
]
OWN = [
    {},
    {"Origin": "http://localhost"},
    {"Sec-Fetch-Site": "same-origin", "Origin": "http://localhost"},
    {"Sec-Fetch-Site": "none"},
]


@pytest.fixture
def admin(app: Flask) -> dict[str, str]:
    return cookie_of(app, *Role)


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
def test_a_foreign_write_is_refused(
    app: Flask, admin: dict[str, str], headers: dict[str, str]
) -> None:
    both = {**admin, **headers}
    assert_problem(call(app, "POST", VOLUME, both, json={"size_total": GIB}), 403)
    assert call(app, "GET", VOLUME, admin).status_code == 404
    for method in ("PUT", "PATCH", "DELETE"):
        assert_problem(call(app, method, VOLUME, both), 403)


@pytest.mark.parametrize("headers", OWN, ids=str)
def test_our_own_page_and_scripts_may_write(
    app: Flask, admin: dict[str, str], headers: dict[str, str]
) -> None:
    both = {**admin, **headers}
    response = call(app, "POST", VOLUME, both, json={"size_total": GIB})
    assert response.status_code == 201


def test_behind_a_tls_router_our_own_page_may_write(app: Flask, admin: dict[str, str]) -> None:
    """The router speaks plain HTTP to the service; the browser's origin is https."""
    headers = {**admin, "Host": "storage.example.org", "Origin": "https://storage.example.org"}
    for extra in ({}, {"Sec-Fetch-Site": "same-origin"}, {"X-Forwarded-Proto": "https"}):
        response = call(app, "PATCH", VOLUME, {**headers, **extra}, json={"size_total": GIB})
        assert response.status_code == 404


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
def test_reading_from_elsewhere_is_no_write(
    app: Flask, admin: dict[str, str], headers: dict[str, str]
) -> None:
    response = call(app, "GET", "/v3/dummy/volumes", {**admin, **headers})
    assert response.status_code == 200
    assert "Access-Control-Allow-Origin" not in response.headers
