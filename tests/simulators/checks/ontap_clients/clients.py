"""The clients, installed and ready to be let loose on a simulator."""

import json
import os
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.conftest import skip_or_fail
from tests.services import venvs
from tests.simulators.ontap import OntapSimulator

_HERE = Path(__file__).parent
# Galaxy, where collections come from, is not on every network; this package from PyPI holds them
# all, and half a gigabyte of others.
_BUNDLE = "ansible==12.3.0"
_COLLECTION = "ansible_collections/netapp/ontap/"
_SECONDS = 100


def _venv(name: str) -> Path:
    pinned = (_HERE / f"{name}.txt").read_text(encoding="ascii").split()
    return venvs.venv(name, *pinned)


def _required(install: Callable[[], Path]) -> Path:
    try:
        return install()
    except venvs.NotInstalled as reason:
        skip_or_fail(str(reason))


def vendor_library(sim: OntapSimulator, scenario: str) -> Any:
    """What ``vendor_library.py`` says of ``scenario``."""
    python = _required(lambda: _venv("netapp-ontap"))
    script = str(_HERE / "vendor_library.py")
    where = ("127.0.0.1", str(sim.port), sim.username, sim.password, str(sim.ca_file), sim.svm)
    return json.loads(_output(sim, [str(python), script, scenario, *where]))


def play(sim: OntapSimulator, folder: Path) -> Any:
    """The results of ``playbook.yml``."""
    python = _required(lambda: _venv("ansible"))
    collections = _required(
        lambda: venvs.made_once("ansible-collections", _BUNDLE, _unpack_collection)
    )
    variables = {
        "filer_port": sim.port,
        "username": sim.username,
        "password": sim.password,
        "svm": sim.svm,
        "aggregate": "aggr1",
        "results": str(folder / "results.json"),
    }
    command = [str(python.with_name("ansible-playbook")), str(_HERE / "playbook.yml")]
    command += ["--inventory", "localhost,", "--extra-vars", json.dumps(variables)]
    _output(
        sim,
        command,
        ANSIBLE_COLLECTIONS_PATH=str(collections),
        ANSIBLE_HOME=str(folder),
        ANSIBLE_LOCAL_TEMP=str(folder),
        ANSIBLE_REMOTE_TEMP=str(folder),
        ANSIBLE_NOCOLOR="1",
    )
    return json.loads((folder / "results.json").read_text(encoding="utf-8"))


def _unpack_collection(folder: Path) -> None:
    python = _venv("ansible")
    download = [str(python), "-m", "pip", "download", "--quiet", "--no-deps"]
    venvs.run(*download, "--only-binary", ":all:", "--dest", str(folder), _BUNDLE)
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as bundle:
        names = [name for name in bundle.namelist() if name.startswith(_COLLECTION)]
        bundle.extractall(folder, names)
    wheel.unlink()


def _output(sim: OntapSimulator, command: list[str], **more: str) -> str:
    """Both clients take the authority to trust from ``requests``' variable."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    trust = {"REQUESTS_CA_BUNDLE": str(sim.ca_file), "LC_ALL": "C.UTF-8"}
    done = subprocess.run(
        command,
        env={**kept, **trust, **more},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout[-6000:]}\n{done.stderr[-6000:]}"
    return done.stdout
