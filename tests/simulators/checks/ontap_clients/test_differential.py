"""What our service shows of a filer is what NetApp's own library shows of it."""

from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import pytest

from tests.conformance.client import Api, InProcess
from tests.servers import service
from tests.simulators.checks.ontap_clients.clients import vendor_library
from tests.simulators.ontap import OntapSimulator

MIB = 1024**2
pytestmark = pytest.mark.timeout(400)

#: Our name of a value, and where the library has it.
VOLUME: dict[str, Callable[[Any], Any]] = {
    "uuid": lambda row: row["uuid"],
    "size_total": lambda row: row["space"]["afs_total"],
    "size_used": lambda row: row["space"].get("used"),
    "aggregate_name": lambda row: row["aggregates"][0]["name"],
    "junction_path": lambda row: row.get("nas", {}).get("path"),
    "state": lambda row: row["state"],
    "active_policy_name": lambda row: row["nas"]["export_policy"]["name"],
    "autosize_enabled": lambda row: row["autosize"]["mode"] != "off",
    "max_autosize": lambda row: row["autosize"]["maximum"],
    "percentage_snapshot_reserve": lambda row: row["space"]["snapshot"]["reserve_percent"],
    "compression_enabled": lambda row: row["efficiency"]["compression"] in {"background", "both"},
    "inline_compression": lambda row: row["efficiency"]["compression"] in {"inline", "both"},
}


@pytest.fixture(scope="module")
def api(sim: OntapSimulator) -> Api:
    """Volumes of many kinds, made through our service."""
    filer = ["filer", "NetappStorage", "hostname", sim.hostname, "ca_file", str(sim.ca_file)]
    filer += ["username", sim.username, "password", sim.password, "vserver", sim.svm]
    api = InProcess(service({"SAPI_BACKENDS": "🌈".join(filer)}))
    kinds: list[dict[str, Any]] = [
        {},
        {"percentage_snapshot_reserve": 20},
        {"autosize_enabled": False},
        {"max_autosize": 900 * MIB},
        {"compression_enabled": False, "inline_compression": False},
    ]
    for number, kind in enumerate(kinds):
        wanted = {"size_total": 300 * MIB + 1, "junction_path": f"/diff/{number}", **kind}
        api.post(f"/v3/filer/volumes/diff{number}", wanted).expect(201)
        for snapshot in ("monday", "tuesday")[:number]:
            api.post(f"/v3/filer/volumes/diff{number}/snapshots/{snapshot}").expect(201)
    api.post("/v3/filer/export/open", {"rules": ["0.0.0.0/0"]}).expect(201)
    rules = ["@hosts", "10.0.0.0/8", ".example.org", "2001:db8::/32"]
    api.post("/v3/filer/export/mixed", {"rules": rules}).expect(201)
    api.put("/v3/filer/export/mixed/rule/192.0.2.1").expect(201)
    api.patch("/v3/filer/volumes/diff0", {"active_policy_name": "mixed"}).expect(200)
    return api


def test_volumes(sim: OntapSimulator, api: Api) -> None:
    ours = {row["name"]: row for row in api.get("/v3/filer/volumes").expect(200)}
    theirs = {row["name"]: row for row in vendor_library(sim, "lists")}
    assert {f"diff{number}" for number in range(5)} <= set(ours) <= set(theirs)
    for name, row in ours.items():
        shown = {key: row[key] for key in VOLUME}
        assert shown == {key: read(theirs[name]) for key, read in VOLUME.items()}, name
        assert api.get(f"/v3/filer/volumes/{name}").expect(200) == row


def test_snapshots(sim: OntapSimulator, api: Api) -> None:
    for volume, rows in vendor_library(sim, "snapshots").items():
        ours = api.get(f"/v3/filer/volumes/{volume}/snapshots").expect(200)
        assert [row["name"] for row in ours] == [row["name"] for row in rows]
        assert [row["size_kbytes"] for row in ours] == [-(-row["size"] // 1024) for row in rows]
        assert [_moment(row["creation_time"]) for row in ours] == [
            datetime.fromisoformat(row["create_time"]) for row in rows
        ]


def test_export_policies(sim: OntapSimulator, api: Api) -> None:
    ours = {row["name"]: row["rules"] for row in api.get("/v3/filer/export").expect(200)}
    theirs = {
        row["name"]: [
            client["match"]
            for rule in sorted(row.get("rules", []), key=lambda rule: rule["index"])
            for client in rule["clients"]
        ]
        for row in vendor_library(sim, "policies")
    }
    assert ours == theirs
    assert {"default", "open", "mixed"} <= set(ours)


def _moment(text: str) -> datetime:
    """v3 writes UTC as ``-0000``, which Python reads as a time without zone."""
    return parsedate_to_datetime(text).replace(tzinfo=UTC)
