"""The garbage collector is off while a list is made, and never for longer."""

import gc
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from storage_api.backends.uncollected import uncollected


@pytest.fixture(autouse=True)
def eager_threads() -> Iterator[None]:
    """Threads take turns as often as they can, and the collector is on afterwards."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(usual)
    gc.enable()


def test_threads_that_overlap_leave_the_collector_on() -> None:
    seen_on = []

    def work(_: int) -> None:
        for _ in range(3000):
            with uncollected():
                if gc.isenabled():
                    seen_on.append(True)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    assert gc.isenabled()
    assert not seen_on


def test_an_error_leaves_the_collector_on() -> None:
    with pytest.raises(KeyError), uncollected(), uncollected():
        raise KeyError
    assert gc.isenabled()


def test_who_runs_without_a_collector_goes_on_so() -> None:
    gc.disable()
    with uncollected():
        pass
    assert not gc.isenabled()
