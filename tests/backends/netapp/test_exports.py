"""Export policies that others change too, on a filer whose answers are lost."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from storage_api.backends.netapp.backend import NetappStorage
from storage_api.domain.errors import (
    AlreadyExists,
    BackendUnavailable,
    Conflict,
    NotFound,
    StorageError,
)
from storage_api.transport.context import serving
from tests.backends.netapp.filer import POLICIES, kind_of, sent, storage_at
from tests.simulators.ontap import OntapSimulator
from tests.simulators.ontap.export_records import Rule

ONE_POLICY = f"{POLICIES}/*"
RULES = f"{POLICIES}/*/rules"
ONE_RULE = f"{RULES}/*"


@pytest.fixture
def sim(sim: OntapSimulator) -> OntapSimulator:
    sim.add_policy("p", ["10.0.0.1", "10.0.0.2", "10.0.0.0/24"])
    return sim


def rules(sim: OntapSimulator, name: str = "p") -> list[tuple[str, ...]]:
    """Each rule's client matches, as the filer has them."""
    return [rule.clients for rule in sim.policy(name).rules]


def set_rules(sim: OntapSimulator, *clients: tuple[str, ...]) -> None:
    """As another administrator left them: with gaps between the indices."""
    policy = sim.policy("p")
    made = tuple(
        Rule(number * 3, matches, ("sys",), ("sys",)) for number, matches in enumerate(clients, 1)
    )
    with sim.world.lock:
        sim.world.policies[policy.id] = replace(policy, rules=made)


class TestPolicies:
    def test_one_call_lists_them_all(self, sim: OntapSimulator, storage: NetappStorage) -> None:
        storage.list_policies()  # learns which fields this release lacks
        sim.forget_requests()
        found = {policy.name: policy.rules for policy in storage.list_policies()}
        assert found == {"default": [], "p": ["10.0.0.1", "10.0.0.2", "10.0.0.0/24"]}
        assert len(sim.requests) == 1

    def test_other_svms_policies_are_not_ours(
        self, sim: OntapSimulator, storage: NetappStorage
    ) -> None:
        sim.add_svm("vs2")
        sim.add_policy("theirs", svm="vs2")
        assert "theirs" not in {policy.name for policy in storage.list_policies()}
        with pytest.raises(NotFound):
            storage.get_policy("theirs")

    def test_rules_beyond_those_that_ontap_shows_are_read_too(
        self, sim: OntapSimulator, storage: NetappStorage
    ) -> None:
        many = [f"10.{number // 200}.{number % 200}.0/24" for number in range(620)]
        sim.add_policy("many", many)
        listed = {policy.name: policy.rules for policy in storage.list_policies()}
        assert listed["many"] == storage.get_policy("many").rules == many
        assert storage.ensure_rule("many", many[-1]).rules == many
        assert sent(sim, "POST") == []
        storage.remove_rule("many", many[-1])
        assert storage.ensure_rule("many", "10.9.0.1").rules == [*many[:-1], "10.9.0.1"]

    def test_the_release_before_that_field_is_served(
        self, sim: OntapSimulator, storage: NetappStorage
    ) -> None:
        sim.settings.version = "9.12.1"
        for _ in range(2):
            assert storage.get_policy("p").rules == ["10.0.0.1", "10.0.0.2", "10.0.0.0/24"]

    def test_rules_of_a_new_one_go_in_one_call_with_every_flavour(
        self, sim: OntapSimulator, storage: NetappStorage
    ) -> None:
        made = storage.create_policy("new", ["10.0.0.9", "10.0.0.1", "10.0.0.9"])
        assert made.rules == ["10.0.0.9", "10.0.0.1"]
        assert len(sent(sim, "POST")) == 1
        flavours = {rule.meaning[1:] for rule in sim.policy("new").rules}
        assert flavours == {(("sys",), ("sys",), ("sys",), ("nfs",), "0")}

    def test_a_name_that_reads_as_a_range_is_a_name(
        self, sim: OntapSimulator, storage: NetappStorage
    ) -> None:
        storage.create_policy("a..z", ["10.0.0.9"])
        assert storage.get_policy("a..z").rules == ["10.0.0.9"]
        with pytest.raises(NotFound):
            storage.delete_policy("a..y")
        storage.delete_policy("a..z")
        assert rules(sim)

    def test_nor_are_volumes_of_that_range_its_users(
        self, sim: OntapSimulator, storage: NetappStorage
    ) -> None:
        storage.create_policy("a..z", [])
        sim.add_volume("vol", policy="p")
        sim.faults.add(method="DELETE", path=ONE_POLICY, kind="code", code=1703945)
        storage.delete_policy("a..z")
        with pytest.raises(NotFound):
            storage.get_policy("a..z")

    def test_default_stays(self, storage: NetappStorage) -> None:
        with pytest.raises(Conflict, match="'default' always stays"):
            storage.delete_policy("default")

    def test_one_in_use_names_its_volumes(
        self, sim: OntapSimulator, storage: NetappStorage
    ) -> None:
        for number in range(7):
            sim.add_volume(f"vol{number}", policy="p")
        sim.add_volume("other")
        with pytest.raises(Conflict, match=r"vol0, vol1, vol2, vol3, vol4, … \(7 in all\)"):
            storage.delete_policy("p")
        assert rules(sim)

    def test_one_that_a_volume_just_left_is_deleted_in_the_end(
        self, sim: OntapSimulator, storage: NetappStorage
    ) -> None:
        sim.settings.policy_release_seconds = 0.4
        sim.add_volume("vol", policy="p")
        storage.update_volume("vol", {"active_policy_name": "default"})
        storage.delete_policy("p")
        with pytest.raises(KeyError):
            sim.policy("p")


@pytest.mark.parametrize("code", [8, 1703945, 1703946, 1703953, 1703947])
def test_a_refusal_to_delete_that_lasts_is_told(
    sim: OntapSimulator, storage: NetappStorage, code: int
) -> None:
    sim.faults.add(method="DELETE", path=ONE_POLICY, kind="code", code=code, times=None)
    with serving("r", seconds=1.0), pytest.raises(Conflict) as caught:
        storage.delete_policy("p")
    assert f"ONTAP code {code}" in str(caught.value)


class TestRules:
    def test_a_new_one_goes_to_the_end(self, sim: OntapSimulator, storage: NetappStorage) -> None:
        set_rules(sim, ("b",), ("a",))
        assert storage.ensure_rule("p", "0.host").rules == ["b", "a", "0.host"]

    def test_a_client_among_others_is_there(
        self, sim: OntapSimulator, storage: NetappStorage
    ) -> None:
        set_rules(sim, ("a", "b"), ("c",))
        assert storage.ensure_rule("p", "b").rules == ["a", "b", "c"]
        assert sent(sim, "POST") == []

    def test_removing_one_takes_only_that_client(
        self, sim: OntapSimulator, storage: NetappStorage
    ) -> None:
        set_rules(sim, ("a", "10.0.0.0/24", "b"), ("c",), ("10.0.0.0/24",), ("d",))
        storage.remove_rule("p", "10.0.0.0/24")
        assert rules(sim) == [("a", "b"), ("c",), ("d",)]

    def test_callers_at_once_lose_nothing(
        self, sim: OntapSimulator, storage: NetappStorage
    ) -> None:
        set_rules(sim, *((f"old{number}",) for number in range(4)))
        others = storage_at(sim)

        def change(number: int) -> None:
            one = (storage, others)[number % 2]
            if number < 4:
                one.ensure_rule("p", f"new{number}")
            else:
                one.remove_rule("p", f"old{number - 4}")

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(change, range(8)))
        assert sorted(rules(sim)) == [(f"new{number}",) for number in range(4)]

    def test_the_same_one_at_once_is_added_once(
        self, sim: OntapSimulator, storage: NetappStorage
    ) -> None:
        with ThreadPoolExecutor(8) as pool:
            made = list(pool.map(lambda _: storage.ensure_rule("p", "@hosts"), range(8)))
        assert all(policy.rules[-1] == "@hosts" for policy in made)
        assert rules(sim).count(("@hosts",)) == 1

    @pytest.mark.parametrize("code", [1, 1704070, 1704071, 1704050])
    def test_one_that_another_has_just_added_is_there(
        self, sim: OntapSimulator, storage: NetappStorage, code: int
    ) -> None:
        sim.faults.add(method="POST", path=RULES, kind="code", code=code)
        assert storage.ensure_rule("p", "h").name == "p"


class TestLostAnswer:
    MADE = ("cut-after", "cut-within", "truncate", "garbage")

    @pytest.mark.parametrize("kind", MADE)
    def test_a_policy_that_was_made_is_found(
        self, sim: OntapSimulator, storage: NetappStorage, kind: Any
    ) -> None:
        sim.faults.add(method="POST", path=POLICIES, kind=kind)
        assert storage.create_policy("new", ["b", "a", "b"]).rules == ["b", "a"]
        assert len(sent(sim, "POST")) == 1

    def test_one_that_was_not_is_not_claimed(
        self, sim: OntapSimulator, storage: NetappStorage
    ) -> None:
        sim.faults.add(method="POST", path=POLICIES, kind="cut-before")
        with pytest.raises(BackendUnavailable, match="may exist"):
            storage.create_policy("new", ["a"])
        assert storage.create_policy("new", ["a"]).rules == ["a"]

    def test_one_that_is_there_is_never_answered_as_new(
        self, sim: OntapSimulator, storage: NetappStorage
    ) -> None:
        sim.faults.add(method="POST", path=POLICIES, kind="cut-before")
        with pytest.raises(AlreadyExists):
            storage.create_policy("p", ["10.0.0.1", "10.0.0.2", "10.0.0.0/24"])

    @pytest.mark.parametrize("kind", ["cut-before", "truncate", "cut-after", "garbage"])
    def test_a_deleted_policy_is_gone(
        self, sim: OntapSimulator, storage: NetappStorage, kind: Any
    ) -> None:
        sim.faults.add(method="DELETE", path=ONE_POLICY, kind=kind)
        storage.delete_policy("p")
        with pytest.raises(KeyError):
            sim.policy("p")

    def test_a_delete_that_takes_too_long_to_answer_is_looked_up(self, sim: OntapSimulator) -> None:
        sim.faults.add(method="DELETE", path=ONE_POLICY, kind="cut-after")
        sim.faults.add(method="DELETE", path=ONE_POLICY, kind="hang")
        storage_at(sim, read_timeout=0.5).delete_policy("p")
        with pytest.raises(KeyError):
            sim.policy("p")

    def test_a_policy_that_cannot_be_deleted_is_not_called_gone(
        self, sim: OntapSimulator, storage: NetappStorage
    ) -> None:
        sim.faults.add(method="DELETE", path=ONE_POLICY, kind="cut-before", times=None)
        with pytest.raises(BackendUnavailable):
            storage.delete_policy("p")
        assert rules(sim)

    @pytest.mark.parametrize("kind", ["cut-before", *MADE])
    def test_an_added_rule_is_there_once(
        self, sim: OntapSimulator, storage: NetappStorage, kind: Any
    ) -> None:
        before = rules(sim)
        sim.faults.add(method="POST", path=RULES, kind=kind)
        storage.ensure_rule("p", "h")
        assert rules(sim) == [*before, ("h",)]

    def test_a_rule_that_cannot_be_added_is_not_called_so(
        self, sim: OntapSimulator, storage: NetappStorage
    ) -> None:
        sim.faults.add(method="POST", path=RULES, kind="cut-before", times=None)
        with pytest.raises(BackendUnavailable):
            storage.ensure_rule("p", "h")
        assert ("h",) not in rules(sim)

    @pytest.mark.parametrize("kind", ["cut-before", *MADE])
    @pytest.mark.parametrize("place", [("h",), ("h", "other")], ids=["alone", "among-others"])
    def test_a_removed_rule_is_gone_and_no_other(
        self, sim: OntapSimulator, storage: NetappStorage, place: tuple[str, ...], kind: Any
    ) -> None:
        set_rules(sim, ("a",), place, ("b",), ("c",))
        sim.faults.add(method="DELETE", path=ONE_RULE, kind=kind)
        storage.remove_rule("p", "h")
        left = [("other",)] if "other" in place else []
        assert rules(sim) == [("a",), *left, ("b",), ("c",)]

    def test_an_index_is_deleted_once(self, sim: OntapSimulator, storage: NetappStorage) -> None:
        """By the time of a repeat it might be another administrator's new rule."""
        set_rules(sim, ("a",), ("h",))
        sim.faults.add(method="DELETE", path=ONE_RULE, kind="cut-after")
        storage.remove_rule("p", "h")
        assert len(sent(sim, "DELETE")) == 1


MALFORMED = [1704036, 1704040, 1704045, 1704054, 1704064, 1704065]


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (1, (409, "already-exists")),
        (1703952, (400, "invalid")),
        (1704047, (400, "invalid")),
        *((code, (400, "invalid")) for code in MALFORMED),
        (1704071, (409, "conflict")),
        (6, (502, "backend-refused")),
        (3, (501, "not-supported")),
        (262197, (400, "invalid")),
        (4242, (502, "backend-misbehaved")),
    ],
)
def test_why_no_policy_is_made(
    sim: OntapSimulator, storage: NetappStorage, code: int, kind: tuple[int, str]
) -> None:
    sim.faults.add(method="POST", path=POLICIES, kind="code", code=code)
    with pytest.raises(StorageError) as caught:
        storage.create_policy("new", ["a"])
    assert kind_of(caught) == kind


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        *((code, (400, "invalid")) for code in MALFORMED),
        (1703954, (404, "not-found")),
        (4, (404, "not-found")),
        (6, (502, "backend-refused")),
    ],
)
def test_why_no_rule_is_added(
    sim: OntapSimulator, storage: NetappStorage, code: int, kind: tuple[int, str]
) -> None:
    sim.faults.add(method="POST", path=RULES, kind="code", code=code)
    with pytest.raises(StorageError) as caught:
        storage.ensure_rule("p", "h")
    assert kind_of(caught) == kind


def test_a_match_that_ontap_finds_malformed_is_the_caller_s_mistake(
    sim: OntapSimulator, storage: NetappStorage
) -> None:
    with pytest.raises(StorageError) as caught:
        storage.ensure_rule("p", "10.0.0.0/99")
    assert kind_of(caught) == (400, "invalid")
    with pytest.raises(StorageError) as caught:
        storage.create_policy("new", ["10.0.0.1", "10.0.0.0/99"])
    assert kind_of(caught) == (400, "invalid")
    assert {policy.name for policy in storage.list_policies()} == {"default", "p"}


@pytest.mark.parametrize(
    "record",
    [
        '{"name": "p"}',
        '{"name": "p", "id": "x"}',
        '{"name": "p", "id": 5, "rules": 7}',
        '{"name": "p", "id": 5, "rules": [{"clients": [{"match": "a"}]}]}',
        '{"name": "p", "id": 5, "rules": [{"index": 1, "clients": ["a"]}]}',
    ],
)
def test_nonsense_for_a_policy_is_the_filer_s_fault(
    sim: OntapSimulator, storage: NetappStorage, record: str
) -> None:
    body = f'{{"records": [{record}]}}'
    sim.faults.add(
        method="GET", path=POLICIES, kind="garbage", body=body, content_type="application/json"
    )
    with pytest.raises(StorageError) as caught:
        storage.ensure_rule("p", "h")
    assert kind_of(caught) == (502, "backend-misbehaved")
