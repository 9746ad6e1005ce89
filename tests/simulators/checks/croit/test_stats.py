"""Series of storage, and traffic."""

from typing import Any

import pytest

from tests.simulators.checks.croit.caller import Caller, at, fresh
from tests.simulators.croit import CroitSimulator
from tests.simulators.croit.records import Traffic
from tests.simulators.croit.series import STEP

NOON = 1_800_000_000 // STEP * STEP


def ask(api: Caller, name: str, **params: Any) -> Any:
    graph = {"graph": "s3-user-data", "template-s3-user-name": name}
    return api.get("/stats", **(graph | params))


def points(api: Caller, name: str, **params: Any) -> list[tuple[int, float | None]]:
    (graph,) = ask(api, name, **params).expect(200)["axis1"]["graphs"]
    return [(point["t"], point["v"]) for point in graph["datapoints"]]


@pytest.fixture
def uid(memory: CroitSimulator, alone: Caller) -> str:
    memory.clock.set(NOON)
    uid = alone.new_user()
    memory.seed_series(uid, [(NOON + number * STEP, number * 10) for number in range(6)])
    return uid


def test_a_point_every_three_minutes(alone: Caller, uid: str) -> None:
    found = points(alone, uid, startTime=NOON - 1, endTime=NOON + 2 * STEP + 1)
    assert found == [(NOON, 0), (NOON + STEP, 10), (NOON + 2 * STEP, 20)]


def test_before_the_user_there_are_nulls(alone: Caller, uid: str) -> None:
    found = points(alone, uid, startTime=NOON - 1000 * STEP, endTime=NOON, maxDataPoints=2000)
    assert len(found) == 1001
    assert [value for _, value in found] == [None] * 1000 + [0]


def test_an_unmeasured_moment_is_null(memory: CroitSimulator, alone: Caller, uid: str) -> None:
    memory.seed_series(uid, [(NOON + STEP, None)])
    found = points(alone, uid, startTime=NOON, endTime=NOON + 2 * STEP)
    assert [value for _, value in found] == [0, None, 20]


@pytest.mark.parametrize(
    ("most", "expected"),
    [
        (6, [0, 10, 20, 30, 40, 50]),
        (3, [5, 25, 45]),
        (4, [5, 25, 45]),
        (2, [10, 40]),
        (1, [25]),
    ],
)
def test_thinned_points_are_averages(
    alone: Caller, uid: str, most: int, expected: list[float]
) -> None:
    found = points(alone, uid, startTime=NOON, endTime=NOON + 5 * STEP, maxDataPoints=most)
    assert [value for _, value in found] == expected


def test_times_may_be_relative(memory: CroitSimulator, alone: Caller, uid: str) -> None:
    memory.clock.advance(2 * STEP)
    found = points(alone, uid, startTime=-STEP, endTime=0)
    assert found == [(NOON + STEP, 10), (NOON + 2 * STEP, 20)]


@pytest.mark.parametrize(
    "params",
    [
        {"startTime": NOON, "endTime": 0},
        {"startTime": -5, "endTime": NOON},
        {"startTime": "yesterday", "endTime": 0},
        {"startTime": -5, "endTime": 0, "maxDataPoints": 0},
        {"graph": ""},
        {"template-s3-user-name": ""},
    ],
    ids=str,
)
def test_odd_windows_are_refused(alone: Caller, uid: str, params: dict[str, Any]) -> None:
    ask(alone, uid, **params).expect(400)


def test_a_graph_or_a_name_may_be_unknown(alone: Caller, uid: str) -> None:
    ask(alone, uid, graph="s3-user-bytes", startTime=-5, endTime=0).expect(404)
    found = ask(alone, "nobody", startTime=-5, endTime=0).expect(200)
    assert found["axis1"]["graphs"] == []


def test_a_series_has_another_name_than_its_user(memory: CroitSimulator, alone: Caller) -> None:
    uid = alone.new_user(uid="a.b@example.org")
    memory.seed_series(uid, [(NOON, 7)])
    names = alone.get("/stats/s3-user-names").expect(200)
    (query,) = (row["queryName"] for row in names if row["displayName"] == uid)
    assert not set(query) & {".", "@"}
    assert points(alone, query, startTime=NOON, endTime=NOON) == [(NOON, 7)]
    assert ask(alone, uid, startTime=NOON, endTime=NOON).document["axis1"]["graphs"] == []


def test_buckets_have_such_names_too(api: Caller) -> None:
    name = api.new_bucket(api.new_user(), fresh("a.b"))
    api.put(f"/s3/buckets/{name}/quota", {"enabled": True, "maxSize": 1}).expect(204)
    rows = api.get("/stats/s3-bucket-names").expect(200)
    (row,) = (row for row in rows if row["displayName"] == name)
    assert (row["queryName"], row["quotaBytes"]) == (name.replace(".", "_"), 1024)


def test_what_is_stored_can_be_measured(memory: CroitSimulator, alone: Caller) -> None:
    memory.clock.set(NOON)
    uid = alone.new_user()
    (bucket,) = memory.memory.named(alone.new_bucket(uid), uid)
    for size in (100, 50):
        memory.memory.put_object(bucket, str(size), size)
        memory.measure()
        memory.clock.advance(STEP)
    assert points(alone, uid, startTime=NOON, endTime=NOON + STEP) == [
        (NOON, 100),
        (NOON + STEP, 150),
    ]


@pytest.mark.parametrize("trims", [True, False])
def test_reading_traffic_may_forget_it(
    memory: CroitSimulator, alone: Caller, uid: str, trims: bool
) -> None:
    memory.settings.trims_usage = trims
    memory.memory.seed_traffic(Traffic("b", uid, NOON, downloaded=5, successful=2))
    memory.memory.seed_traffic(Traffic("b", uid, NOON - 48 * 3600, downloaded=7))
    path = f"/s3/usage/by-user/{uid}"
    (row,) = alone.get(path, hours=2).expect(200)["buckets"]["b"]
    assert (row["bytesDownloaded"], row["successfulOperations"]) == (5, 2)
    assert bool(alone.get(path, hours=100).expect(200)["buckets"]) is not trims
    alone.get("/s3/usage/by-user/absent").expect(404)


def test_objects_and_uploads_are_listed(memory: CroitSimulator, alone: Caller, uid: str) -> None:
    name = alone.new_bucket(uid)
    (bucket,) = memory.memory.named(name, uid)
    for key in ("a/1", "a/2", "b"):
        memory.memory.put_object(bucket, key, 1)
    path = f"/s3/buckets/{name}"
    top = alone.get(f"{path}/objects").expect(200)
    assert ([row["key"] for row in top["objects"]], top["commonPrefixes"]) == (["b"], ["a/"])
    first = alone.get(f"{path}/objects", flatView="true", max=2).expect(200)
    rest = alone.get(
        f"{path}/objects", flatView="true", continuationToken=first["continuationToken"]
    ).expect(200)
    assert [row["key"] for row in first["objects"] + rest["objects"]] == ["a/1", "a/2", "b"]
    assert alone.get(f"{path}/objects-paginated", pagination='{"limit":1}').document["total"] == 3
    alone.delete(f"{path}/objects", key="b").expect(204)
    memory.memory.begin_upload(bucket, "open")
    (upload,) = alone.get(f"{path}/multipart-uploads").expect(200)
    alone.delete(f"{path}/multipart-uploads", key="open", uploadId=upload["uploadId"]).expect(204)
    page = alone.get(f"{path}/multipart-uploads-paginated", pagination="{}").expect(200)
    assert page["total"] == 0
    row = alone.bucket(uid, name)
    assert (row["usageSum"]["size"], row["usageSum"]["numObjects"]) == (2, 2.0)
    memory.settings.unmeasured.add(name)
    assert alone.get(at(uid, "buckets")).expect(200)[0]["usageSum"] is None
