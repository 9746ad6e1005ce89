"""Revoked, denied and expired allocations."""

import pytest

from tests.integrations.coldfront.running import ColdFront
from tests.integrations.coldfront.stage import TB, Make, Service, place, state
from tests.servers import free_port

KINDS = ["volume", "bucket", "namespace"]


@pytest.fixture
def policies(service: Service) -> str:
    """What volumes are exported to while they are in use."""
    if service.get("/v3/dummy/export/cluster") is None:
        service.send("POST", "/v3/dummy/export/cluster", {"rules": ["10.0.0.0/8"]})
    return "cluster"


def is_open(service: Service, site: ColdFront, kind: str, pk: int) -> bool:
    where = place(site, pk)
    if kind == "volume":
        volume = service.get(f"/v3/dummy/volumes{where}")
        rules = service.get(f"/v3/dummy/export/{volume['active_policy_name']}")["rules"]
        return bool(rules)
    if kind == "bucket":
        owner = service.get(f"/v3/dummy/buckets/{where}")["owner"]
        return not service.get(f"/v3/dummy/users/{owner}")["suspended"]
    namespace, bucket = where.split(":")
    home = f"/v3/dummy/namespaces/{namespace}"
    owner = service.get(f"{home}/buckets/{bucket}")["owner"]
    return not service.get(f"{home}/users/{owner}")["suspended"]


@pytest.mark.parametrize("kind", KINDS)
def test_revoked_is_closed_and_approved_again_is_open(
    site: ColdFront, service: Service, allocation: Make, policies: str, kind: str
) -> None:
    pk = allocation(kind, storage_api_export_policy=policies)
    site.set_status(pk, "New", "approve")
    assert is_open(service, site, kind, pk)
    assert site.set_status(pk, "Revoked")["status"] == 302
    assert state(site, pk) == "restricted"
    assert not is_open(service, site, kind, pk)
    site.set_status(pk, "Revoked", "approve")
    assert state(site, pk) == "provisioned"
    assert is_open(service, site, kind, pk)


@pytest.mark.parametrize("kind", KINDS)
def test_archived_gives_back_what_is_not_used(
    site: ColdFront, service: Service, allocation: Make, kind: str
) -> None:
    pk = allocation(kind)
    site.set_status(pk, "New", "approve")
    where = place(site, pk)
    site.settings(STORAGE_API_ON_REVOKE="archive")
    site.set_status(pk, "Revoked")
    assert state(site, pk) == "archived"
    if kind == "volume":
        assert service.get(f"/v3/dummy/volumes{where}") is None
        return
    assert not is_open(service, site, kind, pk)
    holder = f"buckets/{where}" if kind == "bucket" else f"namespaces/{where.split(':')[0]}"
    assert service.get(f"/v3/dummy/{holder}/quota")["max_bytes"] == 2**30
    site.set_status(pk, "Revoked", "approve")
    assert service.get(f"/v3/dummy/{holder}/quota")["max_bytes"] == 2 * TB


@pytest.mark.parametrize("kind", KINDS)
def test_deleted_only_where_the_site_says_so(
    site: ColdFront, service: Service, allocation: Make, kind: str
) -> None:
    pk = allocation(kind)
    site.set_status(pk, "New", "approve")
    where = place(site, pk)
    path = {
        "volume": f"/v3/dummy/volumes{where}",
        "bucket": f"/v3/dummy/buckets/{where}",
        "namespace": f"/v3/dummy/namespaces/{where.split(':')[0]}",
    }[kind]
    site.settings(STORAGE_API_ON_REVOKE="none")
    service.front.reset()
    site.set_status(pk, "Revoked")
    assert service.front.requests == []
    assert service.get(path) is not None
    site.settings(STORAGE_API_ON_REVOKE="delete")
    done = site.command("storage_api_sync", "--allocation", str(pk), "--provision")
    assert done["code"] == 0, done
    assert state(site, pk) == "deleted"
    assert service.get(path) is None
    # Never with what it holds.
    assert not any("purge" in path for _, path in service.front.requests)


def test_denied_makes_nothing(site: ColdFront, service: Service, allocation: Make) -> None:
    pk = allocation("volume")
    assert site.set_status(pk, "New", "deny")["status"] == 302
    assert service.front.writes() == []


def test_the_night_expires_two_though_the_service_is_down(
    site: ColdFront, service: Service, allocation: Make, policies: str
) -> None:
    pair = [allocation(kind, storage_api_export_policy=policies) for kind in ("volume", "bucket")]
    for pk in pair:
        site.set_status(pk, "New", "approve")
    site.let_end(pair)
    site.settings(STORAGE_API_URL=f"http://127.0.0.1:{free_port()}")
    site.update_statuses()
    for pk in pair:
        seen = site.look(pk)
        assert (seen["status"], seen["values"]["storage_api_state"]) == ("Expired", ["error"])

    site.settings()
    for pk in pair:
        done = site.command("storage_api_sync", "--allocation", str(pk), "--provision")
        assert done["code"] == 0, done
    assert [state(site, pk) for pk in pair] == ["restricted", "restricted"]
    assert not is_open(service, site, "volume", pair[0])
    assert not is_open(service, site, "bucket", pair[1])


def test_the_night_expires_and_closes(site: ColdFront, service: Service, allocation: Make) -> None:
    pk = allocation("bucket")
    site.set_status(pk, "New", "approve")
    site.let_end([pk])
    site.update_statuses()
    assert site.look(pk)["status"] == "Expired"
    assert not is_open(service, site, "bucket", pk)


def test_a_volume_that_could_not_be_given_back_is_not_closed(
    site: ColdFront, service: Service, allocation: Make
) -> None:
    pk = allocation("volume")
    site.set_status(pk, "New", "approve")
    site.set_status(pk, "Revoked")
    assert state(site, pk) == "error"
    assert "storage_api_export_policy" in site.look(pk)["values"]["storage_api_error"][0]
    assert service.get(f"/v3/dummy/volumes{place(site, pk)}") is not None
