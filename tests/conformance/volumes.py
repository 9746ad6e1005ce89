"""What ``VolumeStore`` promises."""

import dataclasses
from email.utils import parsedate_to_datetime
from typing import Any

import pytest

from storage_api.domain.models import Volume
from storage_api.domain.units import GIB
from tests.conformance.base import Contract
from tests.conformance.client import Api, fresh
from tests.conformance.target import CALLERS, Target, at_once, names, statuses, volume_body

V3_KEYS = {field.name for field in dataclasses.fields(Volume)}

CHANGES: list[dict[str, Any]] = [
    {"size_total": 3 * GIB},
    {"autosize_enabled": True, "max_autosize": 5 * GIB},
    {"autosize_enabled": False},
    {"percentage_snapshot_reserve": 7},
    {"compression_enabled": True, "inline_compression": True},
    {"compression_enabled": False, "inline_compression": False},
]


class VolumeContract(Contract):
    def test_a_created_volume_is_answered_found_and_listed(self, target: Target, api: Api) -> None:
        name = fresh("vol")
        body = volume_body(name, size_total=2 * GIB)
        made = api.post(target.url("volumes", name), body).expect(201)
        assert made["name"] == name
        assert made["size_total"] == 2 * GIB
        assert api.get(target.url("volumes", name)).expect(200) == made
        assert name in names(api.get(target.url("volumes")).expect(200))

    def test_every_key_of_the_record_is_there(self, target: Target, api: Api) -> None:
        volume = api.get(target.url("volumes", target.new_volume())).expect(200)
        assert set(volume) == V3_KEYS
        assert parsedate_to_datetime(volume["creation_time"]).year > 2000

    def test_an_existing_volume_is_never_answered_as_new(self, target: Target, api: Api) -> None:
        name = target.new_volume(size_total=2 * GIB)
        again = api.post(target.url("volumes", name), volume_body(name, size_total=4 * GIB))
        assert again.expect(400)["code"] == "already-exists"
        assert api.get(target.url("volumes", name)).expect(200)["size_total"] == 2 * GIB

    def test_a_junction_path_belongs_to_one_volume(self, target: Target, api: Api) -> None:
        path = f"/{fresh('mount')}"
        first = target.new_volume(junction_path=path)
        assert api.get(target.url("volumes", first)).expect(200)["junction_path"] == path
        second = target.url("volumes", fresh("vol"))
        api.post(second, {"size_total": GIB, "junction_path": path}).expect(400)
        api.get(second).expect(404)

    def test_of_callers_at_once_one_creates_the_volume(self, target: Target, api: Api) -> None:
        name = fresh("vol")
        url = target.url("volumes", name)
        bodies = [volume_body(name, size_total=number * GIB) for number in range(1, CALLERS + 1)]
        answers = at_once(lambda number: api.post(url, bodies[number]))
        assert statuses(answers) == [201] + [400] * 7
        winner = next(answer for answer in answers if answer.status == 201)
        assert api.get(url).expect(200)["size_total"] == winner.body["size_total"]

    def test_of_callers_at_once_one_gets_the_junction_path(self, target: Target, api: Api) -> None:
        body = {"size_total": GIB, "junction_path": f"/{fresh('mount')}"}
        answers = at_once(lambda _: api.post(target.url("volumes", fresh("vol")), body))
        assert statuses(answers) == [201] + [400] * 7

    @pytest.mark.parametrize("changes", CHANGES, ids=str)
    def test_a_change_is_kept_and_can_be_repeated(
        self, target: Target, api: Api, changes: dict[str, Any]
    ) -> None:
        url = target.url("volumes", target.new_volume())
        changed = api.patch(url, changes).expect(200)
        target.assert_shows(changed, changes)
        assert api.get(url).expect(200) == changed
        assert api.patch(url, changes).expect(200) == changed

    def test_a_change_leaves_the_rest_alone(self, target: Target, api: Api) -> None:
        url = target.url("volumes", target.new_volume())
        before = api.get(url).expect(200)
        after = api.patch(url, {"size_total": 6 * GIB}).expect(200)
        touched = {key for key in before if before[key] != after[key]}
        assert "size_total" in touched
        assert touched <= {"size_total", "max_autosize", "percentage_snapshot_reserve_used"}

    def test_every_change_is_applied_or_none(self, target: Target, api: Api) -> None:
        url = target.url("volumes", target.new_volume())
        before = api.get(url).expect(200)
        changes = {"size_total": 7 * GIB, "active_policy_name": fresh("no-such-policy")}
        api.patch(url, changes).expect(400)
        assert api.get(url).expect(200) == before

    def test_an_absent_volume_is_404(self, target: Target, api: Api) -> None:
        url = target.url("volumes", fresh("absent"))
        api.get(url).expect(404)
        api.patch(url, {"size_total": GIB}).expect(404)
        api.delete(url).expect(404)

    def test_a_restricted_volume_is_out_of_use(self, target: Target, api: Api) -> None:
        name = target.new_volume()
        assert api.delete(target.url("volumes", name)).expect(204) is None
        api.get(target.url("volumes", name)).expect(404)
        api.delete(target.url("volumes", name)).expect(404)
        api.patch(target.url("volumes", name), {"size_total": GIB}).expect(404)
        assert name not in names(api.get(target.url("volumes")).expect(200))

    def test_of_callers_at_once_one_restricts_the_volume(self, target: Target, api: Api) -> None:
        url = target.url("volumes", target.new_volume())
        assert statuses(at_once(lambda _: api.delete(url))) == [204] + [404] * 7
