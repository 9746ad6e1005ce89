"""ECS as the ECS plugin had it, and a NetApp filer; both simulated, behind the real service."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import requests

from tests.backends.ecs.service import entry_of
from tests.conformance.test_netapp import netapp_entry
from tests.conftest import skip_or_fail
from tests.integrations.coldfront.front import front_of
from tests.integrations.coldfront.running import FORK, ColdFront, coldfront
from tests.integrations.coldfront.stage import Make, Service, cookie_file, maker, place, state
from tests.servers import flask_server
from tests.services.venvs import NotInstalled
from tests.simulators.ecs import EcsSimulator
from tests.simulators.ontap import OntapSimulator

GIB = 2**30
TIB = 2**40


@dataclass(frozen=True)
class Vendors:
    #: One whose figures are as a test puts them, and one to make things on.
    ecs: EcsSimulator
    objects: EcsSimulator
    filer: OntapSimulator


@pytest.fixture(scope="module")
def vendors() -> Iterator[Vendors]:
    with EcsSimulator() as ecs, EcsSimulator() as objects, OntapSimulator() as filer:
        objects.add_domain("example.org")
        yield Vendors(ecs, objects, filer)


@pytest.fixture(scope="module")
def service(vendors: Vendors, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("service")
    objects = entry_of(vendors.objects).replace("ecs", "objects", 1)
    backends = "🦄".join([entry_of(vendors.ecs), objects, netapp_entry(vendors.filer)])
    with (
        flask_server({"SAPI_BACKENDS": backends}, folder / "log") as one,
        front_of(one.url) as front,
        requests.Session() as session,
    ):
        session.trust_env = False
        session.get(f"{one.url}/login", timeout=30)
        yield Service(front, cookie_file(folder / "cookies", session), session, one.url)


@pytest.fixture(scope="module")
def site(service: Service, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ColdFront]:
    settings = {
        **service.settings(),
        "STORAGE_API_NAME_MATCH": "ecs",
        "STORAGE_API_TB_BYTES": str(TIB),
    }
    apps = ("coldfront_storage_api", "coldfront_storage_api.ecs_compat")
    folder = tmp_path_factory.mktemp("compatible")
    try:
        with coldfront(folder, settings, apps=apps, more=FORK) as found:
            found.command("storage_api_setup", "--with-quota-types")
            found.command("ecs_setup")
            yield found
    except NotInstalled as error:
        skip_or_fail(str(error))


@pytest.fixture
def allocation(site: ColdFront) -> Make:
    return maker(site)


def test_ecs_setup_talks_to_nobody_and_can_be_repeated(site: ColdFront, service: Service) -> None:
    told = site.command("ecs_setup")
    assert told["code"] == 0
    for name in ("url", "replication_group", "ldap_domain", "Namespace", "Bucket"):
        assert f"{name} (exists)" in told["out"]
    assert service.front.requests == []


def test_ecs_sync_pulls_what_the_ecs_plugin_pulled(
    site: ColdFront, service: Service, vendors: Vendors
) -> None:
    """The namespace and bucket are the ECS plugin's own: it kept no record of them."""
    ecs = vendors.ecs
    home = "/v3/ecs/namespaces/smith-lab"
    service.send("POST", home, {"quota": {"max_bytes": 4096 * GIB, "soft_bytes": 3686 * GIB}})
    service.send("POST", f"{home}/users/smith", {})
    service.send("POST", f"{home}/buckets/lab-smith-lab-bucket", {"owner": "smith"})
    ecs.put_object("smith-lab", "lab-smith-lab-bucket", GIB)
    service.send("POST", "/v3/ecs/namespaces/others", {})
    service.send("POST", "/v3/ecs/namespaces/others/users/other", {})
    service.send("POST", "/v3/ecs/namespaces/others/buckets/other", {"owner": "other"})
    # 2 TiB raw; 12+4 blocks make 1.5 TiB raw out of 1152 GiB.
    ecs.put_object("others", "other", 1151 * GIB)
    ecs.world.pools[ecs.storage_pool].provisioned_gib = 2048
    ecs.clock.advance(1800)
    site.resource("Tier 1 ECS", {})
    pk = site.allocation(site.project("Smith Lab"), ["Tier 1 ECS"], {})
    site.set_status(pk, "Active")

    told = site.command("ecs_sync")
    assert told["code"] == 0
    assert "Tier 1 ECS: 1 allocations" in told["out"], told
    seen = site.look(pk)
    assert seen["values"]["Storage Quota (TB)"] == ["4.0"]
    assert seen["values"]["Quota_In_Bytes"] == ["4398046511104"]
    assert seen["usage"] == {"Storage Quota (TB)": 0.0009765625, "Quota_In_Bytes": GIB}
    totals = {"capacity_tb": "2.0", "used_tb": "1.5", "allocated_tb": "4.0"}
    assert site.totals("Tier 1 ECS") == totals


def test_ecs_sync_ends_with_0_though_all_of_it_fails(
    site: ColdFront, service: Service, allocation: Make
) -> None:
    pk = allocation("namespace", storage_api_subsystem="objects")
    site.settings(STORAGE_API_MODE="manual")
    site.set_status(pk, "New", "approve")
    before = site.look(pk)
    service.front.fault = lambda _method, _path: 503
    told = site.command("ecs_sync")
    assert told["code"] == 0
    assert "FAILED" in told["out"]
    assert site.look(pk) == before


def test_ecs_sync_ends_with_0_though_its_settings_will_not_do(
    site: ColdFront, allocation: Make
) -> None:
    pk = allocation("namespace", storage_api_subsystem="objects")
    site.settings(STORAGE_API_MODE="manual")
    site.set_status(pk, "New", "approve")
    site.settings(STORAGE_API_COOKIES="/etc/passwd")
    told = site.command("ecs_sync")
    assert told["code"] == 0
    assert "FAILED" in told["out"]
    assert "/etc/passwd" not in told["out"]


def test_a_namespace_of_ecs_from_approval_to_its_end(
    site: ColdFront, service: Service, vendors: Vendors, allocation: Make
) -> None:
    pk = allocation(
        "namespace",
        "2.5",
        title="Jones Lab",
        storage_api_subsystem="objects",
        ldap_domain="example.org",
        replication_group="rg1",
    )
    form = {"resource": None, "approval_form_data": {"automation_specifications": ["nfs_share"]}}
    assert site.signal("allocation_autocreate", pk, form) == {"answers": ["storage-api"]}
    assert site.look(pk)["values"]["Subdirectory"] == ["jones-lab:lab-jones-lab-bucket"]
    home = "/v3/objects/namespaces/jones-lab"
    limit = service.get(f"{home}/quota")
    assert (limit["max_bytes"], limit["soft_bytes"]) == (2560 * GIB, 2304 * GIB)
    (mapped,) = service.get(home)["user_mapping"]
    assert (mapped["domain"], mapped["groups"]) == ("example.org", ["Jones Lab"])
    assert service.get(f"{home}/buckets/lab-jones-lab-bucket")["filesystem_enabled"] is True
    told = site.signal("allocation_autoupdate", pk, {"new_quota_value": 4})
    assert told == {"answers": ["storage-api"]}
    assert service.get(f"{home}/quota")["max_bytes"] == 4096 * GIB
    assert service.get(f"{home}/buckets/lab-jones-lab-bucket/quota")["max_bytes"] == 4096 * GIB

    site.grant(pk, "Storage Quota (TB)", "4")
    site.set_status(pk, "New", "approve")
    assert state(site, pk) == "provisioned"
    site.set_status(pk, "Revoked")
    assert state(site, pk) == "restricted"
    assert vendors.objects.secrets("jones-lab", "jones-lab-owner") == []
    vendors.objects.put_object("jones-lab", "lab-jones-lab-bucket", 5)
    site.settings(STORAGE_API_ON_REVOKE="delete")
    site.command("storage_api_sync", "--allocation", str(pk), "--provision", "--tolerant")
    assert state(site, pk) == "error"
    assert vendors.objects.buckets("jones-lab") == ["lab-jones-lab-bucket"]


def test_a_bucket_of_ecs_in_a_namespace(
    site: ColdFront, service: Service, allocation: Make
) -> None:
    """ECS has no limits of users, rounds up to whole GiB, and keeps the stamp in a tag."""
    service.send("POST", "/v3/objects/namespaces/shared", {})
    pk = allocation(
        "bucket",
        "0.0015",
        title="Miller",
        storage_api_subsystem="objects",
        values={"Namespace": "shared"},
    )
    site.set_status(pk, "New", "approve")
    assert state(site, pk) == "provisioned", site.look(pk)
    path = f"/v3/objects/namespaces/shared/buckets/{place(site, pk).split(':')[1]}"
    assert service.get(f"{path}/quota")["max_bytes"] == 2 * GIB
    service.front.reset()
    site.set_status(pk, "New")
    site.set_status(pk, "New", "approve")
    assert service.front.writes() == []


def test_a_limit_never_falls_below_what_is_stored(
    site: ColdFront, service: Service, vendors: Vendors, allocation: Make
) -> None:
    service.send("POST", "/v3/objects/namespaces/full", {})
    here = {"storage_api_subsystem": "objects"}
    alone = allocation("bucket", "1", title="Full", values={"Namespace": "full"}, **here)
    whole = allocation("namespace", "1", title="Fuller Lab", **here)
    limits = {}
    for pk in (alone, whole):
        site.set_status(pk, "New", "approve")
        namespace, bucket = place(site, pk).split(":")
        vendors.objects.put_object(namespace, bucket, 500 * GIB)
        limits[pk] = f"/v3/objects/namespaces/{namespace}/buckets/{bucket}/quota"
    vendors.objects.clock.advance(1800)
    for pk, path in limits.items():
        answer = site.change(pk, "Storage Quota (TB)", "0.25")
        assert answer["status"] == 302
        assert state(site, pk) == "error", site.look(pk)
        assert "stored" in site.look(pk)["values"]["storage_api_error"][0]
        assert service.get(path)["max_bytes"] == TIB
        namespace, bucket = place(site, pk).split(":")
        vendors.objects.put_object(namespace, bucket, 501 * GIB)
        vendors.objects.clock.advance(1800)
        site.command("storage_api_sync", "--allocation", str(pk), "--provision", "--tolerant")
        # A figure that moves every day is no new trouble every day.
        assert len(site.look(pk)["notes"]) == 1, site.look(pk)
        site.edit(pk, "Storage Quota (TB)", "0.5")
        assert state(site, pk) == "provisioned", site.look(pk)
        assert service.get(path)["max_bytes"] == TIB // 2


def test_a_volume_of_a_filer_from_approval_to_its_end(
    site: ColdFront, service: Service, allocation: Make
) -> None:
    service.send("POST", "/v3/filer/export/cluster", {"rules": ["10.0.0.0/8"]})
    pk = allocation(
        "volume",
        "2",
        title="9 Lives",
        storage_api_subsystem="filer",
        storage_api_name_template="{project}-{allocation}",
        storage_api_export_policy="cluster",
    )
    site.set_status(pk, "New", "approve")
    assert state(site, pk) == "provisioned", site.look(pk)
    where = f"/v3/filer/volumes{place(site, pk)}"
    assert service.get(where)["size_total"] == 2 * TIB
    service.front.reset()
    site.set_status(pk, "New")
    site.set_status(pk, "New", "approve")
    assert service.front.writes() == []
    site.edit(pk, "Storage Quota (TB)", "2.5")
    assert service.get(where)["size_total"] == 2.5 * TIB
    site.set_status(pk, "Revoked")
    assert service.get(where)["active_policy_name"] == "coldfront-closed"
    site.set_status(pk, "Revoked", "approve")
    assert service.get(where)["active_policy_name"] == "cluster"
    done = site.command("storage_api_sync", "--allocation", str(pk))
    assert done["code"] == 0, done
    assert float(site.look(pk)["usage"]["Storage Quota (TB)"]) < 1
