"""The guides to installing and operating say what is so."""

import re
import subprocess
from pathlib import Path

import pytest

from storage_api.cli import main
from tests.deploy.openshift import TEMPLATE, load, mistakes, process
from tests.deploy.site import REQUIRED, Site
from tests.docs.pages import fences, rows, section
from tests.servers import ROOT

DOCS = ROOT / "docs"
INSTALL = (DOCS / "install.md").read_text(encoding="utf-8")
OPERATE = (DOCS / "operate.md").read_text(encoding="utf-8")


def parameters() -> dict[str, str]:
    """Those of the template, with their defaults."""
    return {one["name"]: one.get("value", "") for one in load(TEMPLATE)["parameters"]}


def test_the_example_of_a_site_is_enough() -> None:
    (example,) = [text for text in fences(INSTALL, "ini") if text.startswith("IMAGE=")]
    given = dict(line.split("=", 1) for line in example.splitlines())
    assert REQUIRED.keys() <= given.keys()
    for made in process(TEMPLATE, given):
        assert mistakes(made) == []
    assert Site(**given).one("Route")["spec"]["host"] == "storage.example.org"


@pytest.mark.parametrize("page", ["install.md", "metering.md"])
def test_a_database_whose_certificate_is_verified_comes_with_the_authority(page: str) -> None:
    """libpq looks for it in the home directory only, which the service has none of."""
    text = (DOCS / page).read_text(encoding="utf-8")
    urls = re.findall(r"postgresql://\S+", text)
    verified = [url for url in urls if "sslmode=verify" in url]
    assert verified
    assert [url for url in verified if "&sslrootcert=/" not in url] == []


def test_containers_beside_each_other_share_their_files_and_are_well() -> None:
    served, sampling = re.findall(r"podman run -d .*?\n(?! )", INSTALL, re.DOTALL)
    for command in (served, sampling):
        # A private label, Z, would take the files away from the other one.
        assert ":/run/secrets/storage-api:ro,z " in command
        # Whatever ended it, and after a reboot.
        assert "--restart always" in command
    # The image's health check asks the API, which the sampler is not.
    assert "--no-healthcheck" in sampling
    assert "--no-healthcheck" not in served


def test_every_parameter_is_told_with_its_default() -> None:
    told: dict[str, str] = {}
    for first, second, *_ in rows(INSTALL.split("### Parameters", 1)[1].split("\n## ", 1)[0]):
        names, values = (re.findall(r"`([^`]+)`", cell) for cell in (first, second))
        told |= dict(zip(names, values or [""] * len(names), strict=True))
    # Those named as variables of the service are in the guide to them.
    own = {
        name: value
        for name, value in parameters().items()
        if not name.startswith(("SAPI_", "BASIC_AUTH_", "SENTRY_", "OTEL_")) and name != "IMAGE"
    }
    assert told == own


def test_what_is_required_is_named() -> None:
    (sentence,) = re.findall(r"^Required are (.*?)\. ", INSTALL, flags=re.MULTILINE | re.DOTALL)
    assert set(re.findall(r"`([A-Z_]+)`", sentence)) == set(REQUIRED)


def test_every_deployment_is_explained() -> None:
    for name, _ in Site().pods():
        assert f"Deployment `{name}`" in INSTALL


def test_every_command_is_explained() -> None:
    told = re.findall(r"^\| `storage-api ([a-z-]+)", section(OPERATE, "Command line"), re.MULTILINE)
    assert sorted(told) == sorted(main.commands)


@pytest.mark.parametrize("text", [INSTALL, OPERATE], ids=["install", "operate"])
def test_every_example_is_shell(text: str) -> None:
    examples = fences(text, "sh")
    assert examples
    for example in examples:
        subprocess.run(["bash", "-n", "-c", example.replace("<", "x")], check=True)


@pytest.mark.parametrize("pattern", [r"TimeoutStopSec=(\d+)\n", r"--stop-timeout (\d+) --restart"])
def test_those_that_stop_the_service_wait_for_its_requests(pattern: str) -> None:
    ini = Path(ROOT / "uwsgi.ini").read_text(encoding="utf-8")
    mercy = re.search(r"^worker-reload-mercy = (\d+)$", ini, re.MULTILINE)
    assert mercy
    waited = [int(seconds) for seconds in re.findall(pattern, INSTALL)]
    assert waited[0] > int(mercy[1])


def test_the_pipelines_variables_are_explained() -> None:
    pipeline = (ROOT / ".gitlab-ci.yml").read_text(encoding="utf-8")
    used = set(re.findall(r"\$\{?(OPENSHIFT_[A-Z]+)", pipeline))
    assert used == set(re.findall(r"^\| `(OPENSHIFT_[A-Z]+)`", OPERATE, re.MULTILINE))
