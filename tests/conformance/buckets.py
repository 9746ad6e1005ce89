"""What ``BucketStore`` promises of buckets themselves."""

import re
from datetime import datetime
from typing import Any

import pytest

from tests.conformance.base import PlacedContract, named_place
from tests.conformance.client import Api, fresh
from tests.conformance.target import Place, Target, at_once, lasting, names, statuses


class BucketContract(PlacedContract):
    def test_a_created_bucket_is_answered_found_and_listed(self, place: Place, api: Api) -> None:
        owner, name = place.new_owner(), fresh("bucket")
        made = api.post(place.url("buckets", name), {"owner": owner}).expect(201)
        assert made["name"] == name
        assert made["owner"] == owner
        assert made["namespace"] == place.shown
        assert made["versioning"] == "off"
        assert api.get(place.url("buckets", name)).expect(200)["owner"] == owner
        listed = {item["name"]: item for item in api.get(place.url("buckets")).expect(200)}
        assert listed[name]["owner"] in {owner, None}

    def test_its_time_of_birth_is_rfc_3339_in_utc(self, default_place: Place, api: Api) -> None:
        url = default_place.url("buckets", default_place.new_bucket())
        created = api.get(url).expect(200)["created"]
        assert created.endswith("Z")
        assert datetime.fromisoformat(created).year > 2000

    def test_a_repeated_create_finds_the_first_one_s(self, place: Place, api: Api) -> None:
        body = {"owner": place.new_owner(), "versioning": "enabled"}
        url = place.url("buckets", fresh("bucket"))
        made = api.post(url, body).expect(201)
        again = api.post(url, body).expect(200)
        assert lasting(again) == lasting(made)

    @pytest.mark.parametrize("other", [{"versioning": "enabled"}, {"object_lock": True}], ids=str)
    def test_an_existing_bucket_with_other_settings_is_a_conflict(
        self, default_place: Place, api: Api, other: dict[str, Any]
    ) -> None:
        owner = default_place.new_owner()
        url = default_place.url("buckets", default_place.new_bucket(owner))
        refused = api.post(url, {"owner": owner, **other}).expect(409)
        assert refused["code"] == "already-exists"
        assert api.get(url).expect(200)["versioning"] == "off"

    def test_an_existing_bucket_of_somebody_else_is_a_conflict(
        self, place: Place, api: Api
    ) -> None:
        owner = place.new_owner()
        url = place.url("buckets", place.new_bucket(owner))
        api.post(url, {"owner": place.new_owner()}).expect(409)
        assert api.get(url).expect(200)["owner"] == owner

    def test_the_owner_must_exist(self, place: Place, api: Api) -> None:
        url = place.url("buckets", fresh("bucket"))
        api.post(url, {"owner": fresh("absent")}).expect(400)
        api.get(url).expect(404)

    def test_a_suspended_owner_gets_no_bucket(self, default_place: Place, api: Api) -> None:
        owner = default_place.new_owner()
        api.patch(default_place.url("users", owner), {"suspended": True}).expect(200)
        url = default_place.url("buckets", fresh("bucket"))
        api.post(url, {"owner": owner}).expect(409)
        api.get(url).expect(404)

    @pytest.mark.parametrize("limit", [0, 1])
    def test_an_owner_gets_no_more_buckets_than_allowed(
        self, default_place: Place, api: Api, limit: int
    ) -> None:
        if not default_place.target.quirks.max_buckets:
            pytest.skip("this back-end does not limit the number of buckets")
        owner = default_place.new_owner(max_buckets=limit)
        for _ in range(limit):
            default_place.new_bucket(owner)
        url = default_place.url("buckets", fresh("bucket"))
        api.post(url, {"owner": owner}).expect(409)
        api.get(url).expect(404)

    def test_of_callers_at_once_one_creates_the_bucket(self, place: Place, api: Api) -> None:
        body = {"owner": place.new_owner()}
        url = place.url("buckets", fresh("bucket"))
        answers = at_once(lambda _: api.post(url, body))
        assert statuses(answers) == [200] * 7 + [201]

    def test_of_owners_at_once_one_gets_the_bucket(self, place: Place, api: Api) -> None:
        owners = [place.new_owner() for _ in range(8)]
        url = place.url("buckets", fresh("bucket"))
        answers = at_once(lambda number: api.post(url, {"owner": owners[number]}))
        assert statuses(answers) == [201] + [409] * 7
        winner = next(number for number, answer in enumerate(answers) if answer.status == 201)
        assert api.get(url).expect(200)["owner"] == owners[winner]

    def test_the_same_name_in_another_namespace_is_another_bucket(
        self, target: Target, api: Api
    ) -> None:
        here, there = Place(target, None), named_place(target)
        name = here.new_bucket()
        api.get(there.url("buckets", name)).expect(404)
        body = {"owner": there.new_owner()}
        assert api.post(there.url("buckets", name), body).expect(201)["owner"] == body["owner"]
        api.delete(there.url("buckets", name)).expect(204)
        api.get(here.url("buckets", name)).expect(200)

    def test_a_namespace_that_is_absent_has_no_buckets(self, target: Target, api: Api) -> None:
        named_place(target)
        nowhere = Place(target, fresh("absent"))
        api.get(nowhere.url("buckets")).expect(404)
        api.get(nowhere.url("buckets", fresh("bucket"))).expect(404)

    def test_a_deleted_bucket_is_gone_and_stays_gone(self, place: Place, api: Api) -> None:
        name = place.new_bucket()
        for _ in range(2):
            assert api.delete(place.url("buckets", name)).expect(204) is None
            api.get(place.url("buckets", name)).expect(404)
        assert name not in names(api.get(place.url("buckets")).expect(200))

    def test_a_bucket_that_holds_something_stays(
        self, target: Target, place: Place, api: Api
    ) -> None:
        if target.quirks.put_object is None:
            pytest.skip("there is no way to put an object into this back-end")
        owner = place.new_owner()
        name = place.new_bucket(owner)
        for _ in range(3):
            target.quirks.put_object(place, owner, name, 10)
        refused = api.delete(place.url("buckets", name)).expect(409)
        assert re.search(r"\b3\b", refused["detail"])
        api.get(place.url("buckets", name)).expect(200)


class BucketChangeContract(PlacedContract):
    def test_versioning_is_kept_and_never_goes_back_to_off(self, place: Place, api: Api) -> None:
        url = place.url("buckets", place.new_bucket())
        for state in ("enabled", "enabled", "suspended", "enabled"):
            assert api.patch(url, {"versioning": state}).expect(200)["versioning"] == state
            assert api.get(url).expect(200)["versioning"] == state
        api.patch(url, {"versioning": "off"}).expect(400)
        assert api.get(url).expect(200)["versioning"] == "enabled"

    def test_object_lock_is_for_ever_and_keeps_versioning_on(
        self, default_place: Place, api: Api
    ) -> None:
        owner = default_place.new_owner()
        body = {"owner": owner, "object_lock": True}
        url = default_place.url("buckets", fresh("bucket"))
        made = api.post(url, body).expect(201)
        assert (made["object_lock"], made["versioning"]) == (True, "enabled")
        api.post(url, body).expect(200)
        api.patch(url, {"versioning": "suspended"}).expect(409)
        api.post(url, {"owner": owner, "object_lock": False}).expect(409)
        found = api.get(url).expect(200)
        assert (found["object_lock"], found["versioning"]) == (True, "enabled")

    def test_tags_are_replaced_as_a_whole(
        self, target: Target, default_place: Place, api: Api
    ) -> None:
        if not target.quirks.bucket_tags:
            pytest.skip("this back-end has no tags on buckets")
        url = default_place.url("buckets", default_place.new_bucket(tags={"a": "1", "b": "2"}))
        assert api.get(url).expect(200)["tags"] == {"a": "1", "b": "2"}
        for _ in range(2):
            api.patch(url, {"tags": {"c": "3"}}).expect(200)
            assert api.get(url).expect(200)["tags"] == {"c": "3"}
        api.patch(url, {"tags": {}}).expect(200)
        assert not api.get(url).expect(200)["tags"]

    def test_a_bucket_gets_another_owner(self, place: Place, api: Api) -> None:
        owner = place.new_owner()
        url = place.url("buckets", place.new_bucket())
        for _ in range(2):
            assert api.patch(url, {"owner": owner}).expect(200)["owner"] == owner
            assert api.get(url).expect(200)["owner"] == owner

    def test_an_unknown_owner_is_refused(self, place: Place, api: Api) -> None:
        owner = place.new_owner()
        url = place.url("buckets", place.new_bucket(owner))
        api.patch(url, {"owner": fresh("absent")}).expect(400)
        assert api.get(url).expect(200)["owner"] == owner

    def test_a_quota_can_be_set_from_the_start(self, place: Place, api: Api) -> None:
        quota = {"max_bytes": 1024**3, "max_objects": 77}
        url = place.url("buckets", place.new_bucket(quota=quota))
        found = api.get(url).expect(200)["quota"]
        assert (found["max_bytes"], found["max_objects"]) == (1024**3, 77)
        assert found["enabled"] is True

    def test_an_absent_bucket_is_404(self, place: Place, api: Api) -> None:
        url = place.url("buckets", fresh("absent"))
        api.get(url).expect(404)
        api.patch(url, {"versioning": "enabled"}).expect(404)

    @pytest.mark.parametrize(
        "fixed",
        [
            {"name": "other"},
            {"namespace": "other"},
            {"object_lock": True},
            {"filesystem_enabled": True},
            {"encryption_enabled": True},
            {"replication_group": "rg2"},
            {"placement": "other"},
            {"quota": {"max_bytes": 2**40}},
        ],
        ids=str,
    )
    def test_what_is_fixed_or_set_elsewhere_is_refused_by_name(
        self, default_place: Place, api: Api, fixed: dict[str, Any]
    ) -> None:
        url = default_place.url("buckets", default_place.new_bucket())
        before = lasting(api.get(url).expect(200))
        refused = api.patch(url, {"tags": {"a": "b"}, **fixed}).expect(400)
        assert refused["detail"] == f"{next(iter(fixed))} cannot be changed by this request."
        assert lasting(api.get(url).expect(200)) == before

    def test_an_empty_change_is_refused(self, default_place: Place, api: Api) -> None:
        url = default_place.url("buckets", default_place.new_bucket())
        api.patch(url, {}).expect(400)

    def test_a_lock_and_retention_are_kept_or_refused_but_never_dropped(
        self, default_place: Place, api: Api
    ) -> None:
        url = default_place.url("buckets", default_place.new_bucket())
        for changes in ({"retention_seconds": 60}, {"locked": True}, {"locked": False}):
            answer = api.patch(url, changes)
            if answer.status != 400:
                found = answer.expect(200)
                wanted = {key: value or None for key, value in changes.items()}
                assert {key: found[key] or None for key in changes} == wanted


class AclContract(PlacedContract):
    def test_the_owner_may_do_everything(self, place: Place, api: Api) -> None:
        owner = place.new_owner()
        url = place.url("buckets", place.new_bucket(owner), "acl")
        found = api.get(url).expect(200)
        assert found["owner"] == owner
        assert found["grants"] == [
            {"kind": "user", "grantee": owner, "permissions": ["full_control"]}
        ]

    def test_an_absent_bucket_is_404(self, place: Place, api: Api) -> None:
        api.get(place.url("buckets", fresh("absent"), "acl")).expect(404)
