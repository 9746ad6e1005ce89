"""How the threads of a process are shared among back-ends that may hang."""

from contextlib import ExitStack

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage_api.transport.doors import Door, Doors, Share, share
from storage_api.transport.gate import GateShut


def fill(door: Door, stack: ExitStack) -> int:
    """How many requests the door lets in until it refuses one; they stay."""
    for busy in range(1000):
        try:
            stack.enter_context(door.enter())
        except GateShut:
            return busy
    raise AssertionError("no limit")


@pytest.mark.parametrize(
    ("threads", "backends", "expected"),
    [
        (32, 1, Share(4, 20)),
        (32, 3, Share(4, 12)),
        (32, 10, Share(2, 4)),
        (16, 20, Share(1, 0)),
    ],
)
def test_a_quarter_stays_free(threads: int, backends: int, expected: Share) -> None:
    assert share(threads, backends) == expected


@given(st.integers(16, 200), st.integers(1, 6), st.integers(1, 64))
def test_whoever_hangs_leaves_threads_for_the_others(
    threads: int, backends: int, limit: int
) -> None:
    doors = Doors(share(threads, backends))
    with ExitStack() as stack:
        busy = [fill(doors.door(str(number), limit), stack) for number in range(backends)]
    assert sum(busy) <= threads - threads // 4
    assert all(1 <= each <= limit for each in busy)


@pytest.mark.parametrize("threads", [None, 8])
def test_without_threads_to_share_out_the_own_limit_holds(threads: int | None) -> None:
    doors = Doors(share(threads, 2))
    with ExitStack() as stack:
        assert [fill(doors.door(name, 16), stack) for name in "ab"] == [16, 16]


def test_a_place_is_free_again_afterwards() -> None:
    door = Doors(share(32, 2)).door("a", 6)
    for _ in range(2):
        with ExitStack() as stack:
            assert fill(door, stack) == 6
