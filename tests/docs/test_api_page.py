"""docs/api.md: its examples run as they stand there, with a generator that is not ours."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.conftest import skip_or_fail
from tests.servers import DUMMY, ROOT, flask_server
from tests.services.venvs import NotInstalled, venv

PAGE = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
DEVSERVER = "http://127.0.0.1:5000"


@pytest.fixture(scope="module")
def python() -> Path:
    """Of an environment that holds the generator, and what its clients need."""
    try:
        return venv("openapi-client", "openapi-python-client==0.29.1", "python-dateutil==2.9.0")
    except NotInstalled as reason:
        skip_or_fail(str(reason))


def example(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", PAGE, flags=re.DOTALL)
    assert found
    return found[1]


def run(command: list[str], python: Path, folder: Path) -> str:
    done = subprocess.run(
        command,
        cwd=folder,
        env={"PATH": f"{python.parent}:{os.environ['PATH']}", "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_generated_client_works(python: Path, tmp_path: Path) -> None:
    with flask_server({"SAPI_BACKENDS": DUMMY}, tmp_path / "log") as server:
        generate = example("sh").replace(DEVSERVER, server.url)
        run(["bash", "-euo", "pipefail", "-c", generate], python, tmp_path)
        use = example("python").replace(DEVSERVER, server.url)
        said = run([str(python), "-c", use], python, tmp_path).splitlines()
    assert said[:2] == ["projects_bob 1073741824", "['projects_bob']"]
    assert said[2].startswith("404 not-found ")
