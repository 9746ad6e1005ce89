"""What ``SnapshotStore`` promises: snapshots, rollback and clones."""

from email.utils import parsedate_to_datetime

import pytest

from storage_api.domain.units import GIB
from tests.conformance.base import Contract
from tests.conformance.client import Api, fresh
from tests.conformance.target import Target, at_once, names, statuses


class SnapshotContract(Contract):
    @pytest.fixture
    def volume(self, target: Target) -> str:
        return target.new_volume(size_total=2 * GIB)

    def _take(self, target: Target, volume: str, name: str) -> None:
        target.api.post(target.url("volumes", volume, "snapshots", name)).expect(201)

    def _list(self, target: Target, volume: str) -> list[str]:
        answer = target.api.get(target.url("volumes", volume, "snapshots"))
        return names(answer.expect(200))

    def test_a_taken_snapshot_is_answered_found_and_listed(
        self, target: Target, api: Api, volume: str
    ) -> None:
        url = target.url("volumes", volume, "snapshots", "first")
        made = api.post(url).expect(201)
        assert set(made) == {"name", "size_kbytes", "creation_time"}
        assert made["name"] == "first"
        assert parsedate_to_datetime(made["creation_time"]).year > 2000
        assert api.get(url).expect(200)["name"] == "first"
        assert self._list(target, volume) == ["first"]

    def test_the_oldest_comes_first(self, target: Target, volume: str) -> None:
        for name in ("c", "a", "b"):
            self._take(target, volume, name)
        assert self._list(target, volume) == ["c", "a", "b"]

    def test_a_name_is_used_once_in_a_volume(self, target: Target, api: Api, volume: str) -> None:
        self._take(target, volume, "once")
        again = api.post(target.url("volumes", volume, "snapshots", "once"))
        assert again.expect(400)["code"] == "already-exists"
        self._take(target, target.new_volume(), "once")

    def test_of_callers_at_once_one_takes_the_snapshot(
        self, target: Target, api: Api, volume: str
    ) -> None:
        url = target.url("volumes", volume, "snapshots", "race")
        assert statuses(at_once(lambda _: api.post(url))) == [201] + [400] * 7

    def test_a_deleted_snapshot_is_gone(self, target: Target, api: Api, volume: str) -> None:
        url = target.url("volumes", volume, "snapshots", "old")
        self._take(target, volume, "old")
        api.delete(url).expect(204)
        api.get(url).expect(404)
        api.delete(url).expect(404)
        assert self._list(target, volume) == []

    def test_an_absent_volume_is_404(self, target: Target, api: Api) -> None:
        snapshots = target.url("volumes", fresh("absent"), "snapshots")
        api.get(snapshots).expect(404)
        for method in ("GET", "POST", "DELETE"):
            api.request(method, f"{snapshots}/s").expect(404)

    def test_a_restricted_volume_hides_its_snapshots(
        self, target: Target, api: Api, volume: str
    ) -> None:
        self._take(target, volume, "hidden")
        api.delete(target.url("volumes", volume)).expect(204)
        api.get(target.url("volumes", volume, "snapshots")).expect(404)
        api.get(target.url("volumes", volume, "snapshots", "hidden")).expect(404)

    def test_a_full_volume_purges_only_when_told_to(
        self, target: Target, api: Api, volume: str
    ) -> None:
        limit = target.quirks.snapshot_limit
        if limit is None:
            pytest.skip("this back-end has no limit that a test could reach")
        taken = [f"s{number}" for number in range(limit)]
        for name in taken:
            self._take(target, volume, name)
        url = target.url("volumes", volume, "snapshots", "one-more")
        api.post(url).expect(409)
        api.post(url, {"purge_old_if_needed": False}).expect(409)
        assert self._list(target, volume) == taken
        api.post(url, {"purge_old_if_needed": True}).expect(201)
        assert self._list(target, volume) == [*taken[1:], "one-more"]

    def test_purging_is_no_excuse_while_there_is_room(
        self, target: Target, api: Api, volume: str
    ) -> None:
        self._take(target, volume, "kept")
        url = target.url("volumes", volume, "snapshots", "next")
        api.post(url, {"purge_old_if_needed": True}).expect(201)
        assert self._list(target, volume) == ["kept", "next"]


class RollbackContract(Contract):
    def test_newer_snapshots_and_changes_are_lost(self, target: Target, api: Api) -> None:
        volume = target.url("volumes", target.new_volume(size_total=2 * GIB))
        for name in ("older", "wanted", "newer"):
            api.post(f"{volume}/snapshots/{name}").expect(201)
        for _ in range(2):
            rolled = api.post(volume, {"from_snapshot": "wanted"}).expect(201)
            assert rolled == api.get(volume).expect(200)
            found = names(api.get(f"{volume}/snapshots").expect(200))
            assert found == ["older", "wanted"]

    def test_settings_are_those_of_the_snapshot_again(self, target: Target, api: Api) -> None:
        if not target.quirks.rolls_settings_back:
            pytest.skip("a rollback of this back-end restores data only")
        volume = target.url("volumes", target.new_volume(size_total=2 * GIB))
        before = api.get(volume).expect(200)
        api.post(f"{volume}/snapshots/s").expect(201)
        api.patch(volume, {"size_total": 7 * GIB, "compression_enabled": True}).expect(200)
        assert api.post(volume, {"from_snapshot": "s"}).expect(201) == before
        assert api.get(volume).expect(200) == before

    def test_the_volume_stays_the_same_volume(self, target: Target, api: Api) -> None:
        volume = target.url("volumes", target.new_volume())
        before = api.get(volume).expect(200)
        api.post(f"{volume}/snapshots/s").expect(201)
        after = api.post(volume, {"from_snapshot": "s"}).expect(201)
        kept = ("name", "uuid", "junction_path", "creation_time")
        assert {key: after[key] for key in kept} == {key: before[key] for key in kept}

    def test_an_absent_snapshot_or_volume_is_404(self, target: Target, api: Api) -> None:
        volume = target.url("volumes", target.new_volume())
        before = api.get(volume).expect(200)
        api.post(volume, {"from_snapshot": "absent"}).expect(404)
        assert api.get(volume).expect(200) == before
        absent = target.url("volumes", fresh("absent"))
        api.post(absent, {"from_snapshot": "absent"}).expect(404)
        api.get(absent).expect(404)


class CloneContract(Contract):
    @pytest.fixture
    def source(self, target: Target) -> str:
        name = target.new_volume(size_total=2 * GIB)
        target.api.post(target.url("volumes", name, "snapshots", "s")).expect(201)
        return name

    def test_a_clone_shares_nothing_that_changes(
        self, target: Target, api: Api, source: str
    ) -> None:
        origin, clone = target.url("volumes", source), target.url("volumes", fresh("clone"))
        made = api.post(clone, {"from_volume": source, "from_snapshot": "s"}).expect(201)
        before = api.get(origin).expect(200)
        assert made["name"] == clone.rpartition("/")[2]
        assert made["size_total"] == before["size_total"]
        assert made["uuid"] != before["uuid"]
        assert made["junction_path"] is None or made["junction_path"] != before["junction_path"]
        api.patch(clone, {"size_total": 5 * GIB}).expect(200)
        assert api.get(origin).expect(200) == before
        api.patch(origin, {"size_total": 9 * GIB}).expect(200)
        assert api.get(clone).expect(200)["size_total"] == 5 * GIB
        api.post(f"{clone}/snapshots/own").expect(201)
        assert "own" not in names(api.get(f"{origin}/snapshots").expect(200))
        api.delete(clone).expect(204)
        api.get(origin).expect(200)

    def test_a_name_in_use_is_refused(self, target: Target, api: Api, source: str) -> None:
        other = target.url("volumes", target.new_volume(size_total=3 * GIB))
        before = api.get(other).expect(200)
        body = {"from_volume": source, "from_snapshot": "s"}
        assert api.post(other, body).expect(400)["code"] == "already-exists"
        assert api.get(other).expect(200) == before
        api.post(target.url("volumes", source), body).expect(400)

    def test_an_absent_source_or_snapshot_is_404(
        self, target: Target, api: Api, source: str
    ) -> None:
        clone = target.url("volumes", fresh("clone"))
        api.post(clone, {"from_volume": fresh("absent"), "from_snapshot": "s"}).expect(404)
        api.post(clone, {"from_volume": source, "from_snapshot": "absent"}).expect(404)
        api.post(clone, {"from_volume": source}).expect(400)
        api.get(clone).expect(404)

    def test_of_callers_at_once_one_makes_the_clone(
        self, target: Target, api: Api, source: str
    ) -> None:
        clone = target.url("volumes", fresh("clone"))
        body = {"from_volume": source, "from_snapshot": "s"}
        assert statuses(at_once(lambda _: api.post(clone, body))) == [201] + [400] * 7

    def test_a_snapshot_that_a_clone_needs_stays(
        self, target: Target, api: Api, source: str
    ) -> None:
        if not target.quirks.pins_clones:
            pytest.skip("clones of this back-end do not depend on their snapshot")
        clone = target.url("volumes", fresh("clone"))
        api.post(clone, {"from_volume": source, "from_snapshot": "s"}).expect(201)
        snapshot = target.url("volumes", source, "snapshots", "s")
        api.delete(snapshot).expect(409)
        api.get(snapshot).expect(200)
