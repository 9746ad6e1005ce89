"""Creating, changing and deleting volumes."""

from typing import Any

import pytest

from tests.simulators.checks.ontap.caller import GIB, VOLUMES, WAIT, Caller, new_volume
from tests.simulators.ontap import OntapSimulator


def test_sizes_are_rounded_up_and_the_reserve_is_taken_off(call: Caller) -> None:
    reserve = {"snapshot": {"reserve_percent": 20}}
    made = call.volume(call.new("vol1", size=30_000_000, space=reserve))
    assert made["space"]["size"] == 30_003_200
    assert made["space"]["afs_total"] == 24_002_560
    assert made["autosize"]["maximum"] == 36_003_840
    assert made["autosize"]["mode"] == "off"
    assert call.volume(call.new("vol2"))["space"]["snapshot"]["reserve_percent"] == 5


def test_dotted_keys_and_texts_are_as_good(call: Caller) -> None:
    uuid = call.new("vol1", **{"nas.path": "/vol1", "encryption.enabled": "true"})
    made = call.volume(uuid)
    assert made["nas"]["path"] == "/vol1"
    assert made["encryption"]["enabled"] is True
    assert call.patch(uuid, **{"space.size": "2GB"}) == ""
    assert call.volume(uuid)["space"]["size"] == 2 * GIB


@pytest.mark.parametrize(
    ("code", "body"),
    [
        ("917526", {"name": "taken"}),
        ("917886", {"name": "x" * 204}),
        ("917887", {"name": "1st"}),
        ("917888", {"name": "with-dash"}),
        ("917534", {"size": (20 << 20) - 4096}),
        ("918252", {"nas": {"path": "relative"}}),
        ("918252", {"nas": {"path": "/ends/"}}),
        ("918252", {"nas": {"path": "/Taken"}}),
        ("918271", {"nas": {"export_policy": {"name": "absent"}}}),
        ("917508", {"aggregates": [{"name": "absent"}]}),
        ("787140", {"aggregates": []}),
        ("918242", {"aggregates": [{"name": "aggr1"}, {"name": "aggr2"}]}),
        ("917597", {"aggregates": [{"name": "aggr0_a"}]}),
        ("917835", {"space": {"snapshot": {"reserve_percent": 91}}}),
        ("917831", {"autosize": {"minimum": 2 * GIB, "maximum": 2 * GIB}}),
        ("918521", {"autosize": {"maximum": GIB - 4096}}),
        ("917829", {"autosize": {"grow_threshold": 50, "shrink_threshold": 60}}),
        ("918639", {"autosize": {"maximum": 301 << 40}}),
        ("2621462", {"svm": {"name": "absent"}}),
        ("262197", {"state": "mixed"}),
        ("262197", {"nonsense": 1}),
        ("262196", {"create_time": "now"}),
        ("262197", {"size": "huge"}),
        ("262197", {"size": True}),
        ("917536", {"size": 200 << 40}),
        ("917536", {"size": 90 << 40, "aggregates": [{"name": "aggr2"}]}),
        ("", {}),
    ],
)
def test_what_cannot_be_made(
    sim: OntapSimulator, call: Caller, code: str, body: dict[str, Any]
) -> None:
    sim.add_volume("taken")
    sim.set_available("aggr2", 80 << 40)
    wanted = {**new_volume(sim, "fresh"), **body}
    answer = call("POST", f"{VOLUMES}?{WAIT}", wanted)
    error = answer.json().get("error", {})
    assert error.get("code", "") == code, answer.text
    if code == "917536":
        assert "space" in error["message"]
    assert len(sim.volumes()) == (1 if code else 2)


@pytest.mark.parametrize(
    ("code", "body"),
    [
        ("", {"size": 2 * GIB}),
        ("918521", {"size": 2 * GIB, "autosize": {"mode": "grow"}}),
        ("", {"size": 2 * GIB, "autosize": {"mode": "grow", "maximum": 3 * GIB}}),
        ("", {"space": {"snapshot": {"reserve_percent": 95}}}),
        ("", {"nas": {"export_policy": {"name": "open"}}}),
        ("918271", {"nas": {"export_policy": {"name": "absent"}}}),
        ("917526", {"name": "other"}),
        ("918252", {"nas": {"path": "/OTHER"}}),
        ("", {"nas": {"path": "/vol"}}),
        ("1638600", {"restore_to": {"snapshot": {"name": "absent"}}}),
        ("262197", {"restore_to": {"snapshot": {"force": True}}}),
        ("917536", {"size": 200 << 40}),
    ],
)
def test_changes(sim: OntapSimulator, call: Caller, code: str, body: dict[str, Any]) -> None:
    sim.add_policy("open", ["0.0.0.0/0"])
    sim.add_volume("other")
    before = sim.add_volume("vol")
    assert call.patch(before.uuid, **body) == code
    assert (sim.volume("vol") == before) == (bool(code) or body == {"nas": {"path": "/vol"}})


def test_a_growing_volume_takes_its_maximum_along_unless_it_grows_by_itself(
    sim: OntapSimulator, call: Caller
) -> None:
    uuid = sim.add_volume("vol").uuid
    assert call.patch(uuid, size=10 * GIB) == ""
    assert call.volume(uuid)["autosize"]["maximum"] == 12 * GIB


def test_restricting_takes_the_path_and_the_sizes(sim: OntapSimulator, call: Caller) -> None:
    uuid = sim.add_volume("vol").uuid
    assert call.patch(uuid, state="restricted") == ""
    assert "path" not in call.volume(uuid)["nas"]
    assert call.patch(uuid, size=2 * GIB) == "917533"
    assert call.patch(uuid, nas={"path": "/vol"}) == "917775"
    assert call.patch(uuid, state="online") == ""
    assert "path" not in call.volume(uuid)["nas"]
    assert call.patch(uuid, nas={"path": "/again"}) == ""


@pytest.mark.parametrize(
    ("platform", "efficiency", "code"),
    [
        ("plain", {"compression": "both"}, ""),
        ("hdd", {"compression": "both"}, "6881332"),
        ("hdd", {"compression": "both", "dedupe": "background"}, ""),
        ("hdd", {"compression": "none"}, ""),
        ("aff", {"compression": "none"}, "6881654"),
        ("aff", {}, ""),
    ],
)
def test_platforms_differ_in_compression(
    sim: OntapSimulator, call: Caller, platform: Any, efficiency: dict[str, str], code: str
) -> None:
    sim.settings.platform = platform
    body = new_volume(sim, "vol", efficiency=efficiency)
    assert call.code("POST", f"{VOLUMES}?{WAIT}", body) == code
    if not code:
        expected = efficiency.get("compression", "both")
        assert call.volume(sim.volume("vol").uuid)["efficiency"]["compression"] == expected


def test_a_deleted_volume_keeps_its_blocks_unless_forced(sim: OntapSimulator, call: Caller) -> None:
    sim.set_available("aggr1", GIB)
    assert call.code("DELETE", f"{VOLUMES}/{call.new('first')}?{WAIT}") == ""
    body = new_volume(sim, "second")
    assert call.code("POST", f"{VOLUMES}?{WAIT}", body) == "917536"
    sim.empty_recovery_queue()
    uuid = call.new("second")
    assert call.code("DELETE", f"{VOLUMES}/{uuid}?{WAIT}&force=true") == ""
    assert call.code("DELETE", f"{VOLUMES}/{uuid}?{WAIT}&force=true") == "4"
    call.new("third")


def test_a_root_volume_stays(sim: OntapSimulator, call: Caller) -> None:
    root = sim.add_root_volume()
    assert call.code("DELETE", f"{VOLUMES}/{root.uuid}") == "917531"


def test_the_private_cli_needs_a_role_of_its_own(sim: OntapSimulator, call: Caller) -> None:
    sim.add_volume("vol")
    path = f"/private/cli/volume?vserver={sim.svm}&volume=vol"
    assert call.code("PATCH", path, {"caching-policy": "meta"}) == "6"
    sim.account.private_cli = True
    assert call("PATCH", path, {"caching-policy": "meta"}).json() == {"num_records": 1}
    assert sim.volume("vol").caching_policy == "meta"
    assert call.code("PATCH", path, {"caching-policy": "nonsense"}) == "262197"
    assert call.code("GET", f"{path}&fields=*") == "262197"
    assert call.records(f"{path}&fields=nodes")[0]["nodes"] == ["node-a"]
