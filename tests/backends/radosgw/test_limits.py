"""Quotas and statistics between RGW's rows and our records."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage_api.backends.radosgw import limits
from storage_api.backends.rgw_rules import in_whole_kib
from storage_api.domain.errors import BackendMisbehaved, Invalid
from storage_api.domain.models import Quota

NOW = datetime(2026, 11, 21, tzinfo=UTC)

sizes = st.none() | st.integers(0, limits.MAX_LIMIT)
bucket_sizes = st.none() | st.integers(0, limits.MAX_LIMIT_KIB * 1024)


def stored(wanted: dict[str, Any]) -> dict[str, Any]:
    """What RGW makes of the parameters of a quota call."""
    size = wanted["max-size"] if "max-size" in wanted else wanted["max-size-kb"] * 1024
    return {
        "enabled": wanted["enabled"] == "true",
        "max_size": size,
        "max_objects": wanted["max-objects"],
    }


@given(st.builds(Quota, max_bytes=sizes, max_objects=sizes, enabled=st.booleans()))
def test_a_user_s_quota_comes_back_as_it_went(quota: Quota) -> None:
    limits.check_quota(quota)
    assert limits.quota_record(stored(limits.user_limits(quota))) == quota


@given(st.builds(Quota, max_bytes=bucket_sizes, max_objects=sizes, enabled=st.booleans()))
def test_a_bucket_s_quota_is_never_below_what_was_asked(quota: Quota) -> None:
    read = limits.quota_record(stored(limits.bucket_limits(quota)))
    assert read == in_whole_kib(quota)
    if quota.max_bytes is None:
        assert read.max_bytes is None
    else:
        assert read.max_bytes is not None
        assert 0 <= read.max_bytes - quota.max_bytes < 1024


@given(st.builds(Quota, max_bytes=bucket_sizes, max_objects=sizes))
def test_every_dimension_is_always_sent_as_a_whole_number(quota: Quota) -> None:
    assert set(limits.user_limits(quota)) == {"max-size", "max-objects", "enabled"}
    assert set(limits.bucket_limits(quota)) == {"max-size-kb", "max-objects", "enabled"}
    for sent in (limits.user_limits(quota), limits.bucket_limits(quota)):
        assert {type(sent[name]) for name in sent if name != "enabled"} == {int}


@pytest.mark.parametrize(
    "quota",
    [
        Quota(max_bytes=2**63 - 1),
        Quota(max_objects=2**63 - 1),
        Quota(max_bytes=-1),
        Quota(soft_bytes=1),
        Quota(soft_objects=0),
    ],
)
def test_what_rgw_would_store_as_something_else_is_refused(quota: Quota) -> None:
    with pytest.raises(Invalid):
        limits.check_quota(quota)


def test_a_bucket_s_largest_limit_does_not_overflow_in_bytes() -> None:
    with pytest.raises(Invalid):
        limits.bucket_limits(Quota(max_bytes=limits.MAX_LIMIT))


@given(st.integers(max_value=-1), st.integers(max_value=-1))
def test_every_negative_limit_is_unlimited(size: int, objects: int) -> None:
    read = limits.quota_record({"enabled": True, "max_size": size, "max_objects": objects})
    assert read == Quota(max_bytes=None, max_objects=None, enabled=True)


@given(st.lists(st.tuples(st.integers(0, 2**40), st.integers(0, 2**40)), max_size=5))
def test_usage_is_the_sum_of_logical_sizes(held: list[tuple[int, int]]) -> None:
    rows = [
        {"usage": {"rgw.main": {"size": size, "size_actual": size * 2, "num_objects": objects}}}
        for size, objects in held
    ]
    usage = limits.usage_record([*rows, {"usage": {}}], NOW)
    assert usage.used_bytes == sum(size for size, _ in held)
    assert usage.used_objects == sum(objects for _, objects in held)
    assert (usage.measured_at, usage.stale) == (NOW, False)


@pytest.mark.parametrize(
    "row",
    [
        {"index_type": "Indexless", "usage": {}},
        {"usage": {"rgw.main": {"size": 0, "num_objects": 2**64 - 1}}},
        {"usage": {"rgw.main": {"size": -5, "num_objects": 0}}},
    ],
)
def test_one_unmeasurable_bucket_makes_the_sum_unknown(row: dict[str, Any]) -> None:
    counted = {"usage": {"rgw.main": {"size": 7, "num_objects": 1}}}
    usage = limits.usage_record([counted, row], NOW)
    assert (usage.used_bytes, usage.used_objects, usage.measured_at) == (None, None, None)
    assert usage.stale


@pytest.mark.parametrize("row", [{}, {"usage": None}, {"usage": {"rgw.main": {"size": "7"}}}])
def test_a_malformed_row_is_an_error_and_never_a_zero(row: dict[str, Any]) -> None:
    with pytest.raises(BackendMisbehaved):
        limits.usage_record([row], NOW)
