"""No object user's secret reaches a log, an error, a URL or a repr, however things go wrong."""

import logging
import traceback
from collections.abc import Callable

import pytest
import structlog

from storage_api.backends.ecs.backend import EcsStorage
from storage_api.domain.errors import Invalid, StorageError
from storage_api.domain.requests import AccountCreate
from tests.backends.ecs.cluster import storage_at
from tests.backends.ecs.objects import ALICE, DATA, KEYS, NAMESPACE, PLAIN, furnish
from tests.simulators.ecs import EcsSimulator

LOST: list[tuple[str, str]] = [
    ("POST", KEYS),
    ("POST", f"{KEYS}/deactivate"),
    ("GET", f"{KEYS}/{NAMESPACE}"),
]
KINDS = ["cut-after", "truncate", "garbage", "code", "status"]


@pytest.fixture
def everything(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """All loggers of all libraries, as loud as an operator can turn them."""
    caplog.set_level(logging.DEBUG)
    return caplog


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("method", "path"), LOST)
def test_nothing_secret_is_written_anywhere(
    sim: EcsSimulator,
    everything: pytest.LogCaptureFixture,
    method: str,
    path: str,
    kind: str,
) -> None:
    storage = storage_at(sim, expose_credentials=True)
    furnish(storage)
    storage.create_bucket(DATA, PLAIN)
    first = storage.create_key(ALICE)
    secrets = [first.secret_key, sim.password]
    sim.faults.add(  # what ECS says in its refusal repeats what it was sent
        kind=kind,  # type: ignore[arg-type]  # one of them
        method=method,
        path=path,
        times=2,
        code=1008,
        status=400 if kind == "code" else 503,
        text=f"invalid: {first.secret_key}",
        body=repr(secrets),
    )
    calls: list[Callable[[EcsStorage], object]] = [
        lambda at: at.rotate_key(ALICE, str(first.id)),
        lambda at: at.list_keys(ALICE),
        lambda at: at.create_key(ALICE),
        lambda at: at.get_account_metadata(ALICE),
        lambda at: at.create_account(NAMESPACE, _ACCOUNT),
        lambda at: at.delete_key(ALICE, str(first.id)),
    ]
    written: list[str] = []
    with structlog.testing.capture_logs() as records:
        for call in calls:
            try:
                written.append(repr(call(storage)))
            except StorageError as error:
                written += [str(error), repr(error), *traceback.format_exception(error)]
            secrets += sim.secrets(NAMESPACE, ALICE.name)
    written += [str(record) for record in records]
    written += [record.getMessage() for record in everything.records]
    written += [f"{one.path}?{one.query}" for one in sim.requests]
    written = [text for text in written if "AccountMetadata" not in text]
    for secret in secrets:
        assert not [text for text in written if secret in text]


def test_a_caller_reads_a_code_and_no_word_of_ecs(sim: EcsSimulator, storage: EcsStorage) -> None:
    """ColdFront's plugin shows end users ECS's own texts with its addresses."""
    furnish(storage)
    words = f"Parameter invalid at {sim.url}/object/bucket, ask alice"
    sim.faults.add(kind="code", method="POST", path="/object/bucket", code=1008, text=words)
    with structlog.testing.capture_logs() as records, pytest.raises(Invalid) as caught:
        storage.create_bucket(DATA, PLAIN)
    assert str(caught.value) == "ECS does not accept one of the values (ECS code 1008)."
    assert words in str(records), "which the log explains"


_ACCOUNT: AccountCreate = {"uid": "alice"}
