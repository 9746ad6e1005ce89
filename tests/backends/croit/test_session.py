"""Signing on to croit: with a token, with a password, and when either comes to its end."""

from datetime import timedelta

import pytest
from flask import Flask

from storage_api.backends.croit.backend import CroitStorage
from storage_api.domain.errors import (
    BackendError,
    BackendMisbehaved,
    BackendRefused,
    BackendUnavailable,
)
from storage_api.domain.models import Ref
from storage_api.domain.secrets import Secret
from tests.backends.croit.lab import at_once, fresh, new_user, storage_of
from tests.simulators.croit import CroitSimulator


def by_password(sim: CroitSimulator, password: str | None = None) -> CroitStorage:
    given = Secret(sim.password if password is None else password)
    return storage_of(sim, username=sim.username, password=given)


def logins(sim: CroitSimulator) -> int:
    return len(sim.calls("POST", "/api/auth/login"))


def test_a_session_is_opened_once_and_used_on(sim: CroitSimulator) -> None:
    storage = by_password(sim)
    for _ in range(3):
        storage.list_users(None)
    assert logins(sim) == 1


def test_callers_at_once_open_one_session(sim: CroitSimulator) -> None:
    storage = by_password(sim)
    sim.latency = 0.02
    assert at_once([lambda: storage.list_users(None)] * 6) == [[]] * 6
    assert logins(sim) == 1


@pytest.mark.parametrize("slash", ["", "/", "/api", "/api/"])
def test_the_api_is_found_with_and_without_its_path(sim: CroitSimulator, slash: str) -> None:
    assert storage_of(sim, api_url=f"{sim.url}{slash}").list_users(None) == []


def test_a_session_that_ends_in_the_middle_is_opened_anew(sim: CroitSimulator) -> None:
    """§5.3: 401 in the middle; the write that met it is done, and done once."""
    storage = by_password(sim)
    user = new_user(storage)
    sim.clock.advance(sim.settings.login_seconds + 1)
    key = storage.create_key(user)
    assert logins(sim) == 2
    assert [known.access_key for known in storage.list_keys(user)] == [key.access_key]


def test_the_end_is_met_by_many_and_one_signs_on(sim: CroitSimulator) -> None:
    storage = by_password(sim)
    storage.list_users(None)
    sim.clock.advance(sim.settings.login_seconds + 1)
    sim.latency = 0.02
    assert at_once([lambda: storage.list_users(None)] * 6) == [[]] * 6
    assert logins(sim) == 2


def test_a_session_that_is_refused_at_once_is_no_loop(sim: CroitSimulator) -> None:
    storage = by_password(sim)
    sim.refuse("GET", "/api/s3/users", 401, "Unauthorized", times=None)
    with pytest.raises(BackendRefused, match="just opened"):
        storage.list_users(None)
    assert logins(sim) == 2
    assert len(sim.calls("GET", "/api/s3/users")) == 2


def test_a_wrong_password_is_told_as_that_and_not_tried_on_and_on(sim: CroitSimulator) -> None:
    storage = by_password(sim, "wrong-pässword")
    for _ in range(3):
        with pytest.raises(BackendRefused, match="user name and password"):
            storage.list_users(None)
    assert logins(sim) == 1


def test_a_revoked_token_is_told_as_that_and_asked_once(sim: CroitSimulator) -> None:
    """§5.3: a dead credential never reads as "deleted"."""
    storage = storage_of(sim)
    user = new_user(storage)
    dead = storage_of(sim, token=Secret("revoked"))
    for call in (
        lambda: dead.delete_user(user),
        lambda: dead.get_user(user),
        lambda: dead.delete_key(user, "AKIA"),
        lambda: dead.create_user(Ref(None, fresh("user")), {}),
        dead.probe,
    ):
        before = len(sim.requests)
        with pytest.raises(BackendRefused, match="API token"):
            call()
        assert len(sim.requests) == before + 1
    assert storage.get_user(user).name == user.name


def test_an_expired_token_is_no_absent_user(sim: CroitSimulator) -> None:
    token = Secret(sim.add_token("admin", "viewer", seconds=60))
    storage = storage_of(sim, token=token)
    user = new_user(storage)
    sim.clock.advance(61)
    with pytest.raises(BackendRefused, match="expired"):
        storage.delete_user(user)
    sim.clock.advance(-61)
    storage.delete_user(user)


def test_a_viewer_reads_and_is_told_what_lacks(sim: CroitSimulator) -> None:
    viewer = storage_of(sim, token=Secret(sim.viewer_token))
    assert viewer.list_users(None) == []
    with pytest.raises(BackendRefused, match="role admin"):
        viewer.create_user(Ref(None, "somebody"), {})
    with pytest.raises(BackendRefused, match="role admin"):
        viewer.probe()


def test_a_token_that_ends_soon_is_mentioned(sim: CroitSimulator) -> None:
    assert storage_of(sim).probe() is None
    for lasts, mentioned in ((timedelta(days=30), False), (timedelta(days=3), True)):
        token = Secret(sim.add_token("admin", "viewer", seconds=lasts.total_seconds()))
        said = storage_of(sim, token=token).probe()
        assert (said is not None and "expires at 20" in said) is mentioned
    assert by_password(sim).probe() is None


def test_a_croit_that_is_away_is_unavailable(sim: CroitSimulator) -> None:
    storage = storage_of(sim)
    with sim.down(), pytest.raises(BackendUnavailable):
        storage.probe()
    storage.probe()


@pytest.mark.parametrize("kind", ["garbage", "truncate"])
def test_an_answer_that_is_not_croit_s_is_misbehaviour(sim: CroitSimulator, kind: str) -> None:
    storage = storage_of(sim)
    sim.faults.add(kind=kind, path="/api/s3/users", times=None)  # type: ignore[arg-type]
    with pytest.raises(BackendMisbehaved):
        storage.list_users(None)


@pytest.mark.parametrize("body", ["null", "[7]", '{"total": 2, "data": []}', '{"data": []}'])
def test_of_two_croits_the_one_that_is_meant_is_named(sim: CroitSimulator, body: str) -> None:
    for endpoint in ("ceph-a", "ceph-b"):
        storage = storage_of(sim)
        storage.init_app(Flask(__name__), endpoint)
        sim.faults.add(kind="garbage", path="/api/s3/users", body=body)
        with pytest.raises(BackendMisbehaved, match=rf"^{endpoint} \(croit\)"):
            storage.list_users(None)


def test_a_croit_that_asks_for_patience_is_passed_on(sim: CroitSimulator) -> None:
    storage = storage_of(sim)
    user = new_user(storage)
    sim.faults.add(kind="status", status=429, retry_after=42, method="PUT", path="*/keys/*")
    with pytest.raises(BackendUnavailable) as caught:
        storage.create_key(user)
    assert caught.value.retry_after == 42
    assert len(sim.calls("PUT", "*/keys/*")) == 1


def test_another_service_at_the_address_is_named_as_such(sim: CroitSimulator) -> None:
    sim.faults.add(kind="status", status=404, path="/api/*", times=None)
    with pytest.raises(BackendMisbehaved, match="api_url"):
        storage_of(sim).list_users(None)


@pytest.mark.parametrize("body", ["[]", "{}", '{"access_token": 7}', '{"access_token": "a\\nb"}'])
def test_a_login_without_a_token_is_misbehaviour(sim: CroitSimulator, body: str) -> None:
    sim.faults.add(kind="garbage", path="/api/auth/login", body=body, times=None)
    with pytest.raises(BackendError, match="without a session token"):
        by_password(sim).list_users(None)
