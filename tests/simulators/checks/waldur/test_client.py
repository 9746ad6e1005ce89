"""The simulated Waldur under the client that its makers publish."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import skip_or_fail
from tests.services.venvs import NotInstalled, venv
from tests.simulators.waldur import WaldurSimulator
from tests.simulators.waldur.records import Project

REQUIREMENTS = (
    "waldur-api-client==8.0.4",
    "anyio==4.16.0",
    "attrs==26.1.0",
    "certifi==2026.10.18",
    "h11==0.16.0",
    "httpcore==1.0.9",
    "httpx==0.28.1",
    "idna==3.20",
    "python-dateutil==2.9.0.post0",
    "six==1.17.0",
    "typing_extensions==4.16.0",
)
WALK = Path(__file__).parent / "client_walk.py"


@pytest.fixture(scope="session")
def python() -> Path:
    try:
        return venv(REQUIREMENTS[0].replace("==", "-"), *REQUIREMENTS)
    except NotInstalled as reason:
        skip_or_fail(str(reason))


# The first run installs a hundred megabytes.
@pytest.mark.timeout(900)
def test_waldurs_own_client_reads_and_writes(
    sim: WaldurSimulator, project: Project, python: Path
) -> None:
    sim.seed(230)
    order = sim.create(sim.offering("capstor"), project)
    resources = list(sim.store.resources.values())
    found = [
        row.uuid
        for row in resources
        if row.offering.slug in {"capstor", "vast"} and row.state == "OK"
    ]
    waiting = [row.uuid for row in sim.store.orders.values() if row.state == "pending-provider"]
    in_progress = [row.uuid for row in resources if row.order_in_progress]
    customers = [
        [row.uuid, row.slug, row.name]
        for row in sim.store.customers.values()
        if row is not sim.cscs
    ]

    seen = walk(python, sim, order.uuid)
    left = seen.pop("resource")

    assert seen == {
        "me": "provider",
        "resources": [row.uuid for row in resources],
        "found": found,
        "consumed": 0,
        "customers": customers,
        "orders": waiting,
        "in_progress": in_progress,
        "approved": "Order has been approved.",
        "identified": "Resource backend_id has been changed.",
        "again": 409,
        "order": "done",
    }
    assert (left["state"], left["backend_id"]) == ("OK", "/capstor/store/cscs/climate-lab/msocean")
    assert (left["options"], left["backend_metadata"]) == (
        {"permissions": "700"},
        {"made": "by hand"},
    )
    assert order.resource.current_usages == {"storage": "3.00"}


def walk(python: Path, sim: WaldurSimulator, order: str) -> dict[str, Any]:
    done = subprocess.run(
        [str(python), str(WALK), sim.url, sim.token, order],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    document: dict[str, Any] = json.loads(done.stdout)
    return document
