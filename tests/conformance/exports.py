"""What ``ExportStore`` promises."""

import pytest

from storage_api.domain.capabilities import Capability
from tests.conformance.base import Contract
from tests.conformance.client import Api, fresh
from tests.conformance.target import Target, at_once, names, statuses


class ExportContract(Contract):
    def test_a_created_policy_is_answered_found_and_listed(self, target: Target, api: Api) -> None:
        name = fresh("policy")
        rules = ["10.10.0.0/16", "host.example.org", "192.168.1.1"]
        made = api.post(target.url("export", name), {"rules": rules}).expect(201)
        assert made == {"name": name, "rules": rules}
        assert api.get(target.url("export", name)).expect(200) == made
        assert made in api.get(target.url("export")).expect(200)

    def test_repeated_rules_are_taken_once(self, target: Target, api: Api) -> None:
        rules = ["10.0.0.2", "10.0.0.1", "10.0.0.2"]
        url = target.url("export", target.new_policy(*rules))
        assert api.get(url).expect(200)["rules"] == ["10.0.0.2", "10.0.0.1"]

    def test_a_policy_without_rules_is_a_policy(self, target: Target, api: Api) -> None:
        url = target.url("export", fresh("policy"))
        assert api.post(url).expect(201)["rules"] == []
        assert api.get(url).expect(200)["rules"] == []

    def test_a_name_in_use_is_refused(self, target: Target, api: Api) -> None:
        url = target.url("export", target.new_policy("10.0.0.1"))
        again = api.post(url, {"rules": ["10.0.0.2"]}).expect(400)
        assert again["code"] == "already-exists"
        assert api.get(url).expect(200)["rules"] == ["10.0.0.1"]

    def test_of_callers_at_once_one_creates_the_policy(self, target: Target, api: Api) -> None:
        url = target.url("export", fresh("policy"))
        answers = at_once(lambda number: api.post(url, {"rules": [f"10.0.0.{number + 1}"]}))
        assert statuses(answers) == [201] + [400] * 7
        winner = next(answer for answer in answers if answer.status == 201)
        assert api.get(url).expect(200) == winner.body

    def test_a_deleted_policy_s_name_is_free(self, target: Target, api: Api) -> None:
        name = target.new_policy("10.0.0.1")
        url = target.url("export", name)
        api.delete(url).expect(204)
        api.get(url).expect(404)
        api.delete(url).expect(404)
        assert name not in names(api.get(target.url("export")).expect(200))
        assert api.post(url, {"rules": []}).expect(201)["rules"] == []

    def test_a_policy_in_use_stays(self, target: Target, api: Api) -> None:
        if Capability.VOLUMES not in target.quirks.families:
            pytest.skip("this back-end has no volumes to use a policy")
        policy = target.new_policy("10.0.0.1")
        volume = target.url("volumes", target.new_volume())
        changed = api.patch(volume, {"active_policy_name": policy}).expect(200)
        assert changed["active_policy_name"] == policy
        api.delete(target.url("export", policy)).expect(409)
        assert api.get(target.url("export", policy)).expect(200)["rules"] == ["10.0.0.1"]

    def test_a_rule_is_appended_once(self, target: Target, api: Api) -> None:
        policy = target.new_policy("10.0.0.1")
        for _ in range(2):
            changed = api.put(target.url("export", policy, "rule", "10.1.0.0/24")).expect(201)
            assert changed == {"name": policy, "rules": ["10.0.0.1", "10.1.0.0/24"]}
        assert api.get(target.url("export", policy)).expect(200) == changed

    def test_a_rule_is_removed_once(self, target: Target, api: Api) -> None:
        policy = target.new_policy("10.0.0.1", "10.1.0.0/24", "10.0.0.3")
        for _ in range(2):
            api.delete(target.url("export", policy, "rule", "10.1.0.0/24")).expect(204)
            found = api.get(target.url("export", policy)).expect(200)
            assert found["rules"] == ["10.0.0.1", "10.0.0.3"]

    def test_rules_added_at_once_are_all_there(self, target: Target, api: Api) -> None:
        policy = target.new_policy()
        rules = [f"10.0.{number}.0/24" for number in range(8)]
        answers = at_once(lambda n: api.put(target.url("export", policy, "rule", rules[n])))
        assert statuses(answers) == [201] * 8
        found = api.get(target.url("export", policy)).expect(200)
        assert sorted(found["rules"]) == rules

    def test_an_absent_policy_is_404(self, target: Target, api: Api) -> None:
        name = fresh("absent")
        api.get(target.url("export", name)).expect(404)
        api.delete(target.url("export", name)).expect(404)
        api.put(target.url("export", name, "rule", "10.0.0.1")).expect(404)
        api.delete(target.url("export", name, "rule", "10.0.0.1")).expect(404)
