"""Runs functions in forked processes and in threads, as the workers of the service are."""

import multiprocessing
import threading
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any

_context = multiprocessing.get_context("fork")
_PATIENCE_SECONDS = 30.0


def forked(*functions: Callable[[], Any]) -> list[Any]:
    """What the functions answer, each in a process of its own, all started at the same moment."""
    barrier = _context.Barrier(len(functions))
    running = [_start(function, barrier) for function in functions]
    try:
        return [_answer(pipe) for _, pipe in running]
    finally:
        for process, _ in running:
            process.join(_PATIENCE_SECONDS)


def threaded(count: int, function: Callable[[int], Any]) -> list[Any]:
    """What ``function(number)`` answers in so many threads, all started at the same moment."""
    barrier = threading.Barrier(count)

    def run(number: int) -> Any:
        barrier.wait(_PATIENCE_SECONDS)
        return function(number)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


@contextmanager
def worker(function: Callable[[], Any]) -> Iterator[tuple[BaseProcess, Any]]:
    """A process that has answered and goes on living until the block ends."""
    stop = _context.Event()
    mine, its = _context.Pipe()

    def run() -> None:
        its.send(function())
        stop.wait(_PATIENCE_SECONDS)

    process = _fork(run)
    try:
        yield process, _answer(mine)
    finally:
        stop.set()
        process.join(_PATIENCE_SECONDS)


def _start(function: Callable[[], Any], barrier: Any) -> tuple[BaseProcess, Connection]:
    mine, its = _context.Pipe()

    def run() -> None:
        barrier.wait(_PATIENCE_SECONDS)
        try:
            its.send(function())
        except Exception as error:  # noqa: BLE001 - it is raised where the answer is awaited
            its.send(error)

    return _fork(run), mine


def _fork(run: Callable[[], None]) -> BaseProcess:
    process = _context.Process(target=run)
    with warnings.catch_warnings():
        # Python 3.12 and later warn of forks beside threads: what is tested is that they are safe.
        warnings.simplefilter("ignore", DeprecationWarning)
        process.start()
    return process


def _answer(pipe: Connection) -> Any:
    if not pipe.poll(_PATIENCE_SECONDS):
        raise TimeoutError("the process did not answer")
    answer = pipe.recv()
    if isinstance(answer, Exception):
        raise answer
    return answer
