"""The page and the README: their commands run as they stand, and they name everything there is."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from storage_api.backends.registry import BUILTIN
from tests.conftest import skip_or_fail
from tests.integrations.coldfront.running import VERSION, prepared, python
from tests.servers import DUMMY, ROOT, flask_server
from tests.services.venvs import NotInstalled

PAGE = (ROOT / "docs/portals/coldfront.md").read_text(encoding="utf-8")
README = (ROOT / "integrations/coldfront/README.md").read_text(encoding="utf-8")
SOURCE = ROOT / "integrations/coldfront/src/coldfront_storage_api"
_SECONDS = 200


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the page needs of one; pip builds there."""
    folder = tmp_path_factory.mktemp("checkout")
    for name in ("clients/python", "integrations/coldfront"):
        ignored = shutil.ignore_patterns("build", "*.egg-info", "__pycache__")
        shutil.copytree(ROOT / name, folder / name, ignore=ignored)
    return folder


@pytest.fixture(scope="module")
def wheels(checkout: Path) -> Path:
    for name in ("clients/python", "integrations/coldfront"):
        build = [sys.executable, "-m", "build", "--wheel", "--no-isolation"]
        command = [*build, "--outdir", str(checkout / "wheels"), str(checkout / name)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    return checkout / "wheels"


@pytest.fixture
def folder(tmp_path: Path, wheels: Path) -> Path:
    """With an environment ``portal`` that has ColdFront and pip already, and a fresh database."""
    try:
        theirs, site = python(), prepared()
    except NotInstalled as error:
        skip_or_fail(str(error))
    packages = f"lib/python{sys.version_info[0]}.{sys.version_info[1]}/site-packages"
    run(f"{sys.executable} -m venv --without-pip portal", tmp_path, {})
    found = theirs.parent.parent / packages
    (tmp_path / "portal" / packages / "coldfront.pth").write_text(f"{found}\n", encoding="utf-8")
    shutil.copy(theirs.with_name("coldfront"), tmp_path / "portal/bin")
    shutil.copy(theirs.with_name("pip"), tmp_path / "portal/bin")
    for name in ("coldfront", "pip"):
        shebang(tmp_path / "portal/bin" / name, tmp_path / "portal/bin/python")
    shutil.copy(site / "coldfront.db", tmp_path)
    for name in ("clients", "integrations"):
        (tmp_path / name).symlink_to(wheels.parent / name)
    return tmp_path


def shebang(program: Path, interpreter: Path) -> None:
    _, _, rest = program.read_text(encoding="utf-8").partition("\n")
    program.write_text(f"#!{interpreter}\n{rest}", encoding="utf-8")


def run(script: str, folder: Path, given: dict[str, str]) -> str:
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("STORAGE_API_", "COLDFRONT_", "PYTHON", "DJANGO_", "PIP_"))
    }
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=folder,
        env={**kept, "PYTHONUTF8": "1", "NO_PROXY": "127.0.0.1", "TMPDIR": str(folder), **given},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def commands(text: str) -> str:
    return "\n".join(re.findall(r"```sh\n(.*?)```", text, flags=re.DOTALL))


# A dozen commands, each of which loads all of ColdFront.
@pytest.mark.timeout(2 * _SECONDS)
def test_the_page_can_be_followed_from_nothing(folder: Path, wheels: Path, tmp_path: Path) -> None:
    """pip finds ColdFront there, and takes the wheels that were built out of the folders."""
    with flask_server({"SAPI_BACKENDS": DUMMY}, tmp_path / "log") as server:
        script = commands(PAGE).replace("API=http://127.0.0.1:5000", f"API={server.url}")
        # It is there, and making it anew would put another pip into it, which takes long.
        script = script.replace("-m venv portal", "-m venv --without-pip portal")
        one = "./clients/python ./integrations/coldfront"
        assert one in script
        built = " ".join(str(wheel) for wheel in sorted(wheels.iterdir(), reverse=True))
        told = run(script.replace(one, built), folder, {"PIP_NO_INDEX": "1"})
    assert f"Requirement already satisfied: coldfront=={VERSION}" in told
    assert "allocation 1, Lab storage: limit 2000000000000, used 0" in told
    assert "ok     resource Lab storage: bucket on dummy" in told
    assert "WRONG" not in told
    assert "resource attribute url (created)" in told


def test_the_readmes_example_runs_after_the_wheels_are_installed(
    folder: Path, wheels: Path, tmp_path: Path
) -> None:
    names = " ".join(str(wheel) for wheel in wheels.iterdir())
    # Whatever is missing beside ColdFront would be asked for here.
    run(f"portal/bin/pip install --no-index {names}", folder, {})
    with flask_server({"SAPI_BACKENDS": DUMMY}, tmp_path / "log") as server:
        run(f"umask 077 && curl -sf -c cookies.txt -o /dev/null {server.url}/login", folder, {})
        script = commands(README).replace("https://storage.example.org", server.url)
        script = script.replace("STORAGE_API_TOKEN_FILE", "STORAGE_API_COOKIES")
        script = script.replace("/run/secrets/storage-api-token", str(folder / "cookies.txt"))
        given = {
            "PATH": f"{folder}/portal/bin:{os.environ['PATH']}",
            "DB_URL": f"sqlite:///{folder}/coldfront.db",
            "SECRET_KEY": "made-up",
        }
        told = run(script, folder, given)
    assert "ok     role UBER_ADMIN" in told
    assert "WRONG" not in told


def test_the_wheel_says_its_licence_and_does_not_ask_for_coldfront(
    wheels: Path, tmp_path: Path
) -> None:
    (wheel,) = wheels.glob("coldfront_storage_api-*.whl")
    shutil.unpack_archive(wheel, tmp_path, "zip")
    (told,) = tmp_path.glob("*.dist-info/METADATA")
    metadata = told.read_text(encoding="utf-8")
    assert "License-Expression: AGPL-3.0-or-later" in metadata
    assert re.findall(r"^Requires-Dist: (.*)$", metadata, flags=re.MULTILINE) == [
        "storage-api-client"
    ]
    assert list(tmp_path.glob("*.dist-info/licenses/LICENSE"))


def test_every_setting_attribute_and_command_is_on_the_page() -> None:
    source = "\n".join(file.read_text(encoding="utf-8") for file in SOURCE.rglob("*.py"))
    read = {f"STORAGE_API_{name}" for name in re.findall(r'_(?:text|choice)\("([A-Z_]+)"', source)}
    assert len(read) == 12
    attributes = set(re.findall(r'"(storage_api_[a-z_]+|[a-z]+_tb)"', source))
    programs = {file.stem for file in SOURCE.rglob("management/commands/[a-z]*.py")}
    flags = set(re.findall(r'"(--[a-z-]+)"', source))
    missing = {name for name in read | attributes | programs | flags if name not in PAGE}
    assert not missing


def test_the_page_names_no_back_end_that_there_is_not() -> None:
    assert set(re.findall(r"`(\w+Storage)`", PAGE)) <= set(BUILTIN)


def test_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", PAGE):
        assert target.startswith("https://") or (ROOT / "docs/portals" / target).exists(), target
