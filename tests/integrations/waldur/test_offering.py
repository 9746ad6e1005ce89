"""The command that makes the offering, and the agent's own programs beside it."""

import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.integrations.waldur.agent import Site
from tests.integrations.waldur.lab import OBJECTS, STORAGE, Lab
from tests.simulators.waldur import WaldurSimulator
from tests.simulators.waldur.records import Offering

NAME = "Object storage"


@pytest.fixture
def sim(waldur: WaldurSimulator) -> WaldurSimulator:
    waldur.store.offerings.clear()
    return waldur


@pytest.fixture
def site(programs: Path, tmp_path: Path, sim: WaldurSimulator) -> Site:
    found = Site(programs, tmp_path)
    configure(found, sim, {"storage": STORAGE})
    return found


def configure(site: Site, sim: WaldurSimulator, components: Mapping[str, Any], **more: Any) -> None:
    site.configure(
        {
            "name": NAME,
            "waldur_api_url": f"{sim.url}/api/",
            "waldur_api_token": sim.token,
            "backend_type": "storage-api",
            "backend_settings": {
                "api_url": "https://storage.example.org",
                "subsystem": "croit",
                "kind": "user",
            },
            "backend_components": dict(components),
            **more,
        }
    )


def command(site: Site, *more: str) -> subprocess.CompletedProcess[str]:
    fixed = ("-c", "agent.yaml", "-o", NAME, "--provider", "cscs")
    return site.call("waldur-storage-api-offering", *fixed, *more)


def writes(sim: WaldurSimulator) -> int:
    return sum(row.method != "GET" for row in sim.requests)


def only(sim: WaldurSimulator) -> Offering:
    [offering] = sim.offerings
    return offering


def test_a_dry_run_changes_nothing(site: Site, sim: WaldurSimulator) -> None:
    before = writes(sim)
    done = command(site, "--dry-run")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"would create offering {NAME}\n"
    assert writes(sim) == before
    assert sim.offerings == []


def test_a_dry_run_tells_all_that_would_follow(site: Site, sim: WaldurSimulator) -> None:
    wanted = ("--price", "storage=0.02", "--activate")
    would = command(site, *wanted, "--dry-run").stdout
    did = command(site, *wanted).stdout
    assert [line.removeprefix("would ") for line in would.splitlines()] == did.splitlines()[:-1]


def test_prices_that_waldur_writes_as_text_are_left(site: Site, sim: WaldurSimulator) -> None:
    command(site, "--price", "storage=0.02")
    offering = only(sim)
    offering.prices = {"storage": "0.0200000000"}
    before = writes(sim)
    assert "price" not in command(site, "--price", "storage=0.02").stdout
    assert writes(sim) == before


def test_the_order_of_the_form_stays(site: Site, sim: WaldurSimulator) -> None:
    command(site)
    offering = only(sim)
    offering.options = {"order": ["purpose"], "options": {"purpose": {"type": "string"}}}
    assert "set options" in command(site).stdout
    assert offering.options["order"] == ["purpose", "storage_limit", "object_limit"]


def test_another_providers_offering_is_left(site: Site, sim: WaldurSimulator) -> None:
    command(site)
    sim.add_customer("Elsewhere", slug="elsewhere")
    configure(site, sim, {"storage": STORAGE}, waldur_offering_uuid=only(sim).uuid)
    done = command(site, "--provider", "elsewhere", "--activate")
    assert done.returncode == 1
    assert "another" in done.stderr
    assert only(sim).state == "Draft"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"backend_components": {"storage": {**STORAGE, "label": None}}}, "label"),
        ({"waldur_api_token": None}, "waldur_api_token"),
        ({"backend_components": {"storage": "lots"}}, "backend_components.storage"),
    ],
)
def test_what_is_missing_is_named(
    site: Site, sim: WaldurSimulator, change: dict[str, Any], says: str
) -> None:
    configure(site, sim, {"storage": STORAGE}, **change)
    done = command(site)
    assert done.returncode == 2
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_it_makes_the_offering_and_then_changes_only_what_differs(
    site: Site, sim: WaldurSimulator
) -> None:
    done = command(site, "--price", "storage=0.02", "--activate")
    assert done.returncode == 0, done.stderr
    offering = only(sim)
    assert (offering.name, offering.state) == (NAME, "Active")
    [component] = offering.components
    assert (component["type"], component["billing_type"]) == ("storage", "limit")
    assert component["measured_unit"] == "GB"
    assert offering.options is not None
    assert offering.options["order"] == ["storage_limit", "object_limit"]
    assert offering.prices["storage"] == 0.02
    assert f"waldur_offering_uuid: '{offering.uuid}'" in done.stdout

    before = writes(sim)
    again = command(site, "--price", "storage=0.02", "--activate")
    assert (again.returncode, again.stdout) == (0, f"waldur_offering_uuid: '{offering.uuid}'\n")
    assert writes(sim) == before

    dearer = {"storage": {**STORAGE, "max_value": 50}, "objects": OBJECTS}
    configure(site, sim, dearer, waldur_offering_uuid=offering.uuid)
    third = command(site)
    assert "change component storage\ncreate component objects\n" in third.stdout
    assert [row["type"] for row in offering.components] == ["storage", "objects"]
    assert offering.components[0]["max_value"] == 50


@pytest.mark.parametrize(
    ("more", "code", "says"),
    [
        (("--provider", "nobody"), 1, "no organisation has the slug nobody"),
        (("--price", "storage=cheap"), 2, "--price storage=cheap"),
        (("--price", "storage=nan"), 2, "--price storage=nan"),
        (("--price", "tapes=2"), 2, "no component tapes"),
        (("-o", "Another"), 2, "no offering is called Another"),
    ],
)
def test_mistakes_are_named(
    site: Site, sim: WaldurSimulator, more: tuple[str, str], code: int, says: str
) -> None:
    done = command(site, *more)
    assert done.returncode == code
    assert says in done.stderr
    assert sim.token not in done.stderr + done.stdout


def test_the_agents_own_programs_work_with_it(lab: Lab) -> None:
    """Components are loaded, and the diagnosis is that of the service."""
    offering = lab.offer("programs", settings={"kind": "user"})
    lab.configured["programs"]["backend_components"]["objects"] = OBJECTS
    lab.site.configure(lab.configured["programs"])
    loaded = lab.site.call("waldur_site_load_components", "-c", "agent.yaml")
    assert loaded.returncode == 0, loaded.stderr
    assert {row["type"] for row in offering.components} == {"storage", "objects"}

    healthy = lab.site.call("waldur_site_diagnostics", "-c", "agent.yaml")
    assert healthy.returncode == 0, healthy.stdout[-2000:]
    assert "'class': 'DummyStorage'" in healthy.stdout
    with lab.front.down():
        broken = lab.site.call("waldur_site_diagnostics", "-c", "agent.yaml")
    assert broken.returncode != 0
