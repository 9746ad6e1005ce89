"""Killed, cut off, or two at once: a repeat goes on where things stand, and doubles nothing."""

import signal
import subprocess
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.backends.cscs.reconcile.lab import GID, Lab, Quotas, mode_of
from tests.simulators.vast import VastSimulator
from tests.simulators.waldur.records import Order

_PATIENCE_SECONDS = 20.0
_WALDUR_STEPS = ["approve_by_provider", "set_backend_id", "set_state_done"]


def until(condition: Callable[[], object], process: subprocess.Popen[str] | None = None) -> None:
    end = time.monotonic() + _PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < end, "it never came so far"
        assert process is None or process.poll() is None, "it ended"
        time.sleep(0.01)


def assert_made_once(lab: Lab, order: Order) -> None:
    assert lab.state_of(order) == ("done", "OK")
    assert order.resource.backend_id == lab.path(order.resource)
    if lab.vast:
        assert len(lab.vast.cluster.quotas) == len(lab.vast.cluster.views) == 1
    else:
        assert mode_of(lab.place(order.resource)) == "775"
        assert len(list((lab.root / ".storage-api").glob("*.json"))) == 1


@pytest.mark.parametrize("step", _WALDUR_STEPS)
def test_killed_while_it_tells_waldur(lab: Lab, step: str) -> None:
    order = lab.order()
    lab.waldur.faults.add(kind="hang", path=f"*/{step}/")
    with lab.process() as process:
        until(lambda: lab.waldur.calls("POST", f"*/{step}/"), process)
        process.send_signal(signal.SIGKILL)
        process.wait()

    assert lab.run().code == 0
    assert_made_once(lab, order)


def test_killed_while_a_quota_is_set(lab: Lab, quotas: Quotas) -> None:
    order = lab.order()
    script = quotas.folder / "setquota"
    sound = script.read_text()
    script.write_text(f"#!/bin/sh\ntouch {quotas.folder}/begun\nexec sleep 5\n")
    with lab.process() as process:
        until((quotas.folder / "begun").exists, process)
        process.send_signal(signal.SIGKILL)
        process.wait()
    script.write_text(sound)

    assert lab.run().code == 0
    assert_made_once(lab, order)
    assert len(quotas.calls()) == 1


def test_killed_before_data_are_taken_away(lab: Lab) -> None:
    order = lab.order()
    lab.run()
    end = lab.waldur.terminate(order.resource)
    lab.waldur.faults.add(kind="hang", path="*/set_state_done/")
    with lab.process() as process:
        until(lambda: len(lab.waldur.calls("POST", "*/set_state_done/")) > 1, process)
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert not lab.place(order.resource).exists()

    assert lab.run().code == 0
    assert lab.state_of(end) == ("done", "Terminated")
    assert len(list((lab.root / ".archive").iterdir())) == 1


@pytest.mark.parametrize("kind", ["cut-before", "cut-after"])
@pytest.mark.parametrize("step", _WALDUR_STEPS)
def test_an_answer_of_waldur_is_lost(lab: Lab, step: str, kind: str) -> None:
    order = lab.order()
    lab.waldur.faults.add(kind=kind, path=f"*/{step}/")  # type: ignore[arg-type]
    lab.run()

    assert lab.run().code == 0
    assert_made_once(lab, order)


def test_a_lost_answer_needs_no_second_round(lab: Lab) -> None:
    order = lab.order()
    for step in ("approve_by_provider", "set_state_done"):
        lab.waldur.faults.add(kind="cut-after", path=f"*/{step}/")

    assert lab.run().code == 0
    assert_made_once(lab, order)


@pytest.mark.parametrize("kind", ["cut-before", "cut-after"])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/api/quotas/"),
        ("PATCH", "/api/folders/modify_folder/"),
        ("POST", "/api/views/"),
        ("DELETE", "/api/views/*"),
        ("DELETE", "/api/folders/delete_folder/"),
        ("DELETE", "/api/quotas/*"),
    ],
)
def test_an_answer_of_vast_is_lost(
    vast_lab: Lab, vast: VastSimulator, method: str, path: str, kind: str
) -> None:
    lab, more = vast_lab, ("--delete-policy", "delete")
    order = lab.order()
    fault = vast.faults.add(kind=kind, method=method, path=path)  # type: ignore[arg-type]
    lab.run()
    assert lab.run().code == 0
    assert_made_once(lab, order)
    assert vast.cluster.folders[lab.path(order.resource)].gid == GID

    end = lab.waldur.terminate(order.resource)
    lab.run(*more)
    assert fault.hits == 1
    assert lab.run(*more).code == 0
    assert lab.state_of(end) == ("done", "Terminated")
    assert not vast.cluster.quotas
    assert not vast.cluster.views
    assert lab.path(order.resource) not in vast.cluster.folders


def test_two_at_once_do_no_harm(lab: Lab, quotas: Quotas) -> None:
    orders = [lab.order(lab.project(f"project-{number}")) for number in range(5)]
    lab.waldur.latency = 0.01
    with lab.process() as one, lab.process() as other, ThreadPoolExecutor(2) as pool:
        ended = list(pool.map(lambda each: each.wait(_PATIENCE_SECONDS), (one, other)))

    assert ended == [0, 0]
    for order in orders:
        assert lab.state_of(order) == ("done", "OK")
    for step in _WALDUR_STEPS:
        assert len(lab.waldur.calls("POST", f"*/{step}/")) == len(orders)
    assert len({call[0] for call in quotas.calls()}) == len(orders)


def test_sigterm_ends_it_between_two_items(lab: Lab) -> None:
    orders = [lab.order(lab.project(f"project-{number}")) for number in range(3)]
    lab.waldur.faults.add(kind="slow", path="*/approve_by_provider/", seconds=1.0)
    with lab.process(mode=("--interval", "60")) as process:
        until(lambda: lab.waldur.calls("POST", "*/approve_by_provider/"), process)
        process.send_signal(signal.SIGTERM)
        assert process.wait(_PATIENCE_SECONDS) == 0

    states = sorted(order.state for order in orders)
    assert states == ["done", "pending-provider", "pending-provider"]


def test_it_looks_again_after_the_interval(lab: Lab) -> None:
    with lab.process(mode=("--interval", "1")) as process:
        until(lambda: lab.waldur.calls("GET", "*/marketplace-provider-resources/"), process)
        order = lab.order()
        until(lambda: order.state == "done", process)
        process.send_signal(signal.SIGTERM)
        assert process.wait(_PATIENCE_SECONDS) == 0


def test_the_same_step_was_taken_by_somebody_else(lab: Lab) -> None:
    """409 for what is done already."""
    order = lab.order()
    lab.waldur.faults.add(kind="cut-after", path="*/approve_by_provider/")
    lab.waldur.faults.add(kind="status", path="*/set_state_done/", status=409, body="{}")
    run = lab.run()
    assert run.code == 1  # refused, and the order is not done

    assert lab.run().code == 0
    assert_made_once(lab, order)


def test_drift_is_told_once_and_its_end_too(lab: Lab) -> None:
    order = lab.order()
    lab.run()
    place = lab.place(order.resource)
    place.chmod(0o777)
    listings = "*/marketplace-provider-resources/"
    with lab.process(mode=("--interval", "1")) as process:
        until(lambda: len(lab.waldur.calls("GET", listings)) >= 3, process)
        place.chmod(0o775)
        before = len(lab.waldur.calls("GET", listings))
        until(lambda: len(lab.waldur.calls("GET", listings)) >= before + 2, process)
        process.send_signal(signal.SIGTERM)
        output, _ = process.communicate(timeout=_PATIENCE_SECONDS)

    assert output.count('"event": "drift"') == 1
    assert output.count('"event": "drift-ended"') == 1


def test_what_was_made_for_an_order_that_ended_meanwhile_is_put_away(lab: Lab) -> None:
    order = lab.order()
    lab.waldur.faults.add(kind="slow", path="*/approve_by_provider/", seconds=0.5)
    with lab.process() as process:
        until(lambda: lab.waldur.calls("POST", "*/approve_by_provider/"), process)
        lab.waldur.reject(order)
        assert process.wait(_PATIENCE_SECONDS) == 1

    assert lab.state_of(order) == ("rejected", "Terminated")
    assert not lab.place(order.resource).exists()
    again = lab.order(order.resource.project)
    assert lab.run().code == 0
    assert again.state == "done"


@pytest.mark.parametrize("step", ["approve_by_provider", "set_state_done"])
def test_a_conflict_about_what_is_done_already_is_none(lab: Lab, step: str) -> None:
    order = lab.order()
    lab.waldur.faults.add(kind="slow", path=f"*/{step}/", seconds=0.5)
    with lab.process() as process:
        until(lambda: lab.waldur.calls("POST", f"*/{step}/"), process)
        if step == "approve_by_provider":
            lab.waldur.approve(order)
        else:
            lab.waldur.finish(order)
        assert process.wait(_PATIENCE_SECONDS) == 0

    assert [call.status for call in lab.waldur.calls("POST", f"*/{step}/")] == [409]
    assert_made_once(lab, order)
