"""Examples of the guides that need nothing but DummyStorage run as they stand there."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.pages import DOCS, fences, text_of
from tests.servers import DUMMY, Server, environment, flask_server


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    log = tmp_path_factory.mktemp("examples") / "log"
    with flask_server({"SAPI_BACKENDS": DUMMY}, log) as server:
        yield server


@pytest.fixture
def shell(server: Server, tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A shell that has signed on, and knows the service as `$API`."""
    command = ["bash", "-euo", "pipefail"]
    with subprocess.Popen(
        command,
        cwd=tmp_path,
        env=environment({}),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        assert process.stdin
        process.stdin.write(f"API={server.url}\ncurl -sf -c cookies.txt -o /dev/null $API/login\n")
        yield process


def told(shell: subprocess.Popen[str], script: str) -> str:
    out, _ = shell.communicate(script, timeout=60)
    assert shell.returncode == 0, out
    return out


def test_an_allocation_is_made(shell: subprocess.Popen[str]) -> None:
    (example,) = fences(text_of(DOCS / "allocations.md"), "sh")
    said = told(shell, example)
    assert '"name":"Smith Lab"' in said
    assert '"secret_key":"' in said
