"""What ``LockStore`` promises."""

import pytest

from tests.conformance.base import Contract
from tests.conformance.client import Api, fresh
from tests.conformance.target import Target, at_once, statuses


class LockContract(Contract):
    @pytest.fixture
    def locks(self, target: Target) -> str:
        return target.url("volumes", target.new_volume(), "locks")

    def test_a_new_volume_is_free(self, api: Api, locks: str) -> None:
        assert api.get(locks).expect(200) == []

    def test_a_lock_names_its_host_and_can_be_repeated(self, api: Api, locks: str) -> None:
        for _ in range(2):
            assert api.put(f"{locks}/host-a.example.org").expect(201) == {
                "host": "host-a.example.org"
            }
            assert api.get(locks).expect(200) == [{"host": "host-a.example.org"}]

    def test_another_host_is_refused(self, api: Api, locks: str) -> None:
        api.put(f"{locks}/host-a").expect(201)
        refused = api.put(f"{locks}/host-b").expect(400)
        assert refused["code"] == "lock-held"
        assert api.get(locks).expect(200) == [{"host": "host-a"}]

    def test_only_the_holder_s_lock_is_broken(self, api: Api, locks: str) -> None:
        api.delete(f"{locks}/host-a").expect(204)
        api.put(f"{locks}/host-a").expect(201)
        api.delete(f"{locks}/host-b").expect(204)
        assert api.get(locks).expect(200) == [{"host": "host-a"}]
        for _ in range(2):
            api.delete(f"{locks}/host-a").expect(204)
            assert api.get(locks).expect(200) == []
        api.put(f"{locks}/host-b").expect(201)

    def test_of_hosts_at_once_one_gets_the_lock(self, api: Api, locks: str) -> None:
        answers = at_once(lambda number: api.put(f"{locks}/host-{number}"))
        assert statuses(answers) == [201] + [400] * 7
        winner = next(answer for answer in answers if answer.status == 201)
        assert api.get(locks).expect(200) == [winner.body]

    def test_an_absent_volume_is_404(self, target: Target, api: Api) -> None:
        locks = target.url("volumes", fresh("absent"), "locks")
        api.get(locks).expect(404)
        api.put(f"{locks}/host-a").expect(404)
        api.delete(f"{locks}/host-a").expect(404)
