"""What the provider publishes is kept, and a provider that is ill delays nobody for long."""

import threading
import time

import pytest

from storage_api.domain.errors import BackendTimeout, BackendUnavailable
from storage_api.security.published import Published


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(time, "monotonic", clock)
    return clock


class Source:
    """Counts; ``ill`` makes it fail."""

    def __init__(self) -> None:
        self.asked = 0
        self.ill = False

    def __call__(self) -> int:
        self.asked += 1
        if self.ill:
            raise BackendTimeout("too slow")
        return self.asked


def test_it_is_asked_once_an_hour(clock: Clock) -> None:
    published = Published("keys", Source())
    for clock.now, expected in ((0, 1), (3599, 1), (3601, 2), (7000, 2), (7202, 3)):
        assert [published.get() for _ in range(3)] == [expected] * 3


def test_renewing_is_bounded(clock: Clock) -> None:
    published = Published("keys", Source())
    for clock.now, expected in ((0, 1), (1, 1), (29, 1), (31, 2), (32, 2), (62, 3)):
        assert [published.renewed() for _ in range(3)] == [expected] * 3


def test_what_is_known_serves_while_the_source_is_ill(clock: Clock) -> None:
    source = Source()
    published = Published("keys", source)
    published.get()
    source.ill = True
    for clock.now, asked in ((3601, 2), (3602, 2), (3632, 3), (3633, 3)):
        assert published.get() == 1
        assert source.asked == asked
    source.ill = False
    clock.now = 3700
    assert published.get() == 4


def test_with_nothing_known_it_is_asked_again_soon_but_not_at_once(clock: Clock) -> None:
    source = Source()
    source.ill = True
    published = Published("keys", source)
    with pytest.raises(BackendTimeout):
        published.get()
    for _ in range(5):
        with pytest.raises(BackendUnavailable, match="keys"):
            published.get()
    assert source.asked == 1
    source.ill = False
    clock.now = 4
    assert published.get() == 2


def test_others_do_not_wait_for_a_slow_answer(clock: Clock) -> None:
    asked, answer = threading.Event(), threading.Event()
    values = iter([1, 2])

    def source() -> int:
        value = next(values)
        if value == 2:
            asked.set()
            assert answer.wait(10)
        return value

    published = Published("keys", source)
    published.get()
    clock.now = 4000
    waiting = threading.Thread(target=published.get)
    waiting.start()
    assert asked.wait(10)
    assert published.get() == 1
    answer.set()
    waiting.join(10)
    assert published.get() == 2


def test_all_wait_for_the_first_answer() -> None:
    source = Source()
    published = Published("keys", source)
    found: list[int] = []
    threads = [threading.Thread(target=lambda: found.append(published.get())) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert found == [1] * 16
