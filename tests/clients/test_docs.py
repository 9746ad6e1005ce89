"""What the pages and the README show runs as it stands there, with the installed wheel."""

import json
import re
import subprocess
from pathlib import Path

import pytest

from storage_api.domain.errors import StorageError
from tests.clients.installed import PROJECT, Sapi
from tests.servers import ROOT, Server
from tests.services.oauth import SmallProvider

COMMAND_LINE = (ROOT / "docs" / "portals" / "command-line.md").read_text(encoding="utf-8")
PYTHON = (ROOT / "docs" / "portals" / "python.md").read_text(encoding="utf-8")
README = (PROJECT / "README.md").read_text(encoding="utf-8")


def fences(page: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", page, flags=re.DOTALL)


def section(page: str, title: str) -> str:
    return page.split(f"\n## {title}\n", 1)[1].split("\n## ", 1)[0]


def ran(sapi: Sapi, program: str, text: str, folder: Path, **environ: str) -> str:
    command = [str(sapi.programs / "python") if program == "python" else program]
    command += ["-c", text] if program == "python" else ["-euo", "pipefail", "-c", text]
    done = subprocess.run(
        command,
        cwd=folder,
        env={**sapi.whole_environ, **environ},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=250,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_readmes_first_example(sapi: Sapi, tmp_path: Path) -> None:
    (program,) = fences(README, "python")
    told = ran(sapi, "python", program, tmp_path)
    assert "quota: 1000000000000" in told
    assert "not-found There is no volume 'nothing-here'." in told
    shown = ran(sapi, "bash", fences(README, "sh")[2], tmp_path)
    assert "alice-data" in shown


def test_the_page_of_the_client(sapi: Sapi, tmp_path: Path) -> None:
    told = ran(sapi, "python", "\n".join(fences(PYTHON, "python")), tmp_path)
    assert "projects/alice 1000000000000" in told
    assert "done" in told
    assert "400 already-exists" in told


def test_signing_on(sapi: Sapi, strict: Server, provider: SmallProvider, tmp_path: Path) -> None:
    (script,) = fences(section(COMMAND_LINE, "Signing on"), "sh")
    script = script.replace("https://storage.example.org", strict.url)
    token = tmp_path / "token"
    token.write_text(provider.bearer())
    own = {"TOKEN": provider.bearer(), "TOKEN_FILE": str(token), "STORAGE_API_COOKIES": ""}
    told = ran(sapi, "bash", script, tmp_path, **own)
    assert told.splitlines() == ["roles: USER", "USER", "roles: USER", "forgotten"]


@pytest.mark.timeout(300)
def test_the_page_of_the_command_line(sapi: Sapi, tmp_path: Path) -> None:
    titles = ("Looking", "Changing", "Destroying", "Jobs", "Completion")
    scripts = [text for title in titles for text in fences(section(COMMAND_LINE, title), "sh")]
    # Names of its own, for another test makes those of the other page at the same service.
    script = re.sub(r"\b(projects/|alice\b|physics\b)", r"cl-\1", "\n".join(scripts))
    told = ran(sapi, "bash", script, tmp_path)
    assert "This would delete user cl-alice and everything inside" in told
    assert "cl-alice-data (0 objects, 0 B)" in told
    assert json.loads((tmp_path / "key.json").read_text())["secret_key"]


def test_every_command_of_the_page_is_one_of_these() -> None:
    shown = fences(COMMAND_LINE, "sh")
    assert len(shown) == 2 + len("LCKDJC")
    assert shown[0].startswith("pip install")


@pytest.mark.parametrize("code", [*range(10), 130])
def test_every_exit_code_is_in_the_page(code: int) -> None:
    assert f"\n| {code} |" in COMMAND_LINE


def test_every_status_of_the_service_has_its_exception() -> None:
    def statuses(kind: type[StorageError]) -> set[int]:
        return {int(kind.status)}.union(*map(statuses, kind.__subclasses__()))

    table = section(PYTHON, "What goes wrong")
    assert all(str(status) in table for status in statuses(StorageError) - {500})


@pytest.mark.parametrize("name", ["URL", "TOKEN", "TOKEN_FILE", "COOKIES"])
def test_every_variable_is_in_the_page(name: str) -> None:
    assert f"`STORAGE_API_{name}`" in PYTHON
