"""The README's examples run as they stand there, and it names every setting and class."""

import re
import subprocess
from pathlib import Path

import pytest

from storage_api.backends.registry import BUILTIN
from tests.servers import DUMMY, ROOT, flask_server

README = (ROOT / "README.md").read_text(encoding="utf-8")


def _examples() -> str:
    section = README.split("## Using it", 1)[1].split("\n## ", 1)[0]
    return "\n".join(re.findall(r"```sh\n(.*?)```", section, flags=re.DOTALL))


def test_the_examples_run_as_they_stand(tmp_path: Path) -> None:
    with flask_server({"SAPI_BACKENDS": DUMMY}, tmp_path / "log") as server:
        script = _examples().replace("http://127.0.0.1:5000", server.url)
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode == 0, done.stdout + done.stderr
    assert '"secret_key"' in done.stdout
    assert '"max_bytes":1000000000' in done.stdout


@pytest.mark.parametrize("name", sorted(BUILTIN))
def test_every_back_end_is_named(name: str) -> None:
    assert f"`{name}`" in README


def test_every_setting_is_in_the_table() -> None:
    modules = (ROOT / "storage_api").glob("settings*.py")
    source = "".join(module.read_text(encoding="utf-8") for module in modules)
    read = set(re.findall(r'"((?:SAPI|BASIC_AUTH|FLASK)_[A-Z_]+)"', source))
    assert read <= set(re.findall(r"`([A-Z_]+)`", README))
