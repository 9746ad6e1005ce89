"""/tasks."""

from __future__ import annotations

from tests.simulators.croit.call import Call, answer, done
from tests.simulators.croit.errors import missing
from tests.simulators.waldur.messages import Reply


def listed(call: Call) -> Reply:
    return call.paged([task.document() for task in call.world.tasks.all()])


def one(call: Call) -> Reply:
    return answer(call.world.tasks.one(_number(call.names["id"])).document())


def several(call: Call) -> Reply:
    numbers = call.request.query.get("id", [])
    return answer([call.world.tasks.one(_number(text)).document() for text in numbers])


def respond(call: Call) -> Reply:
    number = _number(call.names["id"])
    call.world.tasks.answer(number, call.body["token"], call.body["response"])
    return done()


def cancel(call: Call) -> Reply:
    call.world.tasks.cancel(_number(call.names["id"]))
    return done()


def _number(text: str) -> int:
    if not text.isdecimal():
        raise missing("task", text)
    return int(text)
