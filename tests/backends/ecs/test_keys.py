"""Two keys a user, never a third: rotation, lost answers, and secrets that stay secret."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from storage_api.backends.ecs.backend import EcsStorage
from storage_api.domain.errors import (
    BackendError,
    BackendMisbehaved,
    BackendTimeout,
    BackendUnavailable,
    Conflict,
    NotFound,
)
from storage_api.domain.models import NewKey, Ref
from storage_api.transport.context import serving
from tests.backends.ecs.cluster import storage_at
from tests.backends.ecs.objects import ALICE, KEYS, NAMESPACE, furnish, sent
from tests.simulators.ecs import EcsSimulator

ENDING = f"{KEYS}/deactivate"
LOST = ["cut-after", "cut-within", "truncate", "garbage"]
RELEASES = ["2.x", "3.x", "4.x"]


@pytest.fixture(autouse=True)
def _furnished(storage: EcsStorage) -> None:
    furnish(storage)


def ids(storage: EcsStorage) -> list[str | None]:
    return [key.id for key in storage.list_keys(ALICE)]


@pytest.fixture(params=RELEASES)
def release(request: pytest.FixtureRequest, sim: EcsSimulator) -> str:
    sim.settings.release = request.param
    return str(request.param)


@pytest.mark.usefixtures("release")
class TestEachRelease:
    def test_both_secrets_open_the_user_s_name(
        self, sim: EcsSimulator, storage: EcsStorage
    ) -> None:
        made = [storage.create_key(ALICE) for _ in range(2)]
        assert {key.access_key for key in made} == {ALICE.name}
        assert ids(storage) == [key.id for key in made]
        assert sim.secrets(NAMESPACE, ALICE.name) == [key.secret_key for key in made]
        assert storage.get_user(ALICE).key_ids == ids(storage)

    def test_a_third_is_a_conflict_and_not_even_asked_for(
        self, sim: EcsSimulator, storage: EcsStorage
    ) -> None:
        known = [storage.create_key(ALICE).id for _ in range(2)]
        with pytest.raises(Conflict, match="2 keys"):
            storage.create_key(ALICE)
        with pytest.raises(Conflict, match="2 keys"):
            storage.rotate_key(ALICE, str(known[0]))
        assert ids(storage) == known
        assert len(sent(sim, "POST", KEYS)) == 2

    def test_a_deletion_is_of_just_that_key(self, sim: EcsSimulator, storage: EcsStorage) -> None:
        """The other one moves into the free slot, which is why slots name nothing."""
        gone, kept = (storage.create_key(ALICE) for _ in range(2))
        for _ in range(2):
            storage.delete_key(ALICE, str(gone.id))
            assert sim.secrets(NAMESPACE, ALICE.name) == [kept.secret_key]
        assert ids(storage) == [kept.id]

    def test_a_body_that_names_no_key_is_never_sent(
        self, sim: EcsSimulator, storage: EcsStorage
    ) -> None:
        """It would remove them all."""
        key = storage.create_key(ALICE)
        storage.rotate_key(ALICE, str(key.id))
        storage.delete_key(ALICE, "absent")
        for body in sent(sim, "POST", ENDING):
            assert body.get("secret_key") or body.get("secret_key_id")

    def test_a_rotation_ends_the_old_key_at_once(
        self, sim: EcsSimulator, storage: EcsStorage
    ) -> None:
        old = storage.create_key(ALICE)
        new = storage.rotate_key(ALICE, str(old.id))
        assert sim.secrets(NAMESPACE, ALICE.name) == [new.secret_key]
        assert ids(storage) == [new.id]
        assert new.id != old.id
        with pytest.raises(NotFound):
            storage.rotate_key(ALICE, str(old.id))
        assert ids(storage) == [new.id]

    def test_or_lets_it_work_for_some_minutes(self, sim: EcsSimulator, storage: EcsStorage) -> None:
        old = storage.create_key(ALICE)
        new = storage.rotate_key(ALICE, str(old.id), old_key_expires_in_minutes=60)
        first, second = storage.list_keys(ALICE)
        assert (first.id, second.id, second.expires) == (old.id, new.id, None)
        assert first.expires is not None
        assert timedelta(minutes=59) < first.expires - sim.clock.now() <= timedelta(minutes=60)
        with pytest.raises(Conflict, match="ends at"):
            storage.rotate_key(ALICE, str(new.id))
        sim.clock.advance(3601)
        assert ids(storage) == [new.id]
        assert sim.secrets(NAMESPACE, ALICE.name) == [new.secret_key]


@pytest.mark.parametrize("kind", LOST)
@pytest.mark.parametrize("held", [0, 1])
def test_a_key_whose_answer_is_lost_is_found_not_made_again(
    sim: EcsSimulator, storage: EcsStorage, kind: str, held: int
) -> None:
    for _ in range(held):
        storage.create_key(ALICE)
    sim.faults.add(kind=kind, method="POST", path=KEYS)  # type: ignore[arg-type]  # one of them
    made = storage.create_key(ALICE)
    assert len(sent(sim, "POST", KEYS)) == held + 1
    assert sim.secrets(NAMESPACE, ALICE.name)[-1] == made.secret_key
    assert ids(storage)[-1] == made.id
    assert len(ids(storage)) == held + 1


@pytest.mark.parametrize(
    ("status", "code"), [(503, 30026), (500, 7000), (503, 6503)], ids=["busy", "internal", "front"]
)
def test_a_passing_trouble_makes_no_key_and_says_so(
    sim: EcsSimulator, storage: EcsStorage, status: int, code: int
) -> None:
    sim.faults.add(kind="code", code=code, status=status, method="POST", path=KEYS, times=None)
    with pytest.raises(BackendUnavailable) as caught:
        storage.create_key(ALICE)
    assert caught.value.retryable
    assert len(sent(sim, "POST", KEYS)) == 1
    sim.faults.clear()
    assert ids(storage) == []


def test_where_nobody_can_look_it_is_no_success(sim: EcsSimulator, storage: EcsStorage) -> None:
    sim.faults.add(kind="cut-after", method="POST", path=KEYS)
    sim.faults.add(kind="cut-before", method="GET", path=f"{KEYS}/*", after=1, times=None)
    with pytest.raises(BackendError):
        storage.create_key(ALICE)
    sim.faults.clear()
    assert len(ids(storage)) == 1, "which the next list shows"


def test_a_cluster_that_is_too_slow_is_no_success(sim: EcsSimulator, storage: EcsStorage) -> None:
    sim.faults.add(kind="slow", method="POST", path=KEYS, seconds=1.5)
    with serving("impatient", seconds=0.5), pytest.raises(BackendTimeout):
        storage.create_key(ALICE)
    assert len(sent(sim, "POST", KEYS)) == 1, "it may still be made, so nobody asks again"


def test_where_secrets_are_hidden_a_lost_one_is_told_by_its_id(
    sim: EcsSimulator, storage: EcsStorage
) -> None:
    sim.settings.hide_secret_keys = True
    sim.faults.add(kind="cut-after", method="POST", path=KEYS)
    with pytest.raises(BackendError, match="secret is lost") as caught:
        storage.create_key(ALICE)
    (lost,) = ids(storage)
    assert str(lost) in str(caught.value)
    storage.delete_key(ALICE, str(lost))
    assert sim.secrets(NAMESPACE, ALICE.name) == []


def test_hidden_keys_are_rotated_by_their_ids(sim: EcsSimulator, storage: EcsStorage) -> None:
    sim.settings.hide_secret_keys = True
    old = storage.create_key(ALICE)
    new = storage.rotate_key(ALICE, str(old.id))
    assert sim.secrets(NAMESPACE, ALICE.name) == [new.secret_key]
    assert sent(sim, "POST", ENDING) == [{"namespace": NAMESPACE, "secret_key_id": old.id}]


@pytest.mark.parametrize("kind", ["cut-after", "garbage"])
def test_a_rotation_whose_last_answer_is_lost_is_done(
    sim: EcsSimulator, storage: EcsStorage, kind: str
) -> None:
    old = storage.create_key(ALICE)
    sim.faults.add(kind=kind, method="POST", path=ENDING)  # type: ignore[arg-type]  # one of them
    new = storage.rotate_key(ALICE, str(old.id))
    assert sim.secrets(NAMESPACE, ALICE.name) == [new.secret_key]


def test_if_the_old_key_cannot_end_it_stays_and_the_new_one_goes(
    sim: EcsSimulator, storage: EcsStorage
) -> None:
    old = storage.create_key(ALICE)
    sim.faults.add(kind="status", method="POST", path=ENDING)
    with pytest.raises(BackendUnavailable):
        storage.rotate_key(ALICE, str(old.id))
    assert sim.secrets(NAMESPACE, ALICE.name) == [old.secret_key]


def test_if_nobody_knows_whether_it_ended_the_caller_is_told(
    sim: EcsSimulator, storage: EcsStorage
) -> None:
    old = storage.create_key(ALICE)
    hasty = storage_at(sim, read_timeout=0.3)
    sim.faults.add(kind="status", method="POST", path=ENDING, times=None)
    sim.faults.add(kind="cut-before", method="GET", path=f"{KEYS}/*", after=1, times=None)
    with pytest.raises((BackendUnavailable, BackendTimeout), match="both may be valid") as caught:
        hasty.rotate_key(ALICE, str(old.id))
    assert not any(secret in str(caught.value) for secret in sim.secrets(NAMESPACE, ALICE.name))
    sim.faults.clear()
    assert len(ids(storage)) == 2


def test_an_expiry_that_ecs_does_not_keep_is_no_rotation(
    sim: EcsSimulator, storage: EcsStorage
) -> None:
    old = storage.create_key(ALICE)
    stamp = old.created.strftime("%Y-%m-%d %H:%M:%S.%f")[:-3] if old.created else ""
    lie = (
        f'{{"secret_key_1": "{old.secret_key}", "secret_key_1_exist": true,'
        f'"secret_key_1_id": "{old.id}", "key_timestamp_1": "{stamp}", "secret_key_2": ""}}'
    )
    sim.faults.add(kind="garbage", method="GET", path=f"{KEYS}/*", after=1, body=lie)
    with pytest.raises(BackendMisbehaved, match="expire"):
        storage.rotate_key(ALICE, str(old.id), old_key_expires_in_minutes=5)
    assert len(sent(sim, "POST", ENDING)) == 1
    assert sim.secrets(NAMESPACE, ALICE.name) == [old.secret_key]


@pytest.mark.parametrize("minutes", [0, 30])
def test_of_rotations_at_once_one_succeeds(sim: EcsSimulator, minutes: int) -> None:
    old = storage_at(sim).create_key(ALICE)
    found = at_once(
        sim,
        lambda storage: storage.rotate_key(ALICE, str(old.id), old_key_expires_in_minutes=minutes),
    )
    made = [one for one in found if isinstance(one, NewKey)]
    assert len(made) == 1
    refused = {type(one) for one in found if not isinstance(one, NewKey)}
    assert refused == ({Conflict} if minutes else {NotFound})
    assert made[0].secret_key in sim.secrets(NAMESPACE, ALICE.name)


def test_of_callers_at_once_two_get_a_key(sim: EcsSimulator) -> None:
    found = at_once(sim, lambda storage: storage.create_key(ALICE))
    made = [one for one in found if isinstance(one, NewKey)]
    assert sorted(key.secret_key for key in made) == sorted(sim.secrets(NAMESPACE, ALICE.name))
    assert [type(one) for one in found if not isinstance(one, NewKey)] == [Conflict, Conflict]


def test_an_absent_user_has_no_keys(storage: EcsStorage) -> None:
    nobody = Ref(NAMESPACE, "nobody")
    calls: list[Callable[[], object]] = [
        lambda: storage.list_keys(nobody),
        lambda: storage.create_key(nobody),
        lambda: storage.delete_key(nobody, "1"),
        lambda: storage.rotate_key(nobody, "1"),
    ]
    for call in calls:
        with pytest.raises(NotFound):
            call()


def at_once(
    sim: EcsSimulator, call: Callable[[EcsStorage], NewKey], callers: int = 4
) -> list[object]:
    """What each of several processes gets."""
    barrier = threading.Barrier(callers)

    def run(storage: EcsStorage) -> object:
        barrier.wait()
        try:
            return call(storage)
        except (Conflict, NotFound) as error:
            return error

    with ThreadPoolExecutor(callers) as pool:
        return list(pool.map(run, [storage_at(sim) for _ in range(callers)]))
