"""What ``UserStore`` promises of keys."""

import json

import pytest

from tests.conformance.base import PlacedContract
from tests.conformance.client import Api, fresh
from tests.conformance.target import Place, Target, at_once, key_id, statuses


class KeyContract(PlacedContract):
    @pytest.fixture
    def user(self, place: Place) -> str:
        return place.url("users", place.new_user())

    def test_the_secret_is_shown_once_and_never_stored_on_the_way(
        self, api: Api, user: str
    ) -> None:
        answer = api.post(f"{user}/keys")
        made = answer.expect(201)
        assert answer.headers["Cache-Control"] == "no-store"
        assert made["access_key"]
        assert key_id(made)
        assert len(made["secret_key"]) >= 20
        for url in (f"{user}/keys", user):
            shown = json.dumps(api.get(url).expect(200))
            assert made["access_key"] in shown
            assert made["secret_key"] not in shown
            assert "secret" not in shown

    def test_every_call_makes_another_key(self, api: Api, user: str) -> None:
        made = [key_id(api.post(f"{user}/keys").expect(201)) for _ in range(2)]
        listed = [key_id(key) for key in api.get(f"{user}/keys").expect(200)]
        assert sorted(listed) == sorted(made)
        assert len(set(made)) == 2
        assert sorted(api.get(user).expect(200)["key_ids"]) == sorted(made)

    def test_pages_of_them_leave_none_out(self, api: Api, user: str) -> None:
        made = {key_id(api.post(f"{user}/keys").expect(201)) for _ in range(2)}
        url, seen = f"{user}/keys?limit=1", set()
        for _ in made:
            answer = api.get(url)
            (key,) = answer.expect(200)
            seen.add(key_id(key))
            url = answer.headers.get("Link", "<>").partition(">")[0].removeprefix("<")
        assert (seen, url) == (made, "")

    def test_keys_made_at_once_are_all_there(self, target: Target, api: Api, user: str) -> None:
        callers = target.quirks.max_keys or 4
        answers = at_once(lambda _: api.post(f"{user}/keys"), callers=callers)
        assert statuses(answers) == [201] * callers
        made = {key_id(answer.body) for answer in answers}
        secrets = {answer.body["secret_key"] for answer in answers}
        assert len(made) == len(secrets) == callers
        assert set(api.get(user).expect(200)["key_ids"]) == made

    def test_a_deleted_key_is_gone_and_stays_gone(self, api: Api, user: str) -> None:
        kept, gone = (key_id(api.post(f"{user}/keys").expect(201)) for _ in range(2))
        for _ in range(2):
            api.delete(f"{user}/keys/{gone}").expect(204)
            assert api.get(user).expect(200)["key_ids"] == [kept]

    def test_another_user_s_key_is_never_touched(self, place: Place, api: Api, user: str) -> None:
        other = place.url("users", place.new_user())
        key = key_id(api.post(f"{other}/keys").expect(201))
        api.delete(f"{user}/keys/{key}").expect(204)
        api.post(f"{user}/keys/{key}/rotate").expect(404)
        assert api.get(other).expect(200)["key_ids"] == [key]

    def test_a_rotated_key_ends_as_the_new_one_begins(
        self, target: Target, api: Api, user: str
    ) -> None:
        others = [] if target.quirks.max_keys else [key_id(api.post(f"{user}/keys").expect(201))]
        old = api.post(f"{user}/keys").expect(201)
        answer = api.post(f"{user}/keys/{key_id(old)}/rotate")
        new = answer.expect(201)
        assert answer.headers["Cache-Control"] == "no-store"
        assert key_id(new) != key_id(old)
        assert new["secret_key"] != old["secret_key"]
        expected = sorted([*others, key_id(new)])
        assert sorted(api.get(user).expect(200)["key_ids"]) == expected
        api.post(f"{user}/keys/{key_id(old)}/rotate").expect(404)
        assert sorted(api.get(user).expect(200)["key_ids"]) == expected

    def test_of_rotations_at_once_one_succeeds(self, api: Api, user: str) -> None:
        old = key_id(api.post(f"{user}/keys").expect(201))
        answers = at_once(lambda _: api.post(f"{user}/keys/{old}/rotate"))
        assert statuses(answers) == [201] + [404] * 7
        winner = next(answer for answer in answers if answer.status == 201)
        assert api.get(user).expect(200)["key_ids"] == [key_id(winner.body)]

    def test_an_old_key_ends_later_or_that_is_refused(self, api: Api, user: str) -> None:
        old = api.post(f"{user}/keys").expect(201)
        answer = api.post(f"{user}/keys/{key_id(old)}/rotate", {"old_key_expires_in_minutes": 30})
        known = {key_id(key): key for key in api.get(f"{user}/keys").expect(200)}
        if answer.status == 400:
            assert list(known) == [key_id(old)]
        else:
            assert list(known) == [key_id(old), key_id(answer.expect(201))]
            assert known[key_id(old)]["expires"].endswith("Z")

    @pytest.mark.parametrize("minutes", [-1, 1.5, "60", True, None, 10**9])
    def test_minutes_that_are_none_rotate_nothing(
        self, default_place: Place, api: Api, minutes: object
    ) -> None:
        user = default_place.url("users", default_place.new_user())
        old = key_id(api.post(f"{user}/keys").expect(201))
        body = {"old_key_expires_in_minutes": minutes}
        api.post(f"{user}/keys/{old}/rotate", body).expect(400)
        assert api.get(user).expect(200)["key_ids"] == [old]

    def test_an_absent_user_is_404(self, place: Place, api: Api) -> None:
        keys = place.url("users", fresh("absent"), "keys")
        api.get(keys).expect(404)
        api.post(keys).expect(404)
        api.delete(f"{keys}/AKIAABSENT").expect(404)
        api.post(f"{keys}/AKIAABSENT/rotate").expect(404)

    def test_a_deleted_user_s_keys_go_along(self, place: Place, api: Api, user: str) -> None:
        api.post(f"{user}/keys").expect(201)
        api.delete(user).expect(204)
        api.get(f"{user}/keys").expect(404)
        api.post(user, {"display_name": "Again"}).expect(201)
        assert api.get(f"{user}/keys").expect(200) == []
