"""Quotas: bytes here, whole GiB there; never less than was asked for, and never invented."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage_api.backends.ecs import mapping_quotas as mapping
from storage_api.backends.ecs.backend import EcsStorage
from storage_api.domain.errors import BackendError, Invalid, NotFound
from storage_api.domain.models import Quota
from storage_api.domain.units import GIB
from tests.backends.ecs.cluster import calls, of_bucket, of_namespace, storage_at
from tests.simulators.ecs import EcsSimulator, Settings

MOST = mapping.MAX_GIB * GIB
SIZES = st.integers(GIB, MOST) | st.integers(1, 2**13).map(lambda n: n * GIB)
COUNTS = st.none() | st.integers(1, 2**63 - 1)
NONE = Quota(enabled=False)


@st.composite
def quotas(draw: st.DrawFn) -> Quota:
    hard = draw(st.none() | SIZES)
    soft = draw(st.none() | st.integers(GIB, hard or MOST))
    count = draw(COUNTS)
    soft_count = draw(st.none() | st.integers(1, count or 2**63 - 1))
    return Quota(max_bytes=hard, soft_bytes=soft, max_objects=count, soft_objects=soft_count)


@given(quota=quotas())
def test_what_is_held_is_never_below_what_was_asked_and_less_than_a_gib_above(
    quota: Quota,
) -> None:
    mapping.check_quota(quota)
    body = json.loads(json.dumps(mapping.quota_body(quota)))
    held = mapping.quota_record(body)
    assert held == mapping.rounded(quota)
    for name in ("max_bytes", "soft_bytes"):
        asked, got = getattr(quota, name), getattr(held, name)
        assert (got is None) is (asked is None)
        assert asked is None or 0 <= got - asked < GIB
    assert (held.max_objects, held.soft_objects) == (quota.max_objects, quota.soft_objects)
    if held.max_bytes is not None and held.soft_bytes is not None:
        assert held.soft_bytes <= held.max_bytes


@given(quota=quotas())
def test_what_was_read_is_written_back_the_same(quota: Quota) -> None:
    held = mapping.rounded(quota)
    assert mapping.quota_record(mapping.quota_body(held)) == held


@given(value=st.integers(max_value=GIB - 1) | st.integers(min_value=MOST + 1))
def test_less_than_a_gib_and_more_than_can_be_told_are_refused(value: int) -> None:
    """ColdFront's plugin makes of the first a quota of nothing with a warning at 1 GiB."""
    for quota in (Quota(max_bytes=value), Quota(soft_bytes=value)):
        with pytest.raises(Invalid, match="1 GiB"):
            mapping.check_quota(quota)


@pytest.mark.parametrize(
    ("asked", "gib"),
    [(1.0004 * 1024**4, 1025), (2.5 * GIB, 3), (1.5 * GIB, 2), (1024**4, 1024), (GIB, 1)],
)
def test_sizes_round_up_also_at_a_half(asked: float, gib: int) -> None:
    """ColdFront's plugin rounds 2.5 GB to 2, and 1.0004 TB to 1."""
    assert mapping.quota_body(Quota(max_bytes=int(asked)))["blockSize"] == gib


@pytest.mark.parametrize(
    ("row", "wanted"),
    [
        ({"blockSize": -1, "notificationSize": -1}, NONE),
        ({}, NONE),
        ({"blockSize": None, "blockSizeInCount": None}, NONE),
        ({"blockSize": 0, "notificationSize": -1}, Quota(max_bytes=0)),
        ({"blockSizeInCount": 0}, Quota(max_objects=0)),
        (
            {"blockSize": "5", "notificationSize": "4.0"},
            Quota(max_bytes=5 * GIB, soft_bytes=4 * GIB),
        ),
        (
            {"block_size": 5, "notification_size": -1, "blockSizeInCount": 7},
            Quota(max_bytes=5 * GIB, max_objects=7),
        ),
    ],
)
def test_nothing_is_unlimited_and_zero_is_zero(row: dict[str, Any], wanted: Quota) -> None:
    assert mapping.quota_record(row) == wanted


@pytest.fixture
def place(storage: EcsStorage) -> EcsStorage:
    storage.create_namespace("physics", {})
    storage._ecs.post(("object", "bucket"), {"name": "atlas", "namespace": "physics"})
    return storage


HOLDERS = [of_namespace("physics"), of_bucket("physics", "atlas")]
ABSENT = [of_namespace("absent"), of_bucket("physics", "absent"), of_bucket("absent", "atlas")]
each_holder = pytest.mark.parametrize("holder", HOLDERS, ids=["namespace", "bucket"])


@each_holder
def test_the_effective_value_is_answered(place: EcsStorage, holder: Any) -> None:
    said = place.set_quota(holder, Quota(max_bytes=5 * GIB + 1, soft_bytes=GIB, max_objects=9))
    assert said == Quota(max_bytes=6 * GIB, soft_bytes=GIB, max_objects=9)
    assert place.get_quota(holder) == said


@each_holder
def test_a_removed_quota_reads_as_none(sim: EcsSimulator, place: EcsStorage, holder: Any) -> None:
    """ColdFront's plugin goes on showing the one that was there before."""
    place.set_quota(holder, Quota(max_bytes=GIB, max_objects=9))
    for _ in range(2):
        assert place.set_quota(holder, NONE) == NONE
        assert place.get_quota(holder) == NONE
    assert len(calls(sim, "DELETE")) == 1


@each_holder
def test_each_change_replaces_the_whole_quota(place: EcsStorage, holder: Any) -> None:
    place.set_quota(holder, Quota(max_bytes=GIB, soft_bytes=GIB, max_objects=9, soft_objects=8))
    assert place.set_quota(holder, Quota(max_objects=9)) == Quota(max_objects=9)
    assert place.set_quota(holder, Quota(max_bytes=GIB)) == Quota(max_bytes=GIB)


@each_holder
@pytest.mark.parametrize("kind", ["cut-after", "cut-within", "garbage"])
@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_a_lost_answer_is_looked_for(
    sim: EcsSimulator, place: EcsStorage, holder: Any, kind: str, method: str
) -> None:
    place.set_quota(holder, Quota(max_bytes=2 * GIB))
    wanted = Quota(max_bytes=GIB) if method == "PUT" else NONE
    sim.faults.add(kind=kind, method=method, path="*/quota")  # type: ignore[arg-type]
    assert place.set_quota(holder, wanted) == wanted


@each_holder
def test_a_failure_leaves_the_former_quota_and_says_so(
    sim: EcsSimulator, place: EcsStorage, holder: Any
) -> None:
    place.set_quota(holder, Quota(max_bytes=2 * GIB))
    sim.faults.add(kind="code", method="PUT", path="*/quota", status=500, code=7000, times=None)
    with pytest.raises(BackendError):
        place.set_quota(holder, Quota(max_bytes=GIB))
    assert place.get_quota(holder) == Quota(max_bytes=2 * GIB)


@pytest.mark.parametrize(
    "quota",
    [
        Quota(max_bytes=0),
        Quota(max_bytes=GIB, soft_bytes=GIB + 1),
        Quota(max_objects=1, soft_objects=2),
        Quota(max_objects=0),
        Quota(max_bytes=GIB, enabled=False),
    ],
)
@each_holder
def test_what_ecs_cannot_hold_is_refused_and_asks_it_nothing(
    sim: EcsSimulator, place: EcsStorage, holder: Any, quota: Quota
) -> None:
    sim.forget_requests()
    with pytest.raises(Invalid):
        place.set_quota(holder, quota)
    assert calls(sim) == []


@pytest.mark.parametrize("holder", ABSENT)
@pytest.mark.parametrize("quota", [Quota(max_bytes=GIB), NONE])
def test_an_absent_holder_is_not_found(place: EcsStorage, holder: Any, quota: Quota) -> None:
    with pytest.raises(NotFound):
        place.get_quota(holder)
    with pytest.raises(NotFound):
        place.set_quota(holder, quota)


@pytest.fixture
def old() -> Iterator[EcsSimulator]:
    with EcsSimulator(settings=Settings(release="2.x")) as sim:
        yield sim


def test_a_release_without_limits_on_objects_refuses_them_and_takes_the_rest(
    old: EcsSimulator,
) -> None:
    storage = storage_at(old)
    storage.create_namespace("physics", {})
    holder = of_namespace("physics")
    with pytest.raises(Invalid, match="no limits on objects"):
        storage.set_quota(holder, Quota(max_bytes=GIB, max_objects=9))
    assert storage.get_quota(holder) == NONE
    assert storage.set_quota(holder, Quota(max_bytes=GIB)) == Quota(max_bytes=GIB)


def test_the_namespace_that_is_meant_can_be_configured(sim: EcsSimulator) -> None:
    storage = storage_at(sim, default_namespace="physics")
    storage.create_namespace("physics", {})
    storage._ecs.post(("object", "bucket"), {"name": "atlas", "namespace": "physics"})
    holder = of_bucket("", "atlas")
    assert storage.set_quota(holder, Quota(max_bytes=GIB)) == Quota(max_bytes=GIB)
    with pytest.raises(Invalid, match="Name the namespace"):
        storage_at(sim).get_quota(holder)
