"""docs/add-a-backend.md: its package is built, installed, served, and keeps what it promises."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.nimbus import SPACE, TOKEN, nimbus
from tests.servers import ROOT, environment, flask_server

PAGE = (ROOT / "docs" / "add-a-backend.md").read_text(encoding="utf-8")
_FILE = re.compile(r"^`(\w[\w./]*)`[^\n]*:[^\n]*\n\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def run(command: list[str], folder: Path, **settings: str) -> str:
    done = subprocess.run(
        command,
        cwd=folder,
        env=environment(settings),
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def files() -> dict[str, str]:
    found = {match[1]: match[2] for match in _FILE.finditer(PAGE)}
    assert len(found) == 7
    return found


@pytest.fixture(scope="module")
def installed(files: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder where pip put the page's package."""
    source = tmp_path_factory.mktemp("nimbus-storage")
    for name, text in files.items():
        path = source / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    target = tmp_path_factory.mktemp("installed")
    # Of what no index needs to have: the service itself is in none.
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-index"]
    run([*pip, "--no-build-isolation", "--target", str(target), str(source)], source)
    return target


def test_the_service_finds_it_and_serves_it(installed: Path, tmp_path: Path) -> None:
    secret = tmp_path / "token"
    secret.write_text(f"{TOKEN}\n")
    with nimbus() as url:
        backends = f"cloud🌈NimbusStorage🌈url🌈{url}🌈token_file🌈{secret}"
        settings = {"SAPI_BACKENDS": backends, "PYTHONPATH": f"{ROOT}:{installed}"}
        with flask_server(settings, tmp_path / "log") as server:
            curl = f"curl -sf -c cookies.txt -o /dev/null {server.url}/login\n"
            section = PAGE.split("## Use it", 1)[1].split("\n## ", 1)[0]
            use = re.findall(r"```sh\n(.*?)```", section, flags=re.DOTALL)[1]
            script = f"API={server.url}\n{curl}{use}curl -sf $API/conf/subsystems/cloud"
            said = run(["bash", "-euo", "pipefail", "-c", script], tmp_path)
    assert '"rules":["10.0.0.0/8","host.example.org"]' in said
    assert f'"total_bytes":{SPACE["total_kib"] * 1024}' in said
    assert '"class":"NimbusStorage","capabilities":["capacity","export"]' in said


def test_it_keeps_what_its_families_promise(
    installed: Path, files: dict[str, str], tmp_path: Path
) -> None:
    test = tmp_path / "test_nimbus.py"
    test.write_text(files["test_nimbus.py"], encoding="utf-8")
    pytest_command = [sys.executable, "-m", "pytest", "-q", "-c", str(ROOT / "pyproject.toml")]
    own = ["-p", "no:cacheprovider", "-p", "no:randomly", str(test)]
    said = run([*pytest_command, *own], ROOT, PYTHONPATH=f"{ROOT}:{installed}")
    assert re.search(r"\b1[0-9] passed", said), said


def test_its_types_are_right(installed: Path, tmp_path: Path) -> None:
    mypy = [sys.executable, "-m", "mypy", "--config-file", str(ROOT / "pyproject.toml")]
    cache = ["--cache-dir", str(tmp_path), "--follow-imports", "silent"]
    run([*mypy, *cache, str(installed / "nimbus_storage")], ROOT)
