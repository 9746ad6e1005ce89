"""What is stored, as billing counted it: when, in which unit, and never an invented zero."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage_api.backends.ecs import mapping_usage as mapping
from storage_api.backends.ecs.backend import EcsStorage
from storage_api.domain.errors import BackendMisbehaved, BackendRefused, NotFound
from storage_api.domain.models import Usage
from tests.backends.ecs.cluster import of_bucket, of_namespace, storage_at
from tests.simulators.ecs import EcsSimulator, Settings

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
SAMPLED = {"sample_time": "2026-11-21T11:55:00Z", "uptodate_till": "2026-11-21T11:55:00Z"}
NAMESPACE, BUCKET = of_namespace("physics"), of_bucket("physics", "atlas")


def read(row: dict[str, Any]) -> Usage:
    return mapping.usage_record(row, NOW)


@pytest.fixture
def place(sim: EcsSimulator, storage: EcsStorage) -> EcsStorage:
    storage.create_namespace("physics", {})
    for name in ("atlas", "cms"):
        storage._ecs.post(("object", "bucket"), {"name": name, "namespace": "physics"})
    sim.clock.advance(600)
    return storage


def test_a_namespace_s_figure_is_its_own_and_a_bucket_s_its_own(
    sim: EcsSimulator, place: EcsStorage
) -> None:
    """ColdFront's plugin compares one bucket's usage with the quota of the whole namespace."""
    sim.put_object("physics", "atlas", 5000)
    sim.put_object("physics", "cms", 300)
    sim.clock.advance(600)
    used = place.get_usage(NAMESPACE)
    assert (used.used_bytes, used.used_objects, used.source) == (5300, 2, "billing")
    assert place.get_usage(BUCKET).used_bytes == 5000
    assert used.measured_at is not None
    assert (used.measured_at.tzinfo, used.stale) == (UTC, False)


def test_small_buckets_do_not_vanish(sim: EcsSimulator, place: EcsStorage) -> None:
    sim.put_object("physics", "atlas", 1)
    sim.clock.advance(600)
    assert place.get_usage(BUCKET).used_bytes == 1
    assert "sizeunit=KB" in sim.requests[-1].query


@pytest.mark.parametrize("answer", ["1004", "zero"])
def test_what_no_sample_has_seen_yet_is_unknown_and_not_zero(
    sim: EcsSimulator, storage: EcsStorage, answer: str
) -> None:
    """ColdFront's plugin takes a missing figure for 0."""
    sim.settings.new_bucket_billing = answer  # type: ignore[assignment]
    storage.create_namespace("physics", {})
    storage._ecs.post(("object", "bucket"), {"name": "atlas", "namespace": "physics"})
    used = storage.get_usage(BUCKET)
    if answer == "1004":
        assert used == Usage(source="billing", stale=True)
    else:
        assert used.used_bytes == 0


def test_a_namespace_that_billing_does_not_know_yet_is_unknown(
    sim: EcsSimulator, storage: EcsStorage
) -> None:
    storage.create_namespace("physics", {})
    sim.faults.add(kind="code", path="/object/billing/*", status=400, code=1004, times=None)
    assert storage.get_usage(NAMESPACE) == Usage(source="billing", stale=True)


@pytest.mark.parametrize("holder", [of_namespace("absent"), of_bucket("physics", "absent")])
def test_an_absent_holder_is_not_found(place: EcsStorage, holder: Any) -> None:
    with pytest.raises(NotFound):
        place.get_usage(holder)


def test_an_error_is_an_error(sim: EcsSimulator, place: EcsStorage) -> None:
    sim.faults.add(kind="code", path="/object/billing/*", status=403, code=3000, times=None)
    with pytest.raises(BackendRefused):
        place.get_usage(BUCKET)


def test_metering_that_stands_still_is_stale(sim: EcsSimulator, place: EcsStorage) -> None:
    sim.stall_metering()
    sim.clock.advance(3600)
    assert place.get_usage(NAMESPACE).stale
    sim.resume_metering()
    assert not place.get_usage(NAMESPACE).stale


@pytest.mark.parametrize("release", ["2.x", "3.x", "4.x"])
@pytest.mark.parametrize("stringify", [False, True])
def test_every_release_tells_the_same(release: str, stringify: bool) -> None:
    """ColdFront's plugin knows two names of the figure, and of no unit."""
    settings = Settings(release=release, stringify=stringify)  # type: ignore[arg-type]
    with EcsSimulator(settings=settings) as sim:
        storage = storage_at(sim)
        storage.create_namespace("physics", {})
        storage._ecs.post(("object", "bucket"), {"name": "atlas", "namespace": "physics"})
        sim.put_object("physics", "atlas", 10 * 1024)
        sim.clock.advance(600)
        for holder in (NAMESPACE, BUCKET):
            used = storage.get_usage(holder)
            assert (used.used_bytes, used.used_objects) == (10 * 1024, 1)


@pytest.mark.parametrize(
    ("row", "size"),
    [
        ({"total_size": 107}, 107 * 1024),
        ({"total_size": "107.0", "total_size_unit": "KB"}, 107 * 1024),
        ({"total_size": "1.5", "total_size_unit": "GB"}, 3 << 29),
        ({"total_size": 2, "total_size_unit": "GiB"}, 2 << 30),
        ({"total_size": 3, "total_size_unit": "MB"}, 3 << 20),
        ({"total_size": 4, "total_size_unit": "BYTE"}, 4),
        ({"total_size_in_gb": "2", "total_size_in_kb": 5}, 5 * 1024),
        ({"total_size_in_gb": 2, "total_size_unit": "GB"}, 2 << 30),
        ({"total_size": 0}, 0),
        ({"total_size": None}, None),
        ({}, None),
    ],
)
def test_units_are_powers_of_1024_wherever_they_stand(
    row: dict[str, Any], size: int | None
) -> None:
    found = read(row | SAMPLED)
    assert found.used_bytes == size
    assert found.stale is (size is None)


@given(size=st.integers(0, 2**63 - 1))
def test_no_byte_is_lost_on_the_way(size: int) -> None:
    assert read({"total_size": Decimal(size) / 1024} | SAMPLED).used_bytes == size


@pytest.mark.parametrize("odd", [-1, "many", True, [], "1e999999", "NaN"])
def test_an_unreadable_figure_is_an_error_and_not_zero(odd: Any) -> None:
    with pytest.raises(BackendMisbehaved):
        read({"total_size": odd})


def test_an_unknown_unit_is_an_error() -> None:
    with pytest.raises(BackendMisbehaved):
        read({"total_size": 1, "total_size_unit": "blocks"})


@pytest.mark.parametrize(
    ("sampled", "certain", "stale"),
    [
        (timedelta(minutes=5), timedelta(minutes=5), False),
        (timedelta(minutes=16), timedelta(minutes=16), True),
        (timedelta(minutes=5), timedelta(minutes=60), True),
        (timedelta(minutes=-10), timedelta(minutes=-10), False),
        (timedelta(minutes=5), None, False),
        (None, timedelta(minutes=5), True),
    ],
)
def test_an_old_sample_is_called_stale(
    sampled: timedelta | None, certain: timedelta | None, stale: bool
) -> None:
    row: dict[str, Any] = {"total_size": 1}
    for key, age in (("sample_time", sampled), ("uptodate_till", certain)):
        if age is not None:
            row[key] = (NOW - age).strftime("%Y-%m-%dT%H:%M:%SZ")
    found = read(row)
    assert found.stale is stale
    assert found.measured_at == (None if sampled is None else NOW - sampled)
