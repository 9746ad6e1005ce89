"""Schemathesis calls every operation of this back-end as its Swagger document allows."""

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from storage_api.api.encoding import MASK_HEADER
from tests.backends.cscs.lab import Lab
from tests.simulators.hpc_user.simulator import HpcUserSimulator
from tests.simulators.waldur import WaldurSimulator

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance]
#: Documented as such: what this back-end leaves to Waldur's orders.
LEFT_TO_WALDUR = 501


@pytest.fixture(scope="module")
def site() -> Iterator[Lab]:
    with WaldurSimulator() as waldur, HpcUserSimulator() as gids:
        lab = Lab(waldur, gids)
        lab.seed(30)
        yield lab


def test_every_operation_holds_what_it_documents(site: Lab) -> None:
    app = site.app(None, cache_ttl="60")
    header = app.test_client().get("/login").headers["Set-Cookie"]
    cookie = {"Cookie": header.partition(";")[0]}
    found: Any = schemathesis.openapi.from_wsgi("/swagger.json", app).get_all_operations()
    operations = [operation.ok() for operation in found]
    ours = [each for each in operations if "/cscs/" in each.label or "/api/" in each.label]
    assert len(ours) > 15
    for operation in ours:
        _try(operation, cookie)


def _try(operation: Any, cookie: dict[str, str]) -> None:
    @given(case=operation.as_strategy())
    @settings(
        max_examples=settings().max_examples,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def run(case: Any) -> None:
        response = case.call(headers=cookie)
        checks = CHECKS if response.status_code != LEFT_TO_WALDUR else CHECKS[1:]
        # A mask may leave out even what the schema requires.
        whole = [] if MASK_HEADER in case.headers else [response_schema_conformance]
        case.validate_response(response, checks=checks + whole, headers=cookie)

    run()
