"""The agent's own loader reads configurations, and every back-end that they name is made.

Prints for each file the classes by offering, or the mistake; run by the agent's Python.
"""

import json
import sys
from typing import Any

from waldur_site_agent.common import utils

_WORK = ("order_processing_backend", "membership_sync_backend", "reporting_backend")


def loaded(path: str) -> dict[str, Any]:
    found = {}
    for offering in utils.load_configuration(path).waldur_offerings:
        given = [key for key in _WORK if getattr(offering, key)]
        backends = [utils.get_backend_for_offering(offering, key)[0] for key in given]
        found[offering.name] = [type(backend).__name__ for backend in backends]
    return found


def tried(path: str) -> dict[str, Any]:
    try:
        return loaded(path)
    except Exception as error:  # noqa: BLE001 - whatever stops the agent
        return {type(error).__name__: str(error)}


print(json.dumps({path: tried(path) for path in sys.argv[1:]}))
