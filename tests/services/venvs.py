"""Clients that are not ours, each in a virtual environment away from the project's own.

They are the second opinion on our simulators, and their requirements need not agree with ours.
"""

import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from tests.servers import ROOT

_FOLDER = ROOT / ".run" / "venvs"
_SECONDS = 300


class NotInstalled(Exception):
    """What was asked for could not be installed; the text says why."""


def venv(name: str, *requirements: str) -> Path:
    """The Python of an environment that holds ``requirements``, each ``package==version``.

    The first call makes it, under ``.run/venvs/``; later ones find it, until the requirements or
    our own Python change.

    Raises:
        NotInstalled: the packages cannot be had.
    """
    recipe = "\n".join([sys.version, *requirements])

    def make(folder: Path) -> None:
        run(sys.executable, "-m", "venv", str(folder))
        run(str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", *requirements)

    return made_once(name, recipe, make) / "bin" / "python"


def made_once(name: str, recipe: str, make: Callable[[Path], None]) -> Path:
    """The folder ``.run/venvs/<name>``, as ``make`` left it when it was last given ``recipe``.

    Two runs of the tests wait for one another. What ``make`` did not finish is made anew.
    """
    _FOLDER.mkdir(parents=True, exist_ok=True)
    folder, stamp = _FOLDER / name, _FOLDER / name / ".made-of"
    with (_FOLDER / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not stamp.is_file() or stamp.read_text(encoding="utf-8") != recipe:
            shutil.rmtree(folder, ignore_errors=True)
            make(folder)
            stamp.write_text(recipe, encoding="utf-8")
    return folder


def run(*command: str) -> None:
    """One step of making a folder.

    Raises:
        NotInstalled: it failed.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    quiet = {**kept, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    try:
        done = subprocess.run(
            command,
            env=quiet,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise NotInstalled(f"no end within {_SECONDS} s: {' '.join(command)}") from None
    if done.returncode:
        raise NotInstalled(f"{' '.join(command)}: {done.stderr.strip()[-1000:]}")
