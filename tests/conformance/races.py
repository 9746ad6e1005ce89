"""What must hold whoever comes first: nothing is lost, and nothing is left without its owner."""

from typing import Any

import pytest

from tests.conformance.base import Contract, PlacedContract, named_place
from tests.conformance.client import Answer, Api, fresh
from tests.conformance.target import Place, Target, at_once, names, statuses


class VolumeRaceContract(Contract):
    def test_changes_of_different_keys_are_all_kept(self, target: Target, api: Api) -> None:
        url = target.url("volumes", target.new_volume())
        changes: list[dict[str, Any]] = [
            {"size_total": 5 * 1024**3},
            {"percentage_snapshot_reserve": 9},
            {"compression_enabled": True},
            {"active_policy_name": target.new_policy("10.0.0.1")},
        ]
        answers = at_once(lambda number: api.patch(url, changes[number]), callers=len(changes))
        assert statuses(answers) == [200] * len(changes)
        found = api.get(url).expect(200)
        for change in changes:
            target.assert_shows(found, change)

    def test_a_policy_that_a_volume_just_took_stays(self, target: Target, api: Api) -> None:
        for _ in range(5):
            policy = target.new_policy("10.0.0.1")
            volume = target.url("volumes", target.new_volume())

            def race(number: int, policy: str = policy, volume: str = volume) -> Answer:
                if number:
                    return api.patch(volume, {"active_policy_name": policy})
                return api.delete(target.url("export", policy))

            deleted, changed = at_once(race, callers=2)
            assert (deleted.status, changed.status) in {(204, 400), (409, 200)}

    def test_a_snapshot_is_of_a_volume_that_is_there(self, target: Target, api: Api) -> None:
        for _ in range(5):
            volume = target.url("volumes", target.new_volume())

            def race(number: int, volume: str = volume) -> Answer:
                return api.delete(volume) if number else api.post(f"{volume}/snapshots/s")

            taken, restricted = at_once(race, callers=2)
            restricted.expect(204)
            assert taken.status in {201, 404}
            api.get(f"{volume}/snapshots").expect(404)


LIMITS = {
    "max_bytes": None,
    "max_objects": 9,
    "soft_bytes": None,
    "soft_objects": None,
    "enabled": True,
}


class ObjectRaceContract(PlacedContract):
    def test_changes_of_a_user_s_different_keys_are_all_kept(
        self, default_place: Place, api: Api
    ) -> None:
        url = default_place.url("users", default_place.new_user())
        changes: list[dict[str, Any]] = [{"display_name": "Changed"}, {"suspended": True}]
        if default_place.target.quirks.user_settings:
            changes.append(default_place.may_say(max_buckets=17) or {"bucket_quota": LIMITS})
            changes.append({"email": f"{fresh('race')}@example.org"})
        answers = at_once(lambda number: api.patch(url, changes[number]), callers=len(changes))
        assert statuses(answers) == [200] * len(changes)
        found = api.get(url).expect(200)
        for change in changes:
            assert {key: found[key] for key in change} == change

    def test_no_bucket_is_left_without_its_owner(self, default_place: Place, api: Api) -> None:
        place = default_place
        for _ in range(4):
            owner = place.new_owner()
            user, bucket = place.url("users", owner), place.url("buckets", fresh("bucket"))

            def race(number: int, owner: str = owner, bucket: str = bucket) -> Answer:
                if number:
                    return api.post(bucket, {"owner": owner})
                return api.delete(place.url("users", owner))

            deleted, created = at_once(race, callers=2)
            if deleted.status == 204:
                api.get(user).expect(404)
                assert created.status in {400, 409}
                api.get(bucket).expect(404)
            else:
                deleted.expect(409)
                created.expect(201)
                api.get(user).expect(200)

    def test_an_address_is_given_to_one_user(self, default_place: Place, api: Api) -> None:
        place, email = default_place, f"{fresh('race')}@example.org"
        if not place.target.quirks.user_settings:
            pytest.skip("users of this back-end have no addresses")
        users = [place.url("users", fresh("user")) for _ in range(4)]
        body = {"display_name": "Racer", "email": email}
        answers = at_once(lambda number: api.post(users[number], body), callers=4)
        assert statuses(answers) == [201, 409, 409, 409]

    def test_deletes_at_once_are_all_done(self, default_place: Place, api: Api) -> None:
        place = default_place
        bucket = place.url("buckets", place.new_bucket())
        user = place.url("users", place.new_user())
        for url in (bucket, user):

            def delete(_number: int, url: str = url) -> Answer:
                return api.delete(url)

            assert statuses(at_once(delete)) == [204] * 8
            api.get(url).expect(404)

    def test_nobody_is_left_in_a_namespace_that_is_gone(self, target: Target, api: Api) -> None:
        for _ in range(4):
            place = named_place(target)
            namespace, user = place.url(), place.url("users", fresh("user"))

            def race(number: int, namespace: str = namespace, user: str = user) -> Answer:
                return api.post(user, {"display_name": "X"}) if number else api.delete(namespace)

            deleted, created = at_once(race, callers=2)
            if created.status == 201:
                deleted.expect(409)
                api.get(user).expect(200)
                assert place.namespace in names(api.get(target.url("namespaces")).expect(200))
            else:
                created.expect(404)
                deleted.expect(204)
                api.get(namespace).expect(404)
