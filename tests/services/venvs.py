"""Programs and libraries in a virtual environment of their own, apart from the project's."""

import fcntl
import shutil
import subprocess
import sys
from pathlib import Path

_FOLDER = Path(__file__).parent.parent.parent / ".run" / "venvs"
_RECORD = "requirements.txt"
_INSTALL_SECONDS = 600


class NotInstalled(Exception):
    """pip could not install what was asked for; the text says why."""


def venv(name: str, *requirements: str) -> Path:
    """The Python of the environment ``name``, which holds ``requirements`` (``package==version``).

    Made once and then found again, unless the requirements differ: then it is made anew. Callers
    in several processes wait for each other. Raises NotInstalled.
    """
    folder = _FOLDER / name
    _FOLDER.mkdir(parents=True, exist_ok=True)
    with (_FOLDER / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        wanted = "\n".join(requirements)
        if _made_of(folder) != wanted:
            _make(folder, requirements)
            (folder / _RECORD).write_text(wanted, encoding="utf-8")
    return folder / "bin" / "python"


def _made_of(folder: Path) -> str | None:
    """None for an environment that is absent, half made or lost its Python."""
    record = folder / _RECORD
    whole = record.is_file() and (folder / "bin" / "python").exists()
    return record.read_text(encoding="utf-8") if whole else None


def _make(folder: Path, requirements: tuple[str, ...]) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    pip = [str(folder / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "install"]
    try:
        _run(sys.executable, "-m", "venv", str(folder))
        _run(*pip, "--quiet", *requirements)
    except NotInstalled:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _run(*command: str) -> None:
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_INSTALL_SECONDS,
            check=False,
            text=True,
        )
    except subprocess.TimeoutExpired:
        raise NotInstalled(f"{command[-1]}: no end after {_INSTALL_SECONDS} s") from None
    if done.returncode:
        raise NotInstalled(f"{command[-1]}: {done.stderr[-1000:]}")
