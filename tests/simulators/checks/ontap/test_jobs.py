"""Work that takes a while, and two that want the same."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.simulators.checks.ontap.caller import VOLUMES, WAIT, Caller, new_volume
from tests.simulators.ontap import OntapSimulator


def until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_a_job_runs_succeeds_and_is_forgotten(sim: OntapSimulator, call: Caller) -> None:
    sim.settings.job_seconds = 0.3
    answer = call("POST", VOLUMES, new_volume(sim, "vol"))
    assert answer.status_code == 202
    job = answer.json()["job"]["_links"]["self"]["href"]
    assert call("GET", job).json()["state"] in {"queued", "running"}
    assert call.names(VOLUMES) == []
    until(lambda: call("GET", job).json()["state"] == "success")
    assert call.names(VOLUMES) == ["vol"]
    assert call("GET", answer.headers["Location"]).status_code == 200
    sim.settings.job_expiry_seconds = 0.0
    assert call.code("GET", job) == "4"


def test_return_timeout_waits_as_long_as_asked(sim: OntapSimulator, call: Caller) -> None:
    sim.settings.job_seconds = 0.2
    path = f"{VOLUMES}?return_timeout=5&return_records=true"
    answer = call("POST", path, new_volume(sim, "vol"))
    assert (answer.status_code, answer.json()["num_records"]) == (201, 1)
    assert answer.json()["records"][0]["name"] == "vol"
    sim.settings.job_seconds = 2.0
    began = time.monotonic()
    uuid = sim.volume("vol").uuid
    answer = call("PATCH", f"{VOLUMES}/{uuid}?return_timeout=1", {"comment": "later"})
    assert answer.status_code == 202
    assert 1.0 <= time.monotonic() - began < 2.0
    assert call.code("POST", f"{VOLUMES}?return_timeout=600", new_volume(sim, "x")) == "262197"


def test_a_failure_is_told_by_the_job_or_the_call(sim: OntapSimulator, call: Caller) -> None:
    sim.fail_next_job(917536, "There is no space left.", times=2)
    assert call.code("POST", f"{VOLUMES}?{WAIT}", new_volume(sim, "vol")) == "917536"
    answer = call("POST", VOLUMES, new_volume(sim, "vol"))
    job = call("GET", answer.json()["job"]["_links"]["self"]["href"]).json()
    assert (job["state"], job["code"], job["error"]["code"]) == ("failure", 917536, "917536")
    assert "space" in job["message"]
    assert sim.volumes() == []


@pytest.mark.parametrize(
    ("first", "then", "code"),
    [
        ({"size": 2 << 30}, {"comment": "x"}, "13107406"),
        ({"size": 2 << 30}, {"nas": {"path": ""}}, "917536"),
        ({"size": 2 << 30}, {"state": "offline"}, "524486"),
        ({"state": "offline"}, {"comment": "x"}, "524486"),
    ],
)
def test_a_volume_is_busy_while_its_job_runs(
    sim: OntapSimulator, call: Caller, first: dict[str, object], then: dict[str, object], code: str
) -> None:
    uuid = sim.add_volume("vol").uuid
    sim.settings.job_seconds = 0.5
    assert call("PATCH", f"{VOLUMES}/{uuid}", first).status_code == 202
    assert call.code("PATCH", f"{VOLUMES}/{uuid}", then) == code


def test_a_name_is_busy_while_it_is_made(sim: OntapSimulator, call: Caller) -> None:
    sim.settings.job_seconds = 0.5
    assert call("POST", VOLUMES, new_volume(sim, "vol")).status_code == 202
    assert call.code("POST", VOLUMES, new_volume(sim, "vol")) == "13107405"


def test_of_many_creators_one_wins(sim: OntapSimulator) -> None:
    sim.settings.job_seconds = 0.05
    callers = [Caller(sim) for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        codes = list(
            pool.map(
                lambda caller: caller.code("POST", f"{VOLUMES}?{WAIT}", new_volume(sim, "vol")),
                callers,
            )
        )
    for caller in callers:
        caller.close()
    assert codes.count("") == 1
    assert set(codes) <= {"", "13107405", "917526"}
    assert len(sim.volumes()) == 1
    assert sim.most_at_once > 1
