"""Tasks take their time, fail, ask and are canceled, as a test orders."""

import json

import pytest

from tests.simulators.checks.croit.caller import Answer, Caller
from tests.simulators.croit import CroitSimulator


@pytest.fixture
def owner(alone: Caller) -> str:
    return alone.new_user()


def begin(api: Caller, owner: str) -> Answer:
    return api.put("/s3/buckets/made", {"owner": owner})


def exists(api: Caller, owner: str) -> bool:
    return bool(api.get(f"/s3/users/{owner}/buckets").expect(200))


def test_a_task_takes_its_time(memory: CroitSimulator, alone: Caller, owner: str) -> None:
    memory.tasks.seconds = 0.2
    started = begin(alone, owner)
    assert started.expect(200)["state"] == "WAITING"
    assert not exists(alone, owner)
    task = alone.done(started)
    assert (task["state"], task["statusCode"]) == ("FINISHED", 0)
    assert task["progress"]["complete"] == task["progress"]["total"]
    assert exists(alone, owner)


def test_a_task_fails(memory: CroitSimulator, alone: Caller, owner: str) -> None:
    memory.tasks.fail_next("ERROR: no space", 28)
    task = alone.done(begin(alone, owner))
    assert (task["state"], task["statusCode"], task["output"]) == ("FAILED", 28, "ERROR: no space")
    assert not exists(alone, owner)
    assert alone.done(begin(alone, owner))["state"] == "FINISHED"


def test_a_task_ends_well_with_a_warning(memory: CroitSimulator, alone: Caller, owner: str) -> None:
    memory.tasks.warn_next("WARN: something was left")
    task = alone.done(begin(alone, owner))
    assert (task["statusCode"], task["output"]) == (0, "WARN: something was left")
    assert exists(alone, owner)


@pytest.mark.parametrize("by_caller", [True, False])
def test_a_canceled_task_did_nothing(
    memory: CroitSimulator, alone: Caller, owner: str, by_caller: bool
) -> None:
    if by_caller:
        memory.tasks.seconds = 60
    else:
        memory.tasks.cancel_next()
    started = begin(alone, owner)
    if by_caller:
        alone.post(f"/tasks/{started.document['id']}/cancel").expect(204)
    task = alone.done(started)
    assert (task["done"], task["state"], task["statusCode"]) == (True, "CANCELED", -256)
    assert not exists(alone, owner)


@pytest.mark.parametrize(
    ("response", "state"), [("YES", "FINISHED"), ("NO", "FAILED"), (None, "FAILED")]
)
def test_a_task_asks_first(
    memory: CroitSimulator, alone: Caller, owner: str, response: str | None, state: str
) -> None:
    memory.tasks.ask_next("Really?", seconds=0.2 if response is None else 60)
    started = begin(alone, owner)
    path = f"/tasks/{started.document['id']}"
    asking = alone.until(lambda: alone.get(path).expect(200), lambda task: task["question"])
    question = asking["question"]
    assert not asking["done"]
    assert (question["message"], question["defaultResponse"]) == ("Really?", "NO")
    if response is not None:
        wrong = {"token": "other", "response": response}
        alone.post(f"{path}/answer", wrong).expect(400)
        alone.post(f"{path}/answer", {"token": question["token"], "response": "?"}).expect(400)
        right = {"token": question["token"], "response": response}
        alone.post(f"{path}/answer", right).expect(204)
    assert alone.done(started)["state"] == state
    assert exists(alone, owner) == (state == "FINISHED")


def test_tasks_are_listed_in_pages_only(alone: Caller, owner: str) -> None:
    first, second = (alone.done(begin(alone, owner))["id"] for _ in range(2))
    alone.get("/tasks").expect(400)
    where = json.dumps({"where": {"state": {"_eq": "FINISHED"}}, "limit": 1})
    page = alone.get("/tasks", pagination=where).expect(200)
    assert (page["total"], [row["id"] for row in page["data"]]) == (2, [first])
    several = alone.get("/tasks/status", id=[second, first]).expect(200)
    assert [row["id"] for row in several] == [second, first]
    alone.get("/tasks/999").expect(404)
    alone.get("/tasks/x").expect(404)


def test_a_stopped_simulator_waits_for_no_task(
    memory: CroitSimulator, alone: Caller, owner: str
) -> None:
    memory.tasks.seconds = 3600
    begin(alone, owner).expect(200)
