"""Stamps, limits and what a portal is shown of an account."""

import re
from typing import Any

import pytest
import structlog
from hypothesis import assume, given
from hypothesis import strategies as st

from storage_api.backends.accounts import (
    AccountOptions,
    account_metadata,
    account_quota,
    check_email,
    is_stamp,
    stamp_of,
)
from storage_api.domain.errors import Conflict, Invalid
from storage_api.domain.models import Bucket, Connection, Quota, Usage, User

#: What a user record promises of an address.
ADDRESS = re.compile(r"[^@\s\x00-\x1f]+@[^@\s\x00-\x1f]+")
ids = st.text("abcABC$@._-", min_size=1, max_size=193)


class TestStamp:
    @given(ids, st.one_of(st.none(), st.uuids()))
    def test_it_is_an_address_in_lower_case(self, user_id: str, resource: Any) -> None:
        stamp = stamp_of({"resource_uuid": str(resource)} if resource else {}, user_id)
        assert ADDRESS.fullmatch(stamp)
        assert stamp == stamp.lower()
        assert len(stamp) <= 254
        assert is_stamp(stamp)

    @given(ids, ids, st.uuids())
    def test_no_two_users_share_one(self, one: str, other: str, resource: Any) -> None:
        assume(one != other)
        fields: Any = {"resource_uuid": str(resource)}
        assert stamp_of(fields, one) != stamp_of(fields, other)

    def test_every_digit_counts_and_their_spelling_does_not(self) -> None:
        resource = "abc7de61-ae93-421c-b025-56ff18e18679"
        stamp = stamp_of({"resource_uuid": resource}, "u")
        assert stamp_of({"resource_uuid": resource.upper().replace("-", "")}, "u") == stamp
        assert stamp_of({"resource_uuid": resource[:-1] + "8"}, "u") != stamp
        assert stamp_of({}, "u") != stamp

    def test_nobody_takes_or_fakes_one(self) -> None:
        stamp = stamp_of({}, "alice")
        check_email(stamp, stamp)
        check_email("a@example.org", None)
        for wanted in (None, "a@example.org", stamp_of({}, "bob")):
            with pytest.raises(Conflict):
                check_email(stamp, wanted)
        for wanted in (stamp, stamp.upper()):
            with pytest.raises(Invalid):
                check_email(None, wanted)


class TestLimits:
    @pytest.mark.parametrize(
        ("fields", "quota"),
        [
            ({}, Quota(max_bytes=100, max_objects=10)),
            ({"storage_limit": 7}, Quota(max_bytes=7, max_objects=10)),
            ({"storage_limit": None}, Quota(max_bytes=None, max_objects=10)),
            ({"object_limit": None}, Quota(max_bytes=100)),
            ({"storage_limit": None, "object_limit": None}, Quota(enabled=False)),
        ],
    )
    def test_absent_is_the_default_and_null_is_unlimited(self, fields: Any, quota: Quota) -> None:
        options = AccountOptions(default_storage_limit=100, default_object_limit=10)
        assert account_quota("alice", fields, options) == quota

    @pytest.mark.parametrize("fields", [{}, {"storage_limit": None}, {"object_limit": 3}])
    def test_no_limit_is_said_aloud(self, fields: Any) -> None:
        with structlog.testing.capture_logs() as records:
            account_quota("alice", fields, AccountOptions())
        (record,) = records
        assert (record["event"], record["log_level"], record["user"]) == (
            "account-without-storage-limit",
            "warning",
            "alice",
        )


def bucket(name: str, used_bytes: int | None, used_objects: int | None) -> Bucket:
    usage = Usage(used_bytes=used_bytes, used_objects=used_objects)
    return Bucket(name=name, usage=usage)


class TestMetadata:
    def shown(self, *buckets: Bucket, **user: Any) -> Any:
        return account_metadata(User(name="alice", **user), buckets, Connection(endpoint=None))

    def test_sums_and_shares(self) -> None:
        found = self.shown(
            bucket("b", 30, 1), bucket("a", 3, 2), quota=Quota(max_bytes=90, max_objects=3)
        )
        assert [each.name for each in found.storage.buckets] == ["a", "b"]
        assert (found.storage.bucket_count, found.storage.unmeasured_buckets) == (2, 0)
        assert (found.storage.used_bytes, found.storage.used_objects) == (33, 3)
        assert found.quotas.bytes_used_percent == 36.67
        assert found.quotas.objects_used_percent == 100.0

    def test_a_bucket_that_is_not_measured_makes_no_zero(self) -> None:
        found = self.shown(
            bucket("a", 5, 5), bucket("b", None, 7), Bucket(name="c"), quota=Quota(max_bytes=100)
        )
        assert (found.storage.used_bytes, found.storage.used_objects) == (None, None)
        assert found.storage.unmeasured_buckets == 2
        assert found.quotas.bytes_used_percent is None
        assert [each.used_objects for each in found.storage.buckets] == [5, 7, None]

    def test_nothing_stored_is_a_measured_zero(self) -> None:
        found = self.shown(quota=Quota(max_bytes=100))
        assert (found.storage.used_bytes, found.storage.used_objects) == (0, 0)
        assert found.quotas.bytes_used_percent == 0.0

    @pytest.mark.parametrize("quota", [None, Quota(), Quota(max_bytes=9, enabled=False)])
    def test_without_a_limit_nothing_is_a_share(self, quota: Quota | None) -> None:
        found = self.shown(bucket("a", 5, 5), quota=quota)
        assert found.quotas.user == quota
        assert found.quotas.bytes_used_percent is None
        assert found.quotas.objects_used_percent is None

    def test_where_nothing_may_be_written_all_is_used(self) -> None:
        assert self.shown(quota=Quota(max_bytes=0)).quotas.bytes_used_percent == 100.0
