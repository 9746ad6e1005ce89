"""A simulated Dell ECS or ObjectScale cluster: its management API over HTTPS on 127.0.0.1.

It is consistent with public sources: recorded exchanges, Dell's OpenAPI document, the code of
clients. No live cluster has confirmed it; the code marks with [?] what even those do not tell.
"""

from tests.simulators.ecs.accounts import NAMESPACE_ADMIN, SYSTEM_ADMIN, SYSTEM_MONITOR
from tests.simulators.ecs.service import Logged
from tests.simulators.ecs.settings import Settings
from tests.simulators.ecs.simulator import EcsSimulator

__all__ = [
    "NAMESPACE_ADMIN",
    "SYSTEM_ADMIN",
    "SYSTEM_MONITOR",
    "EcsSimulator",
    "Logged",
    "Settings",
]
