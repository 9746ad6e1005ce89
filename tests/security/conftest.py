"""Identity providers for the tests of signing on."""

from collections.abc import Iterator

import pytest

from tests.conftest import skip_or_fail
from tests.security.visitor import CALLBACK
from tests.services.oauth import SmallProvider, small_provider
from tests.services.oidc import INSTALL, OidcProvider, missing_programs, oidc_provider


@pytest.fixture(scope="session")
def oidc(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OidcProvider]:
    """A real provider that tells groups in its userinfo answer."""
    if missing := missing_programs():
        skip_or_fail(f"{', '.join(missing)} not installed: {INSTALL}")
    log = tmp_path_factory.mktemp("oidc") / "log"
    with oidc_provider([CALLBACK], log) as provider:
        yield provider


@pytest.fixture
def small() -> Iterator[SmallProvider]:
    with small_provider() as provider:
        yield provider
