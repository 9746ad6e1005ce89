"""No secret reaches a log, an error, a URL or a repr."""

import logging
import traceback

import pytest
import structlog

from storage_api.domain.errors import BackendError, StorageError
from storage_api.domain.models import Cors, CorsMethod, CorsRule, Ref
from storage_api.domain.secrets import Secret
from tests.backends.radosgw.lab import Lab, fresh, new_bucket, new_user
from tests.backends.radosgw.proxy import FaultyProxy
from tests.services.ceph import CephCluster

WEB = Cors(rules=[CorsRule(allowed_methods=[CorsMethod.GET], allowed_origins=["*"])])


@pytest.fixture
def everything(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """All loggers of all libraries, as loud as an operator can turn them."""
    caplog.set_level(logging.DEBUG)
    return caplog


def test_nothing_secret_is_written_anywhere(
    lab: Lab, proxy: FaultyProxy, everything: pytest.LogCaptureFixture, ceph: CephCluster
) -> None:
    storage = lab.storage(endpoint=proxy.endpoint)
    secrets = [lab.gateway.secret_key]
    seen: list[str] = []
    with structlog.testing.capture_logs() as records:
        owner = new_user(storage)
        bucket = new_bucket(storage, owner, tags={"a": "b"})  # with a temporary key
        first = storage.create_key(owner)
        second = storage.rotate_key(owner, first.access_key)
        secrets += [first.secret_key, second.secret_key]
        account, _ = storage.create_account(None, {"uid": fresh("account")})
        secrets.append(str(account.connection.secret_key))
        exposing = lab.storage(endpoint=proxy.endpoint, expose_credentials=True)
        shown = exposing.get_account_metadata(Ref(None, account.user.name))
        assert shown.connection.secret_key in secrets
        seen += [repr(account), repr(shown), repr(exposing)]
        storage.set_cors(bucket, WEB)
        seen += [repr(storage.get_user(owner)), repr(storage.list_keys(owner)), repr(storage)]
        seen.append(repr(storage._user(owner)))
        proxy.spoil("/admin/user?uid", times=3, status=500, body=repr(secrets).encode())
        for part in ("/admin/", bucket.name):
            proxy.spoil(part, times=4, status=403, body=repr(secrets).encode())
            try:
                storage.get_bucket(bucket)
            except StorageError as error:
                seen += [str(error), repr(error), *traceback.format_exception(error)]
    seen += [str(record) for record in records]
    seen += [record.getMessage() for record in everything.records]
    seen += proxy.lines
    seen.append((ceph._directory / "log" / "client.rgw.log").read_text(errors="replace"))
    for secret in secrets:
        assert not [text for text in seen if secret in text]
    assert not [text for text in seen if "Credential=" in text]


def test_a_temporary_key_that_stays_is_reported_without_its_secret(
    lab: Lab, proxy: FaultyProxy
) -> None:
    storage = lab.storage(endpoint=proxy.endpoint)
    owner = new_user(storage)
    bucket = new_bucket(storage, owner)
    proxy.spoil("DELETE /admin/user?key", times=10, forward=False)
    with structlog.testing.capture_logs() as records:
        storage.set_cors(bucket, WEB)
    assert storage.list_keys(owner) == []
    (left,) = lab.live_keys(owner.name)
    (record,) = [each for each in records if each["event"] == "temporary-key-left-over"]
    assert (record["uid"], record["access_key"]) == (owner.name, left)


def test_a_wrong_secret_is_not_repeated(lab: Lab) -> None:
    storage = lab.storage(admin_secret_key=Secret("not-the-secret"))
    with pytest.raises(BackendError) as raised:
        storage.create_user(Ref(None, fresh("user")), {})
    assert "not-the-secret" not in "".join(traceback.format_exception(raised.value))


@pytest.mark.parametrize("rest", [b"\xff", b"", b',"user_id":"u","tenant":"","keys":7}'])
def test_an_answer_that_cannot_be_read_is_not_repeated(
    lab: Lab, proxy: FaultyProxy, rest: bytes
) -> None:
    """The log tells the cause of an error, and some causes repeat what could not be read."""
    storage = lab.storage(endpoint=proxy.endpoint)
    body = b'{"secret_key":"topsecret"' + rest
    proxy.spoil("/admin/", times=9, status=200, body=body)
    with pytest.raises(BackendError) as raised:
        storage.get_user(Ref(None, "somebody"))
    assert "topsecret" not in "".join(traceback.format_exception(raised.value))
    assert "topsecret" not in repr(raised.value.__cause__)


def test_neither_is_one_of_s3(lab: Lab, proxy: FaultyProxy) -> None:
    storage = lab.storage(endpoint=proxy.endpoint)
    owner = new_user(storage)
    storage.create_key(owner)
    bucket = new_bucket(storage, owner)
    proxy.spoil(f"/{bucket.name}?cors", status=200, body=b"<topsecret")
    with pytest.raises(BackendError) as raised:
        storage.get_cors(bucket)
    assert "topsecret" not in "".join(traceback.format_exception(raised.value))
