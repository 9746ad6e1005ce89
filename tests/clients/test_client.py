"""The client at a real service: pages, names, jobs, and what is told once."""

import asyncio
import pickle
import threading

import pytest

from storage_api_client import AlreadyExists, Client, Conflict, JobFailed, NotSupported, caller
from tests.clients.scripted import Answer, scripted


def test_a_list_is_asked_for_page_by_page(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    users = client.backend("dummy").users
    expected = {users.create(f"paged-{number}")["name"] for number in range(5)}
    monkeypatch.setattr(caller, "PAGE_SIZE", 2)
    assert [user["name"] for user in users.list(name="paged-*")] == sorted(expected)


def test_volumes_and_what_is_below_them(client: Client) -> None:
    backend = client.backend("dummy")
    name = "client/lab:1/data.x"
    made = backend.volumes.create(name, size_total=2**40, junction_path="/client")
    assert backend.volumes.get(name) == made
    assert backend.volumes.update(name, size_total=2**41)["size_total"] == 2**41
    with pytest.raises(AlreadyExists):
        backend.volumes.create(name, size_total=2**40)
    backend.snapshots(name).create("s:1")
    assert [found["name"] for found in backend.snapshots(name).list()] == ["s:1"]
    backend.locks(name).create("node1.example.org")
    with pytest.raises(Conflict):
        backend.locks(name).create("node2.example.org")
    backend.snapshots(name).delete("s:1")
    backend.volumes.delete(name)
    assert name not in {volume["name"] for volume in backend.volumes.list()}


def test_rules_with_slashes(client: Client) -> None:
    exports = client.backend("dummy").exports
    exports.create("client/policy", rules=["10.0.0.0/8"])
    assert exports.add_rule("client/policy", "fd00::/8")["rules"] == ["10.0.0.0/8", "fd00::/8"]
    exports.remove_rule("client/policy", "10.0.0.0/8")
    assert exports.get("client/policy")["rules"] == ["fd00::/8"]


def test_a_named_namespace_has_its_own(client: Client) -> None:
    backend = client.backend("dummy")
    backend.namespaces.create("client-space", labels={"group": "atlas"})
    inside = backend.in_namespace("client-space")
    inside.users.create("client-inside")
    assert [user["name"] for user in inside.users.list()] == ["client-inside"]
    assert "client-inside" not in {user["name"] for user in backend.users.list()}


def test_an_account_tells_its_secret_once(client: Client) -> None:
    users = client.backend("dummy").users
    assert users.create_account(uid="client-account")["connection"]["secret_key"]
    assert users.create_account(uid="client-account")["connection"]["secret_key"] is None


def test_an_allocation_from_beginning_to_end(client: Client) -> None:
    allocations = client.backend("dummy").allocations
    made = allocations.create("Client Läb", size_bytes=2**40)
    assert made["connection"]
    assert made["connection"]["secret_key"]
    assert allocations.update("Client Läb", size_bytes=2**41)["size_bytes"] == 2**41
    assert [found["name"] for found in allocations.list(name="Client*")] == ["Client Läb"]
    allocations.delete("Client Läb")
    allocations.delete("Client Läb")


def test_a_purge_is_waited_for_and_awaited(client: Client) -> None:
    backend = client.backend("dummy")
    backend.users.create("client-purged")
    backend.buckets.create("client-purged-data", owner="client-purged")
    job = backend.users.delete("client-purged", purge=True)
    assert job is not None
    seen: list[str] = []
    assert job.wait(30, lambda record: seen.append(record["state"])).state == "done"
    assert seen[-1] == "done"
    assert client.jobs.get(job.id).record == job.record

    async def awaited() -> str:
        return (await client.jobs.get(job.id)).state

    assert asyncio.run(awaited()) == "done"
    assert backend.users.delete("client-purged", purge=True) is None


def test_a_job_that_fails_or_lasts() -> None:
    record = {"id": "j1", "kind": "purge-user", "target": "x", "state": "running", "errors": []}
    failed = {**record, "state": "failed", "errors": ["2 objects are locked"]}
    with scripted(Answer(body=record), Answer(body=failed)) as service:
        with Client(service.url) as client, pytest.raises(JobFailed, match="2 objects are locked"):
            client.jobs.get("j1").wait()
        service.script += [Answer(body=record)] * 10
        with Client(service.url) as client, pytest.raises(TimeoutError):
            client.jobs.get("j1").wait(timeout=0.3)


def test_a_family_that_is_lacking_says_who_has_it(client: Client) -> None:
    with pytest.raises(NotSupported, match="dummy"):
        list(client.backend("lost").buckets.list())


def test_threads_share_a_client(client: Client) -> None:
    found: list[list[str]] = []
    threads = [threading.Thread(target=lambda: found.append(client.my_roles())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [["USER", "ADMIN", "UBER_ADMIN"]] * 8


def test_a_failed_job_can_be_told_between_processes() -> None:
    failed = JobFailed({"id": "j1", "state": "failed", "errors": ["2 objects are locked"]})
    copy = pickle.loads(pickle.dumps(failed))  # noqa: S301  # it is ours
    assert (str(copy), copy.record) == (str(failed), failed.record)
