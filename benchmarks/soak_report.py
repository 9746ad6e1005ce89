"""What a soak has seen, and whether that is as it should be."""

import statistics
import threading
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import NamedTuple

from benchmarks.measure import children, resident_mib

#: The others' p99 while one back-end hangs, as a multiple of the quiet figure.
MOST_SLOWER = 2.0
#: All workers' memory in the last third of the time, as a multiple of that in the second.
MOST_GROWTH = 1.1
_MOST_TOLD = 5


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
    """Resident MiB of each worker of these uWSGI masters, over time; some come, some go."""

    masters: list[int]
    by_worker: dict[int, list[float]] = field(default_factory=lambda: defaultdict(list))
    of_all: list[float] = field(default_factory=list)

    def look(self) -> None:
        found = {
            worker: resident_mib(worker) for master in self.masters for worker in children(master)
        }
        for worker, mib in found.items():
            self.by_worker[worker].append(mib)
        self.of_all.append(sum(found.values()))


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
    """The first third is for imports, connections and caches."""
    for worker, seen in memory.by_worker.items():
        print(f"worker {worker}: MiB {_curve(seen)}")
    print(f"all workers: MiB {_curve(memory.of_all)}")
    third = len(memory.of_all) // 3
    second, last = (
        statistics.mean(part) for part in (memory.of_all[third:-third], memory.of_all[-third:])
    )
    words = f"memory of all workers: {second:.0f} MiB in the second third, {last:.0f} in the last"
    return _verdict(last <= MOST_GROWTH * second, f"{words}, aim 1.1 times or less")


def _curve(seen: list[float]) -> str:
    return ", ".join(f"{seen[index * (len(seen) - 1) // 6]:.0f}" for index in range(7))


def _verdict(is_well: bool, words: str) -> bool:
    print(f"{'well  ' if is_well else 'NOT   '}{words}")
    return is_well


def _median(seconds: list[float]) -> float:
    return statistics.median(seconds) * 1000
