"""Whatever a cluster sends, it becomes a record or an error, and nothing else."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage_api.backends.ecs import mapping_namespaces, mapping_quotas, mapping_usage
from storage_api.backends.ecs.reading import moment, texts, truth, whole
from storage_api.domain.errors import BackendMisbehaved
from storage_api.domain.models import UserMapping
from storage_api.domain.units import MAX_BYTES

KEYS = st.sampled_from(
    [
        *("name", "id", "namespace_admins", "external_group_admins", "user_mapping", "domain"),
        *("groups", "attributes", "key", "value", "retention_classes", "retention_class"),
        *("period", "blockSize", "notificationSize", "blockSizeInCount", "inactive"),
        *("is_encryption_enabled", "is_compliance_enabled", "default_bucket_block_size"),
        *("total_size", "total_size_unit", "total_size_in_gb", "total_objects", "sample_time"),
        *("uptodate_till", "default_data_services_vpool"),
    ]
)
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.decimals(allow_nan=False, allow_infinity=False)
    | st.sampled_from(["", "-1", "1e400", "true", "2026-11-21T10:00:00Z", "KB", "x" * 100])
    | st.text(max_size=5)
)
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4)
)
ROWS = st.dictionaries(KEYS, VALUES, max_size=8)
NOW = datetime(2026, 11, 21, tzinfo=UTC)


@given(row=ROWS)
def test_any_document_is_read_or_refused(row: dict[str, Any]) -> None:
    for read in (
        lambda: mapping_namespaces.namespace_record(row, None),
        lambda: mapping_namespaces.class_records(row),
        lambda: mapping_quotas.quota_record(row),
        lambda: mapping_usage.usage_record(row, NOW),
    ):
        try:
            record = read()
        except BackendMisbehaved:
            continue
        for figure in ("max_bytes", "max_objects", "used_bytes", "used_objects"):
            assert 0 <= (getattr(record, figure, None) or 0) <= MAX_BYTES


@pytest.mark.parametrize(
    ("value", "wanted"), [(True, True), ("true", True), ("FALSE", False), (None, None)]
)
def test_truth_is_a_boolean_or_a_word(value: object, wanted: bool | None) -> None:
    assert truth(value) is wanted


@pytest.mark.parametrize(("value", "wanted"), [(7, 7), ("7", 7), (Decimal("7.0"), 7), ("", None)])
def test_a_number_may_be_a_text(value: object, wanted: int | None) -> None:
    assert whole(value) == wanted


@pytest.mark.parametrize("value", [True, "7.5", "seven", "9" * 65, "1e400", [7], 2**64])
def test_what_is_no_whole_number_is_refused(value: object) -> None:
    with pytest.raises(BackendMisbehaved):
        whole(value)


def test_names_come_in_a_list_or_with_commas() -> None:
    assert texts("alice, bob,") == texts(["alice", "bob", ""]) == ["alice", "bob"]
    assert texts("") == texts(None) == []


def test_times_without_a_zone_are_utc() -> None:
    wanted = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
    assert moment("2026-11-21T10:00:00Z") == moment("2026-11-21T10:00:00") == wanted
    assert moment("2026-11-21T12:00:00+02:00") == wanted


def test_a_single_mapping_may_stand_without_its_list() -> None:
    row = {"user_mapping": {"domain": "d", "attributes": {"key": "k", "value": ["v"]}}}
    wanted = [UserMapping(domain="d", attributes={"k": ["v"]})]
    assert mapping_namespaces.mapping_records(row) == wanted
