"""Schemathesis reads the Swagger document and calls every operation in ways nobody thought of."""

from typing import Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.conformance.client import InProcess
from tests.servers import service

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


@pytest.fixture(scope="module")
def app() -> Flask:
    return service()


@pytest.fixture(scope="module")
def cookie(app: Flask) -> dict[str, str]:
    header = app.test_client().get("/login").headers["Set-Cookie"]
    return {"Cookie": header.partition(";")[0]}


@pytest.fixture(scope="module")
def schema(app: Flask) -> Any:
    api = InProcess(app)
    api.post("/v3/dummy/volumes/vol1", {"size_total": 1024**3}).expect(201)
    api.post("/v3/dummy/users/user1", {}).expect(201)
    api.post("/v3/dummy/buckets/bucket1", {"owner": "user1"}).expect(201)
    return schemathesis.openapi.from_wsgi("/swagger.json", app)


lazy = schemathesis.pytest.from_fixture("schema")


@lazy.parametrize()
@settings(
    max_examples=8,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_every_operation_holds_what_it_documents(
    case: schemathesis.Case[Any], cookie: dict[str, str]
) -> None:
    case.call_and_validate(headers=cookie, checks=CHECKS)
