"""What ``QuotaStore``, ``UsageReporter`` and ``CapacityReporter`` promise."""

from datetime import datetime
from typing import Any

import pytest

from storage_api.domain.capabilities import Capability, HolderKind
from storage_api.domain.units import GIB, ceil_div
from tests.conformance.base import Contract, named_place
from tests.conformance.client import Api, fresh
from tests.conformance.target import Place, Target

_HARD = ("max_bytes", "max_objects")
_PATHS = {
    HolderKind.BUCKET: "buckets",
    HolderKind.USER: "users",
    HolderKind.NAMESPACE: "namespaces",
}


class _HolderContract(Contract):
    """``holder`` is each kind of holder that the back-end has, in each kind of place."""

    suffix: str

    @pytest.fixture(params=["bucket", "user", "namespace", "bucket-in-ns", "user-in-ns"])
    def url(self, request: pytest.FixtureRequest, target: Target) -> str:
        place = self._place(request, target)
        match self._kind(request):
            case HolderKind.BUCKET:
                return place.url("buckets", place.new_bucket(), self.suffix)
            case HolderKind.USER:
                return place.url("users", place.new_user(), self.suffix)
            case _:
                return named_place(target).url(self.suffix)

    @pytest.fixture(params=["bucket", "user", "namespace"])
    def absent(self, request: pytest.FixtureRequest, target: Target) -> str:
        return target.url(_PATHS[self._kind(request)], fresh("absent"), self.suffix)

    def _holders(self, target: Target) -> frozenset[HolderKind]:
        raise NotImplementedError

    def _kind(self, request: pytest.FixtureRequest) -> HolderKind:
        kind = HolderKind(request.param.partition("-")[0])
        if kind not in self._holders(request.getfixturevalue("target")):
            pytest.skip(f"this back-end has no {kind} {self.suffix}")
        return kind

    def _place(self, request: pytest.FixtureRequest, target: Target) -> Place:
        return named_place(target) if request.param.endswith("-in-ns") else Place(target, None)


class QuotaContract(_HolderContract):
    suffix = "quota"

    def _holders(self, target: Target) -> frozenset[HolderKind]:
        return target.quirks.quota_holders

    def _step(self, target: Target, url: str) -> int:
        """The holder's rounding, by the last collection that the path names."""
        kinds = {path: kind for kind, path in _PATHS.items()}
        kind = next(kinds[part] for part in reversed(url.split("/")) if part in kinds)
        return target.quirks.quota_steps.get(kind, 1)

    def test_nothing_is_limited_at_first(self, api: Api, url: str) -> None:
        assert _hard(api.get(url).expect(200)) == (None, None)

    @pytest.mark.parametrize("limit", [1, 1000, GIB, 5_000_000_000, 2**50])
    def test_a_limit_is_read_back_and_never_shrinks(
        self, target: Target, api: Api, url: str, limit: int
    ) -> None:
        if limit < target.quirks.least_bytes:
            api.put(url, {"max_bytes": limit}).expect(400)
            return
        said = api.put(url, {"max_bytes": limit, "max_objects": 100}).expect(200)
        assert said["max_bytes"] == ceil_div(limit, self._step(target, url)) * self._step(
            target, url
        )
        assert said["max_objects"] == 100
        assert said["enabled"] is True
        assert api.get(url).expect(200) == said
        assert api.put(url, {"max_bytes": limit, "max_objects": 100}).expect(200) == said

    def test_the_whole_quota_is_replaced(self, api: Api, url: str) -> None:
        api.put(url, {"max_bytes": GIB, "max_objects": 100}).expect(200)
        assert _hard(api.put(url, {"max_objects": 7}).expect(200)) == (None, 7)
        assert _hard(api.get(url).expect(200)) == (None, 7)
        assert _hard(api.put(url, {"max_bytes": GIB}).expect(200)) == (GIB, None)
        assert _hard(api.get(url).expect(200)) == (GIB, None)

    @pytest.mark.parametrize("key", _HARD)
    def test_zero_is_no_word_for_unlimited(
        self, target: Target, api: Api, url: str, key: str
    ) -> None:
        if target.quirks.least_bytes:
            api.put(url, {key: 0}).expect(400)
            return
        assert api.put(url, {key: 0}).expect(200)[key] == 0
        found = api.get(url).expect(200)
        assert found[key] == 0
        assert found["enabled"] is True

    def test_null_is_unlimited(self, api: Api, url: str) -> None:
        api.put(url, {"max_bytes": GIB, "max_objects": 100}).expect(200)
        said = api.put(url, {"max_bytes": None, "max_objects": None}).expect(200)
        assert _hard(said) == (None, None)
        assert _hard(api.get(url).expect(200)) == (None, None)

    def test_a_removed_quota_limits_nothing(self, api: Api, url: str) -> None:
        api.put(url, {"max_bytes": GIB, "max_objects": 100}).expect(200)
        for _ in range(2):
            api.delete(url).expect(204)
            assert _hard(api.get(url).expect(200)) == (None, None)

    def test_a_quota_can_rest(self, target: Target, api: Api, url: str) -> None:
        if target.quirks.least_bytes:
            api.put(url, {"max_bytes": GIB, "enabled": False}).expect(400)
            return
        said = api.put(url, {"max_bytes": GIB, "enabled": False}).expect(200)
        assert said["enabled"] is False
        assert api.get(url).expect(200)["enabled"] is False

    def test_soft_limits_are_kept_or_refused_but_never_dropped(
        self, target: Target, api: Api, url: str
    ) -> None:
        before = api.get(url).expect(200)
        answer = api.put(url, {"max_bytes": 2 * GIB, "soft_bytes": GIB})
        if target.quirks.soft_limits:
            assert answer.expect(200)["soft_bytes"] == GIB
        else:
            answer.expect(400)
            assert api.get(url).expect(200) == before

    @pytest.mark.parametrize("value", [-1, 1.5, True, "1T", 2**63, 10**30])
    @pytest.mark.parametrize("key", _HARD)
    def test_nonsense_is_refused_and_the_former_stays(
        self, target: Target, api: Api, key: str, value: Any
    ) -> None:
        place = Place(target, None)
        url = place.url("users", place.new_user(), "quota")
        if HolderKind.USER not in target.quirks.quota_holders:
            url = place.url("buckets", place.new_bucket(), "quota")
        before = api.put(url, {"max_bytes": GIB}).expect(200)
        api.put(url, {key: value}).expect(400)
        assert api.get(url).expect(200) == before

    def test_an_absent_holder_is_404(self, api: Api, absent: str) -> None:
        api.get(absent).expect(404)
        api.put(absent, {"max_objects": 1}).expect(404)
        api.delete(absent).expect(404)


class UsageContract(_HolderContract):
    suffix = "usage"

    def _holders(self, target: Target) -> frozenset[HolderKind]:
        return target.quirks.usage_holders

    def test_the_figures_say_when_and_by_what(self, api: Api, url: str) -> None:
        usage = api.get(url).expect(200)
        assert set(usage) == {"used_bytes", "used_objects", "measured_at", "source", "stale"}
        for key in ("used_bytes", "used_objects"):
            assert usage[key] is None or usage[key] == 0
        if usage["used_bytes"] is not None:
            assert usage["source"]
        if usage["measured_at"] is not None:
            assert usage["measured_at"].endswith("Z")
            assert datetime.fromisoformat(usage["measured_at"]).year > 2000

    def test_what_is_stored_is_counted(self, target: Target, api: Api) -> None:
        if target.quirks.put_object is None:
            pytest.skip("there is no way to put an object into this back-end")
        place = Place(target, None)
        owner = place.new_user()
        bucket = place.new_bucket(owner)
        for size in (100, 5000):
            target.quirks.put_object(place, owner, bucket, size)
        usage = api.get(place.url("buckets", bucket, "usage")).expect(200)
        assert (usage["used_bytes"], usage["used_objects"]) == (5100, 2)

    def test_an_absent_holder_is_404(self, api: Api, absent: str) -> None:
        api.get(absent).expect(404)


class CapacityContract(Contract):
    def test_figures_are_bytes_or_unknown(self, target: Target, api: Api) -> None:
        capacity = api.get(target.url("capacity")).expect(200)
        keys = ("total_bytes", "used_bytes", "free_bytes", "allocated_bytes")
        for key in keys:
            assert capacity[key] is None or (isinstance(capacity[key], int) and capacity[key] >= 0)
        if None not in (capacity["total_bytes"], capacity["used_bytes"]):
            assert capacity["used_bytes"] <= capacity["total_bytes"]

    def test_it_is_declared(self, target: Target, api: Api) -> None:
        subsystem = api.get(f"/conf/subsystems/{target.endpoint}").expect(200)
        assert Capability.CAPACITY in subsystem["capabilities"]


def _hard(quota: dict[str, Any]) -> tuple[int | None, int | None]:
    return quota["max_bytes"], quota["max_objects"]
