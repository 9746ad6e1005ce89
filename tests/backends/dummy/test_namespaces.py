"""Namespaces."""

import pytest

from storage_api.backends.dummy.backend import DummyStorage
from storage_api.domain.errors import AlreadyExists, Conflict, Invalid, NotFound
from storage_api.domain.models import Namespace, Quota, Ref
from storage_api.domain.requests import NamespaceCreate

EVERYTHING = NamespaceCreate(
    parent="science",
    display_name="Physics",
    replication_group="rg1",
    quota=Quota(max_bytes=9),
    labels={"cost-centre": "4711"},
)


def test_a_namespace_can_be_made_of_a_name_alone(dummy: DummyStorage) -> None:
    made, new = dummy.create_namespace("physics", {})
    assert new
    expected = Namespace(name="physics", display_name="physics", quota=Quota(), labels={})
    assert made == dummy.get_namespace("physics") == expected
    assert dummy.list_namespaces() == [made]


def test_every_setting_is_kept_and_can_be_asked_for_again(dummy: DummyStorage) -> None:
    with pytest.raises(Invalid, match="no namespace 'science'"):
        dummy.create_namespace("physics", EVERYTHING)
    dummy.create_namespace("science", {})
    made, _ = dummy.create_namespace("physics", EVERYTHING)
    assert {key: getattr(made, key) for key in EVERYTHING} == EVERYTHING
    assert dummy.create_namespace("physics", EVERYTHING) == (made, False)
    with pytest.raises(AlreadyExists, match="another quota"):
        dummy.create_namespace("physics", {"quota": Quota()})


def test_labels_are_replaced(dummy: DummyStorage) -> None:
    dummy.create_namespace("physics", {"labels": {"a": "1"}, "display_name": "Physics"})
    for _ in range(2):
        changed = dummy.update_namespace("physics", {"labels": {"b": "2"}})
        assert (changed.labels, changed.display_name) == ({"b": "2"}, "Physics")
    with pytest.raises(NotFound):
        dummy.update_namespace("absent", {"labels": {}})


def test_one_that_holds_something_stays(dummy: DummyStorage) -> None:
    dummy.create_namespace("physics", {})
    dummy.create_namespace("optics", {"parent": "physics"})
    for name in ("alice", "bob"):
        dummy.create_user(Ref("physics", name), {})
    dummy.create_bucket(Ref("physics", "data"), {"owner": "alice"})
    with pytest.raises(Conflict, match="2 users, 1 buckets, 1 namespaces"):
        dummy.delete_namespace("physics")
    dummy.delete_bucket(Ref("physics", "data"))
    for name in ("alice", "bob"):
        dummy.delete_user(Ref("physics", name))
    dummy.delete_namespace("optics")
    for _ in range(2):
        dummy.delete_namespace("physics")
    assert dummy.list_namespaces() == []
