"""A VAST management service of its own for each test."""

from tests.simulators.vast.simulator import VastSimulator

__all__ = ["VastSimulator"]
