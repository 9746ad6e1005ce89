"""Every error of every route is one and the same kind of problem document."""

import json
import re

import pytest
from flask import Flask

from storage_api.security.roles import Role
from tests.api.callers import assert_problem, call, cookie_of
from tests.api.routes import all_routes, backend_routes
from tests.servers import DUMMY, service

ALL_ROLES = tuple(Role)
MIB = 1024**2

BAD_NAMES = {
    "volume": ["a b", "ü", "💾", "a%00b", "a%0ab", "x" * 1025, "a%5Cb", "a|b", "a*"],
    "snapshot": ["a b", "ü", "💾", "a%00b", "x" * 256, "a%5Cb", "..%2F..", "%2E%2E"],
    "host": ["a b", "-a", "ü", "a%00b", "x" * 256],
    "policy": ["a b", "ü", "💾", "a%00b", "x" * 1025],
    "rule": ["a b", "ü", "a%00b", "-x", "x" * 256],
    "bucket": ["ab", "A-bucket", "a_b", "1.2.3.4", "a..b", "-ab", "ab-", "x" * 64, "a%00b", "💾"],
    "uid": ["a b", "ü", "a$b", "a%00b", "x" * 129, "a%0A", "a:b"],
    "access_key": ["a b", "ü", "a%00b", "x" * 129],
    "namespace": ["a.b", "-a", "ü", "a%00b", "x" * 65, "a$b"],
    "allocation": ["%20a", "a%20", "a%00b", "x" * 129, "a%0Ab"],
}
DEFINITELY_TOO_LONG = "x" * 200_000


@pytest.fixture(scope="module")
def app() -> Flask:
    return service()


@pytest.fixture(scope="module")
def admin(app: Flask) -> dict[str, str]:
    return cookie_of(app, *ALL_ROLES)


def test_bad_names_are_refused_on_every_route(app: Flask, admin: dict[str, str]) -> None:
    for route in backend_routes(app):
        for parameter in route.parameters:
            for name in BAD_NAMES[parameter]:
                path = route.with_name(parameter, name)
                response = call(app, route.method, path, admin)
                # A slash makes another path of it, and no path of ours holds a line end.
                other_path = "%2F" in name or "%0a" in name
                assert response.status_code in ({400, 404} if other_path else {400})
                problem = assert_problem(response, response.status_code)
                assert name[:100] == name or name not in problem["detail"]


def test_endless_names_are_refused_shortly(app: Flask, admin: dict[str, str]) -> None:
    for route in backend_routes(app):
        for parameter in route.parameters:
            path = route.with_name(parameter, DEFINITELY_TOO_LONG)
            problem = assert_problem(call(app, route.method, path, admin), 400)
            assert len(problem["detail"]) < 500


@pytest.mark.parametrize("name", ["..", ".", "a/..", "../b", "a/../b", "%2e%2e/b", "a/./b"])
def test_dot_segments_reach_nothing_else(app: Flask, admin: dict[str, str], name: str) -> None:
    for route in backend_routes(app):
        for parameter in route.parameters:
            response = call(app, route.method, route.with_name(parameter, name), admin)
            assert response.status_code in {400, 404, 405}
            assert_problem(response, response.status_code)


@pytest.mark.parametrize(
    "text", ["{", "nonsense", "[1, 2", "{'a': 1}", '{"a": NaN}', "\x00", '{"a": "\\ud800"}', "\xff"]
)
def test_bad_json_is_refused(app: Flask, admin: dict[str, str], text: str) -> None:
    for route in backend_routes(app):
        if route.takes_body:
            body = {"data": text.encode("latin-1"), "content_type": "application/json"}
            problem = assert_problem(call(app, route.method, route.path, admin, **body), 400)
            assert "JSON" in problem["detail"]


@pytest.mark.parametrize("value", [[], [1], "text", 7, True, None, 1.5])
def test_a_body_is_an_object(app: Flask, admin: dict[str, str], value: object) -> None:
    for route in backend_routes(app):
        if route.takes_body:
            body = {"data": json.dumps(value), "content_type": "application/json"}
            assert_problem(call(app, route.method, route.path, admin, **body), 400)


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "", "json"])
def test_other_content_types_are_415(app: Flask, admin: dict[str, str], kind: str) -> None:
    for route in backend_routes(app):
        if route.takes_body:
            response = call(app, route.method, route.path, admin, data="{}", content_type=kind)
            assert_problem(response, 415)


def test_more_than_a_mebibyte_is_413(app: Flask, admin: dict[str, str]) -> None:
    data = b'{"a": "' + b"x" * MIB + b'"}'
    for route in backend_routes(app):
        if route.takes_body:
            body = {"data": data, "content_type": "application/json"}
            assert_problem(call(app, route.method, route.path, admin, **body), 413)


def test_deep_nesting_is_refused(app: Flask, admin: dict[str, str]) -> None:
    deep = b'{"a":' * 100_000 + b"1" + b"}" * 100_000
    for route in backend_routes(app):
        if route.takes_body:
            body = {"data": deep, "content_type": "application/json"}
            assert_problem(call(app, route.method, route.path, admin, **body), 400)


def test_other_methods_are_405_and_name_the_allowed(app: Flask, admin: dict[str, str]) -> None:
    allowed: dict[str, set[str]] = {}
    for route in all_routes(app):
        allowed.setdefault(route.path, set()).add(route.method)
    for path, methods in allowed.items():
        for method in {"GET", "POST", "PUT", "PATCH", "DELETE", "TRACE"} - methods:
            response = call(app, method, path, admin)
            if response.status_code == 405:
                assert methods <= set(response.allow)
            else:
                # What follows a volume or a policy might be a part of its name, but must not be.
                assert response.status_code == 400, f"{method} {path}"
                assert re.search(r"/(snapshots|locks|rule)\b", path)
            assert_problem(response, response.status_code)


@pytest.mark.parametrize("path", ["/nothing", "/v3", "/v3/", "/v4/dummy/volumes", "/💾", "/%00"])
def test_an_unknown_path_is_404(app: Flask, path: str) -> None:
    for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
        response = call(app, method, path)
        if response.status_code == 405 and path == "/":
            continue
        assert_problem(response, 404)


@pytest.mark.parametrize(
    "path", ["/v3/dummy/nothing", "/v3/dummy", "/v3/dummy/buckets/abc/nothing"]
)
def test_an_unknown_path_below_a_back_end_is_404(
    app: Flask, admin: dict[str, str], path: str
) -> None:
    assert_problem(call(app, "GET", path, admin), 404)


def test_an_unknown_back_end_names_the_known_ones() -> None:
    app = service({"SAPI_BACKENDS": f"{DUMMY}🦄second🌈DummyStorage"})
    for path in ("/v3/third/volumes", "/v3/third", "/v3/Dummy/volumes", "/v3/third/any/thing"):
        for method in ("GET", "POST", "DELETE"):
            detail = assert_problem(call(app, method, path), 404)["detail"]
            assert "dummy" in detail
            assert "second" in detail


def test_an_html_page_is_never_an_error(app: Flask, admin: dict[str, str]) -> None:
    accept = admin | {"Accept": "text/html"}
    assert_problem(call(app, "GET", "/nothing", accept), 404)
    assert_problem(call(app, "GET", "/v3/dummy/volumes/absent", accept), 404)
