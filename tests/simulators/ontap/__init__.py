"""A simulated ONTAP filer: its REST API over HTTPS on 127.0.0.1.

What it does comes from NetApp's reference and docs [D], from the code of shipping clients [C],
or is an assumption to confirm on a real filer [I]; the code marks the last.
"""

from tests.simulators.ontap.accounts import Account
from tests.simulators.ontap.service import Logged
from tests.simulators.ontap.settings import Settings
from tests.simulators.ontap.simulator import OntapSimulator

__all__ = ["Account", "Logged", "OntapSimulator", "Settings"]
