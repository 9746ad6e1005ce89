"""The agent's own loader reads a configuration, and every back-end that it names is made.

Prints for each offering its back-ends; run by the agent's Python.
"""

import json
import sys

from waldur_site_agent.common import utils

configuration = utils.load_configuration(sys.argv[1])
found = {}
for offering in configuration.waldur_offerings:
    kinds = {}
    for key in ("order_processing_backend", "membership_sync_backend", "reporting_backend"):
        if getattr(offering, key):
            backend, _ = utils.get_backend_for_offering(offering, key)
            kinds[key] = type(backend).__name__
    found[offering.name] = kinds
print(json.dumps(found))
