"""Who is let in, and to what."""

import base64
from typing import Any

import pytest

from tests.simulators.checks.croit.caller import Caller, Callers
from tests.simulators.croit import CroitSimulator, routes

HOUR = 3600


def basic(name: str, password: str) -> str:
    return f"Basic {base64.b64encode(f'{name}:{password}'.encode()).decode()}"


def sign_on(api: Caller, path: str, header: str | None = None, **form: str) -> Any:
    headers = {} if header is None else {"Authorization": header}
    url = f"{api.url}/api/auth/{path}"
    return api.session.post(url, data=form, headers=headers, timeout=10)


def test_status_and_version_are_everybody_s(called_by: Callers) -> None:
    nobody = called_by(None)
    assert nobody.get("/status").expect(200)["cephConfigured"]
    assert nobody.get("/status/croit-version").expect(200)


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "Bearer ",
        "Bearer wrong",
        "Basic !!",
        "Basic YQ==",
        basic("admin", "wrong"),
        "Digest x",
    ],
)
@pytest.mark.parametrize("path", ["/s3/users", "/auth/token-info", "/nowhere"])
def test_the_unknown_see_nothing(called_by: Callers, path: str, authorization: str | None) -> None:
    nobody = called_by(None)
    if authorization is not None:
        nobody.session.headers["Authorization"] = authorization
    nobody.get(path).expect(401)


def test_name_and_password_do_on_every_call(sim: CroitSimulator, called_by: Callers) -> None:
    caller = called_by(None)
    caller.session.auth = (sim.username, sim.password)
    info = caller.get("/auth/token-info").expect(200)
    assert (info["username"], info["roles"]) == (sim.username, ["admin", "viewer"])
    caller.post("/auth/logout").expect(201)
    caller.get("/s3/user-names").expect(200)


@pytest.mark.parametrize("kind", ["header", "form"])
def test_a_session_s_token_ends_with_it(sim: CroitSimulator, called_by: Callers, kind: str) -> None:
    nobody = called_by(None)
    if kind == "header":
        header = basic(sim.username, sim.password)
        reply = sign_on(nobody, "login", header, grant_type="client_credentials")
    else:
        form = {"username": sim.username, "password": sim.password}
        reply = sign_on(nobody, "login-form", grant_type="password", **form)
    token = reply.json()
    assert (reply.status_code, token["token_type"], token["expires_in"]) == (200, "bearer", "P1D")
    caller = called_by(token["access_token"])
    assert caller.get("/auth/token-info").expect(200)["expiry"]
    caller.post("/auth/logout").expect(201)
    caller.get("/auth/token-info").expect(401)


@pytest.mark.parametrize(
    ("path", "form", "status"),
    [
        ("login", {"grant_type": "client_credentials"}, 401),
        ("login", {}, 400),
        ("login-form", {"grant_type": "password", "username": "admin", "password": "x"}, 401),
        ("login-form", {"grant_type": "other"}, 400),
    ],
)
def test_a_wrong_sign_on_is_refused(
    called_by: Callers, path: str, form: dict[str, str], status: int
) -> None:
    reply = sign_on(called_by(None), path, **form)
    assert (reply.status_code, reply.json()["code"]) == (status, status)


def test_a_token_expires(memory: CroitSimulator, alone: Caller) -> None:
    alone.session.headers["Authorization"] = f"Bearer {memory.add_token('viewer', seconds=HOUR)}"
    alone.get("/s3/users").expect(200)
    memory.clock.advance(HOUR - 60)
    alone.get("/s3/users").expect(200)
    memory.clock.advance(60)
    assert alone.get("/s3/users").expect(401)["code"] == 401


def test_api_tokens_live(api: Caller, called_by: Callers) -> None:
    made = {"name": "mine", "roles": ["admin", "viewer"], "expiry": "2999-01-01T00:00:00Z"}
    token = api.post("/api-tokens", made).expect(200)
    row = api.get("/api-tokens").expect(200)[-1]
    assert {key: row[key] for key in made} == made
    assert token not in str(row)
    caller = called_by(token)
    caller.get("/s3/users").expect(200)
    api.patch(f"/api-tokens/{row['id']}", {"expiry": "2001-01-01T00:00:00Z"}).expect(204)
    caller.get("/s3/users").expect(401)
    api.delete(f"/api-tokens/{row['id']}").expect(204)
    api.delete(f"/api-tokens/{row['id']}").expect(404)


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "x", "roles": ["admin"]},
        {"name": "x", "roles": ["root"]},
        {"name": "x"},
        {"name": "x", "roles": ["viewer"], "expiry": "tomorrow"},
    ],
)
def test_odd_api_tokens_are_refused(api: Caller, wrong: dict[str, Any]) -> None:
    api.post("/api-tokens", wrong).expect(400)


NAMES = {"{uid}": "u", "{bucket}": "bbb", "{key}": "k", "{subuser}": "s", "{id}": "999"}


def _path(pattern: str) -> str:
    for name, value in NAMES.items():
        pattern = pattern.replace(name, value)
    return pattern


@pytest.mark.parametrize(
    "route", routes.ROUTES, ids=lambda route: f"{route.method} {route.pattern}"
)
def test_a_viewer_reads_all_but_keys_and_writes_nothing(
    memory: CroitSimulator, alone: Caller, route: routes.Route
) -> None:
    alone.session.headers["Authorization"] = f"Bearer {memory.viewer_token}"
    status = alone.ask(route.method, _path(route.pattern)).status
    shows_keys = "/key" in route.pattern
    free = route.pattern.startswith("/auth/")
    if (route.method == "GET" and not shows_keys) or free:
        assert status != 403
    else:
        assert status == 403


def test_a_role_for_something_else_reads_nothing(sim: CroitSimulator, called_by: Callers) -> None:
    called_by(sim.add_token("securefolder")).get("/s3/users").expect(403)


def test_what_is_not_there(api: Caller) -> None:
    api.get("/s3/nothing").expect(404)
    api.delete("/s3/users").expect(405)
    api.post("/s3/users/u/key").expect(405)


def test_beside_the_api_there_are_web_pages(api: Caller) -> None:
    page = api.session.get(f"{api.url}/s3/users", timeout=10)
    assert (page.status_code, page.headers["Content-Type"]) == (200, "text/html")
