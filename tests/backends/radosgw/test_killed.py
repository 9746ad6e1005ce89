"""Kill -9 after every single call to the gateway: the repeat finishes the work.

To the gateway this is the same as a kill before the next call.
"""

import uuid
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from storage_api.domain.models import NewKey
from tests.backends.radosgw.killing import Killable
from tests.backends.radosgw.lab import Lab, fresh
from tests.backends.radosgw.proxy import FaultyProxy
from tests.conformance.purges import ended
from tests.servers import uwsgi_server

pytestmark = pytest.mark.usefixtures("ceph")


@pytest.fixture(scope="module")
def service(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Killable]:
    with FaultyProxy(lab.gateway.endpoint) as proxy:
        options = {
            "endpoint": proxy.endpoint,
            "admin_access_key": lab.gateway.access_key,
            "admin_secret_key": lab.gateway.secret_key,
            "allow_purge": "true",
        }
        words = ["ceph", "RadosgwStorage", *(word for pair in options.items() for word in pair)]
        settings = {"SAPI_BACKENDS": "🌈".join(words), "FLASK_DEBUG": "1"}
        log = tmp_path_factory.mktemp("killed") / "log"
        with uwsgi_server(settings, Path(log), processes=1) as server:
            yield Killable(server, proxy)


def works(lab: Lab, key: dict[str, Any]) -> bool:
    known = NewKey(access_key=key["access_key"], secret_key=key["secret_key"])
    return bool(lab.s3(known).list_buckets()["ResponseMetadata"])


def test_an_account_is_finished_by_the_repeat(service: Killable, lab: Lab) -> None:
    api, kills = service.api, 0
    while True:
        body = {
            "organization": "physics",
            "project": "atlas",
            "resource_uuid": str(uuid.uuid4()),
            "storage_limit": 10**9,
        }
        create = partial(api.post, "/v3/ceph/users", body)
        if not service.dies_during(create, kills + 1):
            break
        kills += 1
        answer = create()
        assert answer.status in {200, 201}, answer
        user, key = answer.body["user"], answer.body["connection"]
        assert user["quota"]["max_bytes"] == 10**9
        assert user["key_ids"] == lab.live_keys(user["name"]) == [key["access_key"]]
        if key["secret_key"] is None:  # told to nobody: the answer was lost
            keys = f"/v3/ceph/users/{user['name']}/keys"
            key = api.post(f"{keys}/{key['access_key']}/rotate").expect(201)
            assert lab.live_keys(user["name"]) == [key["access_key"]]
        assert works(lab, key)
    assert kills >= 6


def test_a_rotation_is_finished_by_the_repeat(service: Killable, lab: Lab) -> None:
    api, kills = service.api, 0
    while True:
        name = fresh("killed")
        user = f"/v3/ceph/users/{name}"
        api.post(user, {}).expect(201)
        old = api.post(f"{user}/keys").expect(201)["access_key"]
        rotate = partial(api.post, f"{user}/keys/{old}/rotate")
        if not service.dies_during(rotate, kills + 1):
            break
        kills += 1
        answer = rotate()
        listed = [key["access_key"] for key in api.get(f"{user}/keys").expect(200)]
        assert listed == lab.live_keys(name)
        if answer.status == 404:  # it was finished, and only the answer lost
            assert old not in listed
            answer = api.post(f"{user}/keys/{listed[0]}/rotate")
        new = answer.expect(201)
        assert lab.live_keys(name) == [new["access_key"]]
        assert works(lab, new)
    assert kills >= 3


@pytest.mark.parametrize("call", ["PUT /admin/user?key", "?delete", "DELETE /admin/bucket"])
def test_a_purge_is_finished_by_whoever_comes_next(service: Killable, lab: Lab, call: str) -> None:
    api, name = service.api, fresh("purged")
    user, bucket = f"/v3/ceph/users/{name}", fresh("purged-bucket-")
    api.post(user, {}).expect(201)
    key = api.post(f"{user}/keys").expect(201)
    s3 = lab.s3(NewKey(access_key=key["access_key"], secret_key=key["secret_key"]))
    s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key="x", Body=b"x")
    api.delete(f"{user}/keys/{key['access_key']}").expect(204)
    halt = service.proxy.halt(call, after=True)
    answer = api.delete(f"{user}?purge=true")
    service.kill(halt)
    service.proxy.go_on()
    job = ended(api, answer)
    assert (job["state"], job["errors"]) == ("done", [])
    assert name not in lab.uids()
    assert bucket not in lab.admin("GET", "bucket")
