"""Signing on, and how long that lasts."""

from typing import Any

import pytest

from tests.simulators.checks.ecs.caller import NAMESPACES, Caller, basic
from tests.simulators.ecs import NAMESPACE_ADMIN, EcsSimulator, Settings

HOURS = 3600


def test_a_login_gives_a_token_and_says_how_long(sim: EcsSimulator, call: Caller) -> None:
    answer = call.login(sim.username, sim.password)
    assert answer.json() == {"user": sim.username}
    assert answer.headers["X-SDS-AUTH-USERNAME"] == sim.username
    assert answer.headers["X-SDS-AUTH-MAX-AGE"] == "28800"
    assert answer.headers["X-SDS-AUTH-TOKEN"] != call.session.headers["X-SDS-AUTH-TOKEN"]
    me = call.get("/user/whoami")
    assert (me["common_name"], me["namespace"], me["role"]) == (sim.username, "", ["SYSTEM_ADMIN"])
    sim.settings.max_age_header = False
    assert "X-SDS-AUTH-MAX-AGE" not in call.login(sim.username, sim.password).headers


def test_basic_is_for_the_login_only(sim: EcsSimulator, call: Caller) -> None:
    del call.session.headers["X-SDS-AUTH-TOKEN"]
    answer = call.session.get(f"{sim.url}/user/whoami", auth=basic(sim), timeout=10)
    assert (answer.status_code, answer.json()["code"]) == (401, 4000)


@pytest.mark.parametrize(
    ("steps", "alive"),
    [([1.9], True), ([2.0], False), ([1.9] * 4, True), ([1.9, 1.9, 1.9, 1.9, 0.5], False)],
)
def test_tokens_die_of_idleness_and_of_age(
    sim: EcsSimulator, call: Caller, steps: list[float], alive: bool
) -> None:
    for step in steps:
        sim.clock.advance(step * HOURS)
        status = call("GET", "/user/whoami").status_code
    assert status == (200 if alive else 401)


def test_without_a_token_there_is_401_or_a_way_to_the_login(
    sim: EcsSimulator, call: Caller
) -> None:
    sim.revoke_tokens()
    assert call.refused("GET", "/object/namespaces") == (401, 4000)
    sim.settings.unauthenticated = "302"
    answer = call("GET", "/object/namespaces")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/login")
    assert [request.account for request in sim.requests[-2:]] == [None, None]


def test_a_logout_ends_one_token_and_by_force_all(sim: EcsSimulator, call: Caller) -> None:
    others = [Caller(sim) for _ in range(3)]
    count = f"/vdc/users/{sim.username}/tokenCount"
    assert call.get(count)["tokenCount"] == sim.live_tokens(sim.username) == 4
    assert others[0].get("/logout") == {"user": sim.username}
    assert others[0].refused("GET", "/logout") == (401, 4000)
    # Only lower case counts.
    assert others[1].get("/logout?force=True") == {"user": sim.username}
    assert sim.live_tokens(sim.username) == 2
    assert others[2].get("/logout?force=true") == {"user": sim.username}
    assert sim.live_tokens(sim.username) == 0
    assert call.refused("GET", "/user/whoami") == (401, 4000)
    for other in others:
        other.close()


def test_only_an_administrator_ends_the_tokens_of_others(sim: EcsSimulator, call: Caller) -> None:
    monitor = Caller(sim, sim.monitor_username, sim.monitor_password)
    assert monitor.refused("GET", f"/logout?username={sim.username}") == (403, 3000)
    call.get(f"/logout?username={sim.monitor_username}")
    assert sim.live_tokens(sim.monitor_username) == 0
    monitor.close()


def test_a_user_has_so_many_tokens_and_no_more(sim: EcsSimulator, call: Caller) -> None:
    sim.settings.tokens_per_user = 3
    assert [call.login(sim.username, sim.password).status_code for _ in range(3)] == [200, 200, 401]
    error = call.login(sim.username, sim.password).json()
    assert error["code"] == 4000
    assert "number of tokens" in error["details"]
    assert call.login(sim.monitor_username, sim.monitor_password).status_code == 200
    sim.clock.advance(2 * HOURS)
    assert call.login(sim.username, sim.password).status_code == 200


def test_bad_logins_lock_the_address_out_for_a_while(sim: EcsSimulator, call: Caller) -> None:
    for _ in range(10):
        error = call.login(sim.username, "wrong").json()
        assert (error["code"], "number of tokens" in error["details"]) == (4000, False)
    assert call.login(sim.username, sim.password).status_code == 401
    assert call("GET", "/user/whoami").status_code == 200
    sim.clock.advance(600)
    assert call.login(sim.username, sim.password).status_code == 200


def test_a_monitor_only_reads(sim: EcsSimulator, call: Caller) -> None:
    call.new_namespace()
    monitor = Caller(sim, sim.monitor_username, sim.monitor_password)
    assert monitor.get("/object/namespaces")["namespace"][0]["id"] == "ns1"
    writes: list[tuple[str, str, Any]] = [
        ("POST", NAMESPACES, {"namespace": "ns2"}),
        ("PUT", f"{NAMESPACES}/ns1/quota", {"blockSize": 1, "notificationSize": 1}),
        ("POST", "/object/bucket", {"name": "b1", "namespace": "ns1"}),
        ("POST", "/object/users", {"user": "u1", "namespace": "ns1"}),
    ]
    for method, path, body in writes:
        assert monitor.refused(method, path, body) == (403, 3000)
    monitor.close()


def test_a_namespace_admin_stays_in_its_namespace(sim: EcsSimulator, call: Caller) -> None:
    call.new_namespace()
    call.new_namespace("ns2")
    sim.add_account("tenant", "made-up", NAMESPACE_ADMIN, namespace="ns1")
    tenant = Caller(sim, "tenant", "made-up")
    # Its own namespace is meant where none is named.
    tenant.made("/object/bucket", {"name": "b1"})
    assert [row["name"] for row in tenant.get("/object/bucket")["object_bucket"]] == ["b1"]
    assert [row["id"] for row in tenant.get("/object/namespaces")["namespace"]] == ["ns1"]
    for method, path, body in (
        ("GET", f"{NAMESPACES}/ns2", None),
        ("GET", "/object/bucket?namespace=ns2", None),
        ("POST", "/object/users", {"user": "u1", "namespace": "ns2"}),
        ("PUT", f"{NAMESPACES}/ns1/quota", {"blockSize": 1, "notificationSize": 1}),
        ("GET", "/object/billing/namespace/ns2/info", None),
    ):
        assert tenant.refused(method, path, body) == (403, 3000)
    tenant.close()


def test_a_management_user_has_no_namespace_of_its_own(call: Caller) -> None:
    assert call.refused("GET", "/object/bucket") == (400, 1005)


@pytest.mark.parametrize(("release", "key"), [("2.x", "roles"), ("3.x", "roles"), ("4.x", "role")])
def test_the_roles_are_spelled_by_release(release: Any, key: str) -> None:
    with EcsSimulator(settings=Settings(release=release)) as sim:
        call = Caller(sim)
        assert call.get("/user/whoami")[key] == ["SYSTEM_ADMIN"]
        call.close()
