"""What is particular about the dummy's accounts and purges."""

import pytest
import structlog

from storage_api.backends.dummy.backend import DummyStorage
from storage_api.backends.dummy.settings import DummyOptions
from storage_api.domain.models import Ref
from storage_api.domain.progress import Progress, WorkStopped
from storage_api.security.roles import Role
from tests.api.callers import assert_problem, call, cookie_of
from tests.servers import service


class Once(Progress):
    """Stops the work at the first report."""

    def expect(self, more: int) -> None: ...

    def report(self, error: str) -> None: ...

    def advance(self, steps: int = 1) -> None:
        raise WorkStopped


@pytest.mark.parametrize("path", ["users/alice", "buckets/alice-data"])
def test_purges_can_be_forbidden(path: str) -> None:
    app = service({"SAPI_BACKENDS": "dummy🌈DummyStorage🌈allow_purge🌈false"})
    response = call(app, "DELETE", f"/v3/dummy/{path}?purge=true", cookie_of(app, *Role))
    assert "allow_purge" in assert_problem(response, 403)["detail"]


def test_the_log_tells_whose_account_a_request_made() -> None:
    app = service()
    with structlog.testing.capture_logs() as records:
        made = call(app, "POST", "/v3/dummy/users", cookie_of(app, *Role), json={"uid": "alice"})
    (record,) = [each for each in records if each["event"] == "account"]
    assert (record["backend"], record["user"], record["created"]) == ("dummy", "alice", True)
    assert made.get_json()["connection"]["secret_key"] not in str(records)


def test_a_purge_that_was_broken_off_goes_on() -> None:
    storage = DummyStorage(DummyOptions())
    alice = Ref(None, "alice")
    storage.create_user(alice, {})
    for name in ("one", "two"):
        storage.create_bucket(Ref(None, name), {"owner": "alice"})
    for count in (1, 0):
        with pytest.raises(WorkStopped):
            storage.purge_user(alice, Once())
        assert len(storage.list_buckets(None)) == count
    with pytest.raises(WorkStopped):
        storage.purge_user(alice, Once())
    assert storage.list_users(None) == []
