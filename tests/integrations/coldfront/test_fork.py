"""The fork's two signals, sent as its views send them: a reviewer waits for the answer."""

from collections.abc import Iterator

import pytest

from tests.conftest import skip_or_fail
from tests.integrations.coldfront.running import FORK, ColdFront, coldfront
from tests.integrations.coldfront.stage import TB, Make, Service, maker, place, state
from tests.servers import free_port
from tests.services.venvs import NotInstalled

CREATE = "allocation_autocreate"
UPDATE = "allocation_autoupdate"


@pytest.fixture(scope="module")
def site(service: Service, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ColdFront]:
    folder = tmp_path_factory.mktemp("fork")
    try:
        with coldfront(folder, service.settings(), more=FORK) as found:
            found.command("storage_api_setup", "--with-quota-types")
            yield found
    except NotInstalled as error:
        skip_or_fail(str(error))


@pytest.fixture
def allocation(site: ColdFront) -> Make:
    return maker(site)


def form(*options: str) -> dict[str, object]:
    return {
        "resource": None,
        "approval_form_data": {"auto_create_opts": "2", "automation_specifications": options},
    }


@pytest.mark.parametrize("kind", ["volume", "bucket", "namespace"])
def test_created_before_approval_and_told(site: ColdFront, allocation: Make, kind: str) -> None:
    pk = allocation(kind)
    assert site.signal(CREATE, pk, form()) == {"answers": ["storage-api"]}
    assert state(site, pk) == "provisioned"
    assert site.look(pk)["status"] == "New"
    before = site.look(pk)
    assert site.signal(CREATE, pk, form()) == {"answers": ["storage-api"]}
    # The fork tells allocation_activate the allocation, not its number.
    assert site.signal("allocation_activate", pk, {}) == {"answers": []}
    assert site.look(pk) == before


def test_an_option_that_a_namespace_can_have(
    site: ColdFront, service: Service, allocation: Make
) -> None:
    pk = allocation("namespace")
    site.signal(CREATE, pk, form("nfs_share"))
    namespace, bucket = place(site, pk).split(":")
    told = service.get(f"/v3/dummy/namespaces/{namespace}/buckets/{bucket}")
    assert told["filesystem_enabled"] is True


@pytest.mark.parametrize("kind", ["volume", "bucket", "namespace"])
def test_an_option_that_is_not_supported_leaves_nothing_behind(
    site: ColdFront, service: Service, allocation: Make, kind: str
) -> None:
    pk = allocation(kind)
    told = site.signal(CREATE, pk, form("snapshots"))
    assert told == {"error": f"A {kind} cannot have snapshots.", "type": "ValueError"}
    assert service.front.writes() == []
    assert "storage_api_id" not in site.look(pk)["values"]
    assert site.signal(CREATE, pk, form()) == {"answers": ["storage-api"]}


def test_a_failure_is_told_in_words_and_undone(
    site: ColdFront, service: Service, allocation: Make
) -> None:
    site.resource("pair a", {"storage_api_subsystem": "dummy", "storage_api_kind": "volume"})
    site.resource("pair b", {"storage_api_subsystem": "dummy", "storage_api_kind": "bucket"})
    pk = site.allocation(site.project("Pair"), ["pair a", "pair b"], {"Storage Quota (TB)": "1"})
    service.front.fault = lambda method, path: (
        500 if method == "POST" and "/buckets/" in path else None
    )
    told = site.signal(CREATE, pk, form())
    assert told["type"] == "ValueError"
    assert "http" not in told["error"].lower().replace("http 500", "")
    assert service.get(f"/v3/dummy/volumes/pair_{pk}") is None
    assert not [u for u in service.get("/v3/dummy/users") if "pair" in u["name"]]
    service.front.reset()
    assert site.signal(CREATE, pk, form()) == {"answers": ["storage-api"]}


def test_more_than_there_is_is_refused(site: ColdFront, service: Service, allocation: Make) -> None:
    pk = allocation("volume", "9000")
    assert "are free" in site.signal(CREATE, pk, form())["error"]
    assert service.front.writes() == []


def test_the_service_down(site: ColdFront, allocation: Make) -> None:
    pk = allocation("volume")
    site.settings(STORAGE_API_URL=f"http://127.0.0.1:{free_port()}")
    told = site.signal(CREATE, pk, form())
    assert told == {
        "error": "The storage service cannot be reached, or is too busy.",
        "type": "ValueError",
    }


def test_a_wrong_setting_keeps_nobody_else_from_approval(site: ColdFront) -> None:
    site.resource("a cluster", {})
    pk = site.allocation(site.project("Computes"), ["a cluster"], {})
    site.settings(STORAGE_API_SITE="NOT ONE")
    assert site.signal(CREATE, pk, form()) == {"answers": []}


def test_another_resources_allocation_is_not_answered(site: ColdFront, service: Service) -> None:
    site.resource("not ours", {})
    pk = site.allocation(site.project("Elsewhere"), ["not ours"], {})
    assert site.signal(CREATE, pk, form()) == {"answers": []}
    assert site.signal(UPDATE, pk, {"new_quota_value": 3}) == {"answers": []}
    assert service.front.requests == []


@pytest.mark.parametrize("kind", ["volume", "bucket", "namespace"])
def test_another_size(site: ColdFront, service: Service, allocation: Make, kind: str) -> None:
    pk = allocation(kind)
    assert "no storage yet" in site.signal(UPDATE, pk, {"new_quota_value": 5})["error"]
    site.signal(CREATE, pk, form())
    assert site.signal(UPDATE, pk, {"new_quota_value": 5}) == {"answers": ["storage-api"]}
    where = place(site, pk)
    if kind == "volume":
        assert service.get(f"/v3/dummy/volumes{where}")["size_total"] == 5 * TB
        return
    if kind == "bucket":
        assert service.get(f"/v3/dummy/buckets/{where}/quota")["max_bytes"] == 5 * TB
        return
    namespace, bucket = where.split(":")
    home = f"/v3/dummy/namespaces/{namespace}"
    assert service.get(f"{home}/quota")["max_bytes"] == 5 * TB
    assert service.get(f"{home}/buckets/{bucket}/quota")["max_bytes"] == 5 * TB
