"""What ``LockStore`` promises."""

import pytest

from tests.conformance.base import Contract
from tests.conformance.client import Api, fresh
from tests.conformance.target import Target, at_once, statuses

HOST, OTHER = "192.0.2.17", "192.0.2.18"


class LockContract(Contract):
    """Who holds a lock is seen, and a lock can be broken."""

    @pytest.fixture
    def volume(self, target: Target) -> str:
        return target.new_volume()

    @pytest.fixture
    def locks(self, target: Target, volume: str) -> str:
        return target.url("volumes", volume, "locks")

    def _hold(self, target: Target, volume: str, host: str) -> None:
        if target.quirks.plant_lock is None:
            target.api.put(target.url("volumes", volume, "locks", host)).expect(201)
        else:
            target.quirks.plant_lock(volume, host)

    def test_a_new_volume_is_free(self, api: Api, locks: str) -> None:
        assert api.get(locks).expect(200) == []

    def test_a_lock_names_its_host(self, target: Target, api: Api, volume: str, locks: str) -> None:
        self._hold(target, volume, HOST)
        assert api.get(locks).expect(200) == [{"host": HOST}]

    def test_only_the_holder_s_lock_is_broken(
        self, target: Target, api: Api, volume: str, locks: str
    ) -> None:
        api.delete(f"{locks}/{HOST}").expect(204)
        self._hold(target, volume, HOST)
        api.delete(f"{locks}/{OTHER}").expect(204)
        assert api.get(locks).expect(200) == [{"host": HOST}]
        for _ in range(2):
            api.delete(f"{locks}/{HOST}").expect(204)
            assert api.get(locks).expect(200) == []
        self._hold(target, volume, OTHER)

    def test_a_lock_is_one_volume_s(self, target: Target, api: Api, locks: str) -> None:
        other = target.new_volume()
        self._hold(target, other, HOST)
        assert api.get(locks).expect(200) == []
        api.delete(f"{locks}/{HOST}").expect(204)
        assert api.get(target.url("volumes", other, "locks")).expect(200) == [{"host": HOST}]

    def test_an_absent_volume_is_404(self, target: Target, api: Api) -> None:
        locks = target.url("volumes", fresh("absent"), "locks")
        api.get(locks).expect(404)
        api.delete(f"{locks}/{HOST}").expect(404)


class LockCreationContract(Contract):
    """A caller locks a volume for a host, or is told that here only clients can."""

    @pytest.fixture
    def locks(self, target: Target) -> str:
        return target.url("volumes", target.new_volume(), "locks")

    @pytest.fixture
    def creates(self, target: Target) -> None:
        if target.quirks.plant_lock is not None:
            pytest.skip("only clients can lock a volume of this back-end")

    def test_who_cannot_create_locks_says_so(self, target: Target, api: Api, locks: str) -> None:
        if target.quirks.plant_lock is None:
            pytest.skip("this back-end creates locks")
        assert api.put(f"{locks}/{HOST}").expect(501)["code"] == "not-supported"
        assert api.get(locks).expect(200) == []

    @pytest.mark.usefixtures("creates")
    def test_a_lock_can_be_repeated(self, api: Api, locks: str) -> None:
        for _ in range(2):
            assert api.put(f"{locks}/host-a.example.org").expect(201) == {
                "host": "host-a.example.org"
            }
            assert api.get(locks).expect(200) == [{"host": "host-a.example.org"}]

    @pytest.mark.usefixtures("creates")
    def test_another_host_is_refused(self, api: Api, locks: str) -> None:
        api.put(f"{locks}/host-a").expect(201)
        refused = api.put(f"{locks}/host-b").expect(400)
        assert refused["code"] == "lock-held"
        assert api.get(locks).expect(200) == [{"host": "host-a"}]

    @pytest.mark.usefixtures("creates")
    def test_of_hosts_at_once_one_gets_the_lock(self, api: Api, locks: str) -> None:
        answers = at_once(lambda number: api.put(f"{locks}/host-{number}"))
        assert statuses(answers) == [201] + [400] * 7
        winner = next(answer for answer in answers if answer.status == 201)
        assert api.get(locks).expect(200) == [winner.body]

    @pytest.mark.usefixtures("creates")
    def test_an_absent_volume_is_not_locked(self, target: Target, api: Api) -> None:
        api.put(f"{target.url('volumes', fresh('absent'), 'locks')}/{HOST}").expect(404)
