"""RGW's users, keys and buckets between its rows and our records."""

from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage_api.backends.radosgw import mapping
from storage_api.backends.rgw_names import check_text, full_uid, split_uid
from storage_api.domain.errors import BackendMisbehaved, Invalid
from storage_api.domain.models import User

NONE = {"enabled": False, "max_size": -1, "max_size_kb": 0, "max_objects": -1}
USER: dict[str, Any] = {
    "tenant": "lab",
    "user_id": "alice",
    "display_name": "Alice",
    "email": "",
    "suspended": 0,
    "max_buckets": 1000,
    "keys": [],
    "caps": [],
    "system": "false",
    "admin": "false",
    "user_quota": NONE,
    "bucket_quota": NONE,
}
BUCKET: dict[str, Any] = {
    "bucket": "data",
    "tenant": "lab",
    "owner": "lab$alice",
    "id": "z.1.1",
    "placement_rule": "default-placement",
    "creation_time": "2026-11-21T04:19:39.279931Z",
    "usage": {},
    "bucket_quota": NONE,
}
NOW = datetime(2026, 11, 21, tzinfo=UTC)


def key(user: str, name: str, **more: Any) -> dict[str, Any]:
    return {"user": user, "access_key": name, **more}


@given(
    st.from_regex(r"[A-Za-z0-9_]{0,64}", fullmatch=True),
    st.from_regex(r"[a-z0-9.@_-]+", fullmatch=True),
)
def test_a_uid_splits_into_what_it_was_made_of(tenant: str, name: str) -> None:
    assert split_uid(full_uid(tenant, name)) == (tenant, name)


@pytest.mark.parametrize(("stored", "ours"), [(0, None), (-1, 0), (-5, 0), (1, 1), (1000, 1000)])
def test_the_limit_on_buckets_is_read_in_our_sense(stored: int, ours: int | None) -> None:
    assert mapping.user_record(USER | {"max_buckets": stored}).max_buckets == ours


@given(st.none() | st.integers(0, 2**31 - 1))
def test_the_limit_on_buckets_comes_back_as_it_went(limit: int | None) -> None:
    sent = mapping.user_parameters({"max_buckets": limit})["max-buckets"]
    assert mapping.user_record(USER | {"max_buckets": sent}).max_buckets == limit


def test_sub_users_keys_are_not_the_user_s() -> None:
    rows = [key("lab$alice", "OWN"), key("lab$alice:sub", "SUB"), key("alice", "OTHER")]
    assert mapping.user_record(USER | {"keys": rows}).key_ids == ["OWN"]


@pytest.mark.parametrize(
    ("row", "suspended", "active"),
    [({}, False, True), ({}, True, False), ({"active": False}, False, False)],
)
def test_a_key_is_active_if_it_would_be_accepted(
    row: dict[str, Any], suspended: bool, active: bool
) -> None:
    made = mapping.key_record(key("u", "K", **row), suspended=suspended)
    assert made.active is active


def test_newer_releases_tell_when_a_key_was_made() -> None:
    row = key("u", "K", create_date="2026-11-21T04:05:06.123456Z")
    made = mapping.key_record(row, suspended=False)
    assert made.created == datetime(2026, 11, 21, 4, 5, 6, 123456, tzinfo=UTC)


@pytest.mark.parametrize(
    "more",
    [
        {"caps": [{"type": "buckets", "perm": "read"}]},
        {"system": "true"},
        {"admin": True},
        {"keys": [key("lab$alice", "OURS")]},
    ],
)
def test_whoever_has_rights_beyond_his_own_data_is_an_administrator(more: dict[str, Any]) -> None:
    assert mapping.is_administrator(USER | more, "OURS")
    assert not mapping.is_administrator(USER, "OURS")


@pytest.mark.parametrize("missing", sorted(USER.keys() - {"tenant", "email", "caps", "system"}))
def test_a_user_row_without_what_rgw_always_sends_is_an_error(missing: str) -> None:
    row = {name: value for name, value in USER.items() if name != missing}
    if missing == "admin":
        assert not mapping.is_administrator(row, "OURS")
        return
    with pytest.raises(BackendMisbehaved):
        mapping.user_record(row)


@given(st.dictionaries(st.sampled_from(sorted(USER)), st.none() | st.integers() | st.text()))
def test_no_row_makes_it_crash(odd: dict[str, Any]) -> None:
    with suppress(BackendMisbehaved):
        assert isinstance(mapping.user_record(USER | odd), User)


@pytest.mark.parametrize(
    ("rule", "placement", "storage_class"),
    [
        ("default-placement", "default-placement", "STANDARD"),
        ("default-placement/COLD", "default-placement", "COLD"),
        ("", None, None),
    ],
)
def test_a_placement_rule_holds_the_storage_class(
    rule: str, placement: str | None, storage_class: str | None
) -> None:
    made = mapping.bucket_record(BUCKET | {"placement_rule": rule}, NOW)
    assert (made.placement, made.storage_class) == (placement, storage_class)


@pytest.mark.parametrize(
    ("stored", "read"),
    [
        ("2026-11-21T04:19:39.279931Z", datetime(2026, 11, 21, 4, 19, 39, 279931, tzinfo=UTC)),
        ("2020-01-02 03:04:05.678901Z", datetime(2020, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)),
        ("0.000000", None),
        ("", None),
    ],
)
def test_a_bucket_s_time_of_birth_is_in_utc(stored: str, read: datetime | None) -> None:
    assert mapping.bucket_record(BUCKET | {"creation_time": stored}, NOW).created == read


def test_what_is_not_known_of_a_bucket_is_null() -> None:
    made = mapping.bucket_record(BUCKET, NOW)
    assert (made.versioning, made.object_lock, made.tags) == (None, None, None)
    assert (made.owner, made.namespace) == ("alice", "lab")


@pytest.mark.parametrize("text", ["", " ", "a\nb", "a\x00", "\x7f", "\ud800", "\uffff"])
def test_a_text_that_would_break_xml_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        check_text("display_name", text)


def test_other_texts_are_fine() -> None:
    check_text("display_name", "Älice + & <b> 😀 日本")
