"""The client as its users have it: built into a wheel, installed into an environment of its own."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.servers import ROOT
from tests.services.venvs import made_once, run

PROJECT = ROOT / "clients" / "python"


def built(folder: Path) -> Path:
    """A wheel of the client, in ``folder``; its sources stay as they are."""
    with tempfile.TemporaryDirectory() as scratch:
        source = Path(scratch) / "source"
        ignored = shutil.ignore_patterns("__pycache__", "*.egg-info", "build")
        shutil.copytree(PROJECT, source, ignore=ignored)
        pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps"]
        run(*pip, "--wheel-dir", str(folder), str(source))
    return next(folder.glob("*.whl"))


def installed() -> Path:
    """The folder of programs of that environment; made anew when the client changes."""
    files = sorted(path for path in PROJECT.rglob("*") if path.suffix in {".py", ".toml", ".json"})
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()

    def make(folder: Path) -> None:
        run(sys.executable, "-m", "venv", str(folder))
        wheel = built(folder)
        python = str(folder / "bin" / "python")
        run(python, "-m", "pip", "install", "--quiet", f"{wheel}[cli]")

    return made_once("storage-api-client", f"{sys.version} {digest}", make) / "bin"


@dataclass(frozen=True)
class Ended:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass(frozen=True)
class Sapi:
    """Runs the installed program, in an environment that holds nothing else."""

    programs: Path
    environ: Mapping[str, str]

    @property
    def whole_environ(self) -> dict[str, str]:
        path = f"{self.programs}:{os.environ['PATH']}"
        return {"PATH": path, "LANG": "C.UTF-8", **self.environ}

    def __call__(self, *arguments: str, given: str = "", **environ: str) -> Ended:
        ended = subprocess.run(
            [str(self.programs / "sapi"), *arguments],
            input=given,
            env={**self.whole_environ, **environ},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return Ended(ended.returncode, ended.stdout, ended.stderr)
