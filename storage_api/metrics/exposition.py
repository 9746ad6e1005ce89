"""What Prometheus reads."""

import platform
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4, Gauge, generate_latest
from prometheus_client.core import CollectorRegistry, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from storage_api import __version__
from storage_api.metrics import computed, instruments
from storage_api.metrics.computed import Figure, collected
from storage_api.metrics.sharing import living_processes, shared_directory
from storage_api.metrics.workers import worker_figures

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4
#: What was found longer ago says nothing about now.
_PROBE_STALE_SECONDS = 90.0


def exposition(figures: Iterable[Figure] = ()) -> bytes:
    """Everything that this service counts, over all its processes, and ``figures``."""
    here = [Figure(computed.BUILD.name, (__version__, platform.python_version()), 1)]
    return text([*_counted(here), *collected([*here, *worker_figures(), *figures])])


def text(metrics: Iterable[Metric]) -> bytes:
    """In Prometheus' text format."""
    registry = CollectorRegistry()
    registry.register(_Given(metrics))
    return generate_latest(registry)


class _Given(Collector):
    """Metrics that are there already, in the form of a collector."""

    def __init__(self, metrics: Iterable[Metric]) -> None:
        self._metrics = list(metrics)

    def collect(self) -> Iterator[Metric]:
        yield from self._metrics


def _counted(figures: list[Figure]) -> list[Metric]:
    """What all processes counted; adds to ``figures`` what follows from that."""
    directory = shared_directory()
    if directory is None:
        return list(instruments.REGISTRY.collect())
    figures.append(Figure(computed.PROCESSES.name, (), living_processes(directory)))
    merged = MultiProcessCollector.merge(_files(directory))  # type: ignore[no-untyped-call]
    found = {metric.name: metric for metric in merged}
    breakers = found.pop(_name(instruments.BREAKER_ENDS), None)
    figures += _breakers(breakers)
    _drop_old_probes(found)
    return list(found.values())


def _files(directory: Path) -> list[str]:
    """Without those that a process is just making: prometheus_client stumbles over empty ones."""
    files = []
    for file in directory.glob("*.db"):
        with suppress(FileNotFoundError):  # of a process that has just died
            if file.stat().st_size:
                files.append(str(file))
    return files


def _breakers(ends: Metric | None) -> list[Figure]:
    now = time.time()
    counted: dict[tuple[str, ...], int] = {}
    for sample in ends.samples if ends else ():
        of = sample.labels["backend"], sample.labels["system"]
        state = "closed" if not sample.value else "open" if sample.value > now else "half-open"
        for name in ("closed", "open", "half-open"):
            counted[*of, name] = counted.get((*of, name), 0) + (name == state)
    return [Figure(computed.BREAKERS.name, of, count) for of, count in counted.items()]


def _drop_old_probes(found: dict[str, Metric]) -> None:
    probed = found.get(_name(instruments.PROBED))
    success = found.get(_name(instruments.PROBE_SUCCESS))
    if probed is None or success is None:
        return
    oldest = time.time() - _PROBE_STALE_SECONDS
    recent = {sample.labels["target"] for sample in probed.samples if sample.value > oldest}
    success.samples = [told for told in success.samples if told.labels["target"] in recent]


def _name(metric: Gauge) -> str:
    return next(iter(metric.describe())).name
