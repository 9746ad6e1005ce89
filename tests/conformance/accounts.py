"""What ``UserStore`` promises of accounts: users made for one resource of a portal."""

import json
import uuid
from typing import Any

import pytest

from storage_api.domain.capabilities import HolderKind
from tests.conformance.base import PlacedContract, named_place
from tests.conformance.client import Api, fresh
from tests.conformance.target import Place, Target, at_once, key_id, names, statuses

#: A size that nobody rounds.
SIZE = 5 * 2**30
LIMITS = {"storage_limit": SIZE, "object_limit": 1000}


def request(place: Place, **more: Any) -> dict[str, Any]:
    """A body for a resource that has no account yet."""
    parts = {"organization": "Physics", "project": "ATLAS run", "resource_uuid": str(uuid.uuid4())}
    return {**parts, **(LIMITS if has_limits(place) else {}), **more}


def has_limits(place: Place) -> bool:
    return place.target.quirks.user_settings


def limits_of(quota: dict[str, Any] | None) -> tuple[int | None, int | None]:
    return (quota["max_bytes"], quota["max_objects"]) if quota else (None, None)


class AccountContract(PlacedContract):
    def test_a_resource_gets_a_user_with_limits_and_a_key(
        self, place: Place, api: Api, target: Target
    ) -> None:
        body = request(place, display_name="ATLAS at CERN")
        answer = api.post(place.url("users"), body)
        made = answer.expect(201)
        assert answer.headers["Cache-Control"] == "no-store"
        user, connection = made["user"], made["connection"]
        prefix = target.quirks.account_prefix
        assert user["name"] == f"{prefix}physics_atlas_run_{body['resource_uuid'][:8]}"
        assert user["namespace"] == place.shown
        assert user["display_name"] == "ATLAS at CERN"
        if has_limits(place):
            assert limits_of(user["quota"]) == (SIZE, 1000)
        (key,) = api.get(place.url("users", user["name"], "keys")).expect(200)
        assert key["access_key"] == connection["access_key"]
        assert user["key_ids"] == [key_id(key)]
        assert len(connection["secret_key"]) >= 20
        assert connection["endpoint"] == target.quirks.s3_endpoint

    def test_an_account_is_a_user_like_others(self, place: Place, api: Api) -> None:
        made = api.post(place.url("users"), request(place)).expect(201)
        name, secret = made["user"]["name"], made["connection"]["secret_key"]
        url = place.url("users", name)
        assert api.get(url).expect(200) == made["user"]
        assert name in names(api.get(place.url("users")).expect(200))
        for shown in (api.get(url), api.get(f"{url}/keys"), api.get(f"{url}/metadata")):
            assert secret not in json.dumps(shown.expect(200))
        api.delete(url).expect(204)
        api.post(place.url("users"), request(place)).expect(201)

    def test_the_name_can_be_given(self, place: Place, api: Api, target: Target) -> None:
        name = target.quirks.account_prefix + fresh("Acct")
        made = api.post(place.url("users"), {"uid": name}).expect(201)
        assert made["user"]["name"] == name
        again = api.post(place.url("users"), {"uid": name}).expect(200)
        assert again["user"] == made["user"]

    def test_a_repeat_adopts_and_tells_no_secret_again(self, place: Place, api: Api) -> None:
        body = request(place)
        made = api.post(place.url("users"), body).expect(201)
        again = api.post(place.url("users"), body).expect(200)
        assert again["user"] == made["user"]
        assert again["connection"] == made["connection"] | {"secret_key": None}

    def test_the_uuid_may_be_spelt_otherwise(self, default_place: Place, api: Api) -> None:
        body = request(default_place)
        made = api.post(default_place.url("users"), body).expect(201)
        other = body["resource_uuid"].replace("-", "").upper()
        again = api.post(default_place.url("users"), body | {"resource_uuid": other}).expect(200)
        assert again["user"] == made["user"]

    def test_a_repeat_sets_limits_and_name_again(
        self, place: Place, api: Api, target: Target
    ) -> None:
        body = request(place)
        name = api.post(place.url("users"), body).expect(201)["user"]["name"]
        if HolderKind.USER in target.quirks.quota_holders:
            api.put(place.url("users", name, "quota"), {"max_bytes": 1}).expect(200)
        changed = body | {"display_name": "Renamed"}
        if has_limits(place):
            changed["object_limit"] = 7
        for _ in range(2):
            user = api.post(place.url("users"), changed).expect(200)["user"]
            assert limits_of(user["quota"]) == ((SIZE, 7) if has_limits(place) else (None, None))
            assert user["display_name"] == "Renamed"

    def test_null_is_no_limit(self, default_place: Place, api: Api) -> None:
        body = request(default_place, storage_limit=None, object_limit=None)
        user = api.post(default_place.url("users"), body).expect(201)["user"]
        assert limits_of(user["quota"]) == (None, None)

    def test_a_repeat_makes_a_missing_key(self, default_place: Place, api: Api) -> None:
        body = request(default_place)
        made = api.post(default_place.url("users"), body).expect(201)
        name, (key,) = made["user"]["name"], made["user"]["key_ids"]
        api.delete(default_place.url("users", name, "keys", key)).expect(204)
        again = api.post(default_place.url("users"), body).expect(200)
        assert again["connection"]["secret_key"]
        assert len(again["user"]["key_ids"]) == 1

    def test_a_rotated_key_is_left_alone(self, default_place: Place, api: Api) -> None:
        body = request(default_place)
        made = api.post(default_place.url("users"), body).expect(201)
        keys = default_place.url("users", made["user"]["name"], "keys")
        new = api.post(f"{keys}/{made['user']['key_ids'][0]}/rotate").expect(201)
        again = api.post(default_place.url("users"), body).expect(200)
        assert again["connection"]["access_key"] == new["access_key"]
        assert again["connection"]["secret_key"] is None

    def test_of_callers_at_once_one_makes_it_and_one_learns_the_secret(
        self, place: Place, api: Api
    ) -> None:
        body = request(place)
        answers = at_once(lambda _: api.post(place.url("users"), body))
        assert statuses(answers) == [200] * 7 + [201]
        assert len({answer.body["connection"]["access_key"] for answer in answers}) == 1
        secrets = [answer.body["connection"]["secret_key"] for answer in answers]
        assert len([secret for secret in secrets if secret]) == 1


class AccountConflictContract(PlacedContract):
    def test_another_resource_with_the_same_first_digits_is_not_adopted(
        self, place: Place, api: Api
    ) -> None:
        body = request(place)
        made = api.post(place.url("users"), body).expect(201)
        other = body["resource_uuid"][:8] + str(uuid.uuid4())[8:]
        problem = api.post(place.url("users"), body | {"resource_uuid": other}).expect(409)
        assert problem["code"] == "already-exists"
        url = place.url("users", made["user"]["name"])
        assert api.get(url).expect(200) == made["user"]

    def test_a_user_who_is_no_account_is_not_adopted(
        self, place: Place, api: Api, target: Target
    ) -> None:
        name = target.quirks.account_prefix + fresh("plain")
        plain = api.post(place.url("users", name), {"display_name": "Plain"}).expect(201)
        api.post(place.url("users"), {"uid": name}).expect(409)
        assert api.get(place.url("users", name)).expect(200) == plain

    def test_the_same_name_elsewhere_is_another_account(
        self, default_place: Place, api: Api, target: Target
    ) -> None:
        body = request(default_place)
        here = api.post(default_place.url("users"), body).expect(201)
        there = api.post(named_place(target).url("users"), body).expect(201)
        assert here["user"]["name"] == there["user"]["name"]
        assert here["user"]["id"] != there["user"]["id"]

    def test_a_stamp_is_neither_lost_nor_faked(self, default_place: Place, api: Api) -> None:
        if not default_place.target.quirks.user_settings:
            pytest.skip("users of this back-end have no addresses, so nobody can send a stamp")
        body = request(default_place)
        made = api.post(default_place.url("users"), body).expect(201)["user"]
        url = default_place.url("users", made["name"])
        for email in (None, "somebody@example.org"):
            api.patch(url, {"email": email}).expect(409)
        api.patch(url, {"display_name": "Renamed"}).expect(200)
        api.post(default_place.url("users"), body).expect(200)
        api.delete(url).expect(204)
        api.post(url, {"email": made["email"]}).expect(400)
        plain = default_place.url("users", default_place.new_user())
        api.patch(plain, {"email": made["email"]}).expect(400)

    @pytest.mark.parametrize(
        "changes",
        [
            {"uid": "alice"},
            {"organization": "Физика"},
            {"organization": 7},
            {"project": "p\n"},
            {"resource_uuid": "abc7de61"},
            {"storage_limit": 0},
            {"storage_limit": -1},
            {"storage_limit": 1.5},
            {"storage_limit": "10G"},
            {"storage_limit": 2**63},
            {"object_limit": True},
            {"quota": {}},
            {"display_name": ""},
        ],
        ids=str,
    )
    def test_a_body_that_is_wrong_makes_nobody(
        self, default_place: Place, api: Api, changes: dict[str, Any]
    ) -> None:
        api.post(default_place.url("users"), request(default_place, **changes)).expect(400)

    @pytest.mark.parametrize(
        "body",
        [
            {},
            {"organization": "o", "project": "p"},
            {"organization": "o", "resource_uuid": str(uuid.UUID(int=7))},
            {"uid": ".."},
            {"uid": "a/b"},
            {"uid": ""},
            {"uid": None},
            {"uid": "x" * 129},
        ],
        ids=str,
    )
    def test_a_user_is_named_in_exactly_one_way(
        self, default_place: Place, api: Api, body: dict[str, Any]
    ) -> None:
        api.post(default_place.url("users"), body).expect(400)

    def test_there_must_be_such_a_namespace(self, target: Target, api: Api) -> None:
        absent = Place(target, fresh("absent"))
        api.post(absent.url("users"), request(absent)).expect(404)


class MetadataContract(PlacedContract):
    def test_a_new_account_has_nothing(self, place: Place, api: Api, target: Target) -> None:
        made = api.post(place.url("users"), request(place)).expect(201)
        answer = api.get(place.url("users", made["user"]["name"], "metadata"))
        found = answer.expect(200)
        assert answer.headers["Cache-Control"] == "no-store"
        assert found["user"] == made["user"]
        assert found["connection"]["endpoint"] == target.quirks.s3_endpoint
        assert found["connection"]["access_key"] is None
        assert found["connection"]["secret_key"] is None
        assert found["storage"] == {
            "bucket_count": 0,
            "used_bytes": 0,
            "used_objects": 0,
            "unmeasured_buckets": 0,
            "buckets": [],
        }
        assert found["quotas"]["user"] == made["user"]["quota"]
        share = 0 if has_limits(place) else None
        assert found["quotas"]["bytes_used_percent"] == share
        assert found["quotas"]["objects_used_percent"] == share

    def test_every_bucket_is_shown_and_counted(
        self, place: Place, api: Api, target: Target
    ) -> None:
        made = api.post(place.url("users"), request(place)).expect(201)
        name = made["user"]["name"]
        buckets = sorted(place.new_bucket(name) for _ in range(2))
        expected = [0, 0]
        if target.quirks.put_object is not None:
            for bucket in buckets:  # some do not measure a bucket before it holds something
                target.quirks.put_object(place, name, bucket, 5000)
            expected = [5000, 5000]
        found = api.get(place.url("users", name, "metadata")).expect(200)
        storage = found["storage"]
        assert [(each["name"], each["used_bytes"]) for each in storage["buckets"]] == list(
            zip(buckets, expected, strict=True)
        )
        assert storage["bucket_count"] == 2
        assert storage["used_bytes"] == sum(expected)
        if has_limits(place):
            assert found["quotas"]["bytes_used_percent"] == 0
            assert found["quotas"]["objects_used_percent"] == storage["used_objects"] / 10

    def test_without_limits_nothing_is_a_share_of_them(
        self, default_place: Place, api: Api
    ) -> None:
        url = default_place.url("users", default_place.new_user(), "metadata")
        quotas = api.get(url).expect(200)["quotas"]
        assert quotas["bytes_used_percent"] is None
        assert quotas["objects_used_percent"] is None

    def test_an_absent_user_has_none(self, place: Place, api: Api) -> None:
        api.get(place.url("users", fresh("absent"), "metadata")).expect(404)
