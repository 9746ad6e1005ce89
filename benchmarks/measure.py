"""Times two things in turns, so that both meet the same noise, and prints their ratio."""

import statistics
import threading
import time
from collections.abc import Callable
from pathlib import Path


def interleaved(
    ours: Callable[[], object], theirs: Callable[[], object], rounds: int, *, pause: float = 0.0
) -> tuple[float, float]:
    """Median seconds of each, called in turns; the first turn of each only warms up.

    ``pause`` seconds before each turn let answers that are kept for a moment grow old.
    """
    times: tuple[list[float], list[float]] = ([], [])
    for turn in range(rounds + 1):
        time.sleep(pause)
        for call, taken in zip((ours, theirs), times, strict=True):
            began = time.perf_counter()
            call()
            if turn:
                taken.append(time.perf_counter() - began)
    return statistics.median(times[0]), statistics.median(times[1])


def per_second(
    make_call: Callable[[], Callable[[], object]], clients: int, seconds: float
) -> float:
    """Calls a second that ``clients`` threads reach together; each makes its own call."""
    counts = [0] * clients
    end = time.perf_counter() + seconds

    def work(number: int) -> None:
        call = make_call()
        while time.perf_counter() < end:
            call()
            counts[number] += 1

    threads = [threading.Thread(target=work, args=(number,)) for number in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / seconds


def children(pid: int) -> list[int]:
    """The processes that this one has started itself: uWSGI's workers, of its master."""
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
    return [int(child) for child in found.split()]


def resident_mib(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    line = next(line for line in status.splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


def report(what: str, ours: str, theirs: str, ratio: float, goal: str) -> None:
    print(f"{what:<44} {ours:>14} {theirs:>14} {ratio:>7.2f}x   goal {goal}", flush=True)
