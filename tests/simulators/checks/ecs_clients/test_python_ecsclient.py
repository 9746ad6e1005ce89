"""EMC's Python client finds the simulator to be a cluster of 3.x."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.simulators.checks.ecs_clients.clients import python_ecsclient
from tests.simulators.ecs import EcsSimulator, Settings

# The fixture installs the client first.
pytestmark = pytest.mark.timeout(400)


@pytest.fixture(scope="module")
def sim() -> Iterator[EcsSimulator]:
    settings = Settings(release="3.x", new_bucket_billing="zero")
    with EcsSimulator(password="made-up", settings=settings) as sim:
        yield sim


@pytest.fixture(scope="module")
def seen(sim: EcsSimulator, tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder: Path = tmp_path_factory.mktemp("python-ecsclient")
    found = python_ecsclient(sim, folder)
    assert list(folder.iterdir()) == []
    return found


def test_it_sees_the_cluster(sim: EcsSimulator, seen: Any) -> None:
    cluster = seen["cluster"]
    assert cluster["me"]["common_name"] == sim.username
    assert cluster["group"]["id"] == sim.replication_group
    assert cluster["pool"]["id"] == sim.storage_pool
    assert cluster["capacity"]["totalFree_gb"] > 0


def test_a_namespace_lives(seen: Any) -> None:
    namespace = seen["namespace"]
    assert namespace["again"] == [400, 1015]
    assert namespace["without mapping"] == [400, 1005]
    assert namespace["found"]["is_stale_allowed"] is True
    assert [row["id"] for row in namespace["list"]] == ["ec-ns"]
    assert (namespace["no quota"]["blockSize"], namespace["quota"]["blockSize"]) == (-1, 10)
    assert namespace["class"] == {"name": "year", "period": 6}


def test_a_user_and_its_keys_live(seen: Any) -> None:
    user = seen["user"]
    assert (user["again"], user["third"]) == ([400, 1015], [400, 1031])
    assert user["of namespace"] == user["of all"] == [{"userid": "ec-user", "namespace": "ec-ns"}]
    assert (user["locked"], user["both"], user["left"], user["none"]) == (True, True, True, "")


def test_a_bucket_lives(sim: EcsSimulator, seen: Any) -> None:
    bucket = seen["bucket"]
    assert bucket["again"] == [400, 40008]
    found = bucket["found"]
    assert (found["owner"], found["vpool"]) == ("ec-user", sim.replication_group)
    assert (found["is_stale_allowed"], bucket["locked"]) == (True, True)
    assert (bucket["quota"]["blockSize"], bucket["no quota"]["blockSize"]) == (5, -1)
    assert bucket["retention"] == {"period": 60}
    assert bucket["acl"]["user_acl"] == [{"user": "ec-user", "permission": ["read"]}]


def test_it_reads_the_bill(seen: Any) -> None:
    billing = seen["billing"]
    assert (billing["bucket"]["total_size"], billing["bucket"]["total_size_unit"]) == (0, "KB")
    assert billing["namespace"]["total_size_unit"] == "GB"
    assert [row["name"] for row in billing["detail"]["bucket_billing_info"]] == ["ec-bucket"]


def test_all_of_it_ends(sim: EcsSimulator, seen: Any) -> None:
    end = seen["end"]
    assert end["held"] == [400, 1020]
    assert (end["no namespace"], end["no user"]) == ([400, 1004], [404, 2000])
    assert end["logged out"] == {"user": sim.username}
    assert sim.live_tokens(sim.username) == 0


def test_it_asks_who_it_is_before_every_call(sim: EcsSimulator, seen: Any) -> None:
    """So that a back-end's requests are not to be counted against this client's."""
    asked = sum(request.path == "/user/whoami" for request in sim.requests)
    assert asked > len(sim.requests) / 3
    assert sum(request.path == "/login" for request in sim.requests) == 1
