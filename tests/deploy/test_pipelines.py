"""The pipelines of GitLab and GitHub are valid and call what there is."""

import re
import subprocess
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conftest import skip_or_fail
from tests.deploy.site import Site
from tests.servers import ROOT
from tests.services.venvs import NotInstalled, venv

GITLAB = ROOT / ".gitlab-ci.yml"
GITHUB = ROOT / ".github" / "workflows" / "ci.yml"
#: It carries GitLab's and GitHub's own schemas.
_CHECKER = "check-jsonschema==0.39.0"
_KEYWORDS = {"default", "stages", "workflow"}
_VERSION_TAG = r"$CI_COMMIT_TAG =~ /^v\d+\.\d+\.\d+$/"

read = partial(Path.read_text, encoding="utf-8")


@pytest.fixture(scope="module")
def gitlab() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(read(GITLAB))
    return found


@pytest.fixture(scope="module")
def jobs(gitlab: Mapping[str, Any]) -> dict[str, Any]:
    """Those that run, with what they extend."""
    named = {name: job for name, job in gitlab.items() if name not in _KEYWORDS}
    return {
        name: named.get(job.get("extends", ""), {}) | job
        for name, job in named.items()
        if not name.startswith(".")
    }


@pytest.fixture(scope="module")
def github() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(read(GITHUB))
    return found


@pytest.mark.parametrize(
    ("path", "schema"), [(GITLAB, "vendor.gitlab-ci"), (GITHUB, "vendor.github-workflows")]
)
def test_its_own_schema_allows_it(path: Path, schema: str) -> None:
    try:
        python = venv("check-jsonschema", _CHECKER)
    except NotInstalled as reason:
        skip_or_fail(str(reason))
    command = [str(python), "-m", "check_jsonschema", "--builtin-schema", schema, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def scripts() -> Iterator[str]:
    """Every script of both pipelines."""
    for job in yaml.safe_load(read(GITLAB)).values():
        if isinstance(job, dict):
            yield from [*job.get("before_script", []), *job.get("script", [])]
    for job in yaml.safe_load(read(GITHUB))["jobs"].values():
        yield from [step["run"] for step in job["steps"] if "run" in step]


def test_every_target_that_is_called_exists() -> None:
    targets = set(re.findall(r"^([a-z._]+):", read(ROOT / "Makefile"), re.MULTILINE))
    called = {name for script in scripts() for name in re.findall(r"^make ([a-z._]+)", script)}
    assert {"lint", "test", "html", "swagger.json", "image"} <= called <= targets


def test_every_script_is_one() -> None:
    for script in scripts():
        plain = re.sub(r"\$\{\{.*?\}\}", "x", script)
        done = subprocess.run(["sh", "-n", "-c", plain], capture_output=True, check=False)
        assert done.returncode == 0, script


def test_stages_and_needs_fit(gitlab: Mapping[str, Any], jobs: Mapping[str, Any]) -> None:
    order = gitlab["stages"]
    assert {job["stage"] for job in jobs.values()} == set(order)
    for job in jobs.values():
        for needed in job.get("needs", []):
            assert order.index(jobs[needed]["stage"]) < order.index(job["stage"])


@pytest.mark.parametrize("name", ["build-image", "dev-deploy", "prod-deploy"])
def test_images_are_made_and_deployed_of_versions_only(jobs: Mapping[str, Any], name: str) -> None:
    (rule,) = jobs[name]["rules"]
    assert rule["if"] == _VERSION_TAG
    assert rule.get("when") == (None if name == "build-image" else "manual")


def test_a_failed_check_stops_an_image(
    gitlab: Mapping[str, Any], jobs: Mapping[str, Any], github: Mapping[str, Any]
) -> None:
    order = gitlab["stages"]
    assert "needs" not in jobs["build-image"]
    for checking in ("lint", "test"):
        assert not jobs[checking].get("allow_failure")
        assert order.index(jobs[checking]["stage"]) < order.index(jobs["build-image"]["stage"])
    assert {"lint", "test"} <= set(github["jobs"]["image"]["needs"])


@pytest.mark.parametrize("name", ["dev-deploy", "prod-deploy"])
def test_deploying_moves_what_the_template_made(jobs: Mapping[str, Any], name: str) -> None:
    script = "\n".join(jobs[name]["script"])
    site = Site()
    named = re.search(r"for name in ([a-z -]+); do", script)
    assert named
    assert set(named[1].split()) == {pod for pod, _ in site.pods()}
    (tag,) = site.one("ImageStream")["spec"]["tags"]
    assert f" storage-api:{tag['name']}\n" in script
    assert jobs[name]["environment"] == name.removesuffix("-deploy")


def test_actions_are_pinned_to_a_major_version(github: Mapping[str, Any]) -> None:
    steps = [step for job in github["jobs"].values() for step in job["steps"]]
    used = [step["uses"] for step in steps if "uses" in step]
    assert used
    assert [action for action in used if not re.fullmatch(r"[\w-]+/[\w-]+@v\d+", action)] == []


def test_nobody_gets_more_rights_than_reading(github: Mapping[str, Any]) -> None:
    assert github["permissions"] == {"contents": "read"}
    writing = {name for name, job in github["jobs"].items() if "permissions" in job}
    assert writing == {"image", "pages"}


def test_the_tests_may_mount_what_they_build(github: Mapping[str, Any]) -> None:
    assert github["jobs"]["test"]["container"]["options"] == "--privileged"
