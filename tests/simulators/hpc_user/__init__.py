"""The HPC User API of a site, and the token endpoint before it, on one port of 127.0.0.1."""

from tests.simulators.hpc_user.simulator import HpcUserSimulator

__all__ = ["HpcUserSimulator"]
