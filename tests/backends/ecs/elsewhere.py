"""The service in processes of their own, each forked from one that has imported it already."""

import multiprocessing
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, NamedTuple

from tests.conformance.client import Answer, InProcess
from tests.servers import service

_PATIENCE = 60.0
_FORKS = multiprocessing.get_context("forkserver")
#: The service itself imports the latter two only when it first needs them.
_FORKS.set_forkserver_preload(
    [__name__, "storage_api.backends.ecs.backend", "storage_api.allocations.store"]
)


class Request(NamedTuple):
    method: str
    path: str
    body: Any = None


class Elsewhere:
    """A process that serves one request."""

    def __init__(self, process: BaseProcess, answer: Connection) -> None:
        self._process = process
        self._answer = answer

    @property
    def is_running(self) -> bool:
        return self._process.is_alive()

    def kill(self) -> None:
        """Kill -9."""
        self._process.kill()
        self._process.join()

    def answer(self) -> Answer:
        assert self._answer.poll(_PATIENCE)
        status, body = self._answer.recv()
        return Answer(status, {}, body)


@contextmanager
def elsewhere(
    settings: Mapping[str, str], request: Request, *, host: Path | None = None
) -> Iterator[Elsewhere]:
    """``host`` is the temporary directory of another machine, where the service keeps its locks."""
    answer, its_end = _FORKS.Pipe(duplex=False)
    process = _FORKS.Process(target=_serve, args=(dict(settings), request, host, its_end))
    process.start()
    its_end.close()
    try:
        yield Elsewhere(process, answer)
    finally:
        process.kill()
        process.join()
        process.close()
        answer.close()


def _serve(
    settings: dict[str, str], request: Request, host: Path | None, answer: Connection
) -> None:
    if host is not None:
        tempfile.tempdir = str(host)
    told = InProcess(service(settings)).request(request.method, request.path, json=request.body)
    answer.send((told.status, told.body))
