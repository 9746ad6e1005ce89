"""What ``AllocationHost`` promises through ``/allocations``."""

from typing import Any

import pytest

from storage_api.domain.units import GIB
from tests.conformance.base import Contract
from tests.conformance.client import Api, fresh
from tests.conformance.target import Place, Target, at_once, names, statuses


class AllocationContract(Contract):
    @pytest.fixture
    def made(self, target: Target, api: Api) -> dict[str, Any]:
        return _make(target, api, fresh("lab"))

    def test_one_request_makes_namespace_quota_owner_key_and_bucket(
        self, target: Target, api: Api
    ) -> None:
        name = fresh("lab")
        made = _make(target, api, name)
        assert made["state"] == "active"
        assert made["namespace"] == name
        assert made["bucket"] == f"lab-{name}-bucket"
        assert made["connection"]["access_key"]
        assert made["connection"]["secret_key"]
        inside = Place(target, name)
        bucket = api.get(inside.url("buckets", made["bucket"])).expect(200)
        assert bucket["owner"] == made["owner"]
        assert made["quota"]["max_bytes"] == 5 * GIB
        assert made["bucket_quota"]["max_bytes"] == 5 * GIB
        assert len(api.get(inside.url("users", made["owner"], "keys")).expect(200)) == 1

    def test_it_is_found_and_listed_without_its_secret(
        self, target: Target, api: Api, made: dict[str, Any]
    ) -> None:
        found = api.get(_url(target, made)).expect(200)
        assert "connection" not in found
        assert found["quota"] == made["quota"]
        assert made["name"] in names(api.get(target.url("allocations")).expect(200))

    def test_a_repeat_finds_it_and_makes_no_second_key(
        self, target: Target, api: Api, made: dict[str, Any]
    ) -> None:
        body = {"name": made["name"], "size_bytes": 5 * GIB}
        again = api.post(target.url("allocations"), body).expect(200)
        assert again["connection"] is None
        keys = Place(target, made["namespace"]).url("users", made["owner"], "keys")
        assert len(api.get(keys).expect(200)) == 1

    def test_other_settings_are_a_conflict(
        self, target: Target, api: Api, made: dict[str, Any]
    ) -> None:
        body = {"name": made["name"], "size_bytes": 6 * GIB}
        api.post(target.url("allocations"), body).expect(409)
        assert api.get(_url(target, made)).expect(200)["size_bytes"] == 5 * GIB

    def test_a_namespace_that_is_there_already_is_never_taken_over(
        self, target: Target, api: Api
    ) -> None:
        name = fresh("lab")
        api.post(target.url("namespaces", name), {}).expect(201)
        body = {"name": name, "size_bytes": 5 * GIB}
        api.post(target.url("allocations"), body).expect(409)
        api.get(_url(target, {"name": name})).expect(404)
        api.get(target.url("namespaces", name)).expect(200)

    def test_a_name_with_spaces_and_accents_works_everywhere(
        self, target: Target, api: Api
    ) -> None:
        made = _make(target, api, f"Müller {fresh('Lab')}")
        assert made["namespace"].startswith("muller-")
        assert api.get(_url(target, made)).expect(200)["name"] == made["name"]
        api.delete(_url(target, made)).expect(204)

    @pytest.mark.parametrize(
        "wrong",
        [
            {},
            {"size_bytes": GIB, "unlimited": True},
            {"unlimited": False},
            {"size_bytes": 0},
            {"size_bytes": -GIB},
            {"size_bytes": "10G"},
            {"size_bytes": GIB, "snapshots": True},
            {"size_bytes": GIB, "cifs_share": True},
            {"size_bytes": GIB, "namespace": "a/b"},
            {"size_bytes": GIB, "bucket": "UPPER"},
        ],
    )
    def test_what_cannot_be_is_refused_before_anything_is_made(
        self, target: Target, api: Api, wrong: dict[str, Any]
    ) -> None:
        name = fresh("lab")
        api.post(target.url("allocations"), {"name": name, **wrong}).expect(400)
        api.get(target.url("namespaces", name)).expect(404)
        api.get(_url(target, {"name": name})).expect(404)

    def test_a_new_size_is_the_namespace_s_and_the_bucket_s(
        self, target: Target, api: Api, made: dict[str, Any]
    ) -> None:
        for size in (9 * GIB, 9 * GIB, 3 * GIB):
            changed = api.patch(_url(target, made), {"size_bytes": size, "force": True}).expect(200)
            assert changed["size_bytes"] == size
            assert changed["quota"]["max_bytes"] == changed["bucket_quota"]["max_bytes"] == size
        changed = api.patch(_url(target, made), {"unlimited": True}).expect(200)
        assert changed["quota"]["max_bytes"] is changed["bucket_quota"]["max_bytes"] is None

    def test_it_goes_with_all_that_it_was_made_of(
        self, target: Target, api: Api, made: dict[str, Any]
    ) -> None:
        api.delete(_url(target, made)).expect(204)
        api.get(target.url("namespaces", made["namespace"])).expect(404)
        api.get(_url(target, made)).expect(404)
        api.delete(_url(target, made)).expect(204)

    def test_it_stays_while_the_namespace_holds_anything_else(
        self, target: Target, api: Api, made: dict[str, Any]
    ) -> None:
        other = Place(target, made["namespace"]).new_user()
        answer = api.delete(_url(target, made))
        answer.expect(409)
        assert "1 user" in answer.body["detail"]
        assert api.get(_url(target, made)).expect(200)["state"] == "active"
        api.delete(Place(target, made["namespace"]).url("users", other)).expect(204)
        api.delete(_url(target, made)).expect(204)

    def test_of_callers_at_once_one_makes_it(self, target: Target, api: Api) -> None:
        body = {"name": fresh("lab"), "size_bytes": 5 * GIB}
        answers = at_once(lambda _: api.post(target.url("allocations"), body), callers=4)
        assert statuses(answers) == [200] * 3 + [201]
        assert len([a for a in answers if a.body["connection"]]) == 1

    def test_what_was_removed_behind_its_back_is_said(
        self, target: Target, api: Api, made: dict[str, Any]
    ) -> None:
        inside = Place(target, made["namespace"])
        api.delete(inside.url("buckets", made["bucket"])).expect(204)
        found = api.get(_url(target, made)).expect(200)
        assert found["state"] == "needs-attention"
        api.delete(_url(target, made)).expect(204)
        api.get(target.url("namespaces", made["namespace"])).expect(404)


def _make(target: Target, api: Api, name: str) -> dict[str, Any]:
    body = {"name": name, "size_bytes": 5 * GIB}
    made: dict[str, Any] = api.post(target.url("allocations"), body).expect(201)
    return made


def _url(target: Target, allocation: dict[str, Any]) -> str:
    return target.url("allocations", allocation["name"])
