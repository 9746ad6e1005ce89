"""The service in production, its only worker killed at a chosen call to the gateway."""

import os
import signal
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import requests

from tests.backends.radosgw.proxy import FaultyProxy, Halt
from tests.conformance.client import Answer, OverNetwork
from tests.servers import Server

_SECONDS = 30.0


class Killable:
    """A uWSGI with one worker, which its master replaces."""

    def __init__(self, server: Server, proxy: FaultyProxy) -> None:
        self._server = server
        self.proxy = proxy
        self.api = OverNetwork(server.url)

    def dies_during(self, call: Callable[[], Answer], number: int) -> bool:
        """Kill the worker after the ``number``-th call to the gateway; false if there is none."""
        halt = self.proxy.halt(number=number, after=True)
        with ThreadPoolExecutor(1) as pool:
            running = pool.submit(call)
            until(lambda: halt.reached.is_set() or running.done())
            self.proxy.go_on()
            if not halt.reached.is_set():
                return False
            self.kill(halt)
            with suppress(requests.ConnectionError):
                running.result()
        return True

    def kill(self, halt: Halt) -> None:
        """Kill -9, with the call that is halted on its way."""
        assert halt.reached.wait(_SECONDS)
        worker = self._worker()
        assert worker is not None
        os.kill(worker, signal.SIGKILL)
        until(lambda: self._worker() != worker)
        halt.release()

    def _worker(self) -> int | None:
        master = self._server.pid
        children = Path(f"/proc/{master}/task/{master}/children").read_text()
        return int(children.split()[0]) if children else None


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + _SECONDS
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.005)
