"""What becomes of an allocation, from its approval to its end, through ColdFront's own pages."""

import pytest

from tests.integrations.coldfront.running import ColdFront
from tests.integrations.coldfront.stage import TB, Make, Service, place, state

KINDS = ["volume", "bucket", "namespace"]


def limit(service: Service, kind: str, where: str) -> int:
    if kind == "volume":
        path = f"/v3/dummy/volumes{where}"
        return int(service.get(path)["size_total"])
    if kind == "bucket":
        return int(service.get(f"/v3/dummy/buckets/{where}/quota")["max_bytes"])
    return int(
        service.get(f"/v3/dummy/namespaces/{where.split(':', maxsplit=1)[0]}/quota")["max_bytes"]
    )


@pytest.mark.parametrize("kind", KINDS)
def test_an_approved_allocation_is_made_and_told(
    site: ColdFront, service: Service, allocation: Make, kind: str
) -> None:
    pk = allocation(kind)
    assert site.set_status(pk, "New", "approve")["status"] == 302
    seen = site.look(pk)
    assert seen["status"] == "Active"
    assert seen["values"]["storage_api_state"] == ["provisioned"], seen
    assert "storage_api_error" not in seen["values"]
    assert f":dummy:{kind}:" in seen["values"]["storage_api_id"][0]
    assert limit(service, kind, place(site, pk)) == 2 * TB
    assert "secret" not in str(seen)
    assert site.page(f"/allocation/{pk}/")["status"] == 200


@pytest.mark.parametrize("kind", KINDS)
def test_approved_again_or_renewed_it_is_one(
    site: ColdFront, service: Service, allocation: Make, kind: str
) -> None:
    pk = allocation(kind)
    site.set_status(pk, "New", "approve")
    before = site.look(pk)
    service.front.reset()
    site.set_status(pk, "New")
    assert site.set_status(pk, "New", "approve")["status"] == 302
    site.set_status(pk, "Renewal Requested")
    assert site.set_status(pk, "Renewal Requested", "approve")["status"] == 302
    assert site.look(pk) == before
    assert service.front.writes() == []


@pytest.mark.parametrize("kind", KINDS)
def test_an_approved_change_is_set_once(
    site: ColdFront, service: Service, allocation: Make, kind: str
) -> None:
    pk = allocation(kind)
    site.set_status(pk, "New", "approve")
    service.front.reset()
    answer = site.change(pk, "Storage Quota (TB)", "2.5")
    assert answer["status"] == 302
    assert limit(service, kind, place(site, pk)) == 2.5 * TB
    # A bucket's owner has a limit, too.
    assert len(service.front.writes()) == (2 if kind == "bucket" else 1), service.front.writes()
    assert state(site, pk) == "provisioned"


@pytest.mark.parametrize("kind", KINDS)
def test_an_attribute_that_an_administrator_edits_is_set(
    site: ColdFront, service: Service, allocation: Make, kind: str
) -> None:
    pk = allocation(kind)
    site.set_status(pk, "New", "approve")
    assert site.edit(pk, "Storage Quota (TB)", "3")["status"] in {200, 302}
    assert limit(service, kind, place(site, pk)) == 3 * TB
    service.front.reset()
    site.edit(pk, "Subdirectory", "elsewhere")
    assert service.front.requests == []


def test_a_limit_falls_where_nothing_is_stored(
    site: ColdFront, service: Service, allocation: Make
) -> None:
    pk = allocation("volume")
    site.set_status(pk, "New", "approve")
    service.send("PATCH", f"/v3/dummy/volumes{place(site, pk)}", {"size_total": 3 * TB})
    site.change(pk, "Storage Quota (TB)", "1")
    assert limit(service, "volume", place(site, pk)) == TB
