"""The clients, installed and ready to be let loose on a simulator."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

from tests.conftest import skip_or_fail
from tests.services import venvs
from tests.simulators.ecs import EcsSimulator

_HERE = Path(__file__).parent
_SECONDS = 60


def python_ecsclient(sim: EcsSimulator, folder: Path) -> Any:
    """What ``walk_ecsclient.py`` says; it leaves its token in ``folder``."""
    where = (sim.url, sim.username, sim.password, sim.replication_group)
    return _walk("python-ecsclient", "walk_ecsclient.py", folder, "3", *where, sim.ca_file, folder)


def objectscale_client(sim: EcsSimulator, folder: Path, domain: str) -> Any:
    """What ``walk_objectscale.py`` says."""
    where = (sim.url, sim.username, sim.password, sim.replication_group, domain)
    return _walk("objectscale-client", "walk_objectscale.py", folder, *where)


def _walk(package: str, script: str, folder: Path, *arguments: str | Path) -> Any:
    """The client's home and its place for temporary files are ``folder``."""
    pinned = (_HERE / f"{package}.txt").read_text(encoding="ascii").split()
    try:
        python = venvs.venv(package, *pinned)
    except venvs.NotInstalled as reason:
        skip_or_fail(str(reason))
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    home = {"HOME": str(folder), "TMPDIR": str(folder)}
    done = subprocess.run(
        [str(python), str(_HERE / script), *map(str, arguments)],
        env={**kept, **home, "NO_PROXY": "127.0.0.1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout[-3000:]}\n{done.stderr[-6000:]}"
    return json.loads(done.stdout)
