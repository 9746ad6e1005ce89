"""The simulated croit under the agents that Waldur publishes for it."""

import json
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import skip_or_fail
from tests.services.venvs import NotInstalled, venv
from tests.simulators.checks.croit.caller import fresh
from tests.simulators.croit import CroitSimulator
from tests.simulators.croit.series import STEP

GB = 1_000_000_000
_HERE = Path(__file__).parent
# The first run installs two hundred megabytes.
pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="session")
def python() -> Path:
    try:
        return venv("waldur-croit", *(_HERE / "agents.txt").read_text(encoding="ascii").split())
    except NotInstalled as reason:
        skip_or_fail(str(reason))


def walk(python: Path, sim: CroitSimulator, agent: str, uid: str) -> Any:
    command = [str(python), str(_HERE / "agents_walk.py"), agent, sim.url, sim.token, uid]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_agent_in_use(sim: CroitSimulator, python: Path) -> None:
    uid = fresh("waldur-")
    # He began to store things half-way through the month; the agent asks for averages of points.
    middle, end = (int(datetime(2026, *day, tzinfo=UTC).timestamp()) for day in ((10, 16), (11, 1)))
    sim.seed_series(uid, [(moment, 10 * GB) for moment in range(middle, end, STEP)])

    seen = walk(python, sim, "successor", uid)
    metadata = seen.pop("metadata")

    assert seen.pop("usage") == {uid: {"TOTAL_ACCOUNT_USAGE": {"s3_storage": 160.0}}}
    assert seen == {
        "ping": True,
        "keys at first": [],
        "another's": "DuplicateResourceError",
        "two keys": True,
        "rotated": True,
        "its secret": True,
        "left": False,
    }
    assert metadata["user_info"]["email"] == f"waldur-0000-1-{uid}@invalid"
    limits = {"enabled": True, "max_size_bytes": 5_000_000_512, "max_objects": 100}
    assert metadata["quotas"] == {"bucket_quota": limits, "user_quota": limits}


def test_its_predecessor(sim: CroitSimulator, python: Path) -> None:
    seen = walk(python, sim, "predecessor", fresh("waldur_"))
    quota = seen.pop("quota")["bucket_quota"]
    assert (quota["enabled"], quota["maxSize"], quota["maxObjects"]) == (True, 5_000_000_512, 100)
    assert seen == {
        "ping": True,
        "again": "CroitS3UserExistsError",
        "key": ["access_key", "secret_key", "user"],
        "buckets": [],
        "left": False,
    }
