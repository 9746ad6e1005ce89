"""Object users: what a repeat finds, what is refused, and what a lost answer leaves behind."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from storage_api.backends.ecs.backend import EcsStorage
from storage_api.domain.errors import (
    AlreadyExists,
    BackendError,
    BackendMisbehaved,
    BackendUnavailable,
    Conflict,
    Invalid,
    NotFound,
)
from storage_api.domain.models import Quota, Ref
from storage_api.domain.requests import UserCreate
from tests.backends.ecs.cluster import storage_at
from tests.backends.ecs.objects import (
    ALICE,
    BOB,
    DATA,
    NAMESPACE,
    PLAIN,
    USERS,
    furnish,
    sent,
    writes,
)
from tests.simulators.ecs import EcsSimulator

SHOWN: UserCreate = {"display_name": "Alice & Bob — été"}


@pytest.fixture(autouse=True)
def _furnished(storage: EcsStorage) -> None:
    furnish(storage)


def test_one_call_makes_a_user_with_its_name_for_people(
    sim: EcsSimulator, storage: EcsStorage
) -> None:
    sim.forget_requests()
    made, new = storage.create_user(BOB, SHOWN)
    assert (made.display_name, made.suspended, made.key_ids, new) == (
        SHOWN["display_name"],
        False,
        [],
        True,
    )
    assert writes(sim) == [f"POST {USERS}"]
    assert storage.get_user(BOB) == made
    assert storage.create_user(BOB, SHOWN) == (made, False)
    with pytest.raises(AlreadyExists, match="display_name"):
        storage.create_user(BOB, {"display_name": "Eve"})


def test_a_user_can_be_made_locked(sim: EcsSimulator, storage: EcsStorage) -> None:
    made, _ = storage.create_user(BOB, {"suspended": True})
    assert made.suspended is True
    storage.create_key(BOB)
    assert sim.secrets(NAMESPACE, BOB.name) == []


def test_a_lock_takes_access_away_and_gives_it_back(sim: EcsSimulator, storage: EcsStorage) -> None:
    key = storage.create_key(ALICE)
    for suspended, accepted in ((True, []), (False, [key.secret_key])):
        for _ in range(2):
            assert storage.update_user(ALICE, {"suspended": suspended}).suspended is suspended
        assert sim.secrets(NAMESPACE, ALICE.name) == accepted
        assert [known.active for known in storage.list_keys(ALICE)] == [not suspended]


def test_the_name_for_people_can_be_changed(storage: EcsStorage) -> None:
    for name in ("First", "Second — ö", "Second — ö"):
        assert storage.update_user(ALICE, {"display_name": name}).display_name == name
        assert storage.get_user(ALICE).display_name == name


@pytest.mark.parametrize(
    "fields",
    [
        {"email": "alice@example.org"},
        {"max_buckets": 3},
        {"quota": Quota(max_bytes=2**30)},
        {"bucket_quota": Quota(max_objects=5)},
    ],
    ids=str,
)
def test_what_ecs_has_not_is_refused_before_anything_is_made(
    sim: EcsSimulator, storage: EcsStorage, fields: UserCreate
) -> None:
    sim.forget_requests()
    with pytest.raises(Invalid):
        storage.create_user(BOB, fields)
    with pytest.raises(Invalid):
        storage.update_user(ALICE, fields)
    assert writes(sim) == []


def test_not_to_ask_for_limits_is_no_asking(storage: EcsStorage) -> None:
    nothing: UserCreate = {"email": None, "max_buckets": None, "quota": Quota()}
    assert storage.create_user(BOB, nothing)[1] is True


def test_a_namespace_that_is_absent_has_no_users(storage: EcsStorage) -> None:
    with pytest.raises(NotFound):
        storage.list_users("absent")
    with pytest.raises(NotFound):
        storage.create_user(Ref("absent", "x"), {})
    assert [user.name for user in storage.list_users(NAMESPACE)] == ["alice"]


def test_names_are_of_the_whole_federation_unless_it_is_set_otherwise(
    sim: EcsSimulator, storage: EcsStorage
) -> None:
    storage.create_namespace("chemistry", {})
    with pytest.raises(AlreadyExists, match="another namespace"):
        storage.create_user(Ref("chemistry", ALICE.name), {})
    with pytest.raises(NotFound):
        storage.get_user(Ref("chemistry", ALICE.name))
    sim.settings.user_scope = "NAMESPACE"
    assert storage.create_user(Ref("chemistry", ALICE.name), {})[1] is True


def test_lists_come_to_their_end_whatever_the_pages(sim: EcsSimulator, storage: EcsStorage) -> None:
    sim.settings.page_limit = 2
    names = [f"user{number}" for number in range(7)]
    for name in names:
        storage.create_user(Ref(NAMESPACE, name), {})
    assert [user.name for user in storage.list_users(NAMESPACE)] == ["alice", *names]


def test_an_owner_stays_and_is_told_what_he_owns(storage: EcsStorage) -> None:
    storage.create_bucket(DATA, PLAIN)
    with pytest.raises(Conflict, match="data"):
        storage.delete_user(ALICE)
    storage.delete_bucket(DATA)
    for _ in range(2):
        storage.delete_user(ALICE)
    with pytest.raises(NotFound):
        storage.get_user(ALICE)


@pytest.mark.parametrize("kind", ["cut-after", "cut-within", "truncate", "garbage"])
def test_a_create_whose_answer_is_lost_is_found_done(
    sim: EcsSimulator, storage: EcsStorage, kind: str
) -> None:
    sim.faults.add(kind=kind, method="POST", path=USERS)  # type: ignore[arg-type]  # one of them
    made, new = storage.create_user(BOB, SHOWN)
    assert (made.display_name, new) == (SHOWN["display_name"], True)
    assert len(sent(sim, "POST", USERS)) == 2, "alice's and bob's, neither sent twice"


@pytest.mark.parametrize(
    ("method", "path"), [("POST", USERS), ("PUT", f"{USERS}/lock"), ("POST", f"{USERS}/*")]
)
def test_what_was_not_done_is_no_success(
    sim: EcsSimulator, storage: EcsStorage, method: str, path: str
) -> None:
    calls: dict[str, Callable[[], object]] = {
        USERS: lambda: storage.create_user(BOB, {}),
        f"{USERS}/lock": lambda: storage.update_user(ALICE, {"suspended": True}),
        f"{USERS}/*": lambda: storage.delete_user(ALICE),
    }
    sim.faults.add(kind="status", method=method, path=path, times=None)
    with pytest.raises(BackendUnavailable):
        calls[path]()
    sim.faults.clear()
    assert [user.name for user in storage.list_users(NAMESPACE)] == ["alice"]
    assert storage.get_user(ALICE).suspended is False


def test_a_deletion_whose_answer_is_lost_is_done_once(
    sim: EcsSimulator, storage: EcsStorage
) -> None:
    sim.faults.add(kind="cut-after", method="POST", path=f"{USERS}/deactivate")
    storage.delete_user(ALICE)
    assert sim.users(NAMESPACE) == []
    assert len(sent(sim, "POST", f"{USERS}/deactivate")) == 1


def test_one_that_could_not_be_locked_as_asked_is_taken_back(
    sim: EcsSimulator, storage: EcsStorage
) -> None:
    sim.faults.add(kind="status", method="PUT", path=f"{USERS}/lock", times=None)
    with pytest.raises(BackendUnavailable, match="removed again"):
        storage.create_user(BOB, {"suspended": True})
    assert sim.users(NAMESPACE) == ["alice"]


def test_one_that_cannot_even_be_taken_back_is_told(sim: EcsSimulator, storage: EcsStorage) -> None:
    for path in ("lock", "deactivate"):
        sim.faults.add(kind="status", path=f"{USERS}/{path}", times=None)
    with pytest.raises(BackendUnavailable, match="The user is there"):
        storage.create_user(BOB, {"suspended": True})
    assert sim.users(NAMESPACE) == ["alice", "bob"]


def test_of_processes_at_once_one_makes_the_user(sim: EcsSimulator) -> None:
    storages = [storage_at(sim) for _ in range(4)]
    barrier = threading.Barrier(len(storages))

    def create(storage: EcsStorage) -> bool:
        barrier.wait()
        return storage.create_user(BOB, SHOWN)[1]

    with ThreadPoolExecutor(len(storages)) as pool:
        assert sorted(pool.map(create, storages)) == [False, False, False, True]


def test_garbage_in_a_user_s_record_is_no_user(sim: EcsSimulator, storage: EcsStorage) -> None:
    body = b'{"name": "alice", "namespace": "physics", "locked": "perhaps"}'
    sim.faults.add(kind="garbage", path=f"{USERS}/alice/info", body=body)
    with pytest.raises(BackendMisbehaved):
        storage.get_user(ALICE)


def test_a_name_without_a_namespace_needs_a_default_one(
    sim: EcsSimulator, storage: EcsStorage
) -> None:
    for call in (storage.get_user, storage.delete_user, storage.list_keys):
        with pytest.raises(Invalid, match="Name the namespace"):
            call(Ref(None, ALICE.name))
    with_default = storage_at(sim, default_namespace=NAMESPACE)
    assert with_default.get_user(Ref(None, ALICE.name)) == storage.get_user(ALICE)


def test_an_error_other_than_absence_is_never_taken_for_it(
    sim: EcsSimulator, storage: EcsStorage
) -> None:
    """ColdFront's plugin reads whatever goes wrong as "there is none"."""
    for status, code in ((403, 3000), (500, 7000), (400, 1013)):
        sim.faults.add(kind="code", code=code, status=status, path=f"{USERS}/bob/info", times=None)
        with pytest.raises(BackendError):
            storage.create_user(BOB, {})
        with pytest.raises(BackendError):
            storage.delete_user(BOB)
        sim.faults.clear()
    assert sim.users(NAMESPACE) == ["alice"]
