"""Allocations while others meddle: nothing of theirs is touched, nothing of ours is lost."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from storage_api.backends.ecs.backend import EcsStorage
from storage_api.domain.models import Quota, Ref
from storage_api.domain.units import GIB
from tests.backends.ecs.cluster import of_namespace, storage_at
from tests.backends.ecs.service import ALLOCATIONS, api_at
from tests.conformance.client import Answer, Api
from tests.simulators.ecs import EcsSimulator
from tests.simulators.faults import Fault

LAB = {"name": "smith-lab", "size_bytes": 10 * GIB}
ONE = f"{ALLOCATIONS}/smith-lab"
OWNER = Ref("smith-lab", "smith-lab-owner")


@pytest.fixture
def api(sim: EcsSimulator) -> Api:
    return api_at(sim)


@pytest.fixture
def other_host(sim: EcsSimulator) -> EcsStorage:
    """A service on another machine, which knows nothing of our locks."""
    return storage_at(sim, url=sim.url.replace("127.0.0.1", "localhost"))


@contextmanager
def asking(ask: Callable[[], Answer], order: Fault) -> Iterator[list[Answer]]:
    """Our request stands still at ``order`` while the body runs, and has its answer after it."""
    answers: list[Answer] = []
    thread = threading.Thread(target=lambda: answers.append(ask()))
    thread.start()
    end = time.monotonic() + 10
    while not order.hits and time.monotonic() < end:
        time.sleep(0.005)
    assert order.hits
    yield answers
    thread.join()


def test_a_secret_is_told_although_usage_cannot_be(sim: EcsSimulator, api: Api) -> None:
    """Else it would be lost: the same request, sent again, finds the allocation active."""
    sim.faults.add(
        kind="code", method="GET", path="/object/billing/*", code=7000, status=500, times=None
    )
    made = api.post(ALLOCATIONS, LAB).expect(201)
    assert made["state"] == "active"
    assert made["usage"] is None
    assert sim.secrets("smith-lab", "smith-lab-owner") == [made["connection"]["secret_key"]]


def test_a_namespace_that_another_makes_meanwhile_is_left_to_them(
    sim: EcsSimulator, api: Api, other_host: EcsStorage
) -> None:
    sim.add_replication_group("rg2")
    order = sim.faults.add(
        kind="slow", method="POST", path="/object/namespaces/namespace", seconds=1
    )
    with asking(lambda: api.post(ALLOCATIONS, LAB), order) as answers:
        other_host.create_namespace("smith-lab", {"replication_group": "rg2"})
    answers[0].expect(409)
    assert sim.namespaces() == ["smith-lab"]
    assert api.get(ALLOCATIONS).expect(200) == []


def test_a_namespace_that_another_made_and_uses_is_not_taken_over_by_a_repeat(
    sim: EcsSimulator, api: Api, other_host: EcsStorage
) -> None:
    sim.faults.add(
        kind="code",
        method="POST",
        path="/object/namespaces/namespace",
        code=6000,
        status=503,
        times=None,
    )
    api.post(ALLOCATIONS, LAB).expect(503)
    sim.faults.clear()
    other_host.create_namespace("smith-lab", {"replication_group": "rg1"})
    other_host.set_quota(of_namespace("smith-lab"), Quota(max_bytes=50 * GIB))
    other_host.create_user(Ref("smith-lab", "theirs"), {})
    api.post(ALLOCATIONS, LAB).expect(409)
    assert sim.users("smith-lab") == ["theirs"]
    assert other_host.get_quota(of_namespace("smith-lab")).max_bytes == 50 * GIB


def test_keys_of_an_owner_whom_another_made_live_on(
    sim: EcsSimulator, api: Api, other_host: EcsStorage
) -> None:
    order = sim.faults.add(kind="slow", method="POST", path="/object/users", seconds=1)
    with asking(lambda: api.post(ALLOCATIONS, LAB), order) as answers:
        other_host.create_user(OWNER, {"display_name": "smith-lab"})
        key = other_host.create_key(OWNER)
    answers[0].expect(409)
    assert sim.secrets("smith-lab", "smith-lab-owner") == [key.secret_key]


def test_a_bucket_that_another_made_meanwhile_stays(
    sim: EcsSimulator, api: Api, other_host: EcsStorage
) -> None:
    order = sim.faults.add(kind="slow", method="POST", path="/object/bucket", seconds=1)
    with asking(lambda: api.post(ALLOCATIONS, LAB), order) as answers:
        other_host.create_bucket(
            Ref("smith-lab", "lab-smith-lab-bucket"), {"owner": "smith-lab-owner"}
        )
    answers[0].expect(409)
    assert sim.buckets("smith-lab") == ["lab-smith-lab-bucket"]
    assert api.get(ONE).expect(200)["state"] == "needs-attention"


def test_an_owner_who_was_removed_is_said(
    sim: EcsSimulator, api: Api, other_host: EcsStorage
) -> None:
    made = api.post(ALLOCATIONS, LAB).expect(201)
    other_host.create_user(Ref("smith-lab", "heir"), {})
    other_host.update_bucket(Ref("smith-lab", made["bucket"]), {"owner": "heir"})
    found = api.get(ONE).expect(200)
    assert (found["state"], "owner" in found["detail"]) == ("needs-attention", True)
    other_host.delete_user(OWNER)
    assert api.get(ONE).expect(200)["state"] == "needs-attention"


def test_a_resize_of_what_is_not_whole_is_a_conflict(api: Api) -> None:
    made = api.post(ALLOCATIONS, LAB).expect(201)
    api.delete(f"/v3/ecs/namespaces/smith-lab/buckets/{made['bucket']}").expect(204)
    api.patch(ONE, {"size_bytes": 20 * GIB}).expect(409)


def test_a_deletion_that_failed_at_first_leaves_it_active(sim: EcsSimulator, api: Api) -> None:
    """A refused deletion must not leave an allocation with data that nobody can resize any more."""
    made = api.post(ALLOCATIONS, LAB).expect(201)
    sim.faults.add(
        kind="code",
        method="POST",
        path="/object/bucket/*/deactivate",
        code=6000,
        status=503,
        times=None,
    )
    api.delete(ONE).expect(503)
    sim.faults.clear()
    sim.put_object("smith-lab", made["bucket"], GIB)
    api.delete(ONE).expect(409)
    assert api.get(ONE).expect(200)["state"] == "active"
    api.patch(ONE, {"size_bytes": 20 * GIB}).expect(200)


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


@pytest.mark.parametrize("namespace", ["a" * 64, "_", "1", "a_b", "0-9", "a--"])
def test_any_namespace_that_ecs_takes_gets_an_owner(api: Api, namespace: str) -> None:
    body = {**LAB, "namespace": namespace, "bucket": "lab-bucket"}
    assert api.post(ALLOCATIONS, body).expect(201)["owner"] == f"{namespace}-owner"
