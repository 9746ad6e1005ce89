"""No secret reaches a log, an error or a repr, though croit wants one in a URL."""

import logging
import traceback
from collections.abc import Iterator

import pytest
import structlog

from storage_api.backends.croit.backend import CroitStorage
from storage_api.domain.errors import BackendError, StorageError
from storage_api.domain.models import NewKey, Ref
from storage_api.domain.secrets import Secret
from tests.backends.croit.lab import new_user, storage_of
from tests.simulators.croit import CroitSimulator


@pytest.fixture
def everything(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    """All loggers of all libraries, as loud as an operator can turn them."""
    names = ("urllib3", "urllib3.connectionpool", "urllib3.connection", "requests")
    former = {name: logging.getLogger(name).level for name in names}
    for name in names:
        logging.getLogger(name).setLevel(logging.DEBUG)
    caplog.set_level(logging.DEBUG)
    yield caplog
    for name, level in former.items():
        logging.getLogger(name).setLevel(level)


def texts(caplog: pytest.LogCaptureFixture) -> str:
    formatter = logging.Formatter("%(message)s %(args)s")
    return "\n".join(formatter.format(record) + repr(vars(record)) for record in caplog.records)


def secrets_of(sim: CroitSimulator) -> list[str]:
    """Those that came in URLs, whatever became of them, and those that open croit."""
    sent = [call.query["secretKey"][0] for call in sim.calls("PUT", "*/keys/*")]
    assert sent
    return [*sent, sim.token, sim.password]


def test_nothing_secret_is_written_anywhere(
    sim: CroitSimulator, everything: pytest.LogCaptureFixture
) -> None:
    """§5.3: secrets absent from every captured log record, those of urllib3 at DEBUG included."""
    storage = storage_of(sim, username=sim.username, password=Secret(sim.password))
    seen: list[str] = []
    keys: list[NewKey] = []
    with structlog.testing.capture_logs() as records:
        user = new_user(storage)
        keys.append(storage.create_key(user))
        keys.append(storage.rotate_key(user, keys[0].access_key))
        seen += [repr(storage.list_keys(user)), repr(storage._keys_of(user.name)), repr(keys)]
        seen.append(repr(vars(storage._croit._session)))
        for kind in ("cut-before", "cut-after", "hang", "garbage", "truncate", "status"):
            seen += _failed(sim, storage, user, kind)
    seen += [str(record) for record in records]
    seen.append(texts(everything))
    assert "secretKey=***" in seen[-1]
    for secret in secrets_of(sim):
        assert not [text for text in seen if secret in text]


def _failed(sim: CroitSimulator, storage: CroitStorage, user: Ref, kind: str) -> list[str]:
    """All that an error tells, down to its causes and the variables of its frames."""
    quick = storage_of(sim, timeout=0.3)
    sim.faults.add(kind=kind, method="PUT", path="*/keys/*", seconds=1.0)  # type: ignore[arg-type]
    try:
        quick.create_key(user)
    except StorageError as error:
        below = [each for each in (error.__cause__, error.__context__) if each]
        lines = traceback.format_exception(error)
        return [str(error), repr(error), *lines, *map(repr, below)]
    return []


def test_an_echo_of_the_secret_goes_no_further(
    sim: CroitSimulator, storage: CroitStorage, everything: pytest.LogCaptureFixture
) -> None:
    user = new_user(storage)
    sim.refuse("PUT", "*/keys/*", 500, "cannot store secretKey=topsecret for user")
    with pytest.raises(BackendError) as caught:
        storage.create_key(user)
    assert "topsecret" not in "".join(traceback.format_exception(caught.value))
    assert "topsecret" not in texts(everything)


@pytest.mark.parametrize("rest", ["", ',"user":7}]', "}"])
def test_an_answer_that_cannot_be_read_is_not_repeated(
    sim: CroitSimulator, storage: CroitStorage, rest: str
) -> None:
    user = new_user(storage)
    body = '[{"secret_key":"topsecret","access_key":"AK"' + rest
    sim.faults.add(kind="garbage", path="*/keys", body=body, times=None)
    with pytest.raises(BackendError) as caught:
        storage.get_user(user)
    assert "topsecret" not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize("spelling", ["secretKey", "secret_key", "SecretKey"])
def test_a_url_is_scrubbed_whoever_logs_it(
    everything: pytest.LogCaptureFixture, spelling: str, sim: CroitSimulator
) -> None:
    storage_of(sim).list_users(None)
    everything.clear()
    url = f"http://croit/api/keys/AK?{spelling}=topsecret&x=1"
    logging.getLogger("urllib3.connection").warning("Failed to parse headers (url=%s)", url)
    logging.getLogger("urllib3.connectionpool").debug('%s "%s" %d', "PUT", url, 204)
    assert "topsecret" not in texts(everything)
    assert texts(everything).count("x=1") >= 2


def test_a_wrong_password_is_not_repeated(sim: CroitSimulator) -> None:
    storage = storage_of(sim, username=sim.username, password=Secret("not-the-password"))
    with pytest.raises(BackendError) as caught:
        storage.list_users(None)
    assert "not-the-password" not in "".join(traceback.format_exception(caught.value))
