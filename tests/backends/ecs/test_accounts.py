"""Accounts on ECS: stamped by a tag, adopted by a repeat, with one key and never a second."""

import threading
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
import structlog

from storage_api.backends.ecs.backend import EcsStorage
from storage_api.domain.errors import AlreadyExists, BackendError, Invalid, NotFound
from storage_api.domain.models import Ref
from storage_api.domain.requests import AccountCreate
from tests.backends.ecs.cluster import storage_at
from tests.backends.ecs.objects import NAMESPACE, USERS, furnish, sent, writes
from tests.simulators.ecs import EcsSimulator

ENDPOINT = "https://s3.example.org:9021"
LAB: AccountCreate = {
    "organization": "Physics",
    "project": "Smith Lab",
    "resource_uuid": str(uuid.UUID(int=7 << 96)),
    "display_name": "Smith Lab at Physics",
}
NAME = "physics_smith_lab_00000007"


@pytest.fixture(autouse=True)
def _furnished(storage: EcsStorage) -> None:
    furnish(storage)


@pytest.fixture
def portal(sim: EcsSimulator) -> EcsStorage:
    return storage_at(sim, s3_endpoint=ENDPOINT)


def test_a_user_is_made_for_the_resource_with_a_key(sim: EcsSimulator, portal: EcsStorage) -> None:
    sim.forget_requests()
    made, new = portal.create_account(NAMESPACE, LAB)
    assert (made.user.name, made.user.display_name, new) == (NAME, LAB["display_name"], True)
    assert (made.connection.endpoint, made.connection.access_key) == (ENDPOINT, NAME)
    assert sim.secrets(NAMESPACE, NAME) == [made.connection.secret_key]
    assert writes(sim) == [f"POST {USERS}", f"POST /object/user-secret-keys/{NAME}"]
    again, new = portal.create_account(NAMESPACE, LAB)
    assert (again.user, again.connection.secret_key, new) == (made.user, None, False)


@pytest.mark.parametrize("limit", ["storage_limit", "object_limit"])
def test_a_limit_is_refused_before_anything_is_made(
    sim: EcsSimulator, portal: EcsStorage, limit: str
) -> None:
    sim.forget_requests()
    with pytest.raises(Invalid, match=limit):
        portal.create_account(NAMESPACE, {**LAB, limit: 10**9})  # type: ignore[misc]  # one of its keys
    assert writes(sim) == []
    unlimited: AccountCreate = {**LAB, "storage_limit": None, "object_limit": None}
    assert portal.create_account(NAMESPACE, unlimited)[1] is True


def test_options_that_would_limit_users_are_refused_at_the_start(sim: EcsSimulator) -> None:
    with pytest.raises(ValueError, match="not users"):
        storage_at(sim, default_storage_limit=10**12)


def test_whoever_was_made_for_something_else_is_not_adopted(portal: EcsStorage) -> None:
    portal.create_account(NAMESPACE, LAB)
    other: AccountCreate = {**LAB, "resource_uuid": str(uuid.UUID(int=(7 << 96) + 1))}
    with pytest.raises(AlreadyExists, match="something else"):
        portal.create_account(NAMESPACE, other)
    plain = Ref(NAMESPACE, "alice")
    with pytest.raises(AlreadyExists, match="something else"):
        portal.create_account(NAMESPACE, {"uid": plain.name})
    assert portal.list_keys(plain) == []


def test_there_must_be_such_a_namespace(portal: EcsStorage) -> None:
    with pytest.raises(NotFound):
        portal.create_account("absent", LAB)


@pytest.mark.parametrize("path", [USERS, f"/object/user-secret-keys/{NAME}"])
@pytest.mark.parametrize("kind", ["cut-after", "garbage"])
def test_a_lost_answer_is_looked_for(
    sim: EcsSimulator, portal: EcsStorage, path: str, kind: str
) -> None:
    sim.faults.add(kind=kind, method="POST", path=path)  # type: ignore[arg-type]  # one of them
    made, new = portal.create_account(NAMESPACE, LAB)
    assert new is True
    assert sim.secrets(NAMESPACE, NAME) == [made.connection.secret_key]


def test_a_repeat_makes_the_key_that_could_not_be_made(
    sim: EcsSimulator, portal: EcsStorage
) -> None:
    keys = f"/object/user-secret-keys/{NAME}"
    sim.faults.add(kind="code", code=7000, status=500, method="POST", path=keys)
    with pytest.raises(BackendError):
        portal.create_account(NAMESPACE, LAB)
    made, new = portal.create_account(NAMESPACE, LAB)
    assert new is False
    assert sim.secrets(NAMESPACE, NAME) == [made.connection.secret_key]
    assert len(sent(sim, "POST", keys)) == 2


def test_of_processes_at_once_one_makes_it_and_one_learns_the_secret(sim: EcsSimulator) -> None:
    storages = [storage_at(sim) for _ in range(4)]
    barrier = threading.Barrier(len(storages))

    def create(storage: EcsStorage) -> tuple[bool, str | None]:
        barrier.wait()
        made, new = storage.create_account(NAMESPACE, LAB)
        return new, made.connection.secret_key

    with ThreadPoolExecutor(len(storages)) as pool:
        found = list(pool.map(create, storages))
    assert sorted(new for new, _ in found) == [False, False, False, True]
    assert [secret for _, secret in found if secret] == sim.secrets(NAMESPACE, NAME)


def test_metadata_add_up_what_metering_has_seen(sim: EcsSimulator, portal: EcsStorage) -> None:
    portal.create_account(NAMESPACE, LAB)
    user = Ref(NAMESPACE, NAME)
    sim.settings.page_limit = 2
    for number in range(5):
        portal.create_bucket(Ref(NAMESPACE, f"lab{number}"), {"owner": NAME})
        sim.put_object(NAMESPACE, f"lab{number}", 1000 * 1024)
    portal.create_bucket(Ref(NAMESPACE, "anothers"), {"owner": "alice"})
    before = portal.get_account_metadata(user).storage
    assert (before.bucket_count, before.unmeasured_buckets, before.used_bytes) == (5, 5, None)
    sim.clock.advance(600)
    after = portal.get_account_metadata(user)
    assert [bucket.name for bucket in after.storage.buckets] == [f"lab{n}" for n in range(5)]
    assert (after.storage.used_bytes, after.storage.used_objects) == (5 * 1000 * 1024, 5)
    assert (after.connection.access_key, after.connection.secret_key) == (None, None)


def test_credentials_are_shown_only_where_the_operator_wants_that(sim: EcsSimulator) -> None:
    shows = storage_at(sim, expose_credentials=True, s3_endpoint=ENDPOINT)
    made, _ = shows.create_account(NAMESPACE, LAB)
    user = Ref(NAMESPACE, NAME)
    with structlog.testing.capture_logs() as records:
        shown = shows.get_account_metadata(user).connection
    assert (shown.access_key, shown.secret_key) == (NAME, made.connection.secret_key)
    assert [record["event"] for record in records if record["log_level"] == "warning"] == [
        "credentials-shown"
    ]
    assert str(made.connection.secret_key) not in str(records)
