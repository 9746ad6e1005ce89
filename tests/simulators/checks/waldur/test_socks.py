import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.conftest import skip_or_fail
from tests.services.socks import INSTALL, PASSWORD, USERNAME, is_missing, socks_proxy
from tests.simulators.waldur import WaldurSimulator


@pytest.fixture(autouse=True)
def _microsocks() -> None:
    if is_missing():
        skip_or_fail(f"microsocks not installed: {INSTALL}")


def through(proxy: str, url: str) -> str:
    """The status that curl gets, 000 where it gets none."""
    command = ["curl", "--silent", "--proxy", proxy, "--max-time", "10"]
    command += ["--output", "/dev/null", "--write-out", "%{http_code}", url]
    return subprocess.run(command, capture_output=True, check=False, text=True).stdout


@pytest.mark.parametrize("scheme", ["socks5", "socks5h"])
def test_calls_go_through(sim: WaldurSimulator, tmp_path: Path, scheme: str) -> None:
    with socks_proxy(tmp_path) as proxy:
        url = urlsplit(proxy.url)._replace(scheme=scheme).geturl()

        assert proxy.connections_to(sim.port) == 0
        assert through(url, f"{sim.url}/api/users/me/") == "401"
        assert proxy.connections_to(sim.port) == 1


def test_a_password_may_be_needed(sim: WaldurSimulator, tmp_path: Path) -> None:
    target = f"{sim.url}/api/users/me/"
    with socks_proxy(tmp_path, with_password=True) as proxy:
        named = proxy.url.replace("://", f"://{USERNAME}:{PASSWORD}@")

        assert through(proxy.url, target) == "000"
        assert through(named, target) == "401"
