"""Allocations while others meddle: nothing of theirs is touched, nothing of ours is lost."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

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


def test_two_allocations_never_share_a_namespace(sim: EcsSimulator, api: Api) -> None:
    """ColdFront's plugin lets the second one fail, or overwrites the first one's limit."""
    api.post(ALLOCATIONS, LAB).expect(201)
    other = {"name": "other", "namespace": "smith-lab", "size_bytes": 50 * GIB}
    api.post(ALLOCATIONS, other).expect(409)
    assert api.get(ONE).expect(200)["quota"]["max_bytes"] == 10 * GIB
    assert [one["name"] for one in api.get(ALLOCATIONS).expect(200)] == ["smith-lab"]


def test_an_owner_s_name_that_another_namespace_has_makes_nothing(
    sim: EcsSimulator, api: Api, other_host: EcsStorage
) -> None:
    """ECS may hold user names to be unique over all namespaces."""
    other_host.create_namespace("other", {})
    theirs = Ref("other", OWNER.name)
    other_host.create_user(theirs, {})
    key = other_host.create_key(theirs)
    answer = api.post(ALLOCATIONS, LAB)
    answer.expect(409)
    assert "another namespace" in answer.body["detail"]
    assert sim.namespaces() == ["other"]
    assert sim.secrets("other", OWNER.name) == [key.secret_key]
    assert api.get(ALLOCATIONS).expect(200) == []


def test_a_half_made_one_goes_only_once_others_are_out_of_it(
    sim: EcsSimulator, api: Api, other_host: EcsStorage
) -> None:
    outage = sim.faults.add(
        kind="code", method="POST", path="/object/bucket", code=6000, times=None
    )
    api.post(ALLOCATIONS, LAB).expect(503)
    outage.times = outage.hits
    theirs = Ref("smith-lab", "theirs")
    other_host.create_user(theirs, {})
    answer = api.delete(ONE)
    answer.expect(409)
    assert "1 user(s)" in answer.body["detail"]
    assert sim.users("smith-lab") == [OWNER.name, theirs.name]
    assert api.get(ONE).expect(200)["state"] == "creating"
    other_host.delete_user(theirs)
    api.delete(ONE).expect(204)
    assert sim.namespaces() == []
