"""Kill -9 after every single call to croit: the repeat finishes the work.

To croit this is the same as a kill before the next call.
"""

import uuid
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.backends.croit.lab import NOWHERE, fresh, live_keys
from tests.backends.radosgw.killing import Killable
from tests.backends.radosgw.proxy import FaultyProxy
from tests.conformance.purges import ended
from tests.conformance.s3 import s3_client
from tests.servers import Server, uwsgi_server
from tests.services.ceph import CephCluster
from tests.simulators.croit import CroitSimulator


def entry(croit: str, sim: CroitSimulator, s3_endpoint: str) -> dict[str, str]:
    options = {
        "api_url": croit,
        "username": sim.username,
        "password": sim.password,
        "s3_endpoint": s3_endpoint,
        "user_prefix": "",
        "allow_purge": "true",
    }
    words = ["ceph", "CroitStorage", *(word for pair in options.items() for word in pair)]
    return {"SAPI_BACKENDS": "🌈".join(words), "FLASK_DEBUG": "1"}


@pytest.fixture(scope="module")
def kept() -> Iterator[CroitSimulator]:
    """In memory, for all tests of this file."""
    with CroitSimulator() as simulator:
        yield simulator


@pytest.fixture(scope="module")
def service(kept: CroitSimulator, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Killable]:
    log = Path(tmp_path_factory.mktemp("killed")) / "log"
    with (
        FaultyProxy(kept.url) as proxy,
        uwsgi_server(entry(proxy.endpoint, kept, NOWHERE), log, processes=1) as server,
    ):
        yield Killable(server, proxy)


def test_an_account_is_finished_by_the_repeat(service: Killable, kept: CroitSimulator) -> None:
    api, kills = service.api, 0
    while True:
        body = {
            "organization": "physics",
            "project": "atlas",
            "resource_uuid": str(uuid.uuid4()),
            "storage_limit": 2**30,
        }
        create = partial(api.post, "/v3/ceph/users", body)
        if not service.dies_during(create, kills + 1):
            break
        kills += 1
        answer = create()
        assert answer.status in {200, 201}, answer
        user, key = answer.body["user"], answer.body["connection"]
        assert user["quota"]["max_bytes"] == 2**30
        assert user["display_name"] == user["name"]
        assert user["key_ids"] == live_keys(kept, user["name"]) == [key["access_key"]]
        if key["secret_key"] is None:  # told to nobody: the answer was lost
            keys = f"/v3/ceph/users/{user['name']}/keys"
            key = api.post(f"{keys}/{key['access_key']}/rotate").expect(201)
        assert _held(kept, user["name"]) == [(key["access_key"], key["secret_key"])]
    assert kills >= 8


def test_a_rotation_is_finished_by_the_repeat(service: Killable, kept: CroitSimulator) -> None:
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
        assert listed == live_keys(kept, name)
        if answer.status == 404:  # it was finished, and only the answer lost
            assert old not in listed
            answer = api.post(f"{user}/keys/{listed[0]}/rotate")
        new = answer.expect(201)
        assert _held(kept, name) == [(new["access_key"], new["secret_key"])]
    assert kills >= 4


def _held(sim: CroitSimulator, uid: str) -> list[tuple[str, str]]:
    return [(key.access_key, key.secret_key) for key in sim.store.user(uid).keys]


@pytest.fixture(scope="module")
def doors(
    ceph: CephCluster, cluster_sim: CroitSimulator, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Server, FaultyProxy, FaultyProxy]]:
    """A service with both doors to the cluster, and what stands in each: croit's and S3's."""
    log = Path(tmp_path_factory.mktemp("killed")) / "log"
    with FaultyProxy(cluster_sim.url) as croit, FaultyProxy(ceph.env().endpoint) as s3:
        settings = entry(croit.endpoint, cluster_sim, s3.endpoint)
        with uwsgi_server(settings, log, processes=1) as server:
            yield server, croit, s3


@pytest.mark.parametrize(
    ("door", "call"),
    [("croit", "PUT /api/s3/users/"), ("s3", "?delete"), ("croit", "DELETE /api/s3/users/")],
)
def test_a_purge_is_finished_by_whoever_comes_next(
    doors: tuple[Server, FaultyProxy, FaultyProxy],
    ceph: CephCluster,
    cluster_sim: CroitSimulator,
    door: str,
    call: str,
) -> None:
    server, croit, s3_door = doors
    service = Killable(server, croit if door == "croit" else s3_door)
    api, name = service.api, fresh("purged")
    user, bucket = f"/v3/ceph/users/{name}", fresh("purged-bucket-")
    api.post(user, {}).expect(201)
    key = api.post(f"{user}/keys").expect(201)
    s3 = s3_client(ceph.env().endpoint, key)
    s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key="x", Body=b"x")
    api.delete(f"{user}/keys/{key['access_key']}").expect(204)
    halt = service.proxy.halt(call, after=True)
    answer = api.delete(f"{user}?purge=true")
    service.kill(halt)
    service.proxy.go_on()
    job = ended(api, answer)
    assert (job["state"], job["errors"]) == ("done", [])
    assert name not in cluster_sim.store.uids()
    assert bucket not in [row.name for row in cluster_sim.store.buckets()]
