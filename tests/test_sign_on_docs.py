"""The examples of docs/sign-on.md run as they stand there, and it names every setting."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import skip_or_fail
from tests.security.site import Site, site
from tests.servers import ROOT, environment
from tests.services.oidc import CLIENT_SECRET, INSTALL, missing_programs

PAGE = (ROOT / "docs" / "sign-on.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    if missing := missing_programs():
        skip_or_fail(f"{', '.join(missing)} not installed: {INSTALL}")
    with site(tmp_path_factory.mktemp("docs"), processes=2) as found:
        yield found


def example(heading: str, language: str) -> str:
    section = PAGE.split(f"\n### {heading}\n", 1)[1]
    found = re.search(rf"```{language}\n(.*?)```", section, flags=re.DOTALL)
    assert found
    return found[1]


def run(command: list[str], running: Site, folder: Path) -> str:
    """With the addresses of ``running`` in the place of those of the examples."""
    script = command[-1].replace("API=https://storage.example.org", f"API={running.url}")
    script = script.replace('API = "https://storage.example.org"', f'API = "{running.url}"')
    script = script.replace("https://sso.example.org", running.provider.issuer)
    certificate = str(running.router.certificate)
    own = {"PASSWORD": "any", "SECRET": CLIENT_SECRET}
    trust = {"REQUESTS_CA_BUNDLE": certificate, "CURL_CA_BUNDLE": certificate}
    done = subprocess.run(
        [*command[:-1], script],
        cwd=folder,
        env=environment({**own, **trust, "NO_PROXY": "127.0.0.1"}),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_python(running: Site, tmp_path: Path) -> None:
    told = run([sys.executable, "-c", example("Python", "python")], running, tmp_path)
    assert told.splitlines() == ["roles: ['USER']", "volumes: []"]


@pytest.mark.parametrize("heading", ["curl", "Bearer tokens"])
def test_shell(running: Site, tmp_path: Path, heading: str) -> None:
    told = run(["bash", "-euo", "pipefail", "-c", example(heading, "sh")], running, tmp_path)
    assert "".join(told.split()) == '["USER"][]'


def test_the_example_of_a_key_makes_one(running: Site, tmp_path: Path) -> None:
    told = run(["bash", "-c", example("Sessions and keys", "sh")], running, tmp_path)
    assert len(told.strip()) > 40


def test_every_setting_of_signing_on_is_explained() -> None:
    source = (ROOT / "storage_api" / "settings_oauth.py").read_text(encoding="utf-8")
    read = set(re.findall(r'"(SAPI_[A-Z_]+)"', source))
    more = {"SAPI_SECRET_KEY", "SAPI_SECRET_KEY_FALLBACKS", "SAPI_REDIS_URL", "SAPI_PROXIES"}
    assert read | more <= set(re.findall(r"`([A-Z_]+)`", PAGE))


def test_links_inside_the_page_lead_somewhere() -> None:
    headings = re.findall(r"^#+ (.+)$", PAGE, flags=re.MULTILINE)
    known = {re.sub(r"[^a-z0-9 -]", "", text.lower()).replace(" ", "-") for text in headings}
    assert set(re.findall(r"\]\(#([^)]+)\)", PAGE)) <= known
