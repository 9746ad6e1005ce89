"""Work that waits for ColdFront's own queue, or for an administrator."""

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.conftest import skip_or_fail
from tests.integrations.coldfront.running import ColdFront, coldfront
from tests.integrations.coldfront.stage import TB, Make, Service, maker, place, state
from tests.services.venvs import NotInstalled

_SECONDS = 30


@contextmanager
def cluster(site: ColdFront) -> Iterator[None]:
    """``coldfront qcluster``, as a site's service manager runs it."""
    command = [str(site.python.with_name("coldfront")), "qcluster"]
    process = subprocess.Popen(
        command,
        env={**site.environ, "STORAGE_API_MODE": "queue"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        process.terminate()
        process.wait(_SECONDS)


def until_provisioned(site: ColdFront, pk: int) -> None:
    end = time.monotonic() + _SECONDS
    while state(site, pk) != "provisioned" and time.monotonic() < end:
        time.sleep(0.1)
    assert state(site, pk) == "provisioned"


def test_the_queue_does_it(site: ColdFront, service: Service, allocation: Make) -> None:
    pk = allocation("volume")
    site.settings(STORAGE_API_MODE="queue")
    answer = site.set_status(pk, "New", "approve")
    assert answer["status"] == 302
    assert state(site, pk) == "pending"
    assert service.front.requests == []
    with cluster(site):
        until_provisioned(site, pk)
        assert service.get(f"/v3/dummy/volumes{place(site, pk)}")["size_total"] == 2 * TB
        site.settings(STORAGE_API_MODE="queue", STORAGE_API_ON_REVOKE="archive")
        site.set_status(pk, "Revoked")
        end = time.monotonic() + _SECONDS
        while state(site, pk) != "archived" and time.monotonic() < end:
            time.sleep(0.1)
    assert state(site, pk) == "archived"


def test_a_task_that_comes_late_opens_nothing(
    site: ColdFront, service: Service, allocation: Make
) -> None:
    """The queue keeps no order among its workers, and gives a slow task out twice."""
    revoked, approved = allocation("volume"), allocation("volume")
    site.settings(STORAGE_API_MODE="queue", STORAGE_API_ON_REVOKE="archive")
    site.set_status(revoked, "New", "approve")
    site.set_status(revoked, "Revoked")
    site.set_status(approved, "New", "approve")
    site.set_status(approved, "Revoked")
    site.set_status(approved, "Revoked", "approve")
    with cluster(site):
        until_provisioned(site, approved)
    assert [method for method, _ in service.front.writes()] == ["POST"]
    assert "storage_api_id" not in site.look(revoked)["values"]


def test_by_hand(site: ColdFront, service: Service, allocation: Make) -> None:
    pk = allocation("volume")
    site.settings(STORAGE_API_MODE="manual")
    site.set_status(pk, "New", "approve")
    assert state(site, pk) == "pending"
    assert service.front.requests == []
    assert site.command("storage_api_sync", "--allocation", str(pk), "--provision")["code"] == 0
    assert state(site, pk) == "provisioned"


@pytest.mark.parametrize(("silent", "seconds"), [(False, 4), (True, 8)])
def test_without_redis_the_page_is_quick_and_the_work_is_done(
    service: Service, tmp_path_factory: pytest.TempPathFactory, *, silent: bool, seconds: int
) -> None:
    """Nobody listens there, or somebody who never answers."""
    with socket.socket() as redis:
        redis.bind(("127.0.0.1", 0))
        if silent:
            redis.listen()
        _approve_without_redis(service, tmp_path_factory, redis.getsockname()[1], seconds)


def _approve_without_redis(
    service: Service, tmp_path_factory: pytest.TempPathFactory, port: int, seconds: int
) -> None:
    folder = tmp_path_factory.mktemp("redis")
    settings = {**service.settings(), "STORAGE_API_MODE": "queue"}
    # As ColdFront comes.
    queue = {"timeout": 60, "retry": 90, "redis": {"host": "127.0.0.1", "port": port}}
    try:
        with coldfront(folder, settings, cluster=queue) as site:
            site.command("storage_api_setup", "--with-quota-types")
            pk = maker(site)("volume")
            # The first page of a process is slow whoever waits for what.
            site.page(f"/allocation/{pk}/")
            answer = site.set_status(pk, "New", "approve")
            assert answer["status"] == 302
            assert answer["seconds"] <= seconds
            assert state(site, pk) == "provisioned"
    except NotInstalled as error:
        skip_or_fail(str(error))
