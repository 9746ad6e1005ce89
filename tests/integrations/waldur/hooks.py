"""The plugin's hooks, called as the agent would: a line of JSON each; run by the agent's Python.

Objects with a ``uuid`` become what Waldur's client would give.
"""

import json
import os
import sys
from types import SimpleNamespace
from typing import Any
from uuid import UUID

# The agent logs on standard output.
answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)

from waldur_site_agent.common import utils  # noqa: E402 - after its output went elsewhere

made: dict[str, Any] = {}


def given(value: Any) -> Any:
    if isinstance(value, dict) and "uuid" in value:
        return SimpleNamespace(**{**value, "uuid": UUID(value["uuid"])})
    return value


def done(line: dict[str, Any]) -> Any:
    if "backend" in line:
        kind = utils.BACKENDS[line["backend"]][0]
        made[line["host"]] = kind(line["settings"], line["components"])
        return None
    found = getattr(made[line["host"]], line["hook"])(*map(given, line["values"]))
    return shown(found)


def shown(found: Any) -> Any:
    if isinstance(found, list):
        return [shown(row) for row in found]
    return getattr(found, "__dict__", found)


for text in sys.stdin:
    try:
        answer = {"found": done(json.loads(text))}
    except Exception as error:  # noqa: BLE001 - whatever the agent would see
        told = [base.__name__ for base in type(error).__mro__]
        answer = {"error": str(error), "kinds": told}
    answers.write(json.dumps(answer, default=str) + "\n")
    answers.flush()
