"""Lifecycle and CORS between our records and S3's documents."""

import re
from dataclasses import fields
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage_api.backends import s3_documents
from storage_api.domain.errors import Conflict, Invalid
from storage_api.domain.models import (
    Cors,
    CorsMethod,
    CorsRule,
    Lifecycle,
    LifecycleRule,
    Transition,
)

days = st.none() | st.integers(1, 36500)
moves = st.lists(
    st.builds(Transition, days=st.integers(1, 99), storage_class=st.sampled_from(["COLD", "WARM"])),
    max_size=2,
)
rules = st.builds(
    LifecycleRule,
    id=st.text(min_size=1, max_size=5),
    prefix=st.text(max_size=5),
    enabled=st.booleans(),
    expiration_days=days,
    noncurrent_expiration_days=days,
    abort_upload_days=st.integers(1, 9),
    transitions=moves,
    noncurrent_transitions=moves,
)
lifecycles = st.lists(rules, min_size=1, max_size=4, unique_by=lambda rule: rule.id).map(
    lambda found: Lifecycle(rules=found)
)
BASE: dict[str, Any] = {"ID": "r", "Status": "Enabled", "Expiration": {"Days": 1}}


@given(lifecycles)
def test_a_lifecycle_comes_back_as_it_went(lifecycle: Lifecycle) -> None:
    s3_documents.check_lifecycle(lifecycle)
    document = s3_documents.lifecycle_document(lifecycle)
    assert s3_documents.lifecycle_record(document) == lifecycle
    turned = s3_documents.lifecycle_record(document[::-1])
    assert s3_documents.same_lifecycle(turned, lifecycle)


@given(lifecycles, lifecycles)
def test_only_equal_rules_mean_the_same(one: Lifecycle, other: Lifecycle) -> None:
    def told(lifecycle: Lifecycle) -> list[str]:
        return sorted(str(rule) for rule in lifecycle.rules)

    if not any(rule.transitions or rule.noncurrent_transitions for rule in one.rules):
        assert s3_documents.same_lifecycle(one, other) is (told(one) == told(other))


@pytest.mark.parametrize(
    "rule",
    [
        BASE | {"Filter": {"Tag": {"Key": "a", "Value": "b"}}},
        BASE | {"Filter": {"Prefix": "x", "ObjectSizeGreaterThan": 5}},
        BASE | {"Filter": {"And": {"Prefix": "x"}}},
        BASE | {"Expiration": {"Date": "2027-01-01"}},
        BASE | {"NoncurrentVersionExpiration": {"NoncurrentDays": 1, "NewerNoncurrentVersions": 2}},
        BASE | {"Transitions": [{"Date": "2027-01-01", "StorageClass": "COLD"}]},
        BASE | {"SomethingNew": {}},
    ],
)
def test_a_rule_that_no_record_can_tell_is_not_told_as_a_wider_one(rule: dict[str, Any]) -> None:
    with pytest.raises(Conflict, match="'r'"):
        s3_documents.lifecycle_record([rule])


def test_both_spellings_of_a_prefix_are_read() -> None:
    for spelt in ({"Prefix": "tmp/"}, {"Filter": {"Prefix": "tmp/"}}):
        assert s3_documents.lifecycle_record([BASE | spelt]).rules[0].prefix == "tmp/"


@pytest.mark.parametrize(
    "bad",
    [
        [LifecycleRule(id="a", expiration_days=1), LifecycleRule(id="a", abort_upload_days=1)],
        [LifecycleRule(id="a")],
        [LifecycleRule(id="a", expired_delete_marker=False)],
        [LifecycleRule(id="a", expiration_days=1, expired_delete_marker=True)],
    ],
)
def test_rules_that_mean_nothing_are_refused(bad: list[LifecycleRule]) -> None:
    with pytest.raises(Invalid):
        s3_documents.check_lifecycle(Lifecycle(rules=bad))


def test_cors_comes_back_as_it_went() -> None:
    cors = Cors(
        rules=[
            CorsRule(allowed_methods=[CorsMethod.GET], allowed_origins=["*"]),
            CorsRule(
                id="x",
                allowed_methods=[CorsMethod.PUT, CorsMethod.HEAD],
                allowed_origins=["https://a", "https://b"],
                allowed_headers=["*"],
                expose_headers=["ETag"],
                max_age_seconds=0,
            ),
        ]
    )
    assert s3_documents.cors_record(s3_documents.cors_document(cors)) == cors


@pytest.mark.parametrize("name", [" STANDARD", "STANDARD ", "A B", ""])
def test_a_storage_class_with_blanks_is_never_taken(name: str) -> None:
    """HTTP drops blanks around a header's value, so RGW itself would find such a class."""
    (field,) = (each for each in fields(Transition) if each.name == "storage_class")
    assert not re.fullmatch(field.metadata["limits"]["pattern"], name)
