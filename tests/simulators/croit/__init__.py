"""A croit of its own for each test: its management API, over HTTP."""

from tests.simulators.croit.settings import Settings
from tests.simulators.croit.simulator import CroitSimulator

__all__ = ["CroitSimulator", "Settings"]
