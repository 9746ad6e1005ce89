"""What ``UserStore`` promises of keys."""

import json

import pytest

from tests.conformance.base import PlacedContract
from tests.conformance.client import Api, fresh
from tests.conformance.target import Place, at_once, statuses


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
        assert len(made["secret_key"]) >= 20
        for url in (f"{user}/keys", user):
            shown = json.dumps(api.get(url).expect(200))
            assert made["access_key"] in shown
            assert made["secret_key"] not in shown
            assert "secret" not in shown

    def test_every_call_makes_another_key(self, api: Api, user: str) -> None:
        made = [api.post(f"{user}/keys").expect(201)["access_key"] for _ in range(2)]
        listed = [key["access_key"] for key in api.get(f"{user}/keys").expect(200)]
        assert sorted(listed) == sorted(made)
        assert len(set(made)) == 2
        assert sorted(api.get(user).expect(200)["key_ids"]) == sorted(made)

    def test_keys_made_at_once_are_all_there(self, api: Api, user: str) -> None:
        answers = at_once(lambda _: api.post(f"{user}/keys"), callers=4)
        assert statuses(answers) == [201] * 4
        made = {answer.body["access_key"] for answer in answers}
        secrets = {answer.body["secret_key"] for answer in answers}
        assert len(made) == len(secrets) == 4
        assert set(api.get(user).expect(200)["key_ids"]) == made

    def test_a_deleted_key_is_gone_and_stays_gone(self, api: Api, user: str) -> None:
        kept, gone = (api.post(f"{user}/keys").expect(201)["access_key"] for _ in range(2))
        for _ in range(2):
            api.delete(f"{user}/keys/{gone}").expect(204)
            assert api.get(user).expect(200)["key_ids"] == [kept]

    def test_another_user_s_key_is_never_touched(self, place: Place, api: Api, user: str) -> None:
        other = place.url("users", place.new_user())
        key = api.post(f"{other}/keys").expect(201)["access_key"]
        api.delete(f"{user}/keys/{key}").expect(204)
        api.post(f"{user}/keys/{key}/rotate").expect(404)
        assert api.get(other).expect(200)["key_ids"] == [key]

    def test_a_rotated_key_ends_as_the_new_one_begins(self, api: Api, user: str) -> None:
        other = api.post(f"{user}/keys").expect(201)["access_key"]
        old = api.post(f"{user}/keys").expect(201)
        answer = api.post(f"{user}/keys/{old['access_key']}/rotate")
        new = answer.expect(201)
        assert answer.headers["Cache-Control"] == "no-store"
        assert new["access_key"] != old["access_key"]
        assert new["secret_key"] != old["secret_key"]
        expected = sorted([other, new["access_key"]])
        assert sorted(api.get(user).expect(200)["key_ids"]) == expected
        api.post(f"{user}/keys/{old['access_key']}/rotate").expect(404)
        assert sorted(api.get(user).expect(200)["key_ids"]) == expected

    def test_of_rotations_at_once_one_succeeds(self, api: Api, user: str) -> None:
        old = api.post(f"{user}/keys").expect(201)["access_key"]
        answers = at_once(lambda _: api.post(f"{user}/keys/{old}/rotate"))
        assert statuses(answers) == [201] + [404] * 7
        winner = next(answer for answer in answers if answer.status == 201)
        assert api.get(user).expect(200)["key_ids"] == [winner.body["access_key"]]

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
