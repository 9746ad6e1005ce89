"""Snapshots, restores and clones."""

import pytest

from tests.simulators.checks.ontap.caller import VOLUMES, WAIT, Caller
from tests.simulators.ontap import OntapSimulator


@pytest.fixture
def snapshots(sim: OntapSimulator) -> str:
    return f"{VOLUMES}/{sim.add_volume('vol').uuid}/snapshots"


def _clone(sim: OntapSimulator, **more: object) -> dict[str, object]:
    clone = {"is_flexclone": True, "parent_volume": {"name": "vol"}}
    clone["parent_snapshot"] = {"name": "first"}
    return {"name": "copy", "svm": {"name": sim.svm}, "clone": clone, **more}


def test_they_are_made_listed_and_deleted(
    sim: OntapSimulator, call: Caller, snapshots: str
) -> None:
    answer = call("POST", f"{snapshots}?{WAIT}", {"name": "first"})
    assert answer.status_code == 201
    assert call("GET", answer.headers["Location"]).json()["name"] == "first"
    assert call.code("POST", snapshots, {"name": "first"}) == "525059"
    assert call.code("POST", snapshots, {"name": "a b"}) == "1638518"
    assert call.records(f"{snapshots}?fields=size,create_time")[0]["size"] > 0
    assert "reclaimable_space" not in call.records(f"{snapshots}?fields=*")[0]
    everywhere = f"{VOLUMES}/*/snapshots?volume.name=vol&svm.name={sim.svm}"
    assert call.names(everywhere) == ["first"]
    assert call.code("DELETE", answer.headers["Location"]) == ""
    assert call.records(snapshots) == []


def test_there_is_a_limit(sim: OntapSimulator, call: Caller, snapshots: str) -> None:
    sim.settings.snapshot_limit = 1
    sim.add_snapshot("vol", "first")
    assert call.code("POST", snapshots, {"name": "second"}) == "525062"
    sim.change_volume("vol", state="offline")
    assert call.code("POST", snapshots, {"name": "second"}) == "524479"


@pytest.mark.parametrize(
    ("owners", "code"), [([], ""), (["snapmirror"], "1638555"), (["snapmirror_dependent"], "")]
)
def test_owners_hold_them(
    sim: OntapSimulator, call: Caller, snapshots: str, owners: list[str], code: str
) -> None:
    held = sim.add_snapshot("vol", "held", owners=tuple(owners))
    shown = call.records(f"{snapshots}?fields=owners")[0]
    assert shown.get("owners", []) == owners
    assert call.code("DELETE", f"{snapshots}/{held.uuid}?{WAIT}") == code


@pytest.mark.parametrize("place", ["query", "body"])
def test_a_restore_drops_what_is_newer(
    sim: OntapSimulator, call: Caller, snapshots: str, place: str
) -> None:
    sim.add_snapshot("vol", "first", used=7 << 20)
    sim.add_snapshot("vol", "second")
    uuid = sim.volume("vol").uuid
    if place == "query":
        path = f"{VOLUMES}/{uuid}?{WAIT}&restore_to.snapshot.name=first"
        assert call.code("PATCH", path, {}) == ""
    else:
        assert call.patch(uuid, **{"restore_to.snapshot.name": "first"}) == ""
    assert call.names(snapshots) == ["first"]
    assert sim.volume("vol").used == 7 << 20


def test_a_held_newer_snapshot_keeps_a_restore_away(
    sim: OntapSimulator, call: Caller, snapshots: str
) -> None:
    sim.add_snapshot("vol", "first")
    sim.add_snapshot("vol", "second", owners=("snapmirror",))
    uuid = sim.volume("vol").uuid
    assert call.patch(uuid, **{"restore_to.snapshot.name": "first"}) == "9437886"
    assert call.names(snapshots) == ["first", "second"]


def test_a_clone_holds_its_snapshot(sim: OntapSimulator, call: Caller, snapshots: str) -> None:
    first = sim.add_snapshot("vol", "first")
    body = _clone(sim, nas={"path": "/copy"})
    answer = call("POST", f"{VOLUMES}?{WAIT}", body)
    assert answer.status_code == 201, answer.text
    made = call("GET", f"{answer.headers['Location']}?fields=clone,nas.path").json()
    assert made["clone"]["parent_snapshot"]["name"] == "first"
    assert made["nas"]["path"] == "/copy"
    assert call.records(f"{snapshots}?fields=owners")[0]["owners"] == ["volume_clone"]
    assert call.code("DELETE", f"{snapshots}/{first.uuid}") == "1638555"
    assert call.code("DELETE", f"{VOLUMES}/{sim.volume('vol').uuid}") == "524615"
    assert call.code("DELETE", f"{answer.headers['Location']}?{WAIT}") == ""
    assert call.code("DELETE", f"{snapshots}/{first.uuid}") == ""


@pytest.mark.parametrize(
    ("code", "more"),
    [
        ("918247", {"size": 1 << 30}),
        ("918247", {"aggregates": [{"name": "aggr1"}]}),
        ("524601", {"clone.parent_volume.name": "absent", "clone": {"is_flexclone": True}}),
        ("1638600", {"clone.parent_snapshot.name": "absent"}),
        ("917526", {"name": "vol"}),
    ],
)
def test_clones_that_cannot_be(
    sim: OntapSimulator, call: Caller, snapshots: str, code: str, more: dict[str, object]
) -> None:
    sim.add_snapshot("vol", "first")
    assert call.code("POST", f"{VOLUMES}?{WAIT}", _clone(sim, **more)) == code
    assert [volume.name for volume in sim.volumes()] == ["vol"]
