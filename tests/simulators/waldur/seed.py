"""A site of any size, always the same for the same number."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

from tests.simulators.waldur.records import Offering, Project, Resource

if TYPE_CHECKING:
    from tests.simulators.waldur.simulator import WaldurSimulator

DATA_TYPES = ("store", "archive", "users", "scratch")
PROJECTS_PER_CUSTOMER = 20


def seed(simulator: WaldurSimulator, count: int) -> list[Resource]:
    """``count`` resources of all offerings, no two with the same project, system and data type.

    Of 50, one each is Terminated, Erred, Updating, Terminating and Creating; the others are OK.
    """
    places = list(product(simulator.offerings, DATA_TYPES))
    projects: list[Project] = []
    while len(projects) * len(places) < count:
        projects += _customer(simulator, len(projects) // PROJECTS_PER_CUSTOMER)
    return [
        _resource(simulator, number, *places[number % len(places)], projects[number // len(places)])
        for number in range(count)
    ]


def _customer(simulator: WaldurSimulator, number: int) -> list[Project]:
    customer = simulator.add_customer(f"Institute {number:03}", slug=f"institute-{number:03}")
    return [
        simulator.add_project(
            customer, f"Project {number:03}-{index:02}", slug=f"project-{number:03}-{index:02}"
        )
        for index in range(PROJECTS_PER_CUSTOMER)
    ]


def _resource(
    simulator: WaldurSimulator, number: int, offering: Offering, data_type: str, project: Project
) -> Resource:
    limits = {"storage": 1 + number % 200}
    turn = number % 50
    if turn == 37:
        order = simulator.create(offering, project, data_type=data_type, limits=limits)
        return order.resource
    resource = simulator.add_resource(
        offering,
        project,
        data_type=data_type,
        limits=limits,
        state={7: "Terminated", 13: "Erred"}.get(turn, "OK"),  # type: ignore[arg-type]
        backend_id=f"/{offering.slug}/{data_type}/cscs/{project.customer.slug}/{project.slug}",
    )
    if turn == 21:
        simulator.approve(simulator.change_limits(resource, limits["storage"] + 10))
    elif turn == 29:
        simulator.approve(simulator.terminate(resource))
    return resource
