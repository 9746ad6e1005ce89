"""How aggregates become capacity; what is not known stays so."""

from typing import Any

import pytest

from storage_api.backends.netapp.mapping_capacity import capacity_record
from storage_api.domain.models import Capacity, Volume


def aggregate(name: str, size: int, used: int) -> dict[str, Any]:
    figures = {"size": size, "used": used, "available": size - used}
    return {"name": name, "space": {"block_storage": figures}}


def capacity(*figures: int | None) -> Capacity:
    total, used, free, allocated = figures
    return Capacity(
        total_bytes=total, used_bytes=used, free_bytes=free, allocated_bytes=allocated, raw=False
    )


CLUSTER = [aggregate("aggr0_n1", 7, 7), aggregate("a", 100, 30), aggregate("b", 50, 5)]
OFFLINE = {"name": "c"}
A, B, C = ({"name": name, "available_size": 10} for name in "abc")


@pytest.mark.parametrize(
    ("assigned", "cluster", "figures"),
    [
        ([A], CLUSTER, (100, 30, 70)),
        ([A, B], CLUSTER, (150, 35, 115)),
        ([], CLUSTER, (150, 35, 115)),
        ([A, C], [*CLUSTER, OFFLINE], (None, None, None)),
        ([A, C], CLUSTER, (None, None, None)),
        ([], [], (None, None, None)),
        ([A, B], [], (None, None, 20)),
        ([A, {"name": "b"}], [], (None, None, None)),
    ],
    ids=[
        "one-of-the-svm",
        "all-of-the-svm",
        "none-assigned-so-any-but-root",
        "one-offline",
        "one-not-shown",
        "nothing-assigned-nor-shown",
        "svm-account",
        "svm-account-and-one-silent",
    ],
)
def test_space_of_aggregates(assigned: Any, cluster: Any, figures: tuple[int | None, ...]) -> None:
    assert capacity_record([{"aggregates": assigned}], cluster, []) == capacity(*figures, 0)


@pytest.mark.parametrize(("sizes", "allocated"), [([], 0), ([1, 2], 3), ([1, None], None)])
def test_a_size_that_is_not_known_makes_the_sum_unknown(
    sizes: list[int | None], allocated: int | None
) -> None:
    volumes = [Volume(name="v", size_total=size) for size in sizes]
    found = capacity_record([{"aggregates": [A]}], [], volumes)
    assert found == capacity(None, None, 10, allocated)
