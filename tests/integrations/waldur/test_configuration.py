"""What is shipped for operators, judged by what they will run it with."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conftest import skip_or_fail
from tests.integrations.waldur.agent import Site
from tests.servers import ROOT

SHIPPED = ROOT / "integrations" / "waldur"
EXAMPLES = sorted((SHIPPED / "examples").glob("*.yaml"))
UNITS = sorted((SHIPPED / "systemd").glob("*.service"))
LOAD = str(Path(__file__).with_name("load.py"))
OURS = "StorageApiBackend"
EXPECTED: dict[str, dict[str, list[str]]] = {
    "netapp.yaml": {"NetApp project volumes": [OURS] * 3},
    "croit.yaml": {"Object storage": [OURS] * 3},
    "ecs.yaml": {"ECS namespace": [OURS] * 3},
    "cscs.yaml": {"capstor": ["UsageBackend"]},
    "slurm-and-storage.yaml": {
        "NetApp project volumes": [OURS] * 3,
        "SLURM": ["SlurmBackend"] * 3,
    },
}


def load(site: Site, path: Path) -> subprocess.CompletedProcess[str]:
    return site.call("python", LOAD, str(path))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_the_agents_loader_takes_every_example(
    programs: Path, tmp_path: Path, path: Path
) -> None:
    done = load(Site(programs, tmp_path), path)
    assert done.returncode == 0, done.stderr[-2000:]
    told = json.loads(done.stdout.splitlines()[-1])
    assert {name: list(row.values()) for name, row in told.items()} == EXPECTED[path.name]
    assert "schema validation failed" not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("settings", "measure", "says"),
    [
        ({"kind": "tape"}, "bytes", "kind"),
        ({"colour": "red"}, "bytes", "colour"),
        ({"name_template": "{secret}"}, "bytes", "name_template"),
        ({"name_template": "all-alike"}, "bytes", "name_template"),
        ({"kind": "volume", "delete_policy": "purge"}, "bytes", "purge"),
        ({"kind": "volume"}, "objects", "backend_components.storage"),
        ({}, "litres", "backend_components.storage"),
        ({}, None, "none says what it measures"),
        ({"api_url": "https://a:secret@storage.example.org/x"}, "bytes", "api_url"),
    ],
)
def test_a_wrong_setting_is_refused_and_its_value_not_told(
    programs: Path,
    tmp_path: Path,
    settings: dict[str, Any],
    measure: str | None,
    says: str,
) -> None:
    """The agent itself would only warn."""
    document = yaml.safe_load((SHIPPED / "examples" / "ecs.yaml").read_text())
    [offering] = document["offerings"]
    offering["backend_settings"] |= settings
    offering["backend_components"]["storage"]["measure"] = measure
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(yaml.safe_dump(document))
    done = load(Site(programs, tmp_path), wrong)
    assert done.returncode == 1
    last = done.stderr.splitlines()[-1]
    assert "ConfigurationError" in last
    assert says in last
    assert "secret@" not in last


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_systemd_takes_the_units_and_finds_them_confined(tmp_path: Path, path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        skip_or_fail("no systemd: apt-get install -y systemd")
    program = tmp_path / "waldur_site_agent"
    program.touch(mode=0o755)
    unit = tmp_path / path.name
    text = path.read_text(encoding="utf-8")
    unit.write_text(text.replace("/opt/waldur-agent/bin/waldur_site_agent", str(program)))
    verify = ["systemd-analyze", "verify", "--man=no", str(unit)]
    done = subprocess.run(verify, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    security = ["systemd-analyze", "security", "--offline=true", "--threshold=20", str(unit)]
    done = subprocess.run(security, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout[-500:]


def test_there_is_a_unit_for_each_mode() -> None:
    modes = {
        line.split(" -m ")[1].split()[0]
        for unit in UNITS
        for line in unit.read_text().splitlines()
        if line.startswith("ExecStart=")
    }
    assert modes == {"order_process", "membership_sync", "report", "event_process"}
