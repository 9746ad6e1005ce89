"""One token for everybody, renewed in time, given back at the end; and never a login loop."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from storage_api.backends.ecs.backend import EcsStorage
from storage_api.domain.errors import (
    BackendMisbehaved,
    BackendRefused,
    BackendUnavailable,
    StorageError,
)
from storage_api.domain.models import Quota
from storage_api.domain.secrets import Secret
from tests.backends.ecs.cluster import calls, kind_of, logins, monitored, of_namespace, storage_at
from tests.simulators.ecs import NAMESPACE_ADMIN, EcsSimulator

CALLERS = 20


def test_many_first_callers_share_one_login(sim: EcsSimulator, storage: EcsStorage) -> None:
    """ColdFront's plugin's client logs in several times when it is used cold by many threads."""
    sim.settings.latency = 0.05
    barrier = threading.Barrier(CALLERS)

    def ask(_: int) -> bool:
        barrier.wait()
        try:
            storage.list_namespaces()
        except BackendUnavailable:  # as busy as we allow
            return False
        return True

    with ThreadPoolExecutor(CALLERS) as pool:
        assert any(pool.map(ask, range(CALLERS)))
    assert logins(sim) == 1
    assert sim.live_tokens(sim.username) == 1


def test_a_call_is_one_request_and_carries_no_password(
    sim: EcsSimulator, storage: EcsStorage
) -> None:
    """ColdFront's plugin's client asks who it is, with its password, before every call."""
    for _ in range(3):
        storage.list_namespaces()
    assert calls(sim) == ["GET /login"] + ["GET /object/namespaces"] * 3
    assert ["authorization" in one.headers for one in sim.requests] == [True, False, False, False]


@pytest.mark.parametrize("answer", ["401", "302"])
def test_an_ended_token_costs_one_login_and_no_error(
    sim: EcsSimulator, storage: EcsStorage, answer: str
) -> None:
    """ColdFront's plugin's client gives a 401 of the call itself to its user."""
    storage.list_namespaces()
    sim.settings.unauthenticated = answer  # type: ignore[assignment]
    sim.revoke_tokens()
    storage.create_namespace("physics", {})
    assert logins(sim) == 2
    assert sim.namespaces() == ["physics"]


def test_a_write_with_an_ended_token_happens_once(sim: EcsSimulator, storage: EcsStorage) -> None:
    storage.create_namespace("physics", {})
    sim.revoke_tokens()
    sim.forget_requests()
    storage.set_quota(of_namespace("physics"), Quota(max_bytes=1 << 30))
    assert sim.namespace("physics").quota.block == 1
    assert logins(sim) == 1


def test_callers_whose_token_ended_together_share_one_login(
    sim: EcsSimulator, storage: EcsStorage
) -> None:
    storage.list_namespaces()
    sim.settings.latency = 0.02
    sim.revoke_tokens()
    sim.forget_requests()
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: storage.list_namespaces(), range(4)))
    assert logins(sim) == 1


def test_a_token_that_is_never_accepted_ends_in_an_error_and_wastes_no_more(
    sim: EcsSimulator, storage: EcsStorage
) -> None:
    sim.faults.add(kind="code", path="/object/*", code=4000, times=None)
    for _ in range(3):
        with pytest.raises(BackendRefused, match="does not accept its token"):
            storage.list_namespaces()
    assert calls(sim) == ["GET /login", "GET /object/namespaces"] * 2


def test_a_wrong_password_is_tried_once_and_then_left_alone(sim: EcsSimulator) -> None:
    storage = storage_at(sim, password=Secret("wrong"))
    for _ in range(5):
        with pytest.raises(BackendRefused, match="name or password is wrong") as caught:
            storage.list_namespaces()
        assert caught.value.retry_after is not None
        assert 50 < caught.value.retry_after <= 60
    assert calls(sim) == ["GET /login"]


def test_the_door_opens_again_and_stays_shut_for_longer_each_time(
    sim: EcsSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage_api.backends.ecs.account._SHUT_SECONDS", 0.2)
    storage = storage_at(sim, password=Secret("wrong"))
    began = time.monotonic()
    while logins(sim) < 3 and time.monotonic() < began + 10:
        with pytest.raises(BackendRefused):
            storage.list_namespaces()
    assert time.monotonic() - began >= 0.2 + 0.4
    sim.add_account(sim.username, "wrong")
    while True:
        try:
            storage.list_namespaces()
        except BackendRefused:
            assert time.monotonic() < began + 10
        else:
            break
    assert logins(sim) == 4


def test_too_many_tokens_are_told_apart_from_a_wrong_password(
    sim: EcsSimulator, storage: EcsStorage
) -> None:
    """ECS answers the same status and code to both."""
    sim.settings.tokens_per_user = 0
    for _ in range(3):
        with pytest.raises(StorageError, match="as many tokens") as caught:
            storage.list_namespaces()
        assert kind_of(caught) == (503, "backend-unavailable")
        assert caught.value.retry_after is not None
        assert caught.value.retry_after > 50
    assert logins(sim) == 1


def test_a_cluster_that_cannot_log_us_in_just_now_is_asked_again(
    sim: EcsSimulator, storage: EcsStorage
) -> None:
    sim.faults.add(kind="status", path="/login", status=500)
    with pytest.raises(BackendUnavailable):
        storage.list_namespaces()
    assert storage.list_namespaces() == []


@pytest.mark.parametrize("kind", ["cut-before", "cut-after", "cut-within"])
def test_a_login_that_is_cut_off_is_repeated(
    sim: EcsSimulator, storage: EcsStorage, kind: str
) -> None:
    sim.faults.add(kind=kind, path="/login")  # type: ignore[arg-type]
    assert storage.list_namespaces() == []


def test_something_else_behind_the_url_is_named_as_such(
    sim: EcsSimulator, storage: EcsStorage
) -> None:
    sim.faults.add(kind="garbage", path="/login", times=None)
    with pytest.raises(BackendMisbehaved, match="check the option url"):
        storage.list_namespaces()


def test_a_lacking_role_is_no_reason_to_log_in_again(sim: EcsSimulator) -> None:
    sim.add_account("tenant", "secret", NAMESPACE_ADMIN, namespace="physics")
    storage = storage_at(sim, username="tenant", password=Secret("secret"))
    with pytest.raises(BackendRefused, match="lacks the role"):
        storage.create_namespace("chemistry", {})
    assert logins(sim) == 1


def test_reads_use_the_monitor_and_writes_the_administrator(sim: EcsSimulator) -> None:
    storage = monitored(sim)
    storage.create_namespace("physics", {"quota": Quota(max_bytes=1 << 30)})
    storage.get_capacity()
    used = {(one.method == "GET", one.account) for one in sim.requests if one.account}
    assert used == {(True, "monitor"), (False, "storage-api")}


def test_a_token_is_renewed_before_it_ends_and_the_former_given_back(
    sim: EcsSimulator, storage: EcsStorage
) -> None:
    sim.settings.token_seconds = 2
    began = time.monotonic()
    refused = 0
    while time.monotonic() < began + 2.5:
        storage.list_namespaces()
        refused += sum(one.account is None and one.path != "/login" for one in sim.requests)
        time.sleep(0.05)
    assert logins(sim) == 2
    assert refused == 0
    assert sim.live_tokens(sim.username) == 1


def test_a_renewal_that_fails_leaves_the_token_in_use(
    sim: EcsSimulator, storage: EcsStorage
) -> None:
    sim.settings.token_seconds = 1
    storage.list_namespaces()
    sim.settings.token_seconds = 60
    sim.faults.add(kind="status", path="/login", status=500, times=None)
    time.sleep(0.9)
    for _ in range(3):
        storage.list_namespaces()
    assert logins(sim) == 2


def test_a_token_of_unknown_age_is_used_as_well(sim: EcsSimulator, storage: EcsStorage) -> None:
    sim.settings.max_age_header = False
    for _ in range(3):
        storage.list_namespaces()
    assert logins(sim) == 1


def test_other_tokens_of_the_account_are_never_ended(sim: EcsSimulator) -> None:
    mine, other = storage_at(sim), storage_at(sim)
    for storage in (mine, other):
        storage.list_namespaces()
    mine._ecs._admin.log_out()
    assert sim.live_tokens(sim.username) == 1
    other.list_namespaces()
    assert logins(sim) == 2
    assert not any("force" in one.query for one in sim.requests)
