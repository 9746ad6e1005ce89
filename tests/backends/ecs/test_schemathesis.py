"""Schemathesis calls every operation of this back-end as its Swagger document allows."""

from typing import Any

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
from tests.simulators.ecs import EcsSimulator

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance]
#: Of each operation; there are many, and each takes several calls to the cluster.
EXAMPLES = 5
OPTIONS = {"replication_group": "rg1", "default_namespace": "home"}


def test_every_operation_holds_what_it_documents(sim: EcsSimulator) -> None:
    account = {"username": sim.username, "password": sim.password}
    options = {"url": sim.url, "ca_file": str(sim.ca_file), **account, **OPTIONS}
    parts = (part for pair in options.items() for part in pair)
    app = service({"SAPI_BACKENDS": "🌈".join(["ecs", "EcsStorage", *parts])})
    api = InProcess(app)
    api.post("/v3/ecs/namespaces/home", {}).expect(201)
    api.post("/v3/ecs/users/user1", {}).expect(201)
    api.post("/v3/ecs/buckets/bucket1", {"owner": "user1"}).expect(201)
    header = app.test_client().get("/login").headers["Set-Cookie"]
    found: Any = schemathesis.openapi.from_wsgi("/swagger.json", app).get_all_operations()
    operations = [each.ok() for each in found]
    # Drawings of usage are no documents; what holds for all back-ends is tested elsewhere.
    ours = [
        each for each in operations if "/ecs/" in each.label and not each.label.endswith(".svg")
    ]
    assert len(ours) > 70
    for operation in ours:
        _try(operation, {"Cookie": header.partition(";")[0]})


def _try(operation: Any, cookie: dict[str, str]) -> None:
    @given(case=operation.as_strategy())
    @settings(
        max_examples=EXAMPLES,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def run(case: Any) -> None:
        # A mask may leave out even what the schema requires.
        whole = [] if MASK_HEADER in case.headers else [response_schema_conformance]
        case.call_and_validate(headers=cookie, checks=CHECKS + whole)

    run()
