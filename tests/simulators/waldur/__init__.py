"""A Waldur of its own for each test: its marketplace, over HTTP."""

from tests.simulators.waldur.errors import Refusal
from tests.simulators.waldur.simulator import WaldurSimulator

__all__ = ["Refusal", "WaldurSimulator"]
