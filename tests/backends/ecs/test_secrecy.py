"""No secret of ours, and none of a user, reaches a log, an error or a repr."""

import json
import traceback

import pytest
from structlog.testing import capture_logs

from storage_api.domain.errors import StorageError
from storage_api.domain.secrets import Secret
from tests.backends.ecs.cluster import monitored, storage_at
from tests.simulators.ecs import EcsSimulator


def test_neither_password_nor_token_is_written_anywhere(
    sim: EcsSimulator, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    seen: list[str] = []
    with capture_logs() as logged:
        for storage in (monitored(sim), storage_at(sim, password=Secret("wr0ng:@;"))):
            for ask in (storage.probe, storage.list_namespaces):
                try:
                    ask()
                except StorageError as error:
                    seen += [repr(error), *traceback.format_exception(error)]
            seen += [repr(storage), repr(storage._options), repr(storage._ecs)]
            storage._ecs._admin.log_out()
    assert len(sim.requests) > 6
    headers = [one.headers for one in sim.requests]
    secrets = {row.get(key, "") for row in headers for key in ("x-sds-auth-token", "authorization")}
    secrets |= {sim.password, sim.monitor_password, "wr0ng:@;"}
    seen += [str(row) for row in logged]
    seen += [record.getMessage() for record in caplog.records]
    assert not [text for text in seen for secret in secrets - {""} if secret in text]


def test_a_secret_that_ecs_repeats_in_a_refusal_is_hidden(sim: EcsSimulator) -> None:
    storage = storage_at(sim)
    text = "cannot find the key k3y-of-alice"
    sim.faults.add(kind="code", method="POST", status=400, code=1008, text=text)
    with capture_logs() as logged, pytest.raises(StorageError) as caught:
        storage._ecs.post(("object", "users"), {"secret_key": Secret("k3y-of-alice")})
    assert b"k3y-of-alice" in sim.requests[-1].body
    assert "cannot find the key ***" in str(logged)
    assert "k3y-of-alice" not in str(logged) + repr(caught.value)


def test_users_secrets_are_hidden_in_what_was_read(sim: EcsSimulator) -> None:
    storage = storage_at(sim)
    names = ("secret_key_1", "secret_key", "swiftpassword", "root_user_password")
    body = json.dumps(dict.fromkeys(names, "k3y-of-alice"))
    sim.faults.add(kind="garbage", path="/object/x", body=body, content_type="application/json")
    found = storage._ecs.get(("object", "x"))
    assert "k3y-of-alice" not in repr(found)
    assert found["secret_key_1"].reveal() == "k3y-of-alice"
