"""Quotas, usage, capacity."""

from datetime import UTC, datetime, timedelta

import pytest

from storage_api.backends.accounting import Holder
from storage_api.backends.dummy.backend import DummyStorage
from storage_api.backends.dummy.usage import TOTAL_BYTES
from storage_api.domain.capabilities import HolderKind
from storage_api.domain.errors import NotFound
from storage_api.domain.models import Capacity, Quota, Ref
from storage_api.domain.units import TIB

BUCKET = Holder(HolderKind.BUCKET, Ref("physics", "data"))
USER = Holder(HolderKind.USER, Ref("physics", "alice"))
NAMESPACE = Holder(HolderKind.NAMESPACE, Ref(None, "physics"))
HOLDERS = [BUCKET, USER, NAMESPACE]


@pytest.fixture
def filled(dummy: DummyStorage) -> DummyStorage:
    dummy.create_namespace("physics", {})
    dummy.create_user(Ref("physics", "alice"), {})
    dummy.create_bucket(Ref("physics", "data"), {"owner": "alice"})
    return dummy


@pytest.mark.parametrize("holder", HOLDERS, ids=lambda holder: holder.kind)
def test_a_quota_is_replaced_as_a_whole(filled: DummyStorage, holder: Holder) -> None:
    assert filled.get_quota(holder) == Quota()
    first = Quota(max_bytes=5 * TIB, max_objects=0, soft_bytes=TIB, soft_objects=7)
    second = Quota(max_objects=3, enabled=False)
    for quota in (first, first, second, Quota()):
        assert filled.set_quota(holder, quota) == quota
        assert filled.get_quota(holder) == quota


def test_quotas_are_part_of_the_records(filled: DummyStorage) -> None:
    for number, holder in enumerate(HOLDERS):
        filled.set_quota(holder, Quota(max_bytes=number))
    quotas = [
        filled.get_bucket(BUCKET.ref).quota,
        filled.get_user(USER.ref).quota,
        filled.get_namespace("physics").quota,
    ]
    assert quotas == [Quota(max_bytes=number) for number in range(3)]


@pytest.mark.parametrize("holder", HOLDERS, ids=lambda holder: holder.kind)
def test_what_is_used_is_truly_nothing(filled: DummyStorage, holder: Holder) -> None:
    usage = filled.get_usage(holder)
    assert (usage.used_bytes, usage.used_objects, usage.stale) == (0, 0, False)
    assert usage.source == "dummy"
    assert usage.measured_at is not None
    assert datetime.now(UTC) - usage.measured_at < timedelta(seconds=10)


@pytest.mark.parametrize("holder", HOLDERS, ids=lambda holder: holder.kind)
def test_an_absent_holder_is_not_found(dummy: DummyStorage, holder: Holder) -> None:
    for call in (dummy.get_quota, dummy.get_usage):
        with pytest.raises(NotFound):
            call(holder)
    with pytest.raises(NotFound):
        dummy.set_quota(holder, Quota())


def test_an_empty_dummy_has_all_its_capacity(dummy: DummyStorage) -> None:
    assert dummy.get_capacity() == Capacity(
        total_bytes=TOTAL_BYTES,
        used_bytes=0,
        free_bytes=TOTAL_BYTES,
        allocated_bytes=0,
        raw=False,
    )


def test_what_is_allocated_is_promised_once(filled: DummyStorage) -> None:
    def allocated() -> int | None:
        return filled.get_capacity().allocated_bytes

    filled.create_volume("a", {"size_total": 10_000})
    filled.create_volume("b", {"size_total": 20_000})
    filled.create_bucket(Ref("physics", "more"), {"owner": "alice"})
    assert allocated() == 30_000
    filled.set_quota(BUCKET, Quota(max_bytes=5))
    assert allocated() == 30_005
    filled.update_user(USER.ref, {"bucket_quota": Quota(max_bytes=100)})
    assert allocated() == 30_105
    filled.set_quota(BUCKET, Quota(max_bytes=0))
    assert allocated() == 30_100
    filled.set_quota(USER, Quota(max_bytes=700))
    assert allocated() == 30_700
    filled.set_quota(NAMESPACE, Quota(max_bytes=3000))
    assert allocated() == 33_000
    filled.set_quota(NAMESPACE, Quota(max_bytes=3000, enabled=False))
    assert allocated() == 30_700
