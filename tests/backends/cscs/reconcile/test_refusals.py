"""What the reconciler must not do, and what it says instead."""

import pytest

from tests.backends.cscs.reconcile.lab import Lab, Quotas, mode_of
from tests.simulators.vast import VastSimulator

TB = 10**12


def test_a_directory_that_is_not_ours_is_not_touched(lab: Lab) -> None:
    order = lab.order(permissions="700")
    place = lab.place(order.resource)
    place.mkdir(parents=True, mode=0o755)
    (place / "data").write_text("of somebody")
    before = place.stat()

    run = lab.run()

    assert run.code == 1
    assert lab.state_of(order) == ("erred", "Erred")
    assert order.error_message.startswith("path-collision: ")
    after = place.stat()
    assert (after.st_mode, after.st_gid, after.st_mtime_ns) == (
        before.st_mode,
        before.st_gid,
        before.st_mtime_ns,
    )


def test_what_was_never_provided_can_be_terminated(lab: Lab) -> None:
    order = lab.order()
    place = lab.place(order.resource)
    place.mkdir(parents=True)
    assert lab.run().code == 1
    end = lab.waldur.terminate(order.resource)

    assert lab.run("--delete-policy", "delete").code == 0

    assert lab.state_of(end) == ("done", "Terminated")
    assert place.is_dir()


def test_a_directory_of_unknown_origin_is_not_taken_away(lab: Lab) -> None:
    """Waldur knows it, but nothing shows that it was made by us."""
    resource = lab.waldur.add_resource(lab.waldur.offering("capstor"), lab.project())
    resource.backend_id = lab.path(resource)
    lab.waldur.store.changed(resource)
    lab.place(resource).mkdir(parents=True)
    end = lab.waldur.terminate(resource)

    assert lab.run("--delete-policy", "delete").code == 1

    assert lab.state_of(end) == ("erred", "OK")
    assert lab.place(resource).is_dir()


def test_a_vast_directory_that_is_not_ours_is_not_touched(
    vast_lab: Lab, vast: VastSimulator
) -> None:
    order = vast_lab.order()
    vast.cluster.add_folder(vast_lab.path(order.resource))

    assert vast_lab.run().code == 1

    assert vast_lab.state_of(order) == ("erred", "Erred")
    assert order.error_message.startswith("path-collision: ")
    assert not vast.cluster.quotas
    assert not vast.cluster.views


def test_a_foreign_vast_quota_is_not_touched(vast_lab: Lab, vast: VastSimulator) -> None:
    order = vast_lab.order()
    path = vast_lab.path(order.resource)
    vast.cluster.add_quota({"name": "by-hand", "path": path, "create_dir": True})

    assert vast_lab.run().code == 1

    assert order.state == "erred"
    assert [row["name"] for row in vast.cluster.quotas] == ["by-hand"]
    assert vast.cluster.quotas[0]["hard_limit"] == 0


@pytest.mark.parametrize("policy", ["archive", "delete"])
def test_the_first_of_two_resources_with_one_path_has_it(lab: Lab, policy: str) -> None:
    project = lab.project()
    first, second = lab.order(project, name="one"), lab.order(project, name="two")

    assert lab.run().code == 1

    assert lab.state_of(first) == ("done", "OK")
    assert lab.state_of(second) == ("erred", "Erred")
    place = lab.place(first.resource)
    (place / "data").write_text("of the first")

    # The end of the second takes nothing from the first.
    end = lab.waldur.terminate(second.resource)
    assert lab.run("--delete-policy", policy).code == 0
    assert end.state == "done"
    assert (place / "data").exists()


def test_a_directory_that_was_replaced_is_not_taken_away(lab: Lab) -> None:
    order = lab.order()
    lab.run()
    place = lab.place(order.resource)
    place.rename(place.with_name("elsewhere"))
    place.mkdir()
    end = lab.waldur.terminate(order.resource)

    assert lab.run("--delete-policy", "delete").code == 1

    assert lab.state_of(end) == ("erred", "OK")
    assert place.is_dir()
    assert place.with_name("elsewhere").is_dir()


def test_nothing_is_taken_away_while_the_order_waits_for_its_consumer(lab: Lab) -> None:
    order = lab.order()
    lab.run()
    end = lab.waldur.terminate(order.resource, by=lab.waldur.member)

    assert lab.run("--delete-policy", "delete").code == 0

    assert end.state == "pending-consumer"
    assert lab.place(order.resource).is_dir()


@pytest.mark.parametrize("level", ["capstor", "capstor/store", "capstor/store/cscs/university"])
def test_no_link_leads_out_of_the_root(lab: Lab, level: str) -> None:
    order = lab.order()
    outside = lab.folder / "outside"
    outside.mkdir()
    link = lab.root / level
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(outside)

    assert lab.run().code == 1

    assert order.state == "erred"
    assert list(outside.iterdir()) == []


def test_a_link_in_place_of_the_directory_is_not_followed(lab: Lab) -> None:
    order = lab.order(permissions="700")
    outside = lab.folder / "outside"
    outside.mkdir(mode=0o755)
    place = lab.place(order.resource)
    place.parent.mkdir(parents=True)
    place.symlink_to(outside)

    assert lab.run().code == 1

    assert order.state == "erred"
    assert mode_of(outside) == "755"


@pytest.mark.parametrize(
    "path",
    [
        "relative/path",
        "/capstor/.archive/x",
        "/capstor//store",
        "/capstor/pröjekt",
        "/capstor/a b",
        "/capstor/$(id)",
        "/.storage-api/x",
        "/" + "a/" * 3000 + "b",
    ],
)
def test_paths_that_no_directory_may_have(lab: Lab, path: str) -> None:
    order = lab.order()
    order.resource.backend_id = path
    lab.waldur.store.changed(order.resource)

    run = lab.run()

    assert run.code == 1
    assert not list(lab.root.glob("capstor"))
    assert order.state in {"erred", "pending-provider"}


def test_a_slug_with_dots_costs_its_own_item_only(lab: Lab) -> None:
    bad = lab.order(lab.project(".."))
    good = lab.order(lab.project("climate"))

    assert lab.run().code == 1

    assert bad.state == "pending-provider"
    assert good.state == "done"


def test_a_quota_command_that_fails_makes_the_order_err(lab: Lab, quotas: Quotas) -> None:
    quotas.fail("first line\nsetquota: no such\x1b[31m project\n")
    order = lab.order()

    assert lab.run().code == 1

    assert lab.state_of(order) == ("erred", "Erred")
    assert "setquota failed (3): setquota: no such" in order.error_message
    assert "\x1b" not in order.error_message
    assert not order.resource.backend_id

    quotas.work()
    lab.waldur.orders.execute(order)
    assert lab.run().code == 0
    assert lab.state_of(order) == ("done", "OK")


def test_limits_never_fall_below_what_is_in_use(lab: Lab, quotas: Quotas) -> None:
    order = lab.order()
    lab.run()
    usage = quotas.folder / "usage"
    usage.write_text("#!/bin/sh\necho 3000000000000 12\n")
    usage.chmod(0o700)
    lab.extra += ["--usage-command", f"{usage} {{path}}"]
    change = lab.waldur.change_limits(order.resource, 2)

    assert lab.run().code == 1

    assert change.state == "erred"
    assert "below what is in use" in change.error_message
    assert len(quotas.calls()) == 1

    lab.waldur.orders.execute(change)
    usage.write_text("#!/bin/sh\necho 1000000000000 12\n")
    assert lab.run().code == 0
    assert quotas.calls()[-1][2] == str(2 * TB)


def test_without_a_usage_command_use_is_counted(lab: Lab, quotas: Quotas) -> None:
    order = lab.order()
    lab.run()
    place = lab.place(order.resource)
    for number in range(5):
        (place / f"file-{number}").touch()
    change = lab.waldur.change_options(order.resource, {"hard_quota_inodes": 4})
    lab.run()
    assert lab.state_of(change) == ("erred", "Erred")
    assert len(quotas.calls()) == 1

    for number in range(3):
        (place / f"file-{number}").unlink()
    lab.waldur.orders.execute(change)
    lab.run()
    assert change.state == "done"
    assert quotas.calls()[-1][4] == "4"


def test_vast_limits_never_fall_below_what_is_in_use(vast_lab: Lab, vast: VastSimulator) -> None:
    order = vast_lab.order()
    vast_lab.run()
    vast.cluster.use(vast_lab.path(order.resource), size=3 * TB, inodes=12)
    change = vast_lab.waldur.change_limits(order.resource, 2)

    assert vast_lab.run().code == 1

    assert change.state == "erred"
    assert vast.cluster.quotas[0]["hard_limit"] == 10 * TB


def test_an_unknown_group_leaves_the_order_alone(lab: Lab) -> None:
    order = lab.order()
    lab.groups.remove("climate")

    run = lab.run()

    assert run.code == 1
    assert order.state == "pending-provider"
    assert run.named("order-left")


def test_a_group_service_that_is_down_leaves_the_order_alone(lab: Lab) -> None:
    order = lab.order()
    with lab.groups.down():
        assert lab.run().code == 1
    assert lab.state_of(order)[0] == "pending-provider"

    assert lab.run().code == 0
    assert order.state == "done"


def test_waldur_is_down(lab: Lab) -> None:
    order = lab.order()
    with lab.waldur.down():
        run = lab.run()
    assert run.code == 1
    assert run.named("round-failed")
    assert not lab.place(order.resource).exists()


def test_a_vast_that_is_down_leaves_the_order_alone(vast_lab: Lab, vast: VastSimulator) -> None:
    order = vast_lab.order()
    with vast.down():
        assert vast_lab.run().code == 1
    assert vast_lab.state_of(order)[0] == "pending-provider"

    assert vast_lab.run().code == 0
    assert order.state == "done"


def test_a_refused_vast_credential_spoils_no_order(vast_lab: Lab, vast: VastSimulator) -> None:
    order = vast_lab.order()
    vast.token = "another"

    run = vast_lab.run()

    assert run.code == 1
    assert order.state == "pending-provider"
    assert run.named("order-failed")[0]["kind"] == "backend-refused"


def test_a_group_that_vast_does_not_know(vast_lab: Lab, vast: VastSimulator) -> None:
    order = vast_lab.order()
    vast.cluster.groups.clear()

    assert vast_lab.run().code == 1
    assert "no" in order.error_message
    assert order.state == "erred"


def test_a_dry_run_changes_nothing(lab: Lab, quotas: Quotas) -> None:
    made = lab.order()
    lab.run()
    lab.waldur.terminate(made.resource)
    waiting = lab.order(lab.project("ocean"))
    posts, journal = len(lab.waldur.calls("POST", "*")), lab.journal.read_text()
    seen = sorted(lab.root.rglob("*"))

    run = lab.run("--dry-run")

    assert run.code == 0
    assert [each["type"] for each in run.named("would-carry-out")] == ["Terminate", "Create"]
    assert run.named("would-carry-out")[1]["wanted"]["hard_bytes"] == 10 * TB
    assert waiting.state == "pending-provider"
    assert len(lab.waldur.calls("POST", "*")) == posts
    assert sorted(lab.root.rglob("*")) == seen
    assert lab.journal.read_text() == journal
    assert len(quotas.calls()) == 1


def test_a_dry_run_changes_nothing_on_vast(vast_lab: Lab, vast: VastSimulator) -> None:
    vast_lab.order()

    assert vast_lab.run("--dry-run").code == 0

    assert {call.method for call in vast.requests} == {"GET"}
    assert {call.method for call in vast_lab.waldur.requests} == {"GET"}


def test_drift_is_reported_and_not_put_right(lab: Lab, quotas: Quotas) -> None:
    order = lab.order()
    lab.run()
    lab.place(order.resource).chmod(0o777)

    run = lab.run()

    assert run.code == 0
    (drift,) = run.named("drift")
    assert drift["differences"] == ["Its mode is 777 instead of 775."]
    assert mode_of(lab.place(order.resource)) == "777"


def test_drift_on_vast_is_reported(vast_lab: Lab, vast: VastSimulator) -> None:
    order = vast_lab.order()
    vast_lab.run()
    assert not vast_lab.run().named("drift")
    vast.cluster.quotas[0]["hard_limit"] = TB
    vast.cluster.views.clear()

    (drift,) = vast_lab.run().named("drift")

    assert drift["differences"] == [
        f"Its hard_limit is {TB} instead of {10 * TB}.",
        "It has no view.",
    ]
    assert order.state == "done"


def test_no_secret_is_ever_shown(vast_lab: Lab, vast: VastSimulator) -> None:
    vast_lab.order()
    environ = {**vast_lab.environ, "SAPI_LOG_LEVEL": "DEBUG"}

    run = vast_lab.run(environ=environ)

    shown = f"{run.events}{run.errors}{vast_lab.journal.read_text()}"
    for secret in (vast.token, vast_lab.waldur.token, vast_lab.groups.client_secret):
        assert secret not in shown


def test_the_journal_is_private(lab: Lab) -> None:
    lab.order()
    lab.run()
    assert mode_of(lab.journal) == "600"


def test_own_directories_must_belong_to_us(lab: Lab) -> None:
    order = lab.order()
    own = lab.root / ".storage-api"
    own.mkdir()
    own.chmod(0o777)

    run = lab.run()

    assert run.code == 1
    assert order.state == "pending-provider"


def test_no_directory_lies_within_anothers(lab: Lab) -> None:
    outer = lab.order()
    outer.resource.backend_id = "/capstor/store/cscs/university"
    lab.waldur.store.changed(outer.resource)
    assert lab.run().code == 0
    inner = lab.order(lab.project("ocean"))

    assert lab.run().code == 1

    assert inner.state == "erred"
    assert "within another resource's" in inner.error_message


def test_no_vast_directory_lies_within_anothers(vast_lab: Lab, vast: VastSimulator) -> None:
    outer = vast_lab.order()
    outer.resource.backend_id = "/vast/store/cscs/university"
    vast_lab.waldur.store.changed(outer.resource)
    assert vast_lab.run().code == 0
    inner = vast_lab.order(vast_lab.project("ocean"))

    assert vast_lab.run().code == 1

    assert inner.state == "erred"
    assert len(vast.cluster.quotas) == 1


def test_the_operators_commands_get_none_of_our_credentials(
    lab: Lab, quotas: Quotas, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SAPI_BACKENDS", "made-up-credential")
    (quotas.folder / "setquota").write_text(f"#!/bin/sh\nenv > {quotas.folder}/seen\n")
    lab.order()

    assert lab.run().code == 0
    assert "made-up-credential" not in (quotas.folder / "seen").read_text()


def test_a_value_can_never_become_two_arguments_or_a_command(lab: Lab, quotas: Quotas) -> None:
    lab.extra = ["--quota-command", f"{quotas.folder}/setquota '{{path}} {{gid}}' ; touch x"]
    order = lab.order()

    assert lab.run().code == 0

    (call,) = quotas.calls()
    assert call[-3:] == [";", "touch", "x"]
    assert call[0] == str(lab.place(order.resource))


def test_zero_terabytes_never_lift_a_limit(lab: Lab, quotas: Quotas) -> None:
    order = lab.order()
    lab.run()
    change = lab.waldur.change_limits(order.resource, 20)
    change.limits = {"storage": 0}
    lab.waldur.store.changed(order.resource, change)

    assert lab.run().code == 1

    assert change.state == "erred"
    assert "would lift every limit" in change.error_message
    assert len(quotas.calls()) == 1


@pytest.mark.parametrize("storage", [0, -1, "1e400", "ten"])
def test_nothing_is_made_without_the_limit_that_was_meant(
    lab: Lab, quotas: Quotas, storage: object
) -> None:
    order = lab.order()
    lab.waldur.spoil(order.resource, limits={"storage": storage})

    assert lab.run().code == 1

    assert order.state == "erred"
    assert "cannot be enforced" in order.error_message
    assert quotas.calls() == []
    assert not lab.place(order.resource).exists()
