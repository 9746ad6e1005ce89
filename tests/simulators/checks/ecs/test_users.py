"""Object users and their secret keys."""

from datetime import datetime
from typing import Any

import pytest

from tests.simulators.checks.ecs.caller import KEYS, Caller
from tests.simulators.ecs import EcsSimulator, Settings

INFO = "/object/users/u1/info?namespace=ns1"
MINE = f"{KEYS}/u1/ns1"


def test_a_user_lives(call: Caller) -> None:
    call.new_namespace()
    made = call.made(
        "/object/users",
        {"user": "u1", "namespace": "ns1", "tags": [{"name": "a", "value": "b"}]},
    )
    assert (made["secret_key"], made["link"]["href"]) == ("", f"{KEYS}/u1")
    found = call.get(INFO)
    # It raises where the form is another.
    datetime.strptime(found["created"], "%a %b %d %H:%M:%S GMT %Y")  # noqa: DTZ007 - GMT
    assert (found["locked"], found["tag"]) == (False, [{"name": "a", "value": "b"}])
    call.done("PUT", "/object/users/lock", {"user": "u1", "namespace": "ns1", "isLocked": True})
    assert call.get("/object/users/lock/u1/ns1") == {"user_name": "u1", "isLocked": True}
    tags = "/object/users/u1/tags?namespace=ns1"
    call.done("POST", tags, {"tags": [{"name": "c", "value": "d"}]})
    call.done("DELETE", tags, {"tags": [{"name": "a", "value": "b"}]})
    assert call.get(tags) == {"tag": [{"name": "c", "value": "d"}]}
    call.new_bucket(owner="u1")
    call.done("POST", "/object/users/deactivate", {"user": "u1", "namespace": "ns1"})
    assert call.bucket()["owner"] == "u1"
    body = {"user": "u1", "namespace": "ns1"}
    for method, path, sent in (
        ("GET", INFO, None),
        ("GET", MINE, None),
        ("POST", f"{KEYS}/u1", {"namespace": "ns1"}),
        ("POST", "/object/users/deactivate", body),
        ("PUT", "/object/users/lock", {**body, "isLocked": False}),
    ):
        assert call.refused(method, path, sent) == (404, 2000)


def test_users_are_listed_in_pages(sim: EcsSimulator, tenant: Caller) -> None:
    tenant.new_namespace("ns2")
    for name in ("u 2/ä?&", "u3"):
        tenant.new_user(name, "ns2")
    assert [row["userid"] for row in tenant.get("/object/users/ns2")["blobuser"]] == [
        "u 2/ä?&",
        "u3",
    ]
    sim.settings.page_limit = 2
    first = tenant.get("/object/users")
    assert (len(first["blobuser"]), first["MaxUsers"]) == (2, 2)
    answer = tenant.session.get(
        f"{sim.url}/object/users", params={"marker": first["NextMarker"]}, timeout=10
    )
    assert answer.json()["blobuser"] == [{"userid": "u3", "namespace": "ns2"}]
    path = "/object/users/u%202%2F%C3%A4%3F%26/info?namespace=ns2"
    assert tenant.get(path)["name"] == "u 2/ä?&"
    assert tenant.refused("GET", "/object/users/gone") == (400, 1004)


def test_names_are_for_the_whole_cluster_or_for_a_namespace(
    sim: EcsSimulator, tenant: Caller
) -> None:
    tenant.new_namespace("ns2")
    assert tenant.get("/object/users/u1/info")["namespace"] == "ns1"
    assert tenant.refused("GET", "/object/users/u1/info?namespace=ns2") == (404, 2000)
    again = {"user": "u1", "namespace": "ns2"}
    assert tenant.refused("POST", "/object/users", again) == (400, 1015)
    sim.settings.user_scope = "NAMESPACE"
    tenant.made("/object/users", again)
    assert tenant.refused("POST", "/object/users", again) == (400, 1015)
    assert tenant.refused("GET", "/object/users/u1/info") == (400, 1005)
    assert tenant.get("/object/users/u1/info?namespace=ns2")["namespace"] == "ns2"
    assert tenant.refused("POST", "/object/users", {"user": "u2", "namespace": "gone"}) == (
        400,
        1004,
    )


def test_a_user_has_two_keys(sim: EcsSimulator, tenant: Caller) -> None:
    assert tenant.get(MINE)["secret_key_1_exist"] is False
    body = {"namespace": "ns1", "existing_key_expiry_time_mins": "60"}
    assert tenant.refused("POST", f"{KEYS}/u1", body)[0] == 400
    first = tenant.made(f"{KEYS}/u1", {"namespace": "ns1", "secretkey": "chosen"})
    assert first["secret_key"] == "chosen"
    second = tenant.made(f"{KEYS}/u1", body)
    assert tenant.refused("POST", f"{KEYS}/u1", {"namespace": "ns1"}) == (400, 1031)
    assert sim.secrets("ns1", "u1") == ["chosen", second["secret_key"]]
    found = tenant.get(MINE)
    assert (found["secret_key_1"], found["secret_key_2"]) == ("chosen", second["secret_key"])
    stamp = "%Y-%m-%d %H:%M:%S.%f"
    ends, made = (
        datetime.strptime(found[name], stamp)  # noqa: DTZ007 - it tells no zone
        for name in ("key_expiry_timestamp_1", "key_timestamp_2")
    )
    assert (ends - made).total_seconds() == 3600
    assert found["key_expiry_timestamp_2"] == ""
    sim.clock.advance(3600)
    assert sim.secrets("ns1", "u1") == [second["secret_key"]]
    assert tenant.get(MINE)["secret_key_2_exist"] is False


def test_keys_exist_without_being_shown(sim: EcsSimulator, tenant: Caller) -> None:
    made = tenant.made(f"{KEYS}/u1", {"namespace": "ns1"})
    found = tenant.get(f"{KEYS}/exist/u1/ns1")
    assert found["secret_key_1_id"] == made["secret_key_id"]
    assert "secret_key_1" not in found
    sim.settings.hide_secret_keys = True
    hidden = tenant.get(MINE)
    assert (hidden["secret_key_1"], hidden["secret_key_1_exist"]) == ("", True)


@pytest.mark.parametrize(
    ("named", "left"), [("secret_key", 1), ("secret_key_id", 1), ("neither", 0), ("unknown", 2)]
)
def test_keys_are_removed_by_name_or_all(
    sim: EcsSimulator, tenant: Caller, named: str, left: int
) -> None:
    keys = [tenant.made(f"{KEYS}/u1", {"namespace": "ns1"}) for _ in range(2)]
    body = {"namespace": "ns1"}
    if named in keys[0]:
        body[named] = keys[0][named]
    if named == "unknown":
        body["secret_key"] = "unknown"
        assert tenant.refused("POST", f"{KEYS}/u1/deactivate", body)[0] == 400
    else:
        tenant.done("POST", f"{KEYS}/u1/deactivate", body)
    assert sim.secrets("ns1", "u1") == [key["secret_key"] for key in keys][2 - left :]


def test_a_locked_user_is_not_let_in(sim: EcsSimulator, tenant: Caller) -> None:
    tenant.made(f"{KEYS}/u1", {"namespace": "ns1"})
    tenant.done("PUT", "/object/users/lock", {"user": "u1", "namespace": "ns1", "isLocked": True})
    assert sim.secrets("ns1", "u1") == []


@pytest.mark.parametrize("release", ["3.x", "4.x"])
def test_ids_of_keys_came_late(release: Any) -> None:
    with EcsSimulator(settings=Settings(release=release)) as sim:
        call = Caller(sim)
        call.new_namespace()
        call.new_user()
        made = call.made(f"{KEYS}/u1", {"namespace": "ns1"})
        assert ("secret_key_id" in made) == (release == "4.x")
        assert ("centerapassword" in call.get(INFO)) == (release == "4.x")
        call.close()
