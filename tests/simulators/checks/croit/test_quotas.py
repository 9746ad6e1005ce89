"""Limits: KiB, rounding, and what an absent, a zero and a negative one mean."""

from typing import Any

import pytest

from tests.simulators.checks.croit.caller import Caller, at

BODIES: list[tuple[dict[str, Any], int, int]] = [
    ({"enabled": True, "maxSize": 5_000_000_000, "maxObjects": 7}, 5_000_000_512, 7),
    ({"enabled": True, "maxSize": 1}, 1024, -1),
    ({"enabled": True, "maxSize": 4096, "maxObjects": None}, 4096, -1),
    ({"enabled": True, "maxSize": 0, "maxObjects": 0}, 0, 0),
    ({"enabled": True, "max_size_kb": 3, "max_objects": 9}, 3072, 9),
    ({"enabled": True, "maxSize": 1024, "max_size_kb": 3}, 1024, -1),
]


@pytest.fixture(params=["user", "default", "bucket"])
def holder(request: pytest.FixtureRequest, api: Caller) -> tuple[str, Any]:
    """Where a quota is set, and how it is read."""
    uid = api.new_user()
    if request.param == "bucket":
        name = api.new_bucket(uid)
        return f"/s3/buckets/{name}/quota", lambda: api.bucket(uid, name)["bucket_quota"]
    if request.param == "user":
        return at(uid, "quota"), lambda: api.user(uid)["userQuota"]
    return at(uid, "bucket-quota"), lambda: api.user(uid)["bucketQuota"]


@pytest.mark.parametrize(("body", "size", "objects"), BODIES, ids=str)
def test_a_limit_is_kept_in_kib(
    api: Caller, holder: tuple[str, Any], body: dict[str, Any], size: int, objects: int
) -> None:
    path, read = holder
    api.put(path, body).expect(204)
    found = read()
    assert found["enabled"] is True
    # The gateway keeps -1 KiB for a bucket without a limit.
    assert (max(found["maxSize"], -1), found["maxObjects"]) == (size, objects)


def test_what_is_left_out_stays(api: Caller, holder: tuple[str, Any]) -> None:
    path, read = holder
    api.put(path, {"enabled": True, "maxSize": 8192, "maxObjects": 3}).expect(204)
    api.put(path, {"enabled": False}).expect(204)
    found = read()
    assert (found["enabled"], found["maxSize"], found["maxObjects"]) == (False, 8192, 3)
    api.put(path, {"enabled": True, "maxObjects": -1}).expect(204)
    found = read()
    assert (found["maxSize"], found["maxObjects"]) == (8192, -1)
    api.put(path, {"enabled": True, "maxSize": -1}).expect(204)
    assert read()["maxSize"] < 0


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"maxSize": 5},
        {"enabled": "yes"},
        {"enabled": True, "maxSize": "10G"},
        {"enabled": True, "maxSize": 1.5},
        {"enabled": True, "maxSize": 2**63},
        {"enabled": True, "max_size": 5},
    ],
    ids=str,
)
def test_odd_limits_are_refused(
    api: Caller, holder: tuple[str, Any], wrong: dict[str, Any]
) -> None:
    path, read = holder
    before = read()
    api.put(path, wrong).expect(400)
    assert read() == before


def test_limits_of_nobody(api: Caller) -> None:
    for path in (at("absent", "quota"), at("absent", "bucket-quota"), "/s3/buckets/absent/quota"):
        api.put(path, {"enabled": True}).expect(404)
