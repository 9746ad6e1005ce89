"""From the order of a resource to its end, on directories and on VAST."""

import json

import pytest

from tests.backends.cscs.reconcile.lab import GID, Lab, Quotas, dashed, is_root, mode_of
from tests.conformance.client import InProcess
from tests.servers import service
from tests.simulators.vast import VastSimulator

TB = 10**12


def test_a_directory_is_made_changed_and_archived(lab: Lab, quotas: Quotas) -> None:
    order = lab.order(permissions="2770")
    resource, place = order.resource, lab.place(order.resource)

    assert lab.run().code == 0

    assert lab.state_of(order) == ("done", "OK")
    assert mode_of(place) == "2770"
    if is_root():
        assert place.stat().st_gid == GID
    assert resource.backend_id == lab.path(resource)
    limits = [str(10 * TB), str(10 * TB), "13300000", "20000000"]
    assert quotas.calls() == [["1000000", *limits, str(place)]]
    assert resource.options == {
        "hard_quota_space": 10.0,
        "soft_quota_inodes": 13_300_000,
        "hard_quota_inodes": 20_000_000,
    }

    change = lab.waldur.change_limits(resource, 20)
    assert lab.run().code == 0

    assert lab.state_of(change) == ("done", "OK")
    assert quotas.calls()[-1][1:3] == [str(20 * TB), str(20 * TB)]
    assert resource.limits == {"storage": 20}
    assert resource.options["hard_quota_space"] == 20.0

    (place / "data").write_text("precious")
    end = lab.waldur.terminate(resource)
    assert lab.run().code == 0

    assert lab.state_of(end) == ("done", "Terminated")
    assert not place.exists()
    (archived,) = (lab.root / ".archive").iterdir()
    assert archived.name.startswith(dashed(resource.uuid))
    assert (archived / "data").read_text() == "precious"
    assert lab.steps() == [
        *("begun", "provided", "approved", "backend-id-set", "done"),
        *("begun", "provided", "approved", "done"),
        *("begun", "approved", "removed", "done"),
    ]


def test_a_vast_directory_is_made_changed_and_archived(vast_lab: Lab, vast: VastSimulator) -> None:
    lab, cluster = vast_lab, vast.cluster
    order = lab.order(permissions="770")
    resource, path = order.resource, lab.path(order.resource)

    assert lab.run().code == 0

    assert lab.state_of(order) == ("done", "OK")
    folder = cluster.folders[path]
    assert (folder.mode, folder.gid) == ("770", GID)
    (quota,), (view,) = cluster.quotas, cluster.views
    assert (quota["path"], quota["hard_limit"]) == (path, 10 * TB)
    assert (quota["soft_limit_inodes"], quota["hard_limit_inodes"]) == (13_300_000, 20_000_000)
    assert (view["path"], view["policy_id"]) == (path, 1)
    assert resource.backend_id == path

    lab.waldur.change_limits(resource, 20)
    assert lab.run().code == 0
    assert cluster.quotas[0]["hard_limit"] == 20 * TB

    end = lab.waldur.terminate(resource)
    assert lab.run().code == 0
    assert lab.state_of(end) == ("done", "Terminated")
    assert not cluster.views
    assert path in cluster.folders
    assert cluster.quotas[0]["name"].startswith(f"archived-{dashed(resource.uuid)}-")


def test_data_are_deleted_only_on_request(lab: Lab) -> None:
    order = lab.order()
    lab.run()
    place = lab.place(order.resource)
    (place / "below").mkdir()
    (place / "below" / "link").symlink_to(lab.folder)
    lab.waldur.terminate(order.resource)

    assert lab.run("--delete-policy", "delete").code == 0

    assert not place.exists()
    assert list((lab.root / ".archive").iterdir()) == []
    assert lab.journal.exists()  # what the link led to is still there


def test_vast_data_are_deleted_only_on_request(vast_lab: Lab, vast: VastSimulator) -> None:
    order = vast_lab.order()
    vast_lab.run()
    vast_lab.waldur.terminate(order.resource)

    assert vast_lab.run("--delete-policy", "delete").code == 0

    assert vast.cluster.trash == [vast_lab.path(order.resource)]
    assert not vast.cluster.quotas
    assert not vast.cluster.views


def test_data_may_be_kept_in_place(lab: Lab) -> None:
    order = lab.order()
    lab.run()
    end = lab.waldur.terminate(order.resource)

    assert lab.run("--delete-policy", "keep").code == 0

    assert lab.state_of(end) == ("done", "Terminated")
    assert lab.place(order.resource).is_dir()


def test_without_a_quota_command_no_number_is_called_applied(lab: Lab) -> None:
    order = lab.order()

    assert lab.run().code == 0

    assert order.state == "done"
    assert not order.resource.options


def test_only_numbers_that_the_command_takes_are_called_applied(lab: Lab, quotas: Quotas) -> None:
    lab.extra = ["--quota-command", f"{quotas.folder}/setquota {{hard_kib}} {{path}}"]
    order = lab.order()

    assert lab.run().code == 0

    assert order.resource.options == {"hard_quota_space": 10.0}
    assert quotas.calls()[0][0] == str(10 * TB // 1024)


def test_a_new_mode_is_set_and_other_options_survive(lab: Lab, quotas: Quotas) -> None:
    order = lab.order()
    lab.run()
    resource = order.resource
    lab.waldur.change_options(resource, {"permissions": "700", "hard_quota_space": 12, "note": "x"})

    assert lab.run().code == 0

    assert mode_of(lab.place(resource)) == "700"
    assert resource.options["permissions"] == "700"
    assert resource.options["note"] == "x"
    assert resource.options["hard_quota_space"] == 12.0
    assert quotas.calls()[-1][2] == str(12 * TB)


def test_an_override_outlives_a_change_of_limits(lab: Lab, quotas: Quotas) -> None:
    order = lab.order()
    lab.run()
    lab.waldur.change_options(order.resource, {"hard_quota_space": 12})
    lab.run()
    lab.waldur.change_limits(order.resource, 11)

    assert lab.run().code == 0

    soft, hard, _, inodes = quotas.calls()[-1][1:5]
    assert (soft, hard, inodes) == (str(11 * TB), str(12 * TB), "22000000")


@pytest.mark.parametrize("state", ["pending-consumer"])
def test_orders_that_wait_for_others_are_left_alone(lab: Lab, state: str) -> None:
    order = lab.order(by=lab.waldur.member)

    assert lab.run().code == 0

    assert order.state == state
    assert not lab.place(order.resource).exists()


def test_the_service_shows_at_once_what_was_done(lab: Lab) -> None:
    lab.order()
    api = InProcess(service(lab.environ))
    (volume,) = api.get("/v3/hpc/volumes").expect(200)
    assert volume["state"] == "pending"

    assert lab.run().code == 0

    (volume,) = api.get("/v3/hpc/volumes").expect(200)
    assert volume["state"] == "active"


def test_a_second_run_changes_nothing(lab: Lab) -> None:
    lab.order()
    lab.run()
    before = lab.journal.read_text(), len(lab.waldur.calls("POST", "*"))

    assert lab.run().code == 0

    assert (lab.journal.read_text(), len(lab.waldur.calls("POST", "*"))) == before


def test_a_users_directory_waits_until_its_owner_is_known(lab: Lab) -> None:
    order = lab.order(data_type="users")

    run = lab.run()

    assert run.code == 1
    assert order.state == "pending-provider"
    assert run.named("order-left")[0]["reason"] == "The user's number is not known."


def test_only_the_chosen_storage_system_is_touched(lab: Lab) -> None:
    offering = lab.waldur.offering("iopsstor")
    order = lab.waldur.create(offering, lab.project())

    assert lab.run().code == 0
    assert order.state == "pending-provider"


def test_the_journal_tells_what_was_applied(lab: Lab, quotas: Quotas) -> None:
    order = lab.order()
    lab.run()

    lines = [json.loads(line) for line in lab.journal.read_text().splitlines()]

    provided = next(line for line in lines if line["step"] == "provided")
    assert provided["resource"] == dashed(order.resource.uuid)
    assert provided["order"] == dashed(order.uuid)
    assert provided["applied"]["max_bytes"] == 10 * TB


def test_a_soft_limit_never_lies_above_its_hard_one(vast_lab: Lab, vast: VastSimulator) -> None:
    order = vast_lab.order()
    vast_lab.run()
    vast_lab.waldur.change_options(order.resource, {"hard_quota_space": 5})

    assert vast_lab.run().code == 0

    (quota,) = vast.cluster.quotas
    assert (quota["soft_limit"], quota["hard_limit"]) == (5 * TB, 5 * TB)
