"""Export policies."""

from collections.abc import Callable

import pytest

from storage_api.backends.dummy.backend import DummyStorage
from storage_api.domain.errors import AlreadyExists, Conflict, NotFound
from storage_api.domain.models import ExportPolicy


def test_rules_keep_their_order_and_are_taken_once(dummy: DummyStorage) -> None:
    made = dummy.create_policy("p", ["b", "a", "b"])
    assert made == ExportPolicy(name="p", rules=["b", "a"])
    assert dummy.get_policy("p") == made
    assert dummy.list_policies() == [made]


def test_a_name_in_use_is_refused(dummy: DummyStorage) -> None:
    dummy.create_policy("p", ["a"])
    with pytest.raises(AlreadyExists, match="already exists"):
        dummy.create_policy("p", [])
    assert dummy.get_policy("p").rules == ["a"]


def test_rules_come_and_go(dummy: DummyStorage) -> None:
    dummy.create_policy("p", ["a"])
    for _ in range(2):
        assert dummy.ensure_rule("p", "10.0.0.0/8").rules == ["a", "10.0.0.0/8"]
    for _ in range(2):
        dummy.remove_rule("p", "a")
        assert dummy.get_policy("p").rules == ["10.0.0.0/8"]


def test_a_policy_in_use_stays(dummy: DummyStorage) -> None:
    dummy.create_policy("p", [])
    for number in range(7):
        dummy.create_volume(f"v{number}", {"active_policy_name": "p"})
    with pytest.raises(Conflict, match=r"v0, v1, v2, v3, v4, … \(7 in all\)"):
        dummy.delete_policy("p")
    dummy.create_policy("q", [])
    for number in range(6):
        dummy.restrict_volume(f"v{number}")
    with pytest.raises(Conflict, match=r"volumes: v6 \(1 in all\)"):
        dummy.delete_policy("p")
    dummy.update_volume("v6", {"active_policy_name": "q"})
    dummy.delete_policy("p")
    assert [policy.name for policy in dummy.list_policies()] == ["q"]


def test_an_absent_policy_is_not_found(dummy: DummyStorage) -> None:
    calls: list[Callable[[], object]] = [
        lambda: dummy.get_policy("p"),
        lambda: dummy.delete_policy("p"),
        lambda: dummy.ensure_rule("p", "a"),
        lambda: dummy.remove_rule("p", "a"),
    ]
    for call in calls:
        with pytest.raises(NotFound, match="no export policy 'p'"):
            call()
