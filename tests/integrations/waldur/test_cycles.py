"""Membership sync and reports, cycle after cycle, by the real agent."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial

import pytest

from tests.integrations.waldur.agent import Agent, until
from tests.integrations.waldur.lab import GB, OBJECTS, STORAGE, Lab
from tests.servers import environment
from tests.services.issuer import Issuer
from tests.simulators.waldur.records import Offering, Resource

USED = {
    "measured_unit": "GB",
    "unit_factor": GB,
    "accounting_type": "usage",
    "label": "Stored",
    "measure": "bytes",
}
DAYS = {**USED, "label": "GB-days", "measure": "byte_days"}
ALL = {"storage": STORAGE, "objects": OBJECTS, "stored": USED, "gb_days": DAYS}
LIMITS = {"storage": 5, "objects": 1000}


@pytest.fixture(scope="module")
def backends(tmp_path_factory: pytest.TempPathFactory) -> str:
    """In a file, for the sampler is a process of its own."""
    return f"dummy🌈DummyStorage🌈path🌈{tmp_path_factory.mktemp('dummy') / 'state'}"


@pytest.fixture(scope="module")
def settings(
    tmp_path_factory: pytest.TempPathFactory, believed: Issuer, backends: str
) -> dict[str, str]:
    database = f"sqlite:///{tmp_path_factory.mktemp('metering') / 'samples'}"
    return believed.settings(SAPI_BACKENDS=backends, SAPI_DATABASE_URL=database)


@pytest.fixture(scope="module")
def offerings(lab: Lab) -> dict[str, Offering]:
    for policy in ("usual", "frozen"):
        lab.call("POST", f"/v3/dummy/export/{policy}", {"rules": []})
    policies = {
        "create_with": {"active_policy_name": "usual"},
        "pause_policy": "nobody",
        "downscale_policy": "frozen",
    }
    links = {"endpoints": {"Mount": "nfs://{mount}"}}
    return {
        "volume": lab.offer("volume", settings={"kind": "volume", **policies, **links}),
        "user": lab.offer("user", settings={"kind": "user"}, components=ALL),
        "bucket": lab.offer("bucket", settings={"kind": "bucket"}, components=ALL),
    }


@pytest.fixture(scope="module")
def resources(lab: Lab, offerings: dict[str, Offering]) -> dict[str, Resource]:
    for offering in offerings.values():
        lab.waldur.people.add_login(offering, lab.waldur.member, "alice")
    with lab.site.running("order_process"):
        made = lab.made(
            lab.order(offerings["volume"], "ocean"),
            lab.order(offerings["user"], "ocean", limits=LIMITS),
            lab.order(offerings["bucket"], "ocean", limits=LIMITS),
        )
    return dict(zip(offerings, made, strict=True))


@pytest.fixture(scope="module")
def agents(lab: Lab, resources: dict[str, Resource]) -> Iterator[dict[str, Agent]]:
    with ExitStack() as stack:
        yield {
            mode: stack.enter_context(lab.site.running(mode))
            for mode in ("membership_sync", "report")
        }


def cycle(lab: Lab, resource: Resource) -> None:
    """Wait for one whole cycle of membership sync."""
    seen = resource.synced
    until(lambda: resource.synced >= seen + 2)


def test_usage_is_reported_and_what_is_unknown_is_not(
    lab: Lab, resources: dict[str, Resource], agents: dict[str, Agent]
) -> None:
    """DummyStorage holds nothing, and says so; nobody has metered it yet."""
    bucket, volume = resources["bucket"], resources["volume"]
    until(lambda: {kind for _, kind in bucket.usages} >= {"storage", "objects", "stored"})
    assert {row["usage"] for row in bucket.usages.values()} == {"0.00"}
    assert "gb_days" not in {kind for _, kind in bucket.usages}
    until(lambda: volume.usages)


def test_what_was_metered_is_reported_as_days(
    lab: Lab,
    settings: dict[str, str],
    resources: dict[str, Resource],
    agents: dict[str, Agent],
) -> None:
    """Of a month that nobody metered nothing is said."""
    sample = [sys.executable, "-m", "storage_api.cli", "sample"]
    done = subprocess.run(sample, env=environment(settings), timeout=60, check=False)
    assert done.returncode == 0
    bucket = resources["bucket"]
    until(lambda: "gb_days" in {kind for _, kind in bucket.usages})
    assert len({period for period, _ in bucket.usages}) == 1


def test_members_come_and_go(
    lab: Lab, resources: dict[str, Resource], agents: dict[str, Agent]
) -> None:
    volume = resources["volume"]
    until(lambda: volume.backend_metadata.get("members") == ["alice"])
    lab.waldur.member.member_of.discard(lab.project)
    until(lambda: volume.backend_metadata.get("members") == [])
    lab.waldur.member.member_of.add(lab.project)
    until(lambda: volume.backend_metadata.get("members") == ["alice"])


def test_a_volume_is_paused_downscaled_and_restored(
    lab: Lab, resources: dict[str, Resource], agents: dict[str, Agent]
) -> None:
    volume = resources["volume"]
    path = f"/v3/dummy/volumes/{volume.backend_id}"
    for flags, policy in (
        ({"paused": True}, "nobody"),
        ({"paused": False, "downscaled": True}, "frozen"),
        ({"paused": False, "downscaled": False}, "usual"),
    ):
        lab.waldur.spoil(volume, **flags)
        until(partial(lab.shows, path, active_policy_name=policy))
    assert lab.call("GET", "/v3/dummy/export/nobody")["rules"] == []


def test_an_account_is_paused_downscaled_and_restored(
    lab: Lab, resources: dict[str, Resource], agents: dict[str, Agent]
) -> None:
    """Waldur's limits stay what was ordered, while nothing may be written."""
    user = resources["user"]
    path = f"/v3/dummy/users/{user.backend_id}"
    lab.waldur.spoil(user, paused=True)
    until(lambda: lab.call("GET", path)["suspended"])
    lab.waldur.spoil(user, downscaled=True, paused=False)
    until(lambda: lab.call("GET", f"{path}/quota")["max_bytes"] == 0)
    assert not lab.call("GET", path)["suspended"]
    cycle(lab, user)
    assert user.limits == LIMITS
    lab.waldur.spoil(user, downscaled=False, paused=False)
    until(lambda: lab.call("GET", f"{path}/quota")["max_bytes"] == 5 * GB)
    assert lab.call("GET", f"{path}/quota")["max_objects"] == 1000


def test_what_somebody_set_at_the_back_end_shows_in_waldur(
    lab: Lab, resources: dict[str, Resource], agents: dict[str, Agent]
) -> None:
    bucket = resources["bucket"]
    path = f"/v3/dummy/buckets/{bucket.backend_id}/quota"
    lab.call("PUT", path, {"max_bytes": 7 * GB, "max_objects": 1000})
    until(lambda: bucket.limits == {"storage": 7, "objects": 1000})
    cycle(lab, bucket)
    calls = len(lab.waldur.calls("POST", f"*{bucket.uuid}/set_limits/"))
    cycle(lab, bucket)
    assert len(lab.waldur.calls("POST", f"*{bucket.uuid}/set_limits/")) == calls


def test_an_outage_changes_no_state(
    lab: Lab, resources: dict[str, Resource], agents: dict[str, Agent]
) -> None:
    shown = dict(resources["volume"].backend_metadata)
    with lab.front.down():
        until(lambda: agents["membership_sync"].says("Error while pulling resource"))
    cycle(lab, resources["volume"])
    assert {row.state for row in resources.values()} == {"OK"}
    assert resources["volume"].backend_metadata["path"] == shown["path"]


def test_endpoints_and_metadata_hold_no_secret(
    lab: Lab, resources: dict[str, Resource], agents: dict[str, Agent]
) -> None:
    volume, user = resources["volume"], resources["user"]
    [link] = volume.endpoints
    assert link["name"] == "Mount"
    assert link["url"].endswith(f":/{volume.backend_id}")
    secrets = [key["api_key"] for key in lab.waldur.secrets.of(user)]
    assert len(secrets) == 2
    assert not any(secret in str(user.backend_metadata) for secret in secrets)
    logged = "".join(path.read_text() for path in lab.site.folder.glob("*.log"))
    assert not any(secret in logged for secret in secrets)
    assert lab.token.read_text() not in logged
