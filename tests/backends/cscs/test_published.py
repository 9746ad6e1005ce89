"""The same document as the proxy that CSCS' clients know, item by item."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests.backends.cscs.lab import DOCUMENT, Lab
from tests.conformance.client import Api
from tests.conftest import skip_or_fail
from tests.services.published_proxy import PublishedProxy, installed, published_proxy
from tests.services.venvs import NotInstalled
from tests.simulators.hpc_user.simulator import HpcUserSimulator
from tests.simulators.waldur import WaldurSimulator

SYSTEMS = {name: name for name in ("capstor", "vast", "iopsstor")}


@pytest.fixture(scope="module")
def site() -> Iterator[Lab]:
    with WaldurSimulator() as waldur, HpcUserSimulator() as gids:
        lab = Lab(waldur, gids)
        lab.seed(230)
        options = {"hard_quota_space": "6", "soft_quota_inodes": "100.9", "permissions": "2770"}
        lab.resource("overrides", options=options, data_type="workspace")
        lab.resource("unlimited", "vast", limits={"storage": 0}, data_type="scratch")
        lab.resource("elsewhere", "vast", backend_id="vol_x")
        waldur.create(waldur.offering("capstor"), lab.project("waiting"), by=waldur.member)
        update = waldur.change_limits(lab.resource("growing"), 25)
        waldur.approve(update, {"new_options": {"hard_quota_space": 30}})
        yield lab


@pytest.fixture(scope="module")
def theirs(site: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PublishedProxy]:
    try:
        installed()
    except NotInstalled as error:
        skip_or_fail(str(error))
    gids = site.gids
    settings = {
        "HPC_USER_API_URL": gids.url,
        "HPC_USER_CLIENT_ID": gids.client_id,
        "HPC_USER_CLIENT_SECRET": gids.client_secret,
        "HPC_USER_OIDC_TOKEN_URL": gids.token_url,
    }
    with published_proxy(
        tmp_path_factory.mktemp("proxy"),
        waldur_url=site.waldur.url,
        # It reads the consumers' view, in which a provider sees nothing.
        waldur_token=site.waldur.staff.token,
        storage_systems=SYSTEMS,
        settings=settings,
    ) as proxy:
        yield proxy


@pytest.fixture(scope="module")
def ours(site: Lab) -> Api:
    return site.api(cache_ttl="600")


def known(item: dict[str, Any]) -> dict[str, Any]:
    """Without the user number, which they make up anew with every start."""
    copy: dict[str, Any] = json.loads(json.dumps(item))
    copy["target"]["targetItem"].pop("unixUid", None)
    return copy


@pytest.mark.parametrize(
    "query",
    [
        "?page_size=500",
        "?page_size=7&page=3",
        "?page=99",
        "?storage_system=vast",
        "?data_type=Store&page=2&page_size=20",
        "?data_type=workspace",
        "?status=active",
        "?status=error&storage_system=capstor",
        "?unheard-of=1",
    ],
)
def test_lists_are_the_same(theirs: PublishedProxy, ours: Api, query: str) -> None:
    expected = requests.get(f"{theirs.url}{DOCUMENT}{query}", timeout=60).json()
    found = ours.get(f"{DOCUMENT}{query}").expect(200)
    assert list(map(known, found["resources"])) == list(map(known, expected["resources"]))
    for key in ("status", "pagination", "filters_applied"):
        assert found[key] == expected[key]
    assert set(found) - set(expected) == {"skipped"}


@pytest.mark.parametrize(
    "query",
    [
        *("page=0", "page=-1", "page=x", "page=", "page=1.5", "page=1.0x", "page=%20", "page=1_0_"),
        *("page_size=0", "page_size=501", "page_size=x", "state=ok", "state=", "status=x"),
        "state=x&page=0&page_size=x&status=x",
        "page=" + "9" * 5000,
    ],
)
def test_errors_are_the_same(theirs: PublishedProxy, ours: Api, query: str) -> None:
    answer = requests.get(f"{theirs.url}{DOCUMENT}?{query}", timeout=60)
    assert (answer.status_code, answer.json()) == (
        422,
        ours.get(f"{DOCUMENT}?{query}").expect(422),
    )


@pytest.mark.parametrize(
    "query", ["page=1.0", "page=%201%20", "page=1_0", "page=%2B2", "page=01", "page=1&page=2"]
)
def test_numbers_are_read_alike(theirs: PublishedProxy, ours: Api, query: str) -> None:
    answer = requests.get(f"{theirs.url}{DOCUMENT}?{query}", timeout=60)
    found = ours.get(f"{DOCUMENT}?{query}").expect(200)
    assert answer.json()["pagination"] == found["pagination"]
