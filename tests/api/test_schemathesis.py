"""Schemathesis reads the Swagger document and calls every operation in ways nobody thought of."""

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
from tests.conformance.client import InProcess
from tests.servers import service

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance]
_app = service()
_found: Any = schemathesis.openapi.from_wsgi("/swagger.json", _app).get_all_operations()
OPERATIONS = [operation.ok() for operation in _found]


@pytest.fixture(scope="module")
def cookie() -> dict[str, str]:
    """Of somebody who may do everything, in a service that holds a few things."""
    api = InProcess(_app)
    api.post("/v3/dummy/volumes/vol1", {"size_total": 1024**3}).expect(201)
    api.post("/v3/dummy/users/user1", {}).expect(201)
    api.post("/v3/dummy/buckets/bucket1", {"owner": "user1"}).expect(201)
    header = _app.test_client().get("/login").headers["Set-Cookie"]
    return {"Cookie": header.partition(";")[0]}


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.label)
def test_an_operation_holds_what_it_documents(operation: Any, cookie: dict[str, str]) -> None:
    @given(case=operation.as_strategy())
    @settings(
        max_examples=settings().max_examples,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def run(case: Any) -> None:
        # A mask may leave out even what the schema requires.
        whole = [] if MASK_HEADER in case.headers else [response_schema_conformance]
        case.call_and_validate(headers=cookie, checks=CHECKS + whole)

    run()
