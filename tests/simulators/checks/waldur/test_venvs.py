import shutil
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.conftest import skip_or_fail
from tests.services.venvs import NotInstalled, venv

NAME = "made-by-a-test"


@pytest.fixture(scope="module")
def python() -> Iterator[Path]:
    """What two callers at once got."""
    try:
        with ThreadPoolExecutor(2) as pool:
            first, second = pool.map(lambda _: venv(NAME, "six==1.17.0"), range(2))
    except NotInstalled as reason:
        skip_or_fail(str(reason))
    assert first == second
    yield first
    shutil.rmtree(first.parents[1], ignore_errors=True)


def test_it_holds_what_was_asked_for_and_nothing_of_ours(python: Path) -> None:
    def says(program: str) -> str:
        done = subprocess.run(
            [str(python), "-c", program], capture_output=True, text=True, check=False
        )
        return done.stdout.strip() or done.stderr.strip().rpartition("\n")[2]

    assert says("import six; print(six.__version__)") == "1.17.0"
    assert says("import flask") == "ModuleNotFoundError: No module named 'flask'"


def test_it_is_found_again(python: Path) -> None:
    made = python.lstat().st_mtime_ns

    assert venv(NAME, "six==1.17.0").lstat().st_mtime_ns == made


def test_what_cannot_be_installed() -> None:
    with pytest.raises(NotInstalled, match="six=="):
        venv(f"{NAME}-in-vain", "six==")
