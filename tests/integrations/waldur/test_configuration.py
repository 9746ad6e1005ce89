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


WRONG: list[tuple[dict[str, Any], str | None, str]] = [
    ({"kind": "tape"}, "bytes", "kind"),
    ({"colour": "red"}, "bytes", "colour"),
    ({"name_template": "{secret}"}, "bytes", "name_template"),
    ({"name_template": "all-alike"}, "bytes", "name_template"),
    ({"kind": "volume", "delete_policy": "purge"}, "bytes", "purge"),
    ({"kind": "volume", "delete_policy": "keep"}, "bytes", "pause_policy"),
    ({"kind": "volume"}, "objects", "backend_components.storage"),
    ({}, "litres", "backend_components.storage"),
    ({}, None, "none says what it measures"),
    ({"api_url": "https://a:secret@storage.example.org/x"}, "bytes", "api_url"),
]


@pytest.fixture(scope="module")
def site(programs: Path, tmp_path_factory: pytest.TempPathFactory) -> Site:
    return Site(programs, tmp_path_factory.mktemp("site"))


def load(site: Site, paths: list[Path]) -> tuple[list[dict[str, Any]], str]:
    """What the loader makes of each file, and what it logged meanwhile."""
    done = site.call("python", LOAD, *map(str, paths))
    assert done.returncode == 0, done.stderr[-2000:]
    told = json.loads(done.stdout.splitlines()[-1])
    return [told[str(path)] for path in paths], done.stdout + done.stderr


def test_the_agents_loader_takes_every_example(site: Site) -> None:
    found, said = load(site, EXAMPLES)
    assert dict(zip([path.name for path in EXAMPLES], found, strict=True)) == EXPECTED
    assert "schema validation failed" not in said


def test_wrong_settings_are_refused_and_their_values_not_told(site: Site) -> None:
    """The agent itself would only warn."""
    paths = []
    for number, (settings, measure, _) in enumerate(WRONG):
        document = yaml.safe_load((SHIPPED / "examples" / "ecs.yaml").read_text())
        [offering] = document["offerings"]
        offering["backend_settings"] |= settings
        offering["backend_components"]["storage"]["measure"] = measure
        paths.append(site.folder / f"wrong-{number}.yaml")
        paths[-1].write_text(yaml.safe_dump(document))
    found, _ = load(site, paths)
    for (_, _, says), told in zip(WRONG, found, strict=True):
        assert says in told["ConfigurationError"]
        assert "secret@" not in told["ConfigurationError"]


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
