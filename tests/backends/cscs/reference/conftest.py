"""One Waldur that both sides read; whoever changes it puts it back."""

from collections.abc import Iterator

import pytest

from tests.backends.cscs.lab import Lab
from tests.backends.cscs.reference.deviations import ITEMS
from tests.backends.cscs.reference.sides import Sides
from tests.backends.cscs.reference.site import OFFERINGS, SYSTEMS, fill
from tests.conftest import skip_or_fail
from tests.services.published_proxy import installed, published_proxy
from tests.services.venvs import NotInstalled
from tests.simulators.hpc_user.simulator import HpcUserSimulator
from tests.simulators.waldur import WaldurSimulator


@pytest.fixture(scope="session")
def sides(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sides]:
    try:
        installed()
    except NotInstalled as error:
        skip_or_fail(str(error))
    with WaldurSimulator(offerings=OFFERINGS) as waldur, HpcUserSimulator() as gids:
        lab = Lab(waldur, gids)
        fill(lab)
        for deviation in ITEMS:
            deviation.add(lab)
        with published_proxy(
            tmp_path_factory.mktemp("published-proxy"),
            waldur_url=waldur.url,
            # It reads the consumers' view, in which a provider sees nothing.
            waldur_token=waldur.staff.token,
            storage_systems=SYSTEMS,
            settings={
                "HPC_USER_API_URL": gids.url,
                "HPC_USER_CLIENT_ID": gids.client_id,
                "HPC_USER_CLIENT_SECRET": gids.client_secret,
                "HPC_USER_OIDC_TOKEN_URL": gids.token_url,
            },
        ) as proxy:
            systems = ",".join(f"{name}={slug}" for name, slug in SYSTEMS.items())
            yield Sides(lab, proxy.url, lab.api(storage_systems=systems))
