"""Sizes and names of allocations: odd ones are refused, a limit is set twice or not at all."""

from typing import Any

import pytest

from storage_api.domain.units import GIB
from tests.backends.ecs.service import ALLOCATIONS, api_at
from tests.conformance.client import Api
from tests.conformance.target import at_once
from tests.simulators.ecs import EcsSimulator

LAB = {"name": "smith-lab", "size_bytes": 10 * GIB}
ONE = f"{ALLOCATIONS}/smith-lab"


@pytest.fixture
def api(sim: EcsSimulator) -> Api:
    return api_at(sim)


def test_a_resize_of_what_is_not_whole_is_a_conflict(api: Api) -> None:
    made = api.post(ALLOCATIONS, LAB).expect(201)
    api.delete(f"/v3/ecs/namespaces/smith-lab/buckets/{made['bucket']}").expect(204)
    api.patch(ONE, {"size_bytes": 20 * GIB}).expect(409)


def test_the_same_size_once_more_is_no_shrinking(sim: EcsSimulator, api: Api) -> None:
    """The limit is rounded up, so more than what was asked for may be stored."""
    size = 10 * GIB + 1
    made = api.post(ALLOCATIONS, {**LAB, "size_bytes": size}).expect(201)
    sim.put_object("smith-lab", made["bucket"], 10 * GIB + GIB // 2)
    sim.clock.advance(3600)
    api.patch(ONE, {"size_bytes": size}).expect(200)


def test_a_figure_of_long_ago_is_no_licence_to_shrink(sim: EcsSimulator, api: Api) -> None:
    api.post(ALLOCATIONS, LAB).expect(201)
    sim.clock.advance(3600)
    sim.stall_metering()
    sim.clock.advance(3600)
    assert api.get(ONE).expect(200)["usage"]["stale"]
    api.patch(ONE, {"size_bytes": 5 * GIB}).expect(409)
    api.patch(ONE, {"size_bytes": 5 * GIB, "force": True}).expect(200)


def test_a_first_limit_that_cannot_be_put_back_is_said(sim: EcsSimulator, api: Api) -> None:
    api.post(ALLOCATIONS, LAB).expect(201)
    sim.faults.add(kind="code", method="PUT", path="/object/bucket/*/quota", code=1032, status=400)
    sim.faults.add(
        kind="code",
        method="PUT",
        path="/object/namespaces/namespace/*/quota",
        code=1025,
        status=400,
        after=1,
    )
    answer = api.patch(ONE, {"size_bytes": 20 * GIB})
    assert answer.status == 400
    assert "namespace" in answer.body["detail"]


def test_a_first_limit_that_was_set_unheard_is_put_back(sim: EcsSimulator, api: Api) -> None:
    api.post(ALLOCATIONS, LAB).expect(201)
    path = "/object/namespaces/namespace/*/quota"
    sim.faults.add(kind="code", method="GET", path=path, code=7000, status=500, after=2)
    assert api.patch(ONE, {"size_bytes": 20 * GIB}).status >= 500
    found = api.get(ONE).expect(200)
    assert found["quota"]["max_bytes"] == found["bucket_quota"]["max_bytes"] == 10 * GIB


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "\ud800"},
        {"name": "a\u0000b"},
        {"name": ".."},
        {"name": ""},
        {"name": "x" * 129},
        {"groups": ["\ud800"], "domain": "example.org"},
        {"groups": [""], "domain": "example.org"},
        {"groups": ["a\u0000"], "domain": "example.org"},
        {"domain": ""},
        {"domain": "\ud800"},
        {"domain": "a b/c"},
        {"replication_group": "\ud800"},
        {"replication_group": "\u0000"},
        {"namespace": ""},
        {"bucket": ""},
        {"namespace": None},
        {"size_bytes": True},
        {"size_bytes": 1.5e10},
        {"size_bytes": 2**63 - 1},
        {"size_bytes": 10**40},
    ],
)
def test_odd_values_are_refused_and_make_nothing(
    sim: EcsSimulator, api: Api, wrong: dict[str, Any]
) -> None:
    api.post(ALLOCATIONS, {**LAB, **wrong}).expect(400)
    assert sim.namespaces() == []
    assert api.get(ALLOCATIONS).expect(200) == []


@pytest.mark.parametrize("size", [None, 0, -1, float("nan"), float("inf"), "1T", False])
def test_nothing_is_unlimited_for_want_of_a_number(
    sim: EcsSimulator, api: Api, size: object
) -> None:
    """ColdFront's plugin makes a namespace without any limit of an empty, zero or odd size."""
    api.post(ALLOCATIONS, {"name": "smith-lab", "size_bytes": size}).expect(400)
    api.post(ALLOCATIONS, {"name": "smith-lab"}).expect(400)
    assert sim.namespaces() == []


@pytest.mark.parametrize("namespace", ["a" * 64, "_", "1", "a_b", "0-9", "a--"])
def test_any_namespace_that_ecs_takes_gets_an_owner(api: Api, namespace: str) -> None:
    body = {**LAB, "namespace": namespace, "bucket": "lab-bucket"}
    assert api.post(ALLOCATIONS, body).expect(201)["owner"] == f"{namespace}-owner"


def test_of_resizes_at_once_one_is_last_and_on_both(api: Api) -> None:
    api.post(ALLOCATIONS, LAB).expect(201)
    sizes = [7 * GIB, 12 * GIB, 25 * GIB, 31 * GIB]
    change = [{"size_bytes": size, "force": True} for size in sizes]
    answers = at_once(lambda number: api.patch(ONE, change[number]), callers=len(sizes))
    for answer in answers:
        told = answer.expect(200)
        assert told["quota"]["max_bytes"] == told["bucket_quota"]["max_bytes"] == told["size_bytes"]
    found = api.get(ONE).expect(200)
    assert found["size_bytes"] in sizes
    assert found["quota"]["max_bytes"] == found["bucket_quota"]["max_bytes"] == found["size_bytes"]
