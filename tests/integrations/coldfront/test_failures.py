"""The service down, lying or refusing: ColdFront's pages go on, nothing is doubled or taken."""

import re
import subprocess
from typing import Any

import pytest

from tests.integrations.coldfront.running import ColdFront
from tests.integrations.coldfront.stage import TB, Make, Service, place, state
from tests.servers import free_port

KINDS = ["volume", "bucket", "namespace"]


def without_usage(record: dict[str, Any]) -> dict[str, Any]:
    """It tells when it was measured."""
    return {key: value for key, value in record.items() if key != "usage"}


def down() -> dict[str, str]:
    return {"STORAGE_API_URL": f"http://127.0.0.1:{free_port()}"}


def test_the_service_down_is_recorded_and_repaired_later(
    site: ColdFront, service: Service, allocation: Make
) -> None:
    pk = allocation("volume")
    site.settings(**down())
    answer = site.set_status(pk, "New", "approve")
    assert answer["status"] == 302
    seen = site.look(pk)
    assert seen["status"] == "Active"
    assert seen["values"]["storage_api_state"] == ["error"]
    assert "cannot be reached" in seen["values"]["storage_api_error"][0]
    assert len(seen["notes"]) == 1
    assert "127.0.0.1" not in str(seen)
    assert site.page(f"/allocation/{pk}/")["status"] == 200

    site.settings()
    done = site.command("storage_api_sync", "--allocation", str(pk), "--provision")
    assert done["code"] == 0, done
    seen = site.look(pk)
    assert seen["values"]["storage_api_state"] == ["provisioned"]
    assert "storage_api_error" not in seen["values"]
    assert service.get(f"/v3/dummy/volumes{place(site, pk)}")["size_total"] == 2 * TB


def test_the_same_error_is_noted_once(site: ColdFront, allocation: Make) -> None:
    pk = allocation("volume")
    site.settings(**down())
    site.set_status(pk, "New", "approve")
    assert site.command("storage_api_sync", "--allocation", str(pk), "--provision")["code"] == 1
    assert site.command("storage_api_sync", "--allocation", str(pk), "--tolerant")["code"] == 0
    assert len(site.look(pk)["notes"]) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_made_though_the_answer_was_lost_is_found(
    site: ColdFront, service: Service, allocation: Make, kind: str
) -> None:
    pk = allocation(kind)
    last = {"volume": r"/volumes/", "bucket": r"/buckets/[^/]+$", "namespace": r"/allocations$"}
    service.front.lost = lambda method, path: (
        502 if method == "POST" and re.search(last[kind], path) else None
    )
    assert site.set_status(pk, "New", "approve")["status"] == 302
    assert state(site, pk) == "error"
    assert len(site.look(pk)["values"]["storage_api_id"]) == 1

    service.front.reset()
    done = site.command("storage_api_sync", "--allocation", str(pk), "--provision")
    assert done["code"] == 0, done
    assert state(site, pk) == "provisioned"
    assert [path for method, path in service.front.requests if method == "POST"] in (
        [],
        # What the service has made whole it answers again.
        ["/v3/dummy/allocations"],
    )


@pytest.mark.parametrize("kind", KINDS)
def test_a_namesake_of_somebody_else_is_left_alone(
    site: ColdFront, service: Service, allocation: Make, kind: str
) -> None:
    title = f"Taken {kind}"
    pk = allocation(kind, title=title)
    own = f"taken-{kind}-{pk}"
    if kind == "volume":
        own = own.replace("-", "_")
        service.send("POST", f"/v3/dummy/volumes/{own}", {"size_total": TB})
        before = f"/v3/dummy/volumes/{own}"
    elif kind == "bucket":
        service.send("POST", "/v3/dummy/users/stranger", {})
        service.send("POST", f"/v3/dummy/buckets/{own}", {"owner": "stranger"})
        before = f"/v3/dummy/buckets/{own}"
    else:
        service.send("POST", f"/v3/dummy/namespaces/{own}", {})
        before = f"/v3/dummy/namespaces/{own}"
    theirs = without_usage(service.get(before))

    site.set_status(pk, "New", "approve")
    seen = site.look(pk)
    assert seen["values"]["storage_api_state"] == ["error"]
    assert "is not this allocation's" in seen["values"]["storage_api_error"][0]
    assert "storage_api_id" not in seen["values"]
    site.settings(STORAGE_API_ON_REVOKE="delete")
    site.set_status(pk, "Revoked")
    assert without_usage(service.get(before)) == theirs


def test_the_namesake_of_a_namespace_of_another_coldfront_is_left_alone(
    site: ColdFront, service: Service, allocation: Make
) -> None:
    """The numbers of a test portal's allocations are those of the real one."""
    pk = allocation("namespace")
    site.set_status(pk, "New", "approve")
    mine = service.get("/v3/dummy/allocations")
    site.settings(STORAGE_API_SITE="other")
    site.call("coldfront_storage_api.tasks.run", pk)
    assert service.get("/v3/dummy/allocations") == mine


@pytest.mark.parametrize("status", [401, 403, 404, 500])
def test_an_answer_that_is_not_the_services_own_is_never_absence(
    site: ColdFront, service: Service, allocation: Make, status: int
) -> None:
    pk = allocation("volume")
    site.set_status(pk, "New", "approve")
    before = site.look(pk)["values"]
    service.front.reset()
    service.front.fault = lambda _method, path: status if "volumes" in path else None
    if status == 404:
        # A router that does not know the service answers so everywhere.
        service.front.fault = lambda _method, _path: status
    site.edit(pk, "Storage Quota (TB)", "3")
    assert service.front.writes() == []
    seen = site.look(pk)
    assert seen["values"]["storage_api_state"] == ["error"]
    assert seen["values"]["storage_api_id"] == before["storage_api_id"]
    site.settings(STORAGE_API_ON_REVOKE="delete")
    assert site.set_status(pk, "Revoked")["status"] == 302
    assert site.look(pk)["values"]["storage_api_id"] == before["storage_api_id"]


def test_a_long_error_is_cut_and_whole_in_the_note(site: ColdFront, allocation: Make) -> None:
    pk = allocation("volume", storage_api_name_template="{" + "x" * 200 + "}", size="2")
    site.call("coldfront_storage_api.tasks.run", pk)
    seen = site.look(pk)
    assert len(seen["values"]["storage_api_error"][0]) <= 128
    assert len(seen["notes"][0]) > 0

    many = allocation("volume", storage_api_kind="x" * 300)
    site.call("coldfront_storage_api.tasks.run", many)
    assert len(site.look(many)["values"]["storage_api_error"][0]) <= 128


def test_two_processes_at_once_make_one(
    site: ColdFront, service: Service, allocation: Make
) -> None:
    pk = allocation("volume")
    site.settings(**down())
    site.set_status(pk, "New", "approve")
    service.front.reset()
    program = str(site.python.with_name("coldfront"))
    command = [program, "storage_api_sync", "--provision", "--allocation", str(pk)]
    both = [
        subprocess.Popen(
            command, env=site.environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        for _ in range(2)
    ]
    told = [process.communicate(timeout=60)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0], told
    made = [path for method, path in service.front.requests if method == "POST"]
    assert len(made) == 1, made


@pytest.mark.parametrize(
    ("settings", "word"),
    [
        ({"STORAGE_API_URL": "ftp://x"}, "STORAGE_API_URL"),
        ({"STORAGE_API_SITE": ""}, "STORAGE_API_SITE"),
        ({"STORAGE_API_MODE": "later"}, "STORAGE_API_MODE"),
        ({"STORAGE_API_TIMEOUT": "nan"}, "STORAGE_API_TIMEOUT"),
        ({"STORAGE_API_TB_BYTES": "1000"}, "STORAGE_API_TB_BYTES"),
        ({"STORAGE_API_ON_EXPIRE": "delete"}, "STORAGE_API_ON_EXPIRE"),
        ({"STORAGE_API_COOKIES": "/etc/passwd"}, "others may read it"),
    ],
)
def test_a_wrong_setting_breaks_no_page_and_is_named(
    site: ColdFront, allocation: Make, settings: dict[str, str], word: str
) -> None:
    pk = allocation("volume")
    site.settings(**settings)
    assert site.set_status(pk, "New", "approve")["status"] == 302
    assert state(site, pk) == "error"
    assert site.set_status(pk, "Revoked")["status"] == 302
    checked = site.command("storage_api_check")
    assert checked["code"] == 1
    assert word in checked["out"]


@pytest.mark.parametrize("size", [None, "0", "-1", "much", "nan", "1e300"])
def test_without_a_size_nothing_is_made(
    site: ColdFront, service: Service, allocation: Make, size: str | None
) -> None:
    pk = allocation("volume", size)
    assert site.set_status(pk, "New", "approve")["status"] == 302
    assert "Storage Quota (TB)" in site.look(pk)["values"]["storage_api_error"][0]
    assert service.front.writes() == []
