"""How ONTAP's rules become ours."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage_api.backends.netapp import mapping_exports as mapping

MATCHES = st.lists(st.sampled_from(["10.0.0.1", "10.0.0.0/24", "@hosts", ".example.org", "h"]))


def rule(index: int, *matches: str) -> dict[str, Any]:
    return {"index": index, "clients": [{"match": match} for match in matches]}


def test_rules_come_in_the_order_of_their_index_and_once() -> None:
    rules = [rule(30, "c", "a"), rule(2, "a"), rule(11, "b", "a")]
    assert mapping.policy_record({"name": "p"}, rules).rules == ["a", "b", "c"]


def test_a_rule_without_clients_names_nobody() -> None:
    assert mapping.policy_record({"name": "p"}, [{"index": 1}, rule(2, "a")]).rules == ["a"]


@given(MATCHES)
def test_what_is_sent_reads_back_in_its_order(matches: list[str]) -> None:
    body = mapping.policy_body("p", "svm", matches)
    rules = [{"index": number, **rule} for number, rule in enumerate(body["rules"], 1)]
    assert mapping.policy_record({"name": "p"}, rules).rules == list(dict.fromkeys(matches))
    assert len(body["rules"]) == len(set(matches))


def test_a_rule_states_every_flavour() -> None:
    assert mapping.rule_body("10.0.0.1") == {
        "clients": [{"match": "10.0.0.1"}],
        "ro_rule": ["sys"],
        "rw_rule": ["sys"],
        "superuser": ["sys"],
        "anonymous_user": "0",
        "protocols": ["nfs"],
    }


@pytest.mark.parametrize(
    ("policy", "shown"),
    [
        ({}, []),
        ({"rules": None}, []),
        ({"rules": [rule(1, "a")]}, [rule(1, "a")]),
        ({"rules": [rule(1, "a")], "are_rules_truncated": False}, [rule(1, "a")]),
        ({"rules": [rule(1, "a")], "are_rules_truncated": True}, None),
        ({"rules": [rule(number, "a") for number in range(500)]}, None),
    ],
    ids=["absent", "null", "some", "all", "truncated", "as-many-as-are-shown"],
)
def test_rules_that_may_be_left_out_are_noticed(policy: Any, shown: Any) -> None:
    assert mapping.shown_rules(policy) == shown


def test_places_are_told_from_the_last_on() -> None:
    rules = [rule(1, "a"), rule(4, "a", "b"), rule(3, "b")]
    assert mapping.places_of("a", rules) == [(4, False), (1, True)]
    assert mapping.places_of("c", rules) == []
