"""What ``UserStore`` promises of users."""

from typing import Any

import pytest

from tests.conformance.base import PlacedContract, named_place
from tests.conformance.client import Api, fresh
from tests.conformance.target import Place, Target, at_once, names, statuses

CHANGES: list[dict[str, Any]] = [
    {"display_name": "Alice & Bob — été"},
    {"suspended": True},
]
MOST_BUCKETS = [5, 0, None]


_NO_SETTINGS = "users of this back-end have neither addresses nor limits"


def _need_settings(place: Place) -> None:
    if not place.target.quirks.user_settings:
        pytest.skip(_NO_SETTINGS)


class UserContract(PlacedContract):
    def test_a_created_user_is_answered_found_and_listed(self, place: Place, api: Api) -> None:
        name = fresh("user")
        made = api.post(place.url("users", name), {"display_name": "Alice"}).expect(201)
        assert made["name"] == name
        assert made["namespace"] == place.shown
        assert made["display_name"] == "Alice"
        assert made["suspended"] is False
        assert made["email"] is None
        assert api.get(place.url("users", name)).expect(200) == made
        assert name in names(api.get(place.url("users")).expect(200))

    def test_a_new_user_has_no_key(self, place: Place, api: Api) -> None:
        user = place.url("users", place.new_user())
        assert api.get(user).expect(200)["key_ids"] == []
        assert api.get(f"{user}/keys").expect(200) == []

    def test_a_user_can_be_made_of_a_name_alone(self, place: Place, api: Api) -> None:
        url = place.url("users", fresh("user"))
        made = api.post(url, {}).expect(201)
        assert api.post(url, {}).expect(200) == made

    def test_a_repeated_create_finds_the_first_one_s(self, place: Place, api: Api) -> None:
        url = place.url("users", fresh("user"))
        email = f"{fresh('bob')}@example.org"
        body = place.may_say(display_name="Bob", email=email, max_buckets=3)
        made = api.post(url, body).expect(201)
        assert {key: made[key] for key in body} == body
        assert api.post(url, body).expect(200) == made

    @pytest.mark.parametrize(
        "other",
        [{"display_name": "Eve"}, {"email": "eve@example.org"}, {"suspended": True}],
        ids=str,
    )
    def test_an_existing_user_with_other_settings_is_a_conflict(
        self, default_place: Place, api: Api, other: dict[str, Any]
    ) -> None:
        url = default_place.url("users", fresh("user"))
        if not default_place.may_say(**other):
            pytest.skip(_NO_SETTINGS)
        body = default_place.may_say(display_name="Bob", max_buckets=3)
        made = api.post(url, body).expect(201)
        assert api.post(url, body | other).expect(409)["code"] == "already-exists"
        assert api.get(url).expect(200) == made

    def test_of_callers_at_once_one_creates_the_user(self, place: Place, api: Api) -> None:
        url = place.url("users", fresh("user"))
        answers = at_once(lambda _: api.post(url, {"display_name": "Carol"}))
        assert statuses(answers) == [200] * 7 + [201]

    def test_the_same_name_in_another_namespace_is_another_user(
        self, target: Target, api: Api
    ) -> None:
        here, there = Place(target, None), named_place(target)
        name = here.new_user()
        api.get(there.url("users", name)).expect(404)
        api.post(there.url("users", name), {"display_name": "Namesake"}).expect(201)
        assert api.get(here.url("users", name)).expect(200)["display_name"] == name
        api.delete(there.url("users", name)).expect(204)
        api.get(here.url("users", name)).expect(200)

    @pytest.mark.parametrize("name", ["A.b-c_d", "alice@example.org", "x", "0"])
    def test_the_whole_alphabet_of_names_works(
        self, default_place: Place, api: Api, name: str
    ) -> None:
        url = default_place.url("users", name)
        api.delete(url).expect(204)
        api.post(url, {"display_name": "Odd"}).expect(201)
        assert api.get(url).expect(200)["name"] == name
        api.delete(url).expect(204)

    def test_a_deleted_user_is_gone_and_stays_gone(self, place: Place, api: Api) -> None:
        name = place.new_user()
        for _ in range(2):
            api.delete(place.url("users", name)).expect(204)
            api.get(place.url("users", name)).expect(404)
        assert name not in names(api.get(place.url("users")).expect(200))

    def test_an_owner_of_buckets_stays(self, place: Place, api: Api) -> None:
        owner = place.new_user()
        bucket = place.new_bucket(owner)
        assert bucket in api.delete(place.url("users", owner)).expect(409)["detail"]
        api.get(place.url("users", owner)).expect(200)
        api.delete(place.url("buckets", bucket)).expect(204)
        api.delete(place.url("users", owner)).expect(204)

    def test_an_absent_user_is_404(self, place: Place, api: Api) -> None:
        url = place.url("users", fresh("absent"))
        api.get(url).expect(404)
        api.patch(url, {"display_name": "x"}).expect(404)


class UserChangeContract(PlacedContract):
    @pytest.mark.parametrize("changes", CHANGES, ids=str)
    def test_a_change_is_kept_and_can_be_repeated(
        self, place: Place, api: Api, changes: dict[str, Any]
    ) -> None:
        if changes.get("max_buckets") is not None:
            _need_settings(place)
        url = place.url("users", place.new_user())
        changed = api.patch(url, changes).expect(200)
        assert {key: changed[key] for key in changes} == changes
        assert api.get(url).expect(200) == changed
        assert api.patch(url, changes).expect(200) == changed

    @pytest.mark.parametrize("most", MOST_BUCKETS)
    def test_the_most_buckets_are_kept_or_refused_but_never_dropped(
        self, place: Place, api: Api, most: int | None
    ) -> None:
        url = place.url("users", place.new_user())
        before = api.get(url).expect(200)
        if most is None or place.target.quirks.max_buckets:
            for _ in range(2):
                assert api.patch(url, {"max_buckets": most}).expect(200)["max_buckets"] == most
            assert api.get(url).expect(200) == before | {"max_buckets": most}
        else:
            api.patch(url, {"max_buckets": most}).expect(400)
            api.post(place.url("users", fresh("user")), {"max_buckets": most}).expect(400)
            assert api.get(url).expect(200) == before

    def test_a_change_leaves_the_rest_alone(self, place: Place, api: Api) -> None:
        _need_settings(place)
        email = f"{fresh('alice')}@example.org"
        url = place.url("users", place.new_user(**place.may_say(email=email, max_buckets=3)))
        before = api.get(url).expect(200)
        api.patch(url, {"display_name": "New name"}).expect(200)
        assert api.get(url).expect(200) == before | {"display_name": "New name"}

    def test_an_address_belongs_to_one_user(self, default_place: Place, api: Api) -> None:
        _need_settings(default_place)
        email = f"{fresh('shared')}@example.org"
        first = default_place.url("users", default_place.new_user(email=email))
        second = default_place.url("users", default_place.new_user())
        api.patch(second, {"email": email}).expect(409)
        assert api.get(second).expect(200)["email"] is None
        third = default_place.url("users", fresh("user"))
        api.post(third, {"display_name": "Third", "email": email}).expect(409)
        api.get(third).expect(404)
        api.patch(first, {"email": None}).expect(200)
        assert api.get(first).expect(200)["email"] is None
        api.patch(second, {"email": email}).expect(200)
        assert api.get(second).expect(200)["email"] == email

    def test_the_limits_of_each_bucket_are_kept(self, place: Place, api: Api) -> None:
        _need_settings(place)
        url = place.url("users", place.new_user())
        limits = {"max_bytes": 4096 * 1024, "max_objects": 12}
        for _ in range(2):
            found = api.patch(url, {"bucket_quota": limits}).expect(200)["bucket_quota"]
            assert {key: found[key] for key in limits} == limits
            assert found["enabled"] is True

    def test_quotas_can_be_set_from_the_start(self, place: Place, api: Api) -> None:
        _need_settings(place)
        url = place.url("users", fresh("user"))
        body = {
            "display_name": "Limited",
            "quota": {"max_bytes": 2**30, "max_objects": 50},
            "bucket_quota": {"max_bytes": 2**20, "max_objects": 5},
        }
        made = api.post(url, body).expect(201)
        for kind in ("quota", "bucket_quota"):
            limits = body[kind]
            assert isinstance(limits, dict)
            assert {key: made[kind][key] for key in limits} == limits
        assert api.get(url).expect(200) == made
        assert api.post(url, body).expect(200) == made
        api.post(url, body | {"quota": {"max_bytes": 2**31}}).expect(409)
        assert api.get(url).expect(200) == made

    def test_a_suspended_user_comes_back(self, place: Place, api: Api) -> None:
        url = place.url("users", place.new_user())
        for suspended in (True, False):
            api.patch(url, {"suspended": suspended}).expect(200)
            assert api.get(url).expect(200)["suspended"] is suspended

    def test_an_empty_change_is_refused(self, default_place: Place, api: Api) -> None:
        api.patch(default_place.url("users", default_place.new_user()), {}).expect(400)
