"""A bucket on a real Ceph cluster: exact limits of users, limits of buckets in KiB, tags by key."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.conformance.test_radosgw import radosgw_entry
from tests.integrations.coldfront.front import front_of
from tests.integrations.coldfront.running import ColdFront
from tests.integrations.coldfront.stage import TB, Make, Service, cookie_file, place, state
from tests.servers import flask_server
from tests.services.ceph import CephCluster


@pytest.fixture(scope="module")
def service(ceph: CephCluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder: Path = tmp_path_factory.mktemp("service")
    with (
        flask_server({"SAPI_BACKENDS": radosgw_entry(ceph)}, folder / "log") as server,
        front_of(server.url) as front,
        requests.Session() as session,
    ):
        session.trust_env = False
        session.get(f"{server.url}/login", timeout=30)
        yield Service(front, cookie_file(folder / "cookies", session), session, server.url)


def test_a_bucket_from_approval_to_its_end(
    site: ColdFront, service: Service, allocation: Make
) -> None:
    pk = allocation("bucket", "0.0020000011", storage_api_subsystem="ceph")
    site.set_status(pk, "New", "approve")
    assert state(site, pk) == "provisioned", site.look(pk)
    path = f"/v3/ceph/buckets/{place(site, pk)}"
    assert service.get(f"{path}/quota")["max_bytes"] == -(-2000001100 // 1024) * 1024
    owner = f"/v3/ceph/users/{service.get(path)['owner']}"
    assert service.get(f"{owner}/quota")["max_bytes"] == 2000001100

    service.front.reset()
    site.set_status(pk, "New")
    site.set_status(pk, "New", "approve")
    assert service.front.writes() == []
    site.edit(pk, "Storage Quota (TB)", "3")
    assert service.get(f"{path}/quota")["max_bytes"] == -(-3 * TB // 1024) * 1024

    site.set_status(pk, "Revoked")
    assert state(site, pk) == "restricted", site.look(pk)
    assert service.get(owner)["suspended"] is True
    site.set_status(pk, "Revoked", "approve")
    assert state(site, pk) == "provisioned", site.look(pk)
    assert service.get(owner)["suspended"] is False
    site.settings(STORAGE_API_ON_REVOKE="delete")
    site.set_status(pk, "Revoked")
    assert state(site, pk) == "deleted", site.look(pk)
    assert service.get(path) is None
    assert service.get(owner) is None
