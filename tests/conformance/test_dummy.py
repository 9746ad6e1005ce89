"""DummyStorage keeps every promise: in this process, and behind four uWSGI workers."""

import pytest

from storage_api.domain.capabilities import Capability, HolderKind
from tests.conformance.client import Api, InProcess, OverNetwork
from tests.conformance.declarations import contract_tests
from tests.conformance.target import Quirks, Target
from tests.servers import service

QUIRKS = Quirks(
    families=frozenset(Capability) - {Capability.STORAGE_RESOURCES, Capability.ORDERS},
    quota_holders=frozenset(HolderKind),
    usage_holders=frozenset(HolderKind),
    snapshot_limit=1023,
    rolls_settings_back=True,
)

globals().update(contract_tests(QUIRKS.families))


@pytest.fixture(scope="module", params=["in-process", "uwsgi"])
def target(request: pytest.FixtureRequest) -> Target:
    api: Api = (
        InProcess(service())
        if request.param == "in-process"
        else OverNetwork(request.getfixturevalue("uwsgi").url)
    )
    return Target(api, "dummy", QUIRKS)
