"""The manual and the README, word by word: settings, commands, and what is shipped."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.conftest import skip_or_fail
from tests.integrations.waldur.agent import Site
from tests.integrations.waldur.lab import STORAGE, Lab
from tests.servers import ROOT
from tests.services.venvs import NotInstalled, made_once, run

PACKAGE = ROOT / "integrations" / "waldur"
MANUAL = (ROOT / "docs" / "portals" / "waldur.md").read_text(encoding="utf-8")
README = (PACKAGE / "README.md").read_text(encoding="utf-8")


def blocks(text: str) -> list[str]:
    return re.findall(r"```sh\n(.*?)```", text, re.DOTALL)


def test_every_setting_is_in_the_manual_with_its_default(site: Site) -> None:
    program = (
        "import json; from waldur_site_agent_storage_api.settings import Settings\n"
        "rows = Settings.model_fields.items()\n"
        "told = {n: 'required' if r.is_required() else str(r.default) for n, r in rows}\n"
        "print(json.dumps(told))"
    )
    done = site.call("python", "-c", program)
    defaults = yaml.safe_load(done.stdout)
    rows = re.findall(r"^\| (`[a-z_`, ]+`) \| (.*?) \|", section("Settings"), re.MULTILINE)
    told = {name: text for names, text in rows for name in re.findall(r"`(\w+)`", names)}
    assert set(told) == set(defaults)
    for name, text in told.items():
        if text in {"none", "the agent's"}:
            continue
        shown = text.strip("`").replace("true", "True").replace("false", "False")
        assert defaults[name].removesuffix(".0") == shown, name


def test_every_measure_is_in_the_manual() -> None:
    assert set(re.findall(r"`(\w+_days|bytes|objects)`", section("Components"))) == {
        "bytes",
        "objects",
        "byte_days",
        "object_days",
    }


def section(title: str) -> str:
    return MANUAL.split(f"\n## {title}\n")[1].split("\n## ")[0]


@pytest.fixture(scope="module")
def site(programs: Path, tmp_path_factory: pytest.TempPathFactory) -> Site:
    return Site(programs, tmp_path_factory.mktemp("site"))


@pytest.mark.timeout(900)
def test_the_first_steps_in_an_empty_environment_from_built_wheels(tmp_path: Path) -> None:
    """The README's example, with ``/opt/waldur-agent`` elsewhere."""
    folder = ROOT / ".run" / "venvs" / "waldur-first-steps"
    [block] = blocks(README)
    assert all(line in MANUAL for line in block.splitlines()[:2])

    def make(_: Path) -> None:
        wheels = tmp_path / "wheels"
        ignored = shutil.ignore_patterns("__pycache__", "*.egg-info", "build")
        for package in (ROOT / "clients" / "python", PACKAGE):
            # What was once left behind by another build must not come along.
            source = shutil.copytree(package, tmp_path / package.name, ignore=ignored)
            run(
                *(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps"),
                *("--wheel-dir", str(wheels), str(source)),
            )
        script = block.replace("/opt/waldur-agent", str(folder)).replace(
            "pip install", f"pip install --quiet --find-links {wheels}"
        )
        shell(script)

    sources = sorted((PACKAGE / "src").rglob("*.py"))
    recipe = "".join(path.read_text() for path in [PACKAGE / "pyproject.toml", *sources])
    try:
        made_once("waldur-first-steps", recipe + README, make)
    except NotInstalled as reason:
        skip_or_fail(str(reason))
    told = shell(f"{folder}/bin/waldur-storage-api-offering --help")
    assert "Make Waldur's offering fit the agent's configuration." in told
    names = shell(f"{folder}/bin/pip list")
    assert re.search(r"^waldur-site-agent +1\.0\.7$", names, re.MULTILINE)


def shell(script: str) -> str:
    done = subprocess.run(
        ["sh", "-euc", script],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    if done.returncode:
        raise NotInstalled(done.stderr[-1000:])
    return done.stdout


def test_the_manuals_commands_work(lab: Lab) -> None:
    """As they stand there, in the folder of the agent's file."""
    lab.offer("Object storage", settings={"kind": "user"}, components={"storage": STORAGE})
    lab.waldur.store.offerings.clear()
    configured = lab.configured["Object storage"]
    del configured["waldur_offering_uuid"]
    lab.site.configure(configured)
    found = blocks(section("Set it up"))
    setup = next(block for block in found if "waldur-storage-api-offering" in block)
    told = [called(lab.site, line.replace("my-site", "cscs")) for line in setup.splitlines()]
    assert told[0] == "would create offering Object storage\n"

    configured |= yaml.safe_load(told[1].splitlines()[-1])
    lab.site.configure(configured)
    checks = next(block for block in found if "waldur_site_diagnostics" in block)
    first, second = checks.splitlines()
    called(lab.site, first)
    mode = second.removeprefix("waldur_site_agent -m ").split()[0]
    with lab.site.running(mode, hasty=False):
        [offering] = lab.waldur.offerings
        lab.made(lab.order(offering, "first"))


def called(site: Site, line: str) -> str:
    words = [word.strip('"') for word in re.findall(r'"[^"]*"|\S+', line)]
    done = site.call(words[0], *words[1:])
    assert done.returncode == 0, (line, done.stderr[-500:])
    return done.stdout


def test_the_units_that_the_manual_starts_are_shipped() -> None:
    shipped = {path.stem for path in (PACKAGE / "systemd").glob("*.service")}
    started = set(re.findall(r"waldur-agent-storage-[a-z-]+[a-z]", MANUAL))
    assert started == shipped
    for user in re.findall(r"useradd .* (\S+)$", MANUAL, re.MULTILINE):
        assert all(f"User={user}\n" in path.read_text() for path in (PACKAGE / "systemd").iterdir())


def test_the_setup_of_files_works(tmp_path: Path) -> None:
    block = next(block for block in blocks(section("Set it up")) if "storage-api.token" in block)
    script = block.replace("/etc/waldur", str(tmp_path / "waldur"))
    shell(f"cd {tmp_path}; echo token > storage-api.token; {script}")
    assert (tmp_path / "waldur" / "storage-api.token").stat().st_mode & 0o777 == 0o600
