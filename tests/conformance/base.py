"""Fixtures that the promises of several families need."""

import pytest

from storage_api.domain.capabilities import Capability
from tests.conformance.client import Api, fresh
from tests.conformance.target import Place, Target


class Contract:
    """A family's promises. A run defines the fixture ``target`` and one subclass per family."""

    @pytest.fixture
    def api(self, target: Target) -> Api:
        return target.api


class PlacedContract(Contract):
    """Promises that hold in the default namespace and in named ones."""

    @pytest.fixture(params=["default-namespace", "named-namespace"])
    def place(self, request: pytest.FixtureRequest, target: Target) -> Place:
        if request.param == "default-namespace":
            return Place(target, None)
        return named_place(target)

    @pytest.fixture
    def default_place(self, target: Target) -> Place:
        return Place(target, None)


def named_place(target: Target) -> Place:
    """A new namespace."""
    if Capability.NAMESPACES not in target.quirks.families:
        pytest.skip("this back-end has no named namespaces")
    name = fresh("ns")
    target.api.post(target.url("namespaces", name), {}).expect(201)
    return Place(target, name)
