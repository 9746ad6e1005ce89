"""What a soak has seen, and whether that is as it should be."""

import statistics
import threading
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import NamedTuple

from benchmarks.measure import children, resident_mib

#: The others' p99 while one back-end hangs, as a multiple of the quiet figure.
MOST_SLOWER = 2.0
#: A worker may grow so much in the later two thirds of its life.
MOST_GROWTH_MIB = 8.0
_MOST_TOLD = 5
_SHORTEST_LIFE = 60.0


class Seen(NamedTuple):
    """One request; 599 is the status of one without an answer."""

    backend: str
    step: str
    phase: str
    seconds: float
    status: int
    text: str

    @property
    def failed(self) -> bool:
        return self.status >= 400


@dataclass
class Samples:
    """Every request; ``phase`` is what goes on now."""

    phase: str = "warm-up"
    seconds: dict[tuple[str, str], list[float]] = field(default_factory=lambda: defaultdict(list))
    failures: list[Seen] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, seen: Seen) -> None:
        with self._lock:
            self.seconds[seen.backend, seen.phase].append(seen.seconds)
            if seen.failed:
                self.failures.append(seen)

    def of(
        self, phase: str, *, apart_from: str | None = None, only: str | None = None
    ) -> list[float]:
        return [
            taken
            for (backend, when), all_taken in self.seconds.items()
            if when == phase and backend != apart_from and only in {None, backend}
            for taken in all_taken
        ]


@dataclass
class Memory:
    """Resident MiB of the workers of these uWSGI masters, over time."""

    masters: list[int]
    seen: dict[int, list[tuple[float, float]]] = field(default_factory=lambda: defaultdict(list))

    def look(self) -> None:
        for master in self.masters:
            for worker in children(master):
                self.seen[worker].append((time.monotonic(), resident_mib(worker)))

    def growth(self, worker: int) -> float | None:
        """MiB between the end of the first third of its life and its end."""
        rows = self.seen[worker]
        if rows[-1][0] - rows[0][0] < _SHORTEST_LIFE:
            return None
        return rows[-1][1] - rows[len(rows) // 3][1]


def p99(seconds: list[float]) -> float:
    return statistics.quantiles(seconds, n=100)[98] * 1000


def report(samples: Samples, memory: Memory, *, hangs: str) -> bool:
    """Print all; whether it is well."""
    print(f"\n{'':<28}{'quiet':>10}{hangs + ' hangs':>14}")
    backends = sorted({backend for backend, _ in samples.seconds})
    for backend in backends:
        quiet, ill = (samples.of(phase, only=backend) for phase in ("quiet", "hanging"))
        print(f"{backend + ': requests':<28}{len(quiet):>10}{len(ill):>14}")
        print(f"{'  median ms':<28}{_median(quiet):>10.1f}{_median(ill):>14.1f}")
        print(f"{'  p99 ms':<28}{p99(quiet):>10.1f}{p99(ill):>14.1f}")
    counts = Counter((seen.backend, seen.phase, seen.status) for seen in samples.failures)
    print("\nfailed requests (back-end, phase, status):", dict(counts) or "none")
    return all([_answers(samples, hangs), _speed(samples, hangs), _memory(memory)])


def _answers(samples: Samples, hangs: str) -> bool:
    others = [seen for seen in samples.failures if seen.backend != hangs]
    for seen in others[:_MOST_TOLD]:
        print(f"  {seen}")
    return _verdict(not others, f"failed requests outside that back-end: {len(others)}, aim 0")


def _speed(samples: Samples, hangs: str) -> bool:
    quiet, ill = (p99(samples.of(phase, apart_from=hangs)) for phase in ("quiet", "hanging"))
    words = f"p99 of the others: {quiet:.0f} ms quiet, {ill:.0f} ms while it hangs"
    return _verdict(ill <= MOST_SLOWER * quiet, f"{words}: {ill / quiet:.2f} times, aim 2 or less")


def _memory(memory: Memory) -> bool:
    grown = []
    for worker, rows in memory.seen.items():
        growth = memory.growth(worker)
        curve = [rows[index * (len(rows) - 1) // 6][1] for index in range(7)]
        print(f"worker {worker}: MiB {', '.join(f'{mib:.0f}' for mib in curve)}")
        grown.extend([growth] if growth is not None else [])
    most = max(grown, default=0.0)
    words = f"growth of a worker after a third of its life: at most {most:.1f} MiB"
    return _verdict(most <= MOST_GROWTH_MIB, f"{words}, aim {MOST_GROWTH_MIB:.0f} or less")


def _verdict(is_well: bool, words: str) -> bool:
    print(f"{'well  ' if is_well else 'NOT   '}{words}")
    return is_well


def _median(seconds: list[float]) -> float:
    return statistics.median(seconds) * 1000
