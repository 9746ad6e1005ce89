"""What clients of CERN's storage-api v3 rely on."""

from email.utils import parsedate_to_datetime
from typing import Any

import pytest
from flask import Flask

from storage_api.domain.units import GIB
from storage_api.security.roles import Role
from tests.api.callers import assert_problem, call, cookie_of
from tests.conformance.client import InProcess

VOLUMES = "/v3/dummy/volumes"
V3_VOLUME = {
    "name",
    "uuid",
    "size_total",
    "size_used",
    "filer_address",
    "aggregate_name",
    "junction_path",
    "state",
    "creation_time",
    "active_policy_name",
    "autosize_enabled",
    "max_autosize",
    "percentage_snapshot_reserve",
    "percentage_snapshot_reserve_used",
    "compression_enabled",
    "inline_compression",
    "caching_policy",
}


@pytest.fixture
def volume(api: InProcess) -> str:
    api.post(f"{VOLUMES}/vol", {"size_total": GIB}).expect(201)
    return f"{VOLUMES}/vol"


def test_lists_are_bare_arrays(api: InProcess, volume: str) -> None:
    for path in (VOLUMES, f"{volume}/snapshots", f"{volume}/locks", "/v3/dummy/export"):
        answer = api.get(path)
        assert isinstance(answer.expect(200), list)
        assert answer.headers["Content-Type"] == "application/json"


def test_every_key_is_there_also_where_nothing_is_known(api: InProcess, volume: str) -> None:
    listed = next(item for item in api.get(VOLUMES).expect(200) if item["name"] == "vol")
    for found in (listed, api.get(volume).expect(200)):
        assert set(found) >= V3_VOLUME


def test_times_are_rfc_822(api: InProcess, volume: str) -> None:
    snapshot = api.post(f"{volume}/snapshots/s").expect(201)
    for record in (snapshot, api.get(volume).expect(200)):
        text = record["creation_time"]
        assert parsedate_to_datetime(text).year >= 2024
        assert text.endswith((" -0000", " +0000"))
        assert text[3:5] == ", "


def test_an_absent_thing_is_404_with_a_message(app: Flask, volume: str) -> None:
    admin = cookie_of(app, *Role)
    for path in (f"{VOLUMES}/absent", f"{volume}/snapshots/absent", "/v3/dummy/export/absent"):
        assert assert_problem(call(app, "GET", path, admin), 404)["message"]


def test_what_exists_already_is_400(api: InProcess, volume: str) -> None:
    api.post(volume, {"size_total": GIB}).expect(400)
    api.post(f"{volume}/snapshots/s").expect(201)
    api.post(f"{volume}/snapshots/s").expect(400)
    api.post("/v3/dummy/export/p", {"rules": []}).expect(201)
    api.post("/v3/dummy/export/p", {"rules": []}).expect(400)
    api.post(volume, {"from_volume": "vol", "from_snapshot": "s"}).expect(400)
    api.put(f"{volume}/locks/a").expect(201)
    api.put(f"{volume}/locks/b").expect(400)


@pytest.mark.parametrize("name", ["a%20b", "a%3Fb", "%C3%A9", "a%25b", "a@b", "a,b", "a=b"])
def test_names_outside_the_alphabet_are_400(api: InProcess, name: str) -> None:
    for method in ("GET", "POST", "PATCH", "DELETE"):
        api.request(method, f"{VOLUMES}/{name}", json={"size_total": GIB}).expect(400)


@pytest.mark.parametrize("name", ["a", "a/b/c", "node:/mnt/a", "A-Z_0.9", "a:b:c", "a/b.c"])
def test_the_whole_alphabet_works(api: InProcess, name: str) -> None:
    path = f"{VOLUMES}/{name}"
    api.post(path, {"size_total": GIB}).expect(201)
    assert api.get(path).expect(200)["name"] == name
    api.post(f"{path}/snapshots/s+1:2.3").expect(201)
    api.put(f"{path}/locks/host-1").expect(201)
    assert api.get(f"{path}/locks").expect(200) == [{"host": "host-1"}]
    api.delete(path).expect(204)


@pytest.mark.parametrize("body", [{}, {"unknown": 1}, {"from_snapshot": "s", "name": "x"}])
def test_a_patch_without_a_known_key_is_400_also_on_an_absent_volume(
    api: InProcess, volume: str, body: dict[str, Any]
) -> None:
    before = api.get(volume).expect(200)
    for path in (volume, f"{VOLUMES}/absent"):
        api.patch(path, body).expect(400)
    assert api.get(volume).expect(200) == before


def test_unknown_keys_are_ignored(api: InProcess, volume: str) -> None:
    extra = {"unknown": {"deep": [1]}, "another": None}
    changed = api.patch(volume, {"size_total": 2 * GIB, **extra}).expect(200)
    assert changed["size_total"] == 2 * GIB
    assert "unknown" not in changed
    api.post(f"{VOLUMES}/more", {"size_total": GIB, **extra}).expect(201)
    api.post(f"{volume}/snapshots/s", extra).expect(201)
    api.post("/v3/dummy/export/p", {"rules": [], **extra}).expect(201)


def test_newer_families_refuse_unknown_keys(api: InProcess) -> None:
    api.post("/v3/dummy/users/alice", {}).expect(201)
    bodies: dict[tuple[str, str], dict[str, Any]] = {
        ("POST", "/v3/dummy/users/bob"): {},
        ("PATCH", "/v3/dummy/users/alice"): {"display_name": "Alice"},
        ("POST", "/v3/dummy/buckets/bucket"): {"owner": "alice"},
        ("POST", "/v3/dummy/namespaces/physics"): {},
        ("PUT", "/v3/dummy/users/alice/quota"): {"max_bytes": 1},
    }
    for (method, path), body in bodies.items():
        refused = api.request(method, path, json={**body, "colour": "blue"}).expect(400)
        assert "colour" in refused["detail"]
    api.get("/v3/dummy/users/bob").expect(404)
    api.get("/v3/dummy/buckets/bucket").expect(404)


def test_nobody_s_lock_is_broken_in_vain(api: InProcess, volume: str) -> None:
    api.delete(f"{volume}/locks/nobody").expect(204)
    api.put(f"{volume}/locks/holder").expect(201)
    api.delete(f"{volume}/locks/other").expect(204)
    assert api.get(f"{volume}/locks").expect(200) == [{"host": "holder"}]


def test_a_clone_needs_its_snapshot(api: InProcess, volume: str) -> None:
    api.post(f"{VOLUMES}/clone", {"from_volume": "vol"}).expect(400)
    api.get(f"{VOLUMES}/clone").expect(404)


@pytest.mark.parametrize(
    "source", ["../buckets", "a b", "a\x00b", "💾", "/absolute", "x" * 2000, "a/../b", ""]
)
@pytest.mark.parametrize("key", ["from_snapshot", "from_volume", "active_policy_name"])
def test_names_in_a_body_follow_the_same_rules(
    api: InProcess, volume: str, key: str, source: str
) -> None:
    before = api.get(volume).expect(200)
    if key == "active_policy_name":
        api.patch(volume, {key: source}).expect(400)
    else:
        body = {"from_volume": "vol", "from_snapshot": "s", key: source}
        api.post(f"{VOLUMES}/clone", body).expect(400)
    assert api.get(volume).expect(200) == before
    api.get(f"{VOLUMES}/clone").expect(404)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_a_mistaken_method_makes_no_volume_of_a_sub_path(
    api: InProcess, volume: str, method: str
) -> None:
    before = api.get(VOLUMES).expect(200)
    for path in (f"{volume}/locks", f"{volume}/snapshots", f"{volume}/snapshots/"):
        assert api.request(method, path, json={"size_total": GIB}).status in {400, 404, 405}
    if method != "PUT":
        assert api.request(method, f"{volume}/lock/s/locks", json={}).status in {400, 404, 405}
    if method in {"POST", "PATCH"}:
        api.request(method, f"{volume}/locks/host", json={"size_total": GIB}).expect(400)
    assert api.get(VOLUMES).expect(200) == before
