"""Export policies, their rules and clients; locks."""

import pytest

from tests.simulators.checks.ontap.caller import POLICIES, VOLUMES, WAIT, Caller
from tests.simulators.ontap import OntapSimulator

FLAVOURS = {"ro_rule": ["sys"], "rw_rule": ["sys"], "superuser": ["sys"], "protocols": ["nfs"]}


def _rule(*matches: str, **more: object) -> dict[str, object]:
    return {"clients": [{"match": match} for match in matches], **FLAVOURS, **more}


def _matches(call: Caller, path: str) -> dict[int, list[str]]:
    rows = call.records(f"{path}/rules?fields=index,clients.match")
    return {row["index"]: [client["match"] for client in row["clients"]] for row in rows}


@pytest.fixture
def policy(sim: OntapSimulator, call: Caller) -> str:
    rules = [_rule("10.0.0.0/8"), _rule("@hosts")]
    body = {"name": "open", "svm": {"name": sim.svm}, "rules": rules}
    answer = call("POST", f"{POLICIES}?return_records=true", body)
    assert answer.status_code == 201, answer.text
    assert answer.json()["records"][0]["id"] > 1 << 53
    return str(answer.headers["Location"])


def test_a_policy_comes_with_its_rules(sim: OntapSimulator, call: Caller, policy: str) -> None:
    query = f"{POLICIES}?svm.name={sim.svm}&fields=name,id,rules.index,rules.clients.match"
    default, made = call.records(query)
    assert "rules" not in default
    assert [(rule["index"], rule["clients"]) for rule in made["rules"]] == [
        (1, [{"match": "10.0.0.0/8"}]),
        (2, [{"match": "@hosts"}]),
    ]
    body = {"name": "open", "svm": {"name": sim.svm}}
    assert call.code("POST", POLICIES, body) == "1"


@pytest.mark.parametrize(
    ("code", "body"),
    [
        ("1703952", {"name": "a b"}),
        ("1704047", {"name": "x" * 257}),
        ("1704071", {"name": "p", "rules": [_rule("10.1.1.1"), _rule("10.1.1.1")]}),
        ("1704071", {"name": "p", "rules": [_rule("10.1.1.1", "10.1.1.1")]}),
        ("1704037", {"name": "p", "rules": [_rule("10.1.1.999")]}),
        ("1704037", {"name": "p", "rules": [_rule("10.1.1.0/33")]}),
        ("1704040", {"name": "p", "rules": [_rule("bad host")]}),
        ("262197", {"name": "p", "rules": [_rule("10.1.1.1", rw_rule=["all"])]}),
    ],
)
def test_policies_that_cannot_be(
    sim: OntapSimulator, call: Caller, code: str, body: dict[str, object]
) -> None:
    assert call.code("POST", POLICIES, {"svm": {"name": sim.svm}, **body}) == code


def test_rules_have_an_order(call: Caller, policy: str) -> None:
    assert call.code("POST", f"{policy}/rules", _rule("192.0.2.1", "192.0.2.2")) == ""
    assert call.code("POST", f"{policy}/rules", _rule(".example.org", index=1)) == ""
    assert _matches(call, policy) == {
        1: [".example.org"],
        2: ["10.0.0.0/8"],
        3: ["@hosts"],
        4: ["192.0.2.1", "192.0.2.2"],
    }
    assert call.code("POST", f"{policy}/rules", _rule("10.0.0.0/8")) == "1704070"
    found = call.records(f"{policy}/rules?clients.match=10.0.0.0/8&fields=index")
    assert [row["index"] for row in found] == [2]
    assert call.code("DELETE", f"{policy}/rules/2") == ""
    assert call.code("DELETE", f"{policy}/rules/4/clients/192.0.2.1") == ""
    assert _matches(call, policy) == {1: [".example.org"], 3: ["@hosts"], 4: ["192.0.2.2"]}
    assert call.code("DELETE", f"{policy}/rules/2") == "4"


def test_a_network_is_deleted_by_its_encoded_match(call: Caller, policy: str) -> None:
    call("POST", f"{policy}/rules", _rule("192.0.2.0/24", "192.0.2.1"))
    assert call.code("DELETE", f"{policy}/rules/3/clients/192.0.2.0%2F24") == ""
    assert call.code("DELETE", f"{policy}/rules/3/clients/192.0.2.0%2F24") == "4"
    assert _matches(call, policy)[3] == ["192.0.2.1"]


def test_a_policy_in_use_stays(sim: OntapSimulator, call: Caller, policy: str) -> None:
    uuid = sim.add_volume("vol", policy="open").uuid
    assert call.code("DELETE", policy) == "1703945"
    sim.settings.policy_release_seconds = 60.0
    assert call.patch(uuid, nas={"export_policy": {"name": "default"}}) == ""
    assert call.code("DELETE", policy) == "1703945"
    sim.settings.policy_release_seconds = 0.0
    assert call.code("DELETE", policy) == ""
    assert call.code("DELETE", policy) == "1703954"
    assert call.code("DELETE", f"{POLICIES}/{sim.policy('default').id}") == "1703947"


def test_more_than_500_rules_are_cut_off(sim: OntapSimulator, call: Caller) -> None:
    sim.settings.version = "9.19.1"
    large = sim.add_policy("large", [f"10.0.{n // 250}.{n % 250}" for n in range(501)])
    row = call("GET", f"{POLICIES}/{large.id}?fields=rules,are_rules_truncated").json()
    assert (len(row["rules"]), row["are_rules_truncated"]) == (500, True)
    assert len(call.records(f"{POLICIES}/{large.id}/rules")) == 501
    sim.settings.version = "9.17.1"
    assert call.code("GET", f"{POLICIES}?fields=are_rules_truncated") == "262197"


def test_locks_go_by_query(sim: OntapSimulator, call: Caller) -> None:
    for volume in ("vol", "other"):
        sim.add_volume(volume)
        for address in ("192.0.2.7", "192.0.2.8"):
            sim.add_lock(volume, address)
    path = f"/protocols/locks?svm.name={sim.svm}&volume.name=vol"
    rows = call.records(f"{path}&fields=client_address,state,protocol")
    assert {row["client_address"] for row in rows} == {"192.0.2.7", "192.0.2.8"}
    assert call("DELETE", f"{path}&client_address=192.0.2.7").json() == {"num_records": 1}
    assert call.code("DELETE", f"{path}&client_address=192.0.2.7") == "4"
    assert [lock.client_address for lock in sim.locks("vol")] == ["192.0.2.8"]
    assert len(sim.locks("other")) == 2
    assert call.code("DELETE", f"{VOLUMES}/{sim.volume('vol').uuid}?{WAIT}") == ""
    assert len(call.records("/protocols/locks")) == 2
