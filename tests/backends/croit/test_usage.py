"""Usage and quotas as croit tells them, and what it does not know."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from storage_api.backends.accounting import Holder
from storage_api.backends.croit.backend import CroitStorage
from storage_api.backends.croit.series import STEP_SECONDS
from storage_api.backends.metering import UsageSample
from storage_api.domain.capabilities import HolderKind
from storage_api.domain.errors import BackendMisbehaved, BackendUnavailable
from storage_api.domain.models import Quota, Ref
from tests.backends.croit.lab import new_user, plant_bucket
from tests.simulators.croit import CroitSimulator


def usage(storage: CroitStorage, kind: HolderKind, ref: Ref) -> tuple[int | None, int | None, bool]:
    found = storage.get_usage(Holder(kind, ref))
    return found.used_bytes, found.used_objects, found.stale


def test_unmeasured_is_null_and_a_measured_0_is_0(
    sim: CroitSimulator, storage: CroitStorage
) -> None:
    """§5.3"""
    user = new_user(storage)
    assert usage(storage, HolderKind.USER, user) == (0, 0, False)
    bucket = plant_bucket(sim, user.name)
    ref = Ref(None, bucket.name)
    assert usage(storage, HolderKind.BUCKET, ref) == (None, None, True)
    assert usage(storage, HolderKind.USER, user) == (None, None, True)
    assert storage.get_capacity().used_bytes is None
    sim.memory.put_object(bucket, "key", 5)
    sim.memory.delete_object(bucket, "key")
    assert usage(storage, HolderKind.BUCKET, ref) == (0, 0, False)
    sim.memory.put_object(bucket, "key", 5)
    assert usage(storage, HolderKind.USER, user) == (5, 1, False)


def test_metadata_count_what_is_not_measured(sim: CroitSimulator, storage: CroitStorage) -> None:
    user = new_user(storage, quota=Quota(max_bytes=10240))
    full, empty = plant_bucket(sim, user.name), plant_bucket(sim, user.name)
    sim.memory.put_object(full, "key", 5120)
    found = storage.get_account_metadata(user)
    assert (found.storage.used_bytes, found.storage.unmeasured_buckets) == (None, 1)
    assert found.quotas.bytes_used_percent is None
    sim.memory.put_object(empty, "key", 0)
    found = storage.get_account_metadata(user)
    assert (found.storage.used_bytes, found.quotas.bytes_used_percent) == (5120, 50.0)


@pytest.mark.parametrize("asked", [1, 1023, 1025, 5_000_000_000, 2**62])
def test_what_croit_rounds_is_shown_and_settles(
    sim: CroitSimulator, storage: CroitStorage, asked: int
) -> None:
    user = new_user(storage)
    bucket = plant_bucket(sim, user.name)
    for holder in (
        Holder(HolderKind.USER, user),
        Holder(HolderKind.BUCKET, Ref(None, bucket.name)),
    ):
        said = storage.set_quota(holder, Quota(max_bytes=asked))
        assert said.max_bytes == -(-asked // 1024) * 1024
        assert storage.set_quota(holder, said) == said


@pytest.mark.parametrize(
    "change",
    [
        {"userQuota": None},
        {"userQuota": {"enabled": True, "maxSize": "5", "maxObjects": 5}},
        {"suspended": "no"},
        {"name": None},
    ],
    ids=str,
)
def test_a_row_that_lies_is_misbehaviour(
    sim: CroitSimulator, storage: CroitStorage, change: dict[str, Any]
) -> None:
    user = new_user(storage)
    rows = [row | change for row in storage._croit.list_users()]
    sim.faults.add(kind="garbage", path="/api/s3/users", body=json.dumps(rows), times=None)
    with pytest.raises(BackendMisbehaved):
        storage.get_user(user)
    with pytest.raises(BackendMisbehaved):
        storage.list_users(None)


@pytest.mark.parametrize("figure", [-5, 2**64 - 5, 1.5, float("inf")])
def test_a_count_that_cannot_be_is_unknown_or_misbehaviour(
    sim: CroitSimulator, storage: CroitStorage, figure: float
) -> None:
    user = new_user(storage)
    bucket = plant_bucket(sim, user.name)
    sim.memory.put_object(bucket, "key", 5)
    (row,) = storage._croit.list_buckets_of(user.name)
    row["usageSum"]["numObjects"] = figure
    sim.faults.add(kind="garbage", path="*/buckets", body=json.dumps([row]), times=None)
    try:
        assert usage(storage, HolderKind.USER, user)[:2] == (None, None)
    except BackendMisbehaved:
        return


class TestSamples:
    """What the sampler is given."""

    def of(self, storage: CroitStorage, user: Ref, since: datetime | None) -> list[UsageSample]:
        holder = Holder(HolderKind.USER, user)
        return [each for each in storage.sample_usage(since) if each.holder == holder]

    def seed(
        self, sim: CroitSimulator, uid: str, values: list[float | None], *, ends: int = 1
    ) -> datetime:
        """The last points before now, ``ends`` steps ago; answers the first one's moment."""
        now = int(datetime.now(UTC).timestamp()) // STEP_SECONDS * STEP_SECONDS
        first = now - (len(values) + ends - 1) * STEP_SECONDS
        sim.seed_series(
            uid, [(first + at * STEP_SECONDS, value) for at, value in enumerate(values)]
        )
        return datetime.fromtimestamp(first, UTC)

    def since(self, minutes: float = 30) -> datetime:
        return datetime.now(UTC) - timedelta(minutes=minutes)

    def test_a_uid_with_a_dot_has_its_series(
        self, sim: CroitSimulator, storage: CroitStorage
    ) -> None:
        """§5.3: a series goes by another name than its user."""
        user = new_user_named(storage, "a.b@c")
        first = self.seed(sim, "a.b@c", [7.0, 7.0, 9.4])
        found = self.of(storage, user, self.since())
        assert [(each.at, each.used_bytes) for each in found] == [
            (first, 7),
            (first + timedelta(seconds=2 * STEP_SECONDS), 9),
        ]
        assert [each.lasted for each in found] == [
            timedelta(seconds=2 * STEP_SECONDS),
            timedelta(seconds=STEP_SECONDS),
        ]
        (asked,) = sim.calls("GET", "/api/stats")
        assert asked.query["template-s3-user-name"] == ["a_b_c"]
        assert int(asked.query["startTime"][0]) > 0
        assert int(asked.query["endTime"][0]) > 0

    def test_users_whose_series_share_a_name_are_not_mixed_up(
        self, sim: CroitSimulator, storage: CroitStorage
    ) -> None:
        one, other = new_user_named(storage, "a.b"), new_user_named(storage, "a_b")
        self.seed(sim, "a.b", [7.0])
        for user in (one, other):
            (found,) = self.of(storage, user, self.since())
            assert (found.used_bytes, found.lasted) == (0, None)
        assert sim.calls("GET", "/api/stats") == []

    def test_null_is_a_gap_and_0_is_0(self, sim: CroitSimulator, storage: CroitStorage) -> None:
        user = new_user(storage)
        first = self.seed(sim, user.name, [None, 5.0, None, None, 0.0, None])
        found = self.of(storage, user, self.since())
        assert [(each.at, each.used_bytes) for each in found] == [
            (first + timedelta(seconds=STEP_SECONDS), 5),
            (first + timedelta(seconds=4 * STEP_SECONDS), 0),
        ]
        assert {each.lasted for each in found} == {timedelta(seconds=STEP_SECONDS)}

    def test_without_a_series_what_is_stored_now_counts(
        self, sim: CroitSimulator, storage: CroitStorage
    ) -> None:
        user = new_user(storage)
        bucket = plant_bucket(sim, user.name)
        (found,) = self.of(storage, user, None)
        assert (found.used_bytes, found.lasted) == (None, None)
        sim.memory.put_object(bucket, "key", 5)
        storage._all_buckets.forget()
        sim.refuse("GET", "/api/stats", 404, "graph s3-user-data not found", times=None)
        (found,) = self.of(storage, user, None)
        assert (found.used_bytes, found.used_objects) == (5, 1)

    def test_a_series_that_has_stopped_does_not_stop_the_metering(
        self, sim: CroitSimulator, storage: CroitStorage
    ) -> None:
        user = new_user(storage)
        bucket = plant_bucket(sim, user.name)
        sim.memory.put_object(bucket, "key", 5)
        first = self.seed(sim, user.name, [3.0], ends=9)
        found = self.of(storage, user, self.since(60))
        assert [(each.at == first, each.used_bytes) for each in found] == [(True, 3), (False, 5)]

    @pytest.mark.parametrize("value", ["-1", "1e400", '"x"', "true"])
    def test_a_series_that_lies_is_not_stored(
        self, sim: CroitSimulator, storage: CroitStorage, value: str
    ) -> None:
        user = new_user(storage)
        now = int(datetime.now(UTC).timestamp()) - 400
        graph = f'{{"name": "x", "tags": {{}}, "datapoints": [{{"t": {now}, "v": {value}}}]}}'
        body = f'{{"axis1": {{"unit": "B", "graphs": [{graph}]}}, "axis2": null}}'
        sim.faults.add(kind="garbage", path="/api/stats", body=body, times=None)
        (found,) = self.of(storage, user, None)
        assert found.used_bytes == 0

    def test_a_croit_that_goes_away_ends_the_pass(
        self, sim: CroitSimulator, storage: CroitStorage
    ) -> None:
        new_user(storage)
        sim.faults.add(kind="status", status=503, path="/api/stats", times=None)
        with pytest.raises(BackendUnavailable):
            list(storage.sample_usage(None))

    def test_a_long_break_is_made_up_for_without_thinning(
        self, sim: CroitSimulator, storage: CroitStorage
    ) -> None:
        user = new_user(storage)
        values: list[float | None] = [float(at % 5) for at in range(4000)]
        first = self.seed(sim, user.name, values)
        found = self.of(storage, user, first)
        assert [each.used_bytes for each in found] == [at % 5 for at in range(4000)]
        assert len(sim.calls("GET", "/api/stats")) == 3

    def test_names_of_series_are_asked_for_once(
        self, sim: CroitSimulator, storage: CroitStorage
    ) -> None:
        new_user(storage)
        for _ in range(3):
            list(storage.sample_usage(None))
        assert len(sim.calls("GET", "/api/stats/s3-user-names")) == 1

    def test_everybody_is_there_at_least_once(
        self, sim: CroitSimulator, storage: CroitStorage
    ) -> None:
        storage.create_namespace("lab", {})
        users = [new_user(storage), new_user(storage, "lab")]
        bucket = plant_bucket(sim, f"lab${users[1].name}")
        found = {(each.holder.kind, each.holder.ref) for each in storage.sample_usage(None)}
        assert found == {
            (HolderKind.USER, users[0]),
            (HolderKind.USER, users[1]),
            (HolderKind.BUCKET, Ref("lab", bucket.name)),
            (HolderKind.NAMESPACE, Ref(None, "lab")),
        }


def new_user_named(storage: CroitStorage, name: str) -> Ref:
    user = Ref(None, name)
    assert storage.create_user(user, {})[1]
    return user
