"""Buckets: made whole by one call or not at all, and gone only when they are empty."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from storage_api.backends.ecs.backend import EcsStorage
from storage_api.domain.errors import (
    AlreadyExists,
    BackendMisbehaved,
    BackendUnavailable,
    Conflict,
    Invalid,
    NotFound,
)
from storage_api.domain.models import Quota, Ref, Versioning
from storage_api.domain.requests import BucketCreate
from storage_api.domain.units import GIB
from tests.backends.ecs.cluster import storage_at
from tests.backends.ecs.objects import (
    ALICE,
    BOB,
    DATA,
    NAMESPACE,
    ONE_BUCKET,
    PLAIN,
    furnish,
    sent,
    writes,
)
from tests.simulators.ecs import EcsSimulator

CREATE = "/object/bucket"
DELETE = f"{ONE_BUCKET}/deactivate"
EVERYTHING: BucketCreate = {
    "owner": ALICE.name,
    "versioning": Versioning.ENABLED,
    "object_lock": True,
    "encryption_enabled": True,
    "retention_seconds": 3600,
    "replication_group": "rg1",
    "quota": Quota(max_bytes=5 * GIB + 1, max_objects=1000, soft_bytes=4 * GIB),
    "tags": {"project": "atlas", "cost centre": "4711"},
}


@pytest.fixture(autouse=True)
def _furnished(storage: EcsStorage) -> None:
    furnish(storage)


class TestCreation:
    def test_one_call_makes_it_with_everything(
        self, sim: EcsSimulator, storage: EcsStorage
    ) -> None:
        """ColdFront's plugin sets it later: here there is no moment without a quota."""
        sim.forget_requests()
        made, new = storage.create_bucket(DATA, EVERYTHING)
        assert writes(sim) == [f"POST {CREATE}"]
        assert new is True
        assert made == storage.create_bucket(DATA, EVERYTHING)[0]
        rounded = Quota(max_bytes=6 * GIB, max_objects=1000, soft_bytes=4 * GIB)
        assert (made.quota, made.tags) == (rounded, EVERYTHING["tags"])
        assert (made.versioning, made.object_lock) == (Versioning.ENABLED, True)
        assert (made.encryption_enabled, made.retention_seconds) == (True, 3600)
        assert (made.replication_group, made.filesystem_enabled) == ("rg1", False)

    def test_nfs_is_chosen_at_the_start(self, storage: EcsStorage) -> None:
        made, _ = storage.create_bucket(DATA, {**PLAIN, "filesystem_enabled": True})
        assert made.filesystem_enabled is True
        with pytest.raises(AlreadyExists, match="filesystem_enabled"):
            storage.create_bucket(DATA, {**PLAIN, "filesystem_enabled": False})

    @pytest.mark.parametrize("release", ["2.x", "3.x"])
    def test_older_releases_are_asked_for_nothing_that_they_lack(
        self, sim: EcsSimulator, storage: EcsStorage, release: str
    ) -> None:
        sim.settings.release = release  # type: ignore[assignment]  # one of them
        quota = Quota(max_bytes=GIB, soft_bytes=GIB)
        made, _ = storage.create_bucket(DATA, {**PLAIN, "quota": quota})
        assert (made.quota, made.versioning, made.object_lock) == (quota, Versioning.OFF, None)
        with pytest.raises(BackendMisbehaved, match=r"object_lock.*removed again"):
            storage.create_bucket(Ref(NAMESPACE, "other"), {**PLAIN, "object_lock": True})
        assert sim.buckets(NAMESPACE) == ["data"]

    def test_the_same_again_finds_it_and_anything_else_is_a_conflict(
        self, storage: EcsStorage
    ) -> None:
        storage.create_bucket(DATA, PLAIN)
        storage.create_user(BOB, {})
        others: list[BucketCreate] = [
            {"owner": BOB.name},
            {**PLAIN, "quota": Quota(max_bytes=GIB)},
            {**PLAIN, "versioning": Versioning.ENABLED},
            {**PLAIN, "tags": {"a": "b"}},
            {**PLAIN, "retention_seconds": 60},
            {**PLAIN, "encryption_enabled": True},
        ]
        for other in others:
            with pytest.raises(AlreadyExists):
                storage.create_bucket(DATA, other)
        assert storage.create_bucket(DATA, PLAIN)[1] is False

    def test_the_replication_group_is_the_request_s_then_the_namespace_s_then_ours(
        self, sim: EcsSimulator, storage: EcsStorage
    ) -> None:
        """ColdFront's plugin has two orders."""
        for name in ("of-namespace", "of-request"):
            sim.add_replication_group(name)
        storage.create_namespace("chosen", {"replication_group": "of-namespace"})
        storage.create_user(Ref("chosen", "carol"), {})
        carol: BucketCreate = {"owner": "carol"}
        found = [
            storage.create_bucket(
                Ref("chosen", "one"), {**carol, "replication_group": "of-request"}
            ),
            storage.create_bucket(Ref("chosen", "two"), carol),
            storage.create_bucket(DATA, PLAIN),
        ]
        groups = [bucket.replication_group for bucket, _ in found]
        assert groups == ["of-request", "of-namespace", "rg1"]

    @pytest.mark.parametrize(
        ("name", "fields"),
        [
            ("data", {"owner": "nobody"}),
            ("data", {**PLAIN, "replication_group": "absent"}),
            ("data", {**PLAIN, "placement": "default-placement"}),
            ("data", {**PLAIN, "storage_class": "COLD"}),
            ("data", {**PLAIN, "quota": Quota(max_bytes=GIB - 1)}),
            ("data", {**PLAIN, "quota": Quota(max_bytes=0)}),
            ("data", {**PLAIN, "quota": Quota(max_bytes=GIB, soft_bytes=2 * GIB)}),
            ("data", {**PLAIN, "object_lock": True, "versioning": Versioning.SUSPENDED}),
            ("data", {**PLAIN, "retention_seconds": -1}),
            ("data", {**PLAIN, "tags": {"": "empty"}}),
            ("has.dots", PLAIN),
        ],
        ids=str,
    )
    def test_what_cannot_be_is_refused_before_anything_is_made(
        self, sim: EcsSimulator, storage: EcsStorage, name: str, fields: BucketCreate
    ) -> None:
        sim.forget_requests()
        with pytest.raises(Invalid):
            storage.create_bucket(Ref(NAMESPACE, name), fields)
        assert writes(sim) == []

    def test_two_groups_of_one_name_are_a_conflict(
        self, sim: EcsSimulator, storage: EcsStorage
    ) -> None:
        for _ in range(2):
            sim.add_replication_group("twins")
        with pytest.raises(Conflict, match="2 replication groups"):
            storage.create_bucket(DATA, {**PLAIN, "replication_group": "twins"})

    def test_a_compliant_namespace_needs_retention(
        self, sim: EcsSimulator, storage: EcsStorage
    ) -> None:
        storage.create_namespace("strict", {"compliance_enabled": True})
        carol = Ref("strict", "carol")
        storage.create_user(carol, {})
        sim.forget_requests()
        with pytest.raises(Invalid, match="retention_seconds"):
            storage.create_bucket(Ref("strict", "data"), {"owner": "carol"})
        assert writes(sim) == []
        fields: BucketCreate = {"owner": "carol", "retention_seconds": 60}
        assert storage.create_bucket(Ref("strict", "data"), fields)[1] is True

    def test_a_suspended_owner_gets_none(self, storage: EcsStorage) -> None:
        storage.update_user(ALICE, {"suspended": True})
        with pytest.raises(Conflict, match="suspended"):
            storage.create_bucket(DATA, PLAIN)

    def test_what_ecs_left_out_is_set_before_it_is_told(
        self, sim: EcsSimulator, storage: EcsStorage
    ) -> None:
        """ECS may answer 200 and say only in ``error_message`` that a part was not done."""
        sim.settings.not_applied = frozenset(
            {"blockSize", "blockSizeInCount", "notificationSize", "TagSet", "versioning_status"}
        )
        made, new = storage.create_bucket(DATA, EVERYTHING)
        assert new is True
        assert made.quota == Quota(max_bytes=6 * GIB, max_objects=1000, soft_bytes=4 * GIB)
        assert (made.tags, made.versioning) == (EVERYTHING["tags"], Versioning.ENABLED)
        assert storage.create_bucket(DATA, EVERYTHING) == (made, False)

    def test_what_can_only_be_chosen_at_the_start_and_was_not_is_taken_back(
        self, sim: EcsSimulator, storage: EcsStorage
    ) -> None:
        sim.settings.not_applied = frozenset({"is_object_lock_enabled"})
        with pytest.raises(BackendMisbehaved, match=r"object_lock.*removed again"):
            storage.create_bucket(DATA, EVERYTHING)
        assert sim.buckets(NAMESPACE) == []

    def test_what_cannot_be_set_later_either_is_taken_back(
        self, sim: EcsSimulator, storage: EcsStorage
    ) -> None:
        sim.settings.not_applied = frozenset({"blockSize"})
        sim.faults.add(kind="status", method="PUT", path=f"{ONE_BUCKET}/quota", times=None)
        with pytest.raises(BackendUnavailable, match="removed again"):
            storage.create_bucket(DATA, {**PLAIN, "quota": Quota(max_bytes=GIB)})
        assert sim.buckets(NAMESPACE) == []

    @pytest.mark.parametrize("kind", ["cut-after", "cut-within", "truncate", "garbage"])
    def test_a_lost_answer_is_looked_for_not_asked_again(
        self, sim: EcsSimulator, storage: EcsStorage, kind: str
    ) -> None:
        sim.faults.add(kind=kind, method="POST", path=CREATE)  # type: ignore[arg-type]  # one of them
        made, new = storage.create_bucket(DATA, EVERYTHING)
        assert (made.owner, new) == (ALICE.name, True)
        assert len(sent(sim, "POST", CREATE)) == 1

    def test_a_lost_answer_and_a_part_left_out_is_no_success(
        self, sim: EcsSimulator, storage: EcsStorage
    ) -> None:
        sim.settings.not_applied = frozenset({"blockSize"})
        sim.faults.add(kind="cut-after", method="POST", path=CREATE)
        with pytest.raises(AlreadyExists, match="quota"):
            storage.create_bucket(DATA, {**PLAIN, "quota": Quota(max_bytes=GIB)})

    def test_what_was_not_done_is_no_success(self, sim: EcsSimulator, storage: EcsStorage) -> None:
        for kind in ("cut-before", "status"):
            sim.faults.add(kind=kind, method="POST", path=CREATE)
            with pytest.raises(BackendUnavailable):
                storage.create_bucket(DATA, PLAIN)
        assert sim.buckets(NAMESPACE) == []

    def test_of_processes_at_once_one_makes_it(self, sim: EcsSimulator) -> None:
        storages = [storage_at(sim) for _ in range(4)]
        barrier = threading.Barrier(len(storages))

        def create(storage: EcsStorage) -> bool:
            barrier.wait()
            return storage.create_bucket(DATA, EVERYTHING)[1]

        with ThreadPoolExecutor(len(storages)) as pool:
            assert sorted(pool.map(create, storages)) == [False, False, False, True]

    def test_the_first_come_elsewhere_keeps_it(
        self, sim: EcsSimulator, storage: EcsStorage
    ) -> None:
        """ColdFront's plugin leaves room for another one between its check and its create."""
        storage.create_user(BOB, {})
        storage.create_bucket(DATA, {"owner": BOB.name})
        gone = b'{"code": 1004, "description": "", "details": ""}'
        sim.faults.add(
            kind="garbage", status=400, method="GET", path=f"{ONE_BUCKET}/info", body=gone
        )
        with pytest.raises(AlreadyExists, match="owner"):
            storage.create_bucket(DATA, PLAIN)
        assert storage.get_bucket(DATA).owner == BOB.name


class TestReading:
    def test_lists_come_to_their_end_whatever_the_pages(
        self, sim: EcsSimulator, storage: EcsStorage
    ) -> None:
        """ColdFront's plugin reads the first page only."""
        sim.settings.page_limit = 2
        names = [f"bucket{number}" for number in range(7)]
        for name in names:
            storage.create_bucket(Ref(NAMESPACE, name), PLAIN)
        assert [bucket.name for bucket in storage.list_buckets(NAMESPACE)] == names

    def test_numbers_and_truths_may_be_texts(self, sim: EcsSimulator, storage: EcsStorage) -> None:
        made, _ = storage.create_bucket(DATA, EVERYTHING)
        sim.settings.stringify = True
        assert storage.create_bucket(DATA, EVERYTHING) == (made, False)

    def test_an_absent_namespace_or_bucket_is_not_found(self, storage: EcsStorage) -> None:
        with pytest.raises(NotFound):
            storage.list_buckets("absent")
        for bucket in (DATA, Ref("absent", "data")):
            with pytest.raises(NotFound):
                storage.get_bucket(bucket)
            with pytest.raises(NotFound):
                storage.get_acl(bucket)
            with pytest.raises(NotFound):
                storage.update_bucket(bucket, {"locked": True})

    def test_a_bucket_is_told_while_metering_is_out_of_order(
        self, sim: EcsSimulator, storage: EcsStorage
    ) -> None:
        storage.create_bucket(DATA, PLAIN)
        sim.faults.add(kind="status", path="/object/billing/*", times=None)
        found = storage.get_bucket(DATA)
        assert (found.owner, found.usage) == (ALICE.name, None)

    def test_the_acl_names_who_may_do_what(self, sim: EcsSimulator, storage: EcsStorage) -> None:
        storage.create_bucket(DATA, PLAIN)
        sim.world.bucket(NAMESPACE, DATA.name).acl = {
            "owner": "alice",
            "default_group": "",
            "user_acl": [{"user": "alice", "permission": ["full_control"]}],
            "group_acl": [{"group": "public", "permission": ["read"]}],
            "customgroup_acl": [{"customgroup": "ad\\lab", "permission": ["read", "write"]}],
        }
        found = storage.get_acl(DATA)
        assert (found.owner, found.default_group) == ("alice", None)
        assert [(grant.kind, grant.grantee, grant.permissions) for grant in found.grants] == [
            ("user", "alice", ["full_control"]),
            ("group", "public", ["read"]),
            ("custom-group", "ad\\lab", ["read", "write"]),
        ]


class TestDeletion:
    def test_an_empty_one_goes_and_stays_gone(self, sim: EcsSimulator, storage: EcsStorage) -> None:
        storage.create_bucket(DATA, PLAIN)
        for _ in range(2):
            storage.delete_bucket(DATA)
        assert sim.buckets(NAMESPACE) == []
        assert [one.query for one in sim.requests if one.path == DELETE] == [
            f"namespace={NAMESPACE}&emptyBucket=false"
        ]

    @pytest.mark.parametrize("content", ["object", "version", "marker", "upload"])
    def test_one_with_content_stays(
        self, sim: EcsSimulator, storage: EcsStorage, content: str
    ) -> None:
        storage.create_bucket(DATA, {**PLAIN, "versioning": Versioning.ENABLED})
        match content:
            case "object" | "version":
                sim.put_object(NAMESPACE, DATA.name, size=10)
            case "upload":
                sim.open_upload(NAMESPACE, DATA.name, size=10)
        if content in {"marker", "version"}:
            sim.delete_object(NAMESPACE, DATA.name)
        with pytest.raises(Conflict, match="still holds"):
            storage.delete_bucket(DATA)
        assert sim.buckets(NAMESPACE) == ["data"]
        sim.delete_versions(NAMESPACE, DATA.name)
        storage.delete_bucket(DATA)

    def test_a_lost_answer_is_looked_for(self, sim: EcsSimulator, storage: EcsStorage) -> None:
        storage.create_bucket(DATA, PLAIN)
        sim.faults.add(kind="cut-after", method="POST", path=DELETE)
        storage.delete_bucket(DATA)
        assert len(sent(sim, "POST", DELETE)) == 1
        storage.create_bucket(DATA, PLAIN)
        sim.faults.add(kind="cut-before", method="POST", path=DELETE)
        with pytest.raises(BackendUnavailable):
            storage.delete_bucket(DATA)
        assert sim.buckets(NAMESPACE) == ["data"]
