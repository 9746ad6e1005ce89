from collections.abc import Iterator
from contextlib import ExitStack

import pytest
import requests

from tests.simulators.checks.waldur.caller import Caller, Callers
from tests.simulators.waldur import WaldurSimulator
from tests.simulators.waldur.records import Project


@pytest.fixture
def sim() -> Iterator[WaldurSimulator]:
    with WaldurSimulator() as simulator:
        yield simulator


@pytest.fixture
def project(sim: WaldurSimulator) -> Project:
    customer = sim.add_customer("Climate Laboratory", slug="climate-lab")
    return sim.add_project(customer, "Ocean Modelling", slug="msocean")


@pytest.fixture
def called_by(sim: WaldurSimulator) -> Iterator[Callers]:
    with ExitStack() as stack:

        def caller(token: str | None) -> Caller:
            session = stack.enter_context(requests.Session())
            session.trust_env = False
            if token is not None:
                session.headers["Authorization"] = f"Token {token}"
            return Caller(session, sim.url)

        yield caller


@pytest.fixture
def provider(sim: WaldurSimulator, called_by: Callers) -> Caller:
    return called_by(sim.provider.token)


@pytest.fixture
def consumer(sim: WaldurSimulator, called_by: Callers) -> Caller:
    return called_by(sim.consumer.token)
