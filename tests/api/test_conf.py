"""Introspection: open to everybody, and never an option's value."""

import pytest
from flask import Flask

from storage_api.security.roles import Role
from tests.api.callers import assert_problem, call, cookie_of
from tests.servers import service


@pytest.fixture(scope="module")
def app() -> Flask:
    netapp = "filer🌈NetappStorage🌈username🌈storage-api🌈password🌈hidden🌈vserver🌈vs3sx50"
    return service(
        {
            "SAPI_BACKENDS": f"dummy🌈DummyStorage🦄{netapp}",
            "SAPI_ROLE_USER_GROUPS": 'users,"with, comma", spaced ,users',
            "SAPI_ROLE_ADMIN_GROUPS": "admins",
        }
    )


def test_subsystems_are_named_in_their_order(app: Flask) -> None:
    assert call(app, "GET", "/conf/subsystems").get_json() == ["dummy", "filer"]


def test_a_subsystem_tells_class_capabilities_and_state(app: Flask) -> None:
    found = call(app, "GET", "/conf/subsystems/dummy").get_json()
    assert set(found) == {"name", "class", "capabilities", "state", "detail", "checked_at"}
    assert (found["name"], found["class"], found["state"]) == ("dummy", "DummyStorage", "up")
    assert found["capabilities"] == sorted(found["capabilities"])


def test_an_option_s_value_is_never_shown(app: Flask) -> None:
    for path in ("/conf/subsystems", "/conf/subsystems/filer", "/health/ready", "/swagger.json"):
        text = call(app, "GET", path).get_data(as_text=True)
        for value in ("storage-api🌈", "hidden", "vs3sx50"):
            assert value not in text


def test_an_unknown_subsystem_names_the_known_ones(app: Flask) -> None:
    problem = assert_problem(call(app, "GET", "/conf/subsystems/absent"), 404)
    assert "dummy, filer" in problem["detail"]


def test_roles_and_their_groups(app: Flask) -> None:
    assert call(app, "GET", "/conf/roles").get_json() == ["USER", "ADMIN", "UBER_ADMIN"]
    groups = call(app, "GET", "/conf/roles/USER/egroups").get_json()
    assert groups == ["users", "with, comma", "spaced"]
    assert call(app, "GET", "/conf/roles/UBER_ADMIN/egroups").get_json() == []


@pytest.mark.parametrize("path", ["/conf/roles/user/egroups", "/conf/roles/ROOT/am_i_a"])
def test_an_unknown_role_names_the_known_ones(app: Flask, path: str) -> None:
    problem = assert_problem(call(app, "GET", path), 404)
    assert "USER, ADMIN, UBER_ADMIN" in problem["detail"]


@pytest.mark.parametrize("held", [(), (Role.ADMIN,), tuple(Role)], ids=str)
def test_callers_learn_their_roles(app: Flask, held: tuple[Role, ...]) -> None:
    headers = cookie_of(app, *held)
    assert call(app, "GET", "/conf/me/roles", headers).get_json() == list(held)
    for role in Role:
        answer = call(app, "GET", f"/conf/roles/{role}/am_i_a", headers).get_json()
        assert answer is (role in held)
