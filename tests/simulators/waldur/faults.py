"""Trouble that a test asks a simulator for: answers cut, late, missing or wrong."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["cut-before", "cut-after", "status", "slow", "truncate", "garbage", "hang"]

HTML = b"<!doctype html><html><body><h1>Server Error (500)</h1></body></html>"


@dataclass
class Fault:
    """One way to go wrong, for the calls that it matches.

    - ``cut-before``: the connection closes, nothing was done
    - ``cut-after``: the work was done, the connection closes without an answer
    - ``status``: ``status`` instead of the work, with ``body`` and maybe ``Retry-After``
    - ``slow``: the work and its answer, ``seconds`` later
    - ``truncate``: the work was done, the connection closes in the middle of the answer's body
    - ``garbage``: the work was done, 200 with ``body`` instead of its answer
    - ``hang``: nothing is done and nothing comes, for ``seconds`` or until the simulator stops
    """

    kind: Kind
    method: str | None = None
    path: str | None = None
    query: Mapping[str, str] = field(default_factory=dict)
    times: int | None = 1
    after: int = 0
    status: int = 500
    retry_after: int | None = None
    seconds: float = 0.0
    body: bytes = HTML
    content_type: str = "text/html"

    def matches(self, method: str, path: str, query: Mapping[str, list[str]]) -> bool:
        """A path that ends in ``*`` stands for everything that begins so."""
        return (
            self.method in {None, method}
            and self._is_path(path)
            and all(value in query.get(name, []) for name, value in self.query.items())
        )

    def _is_path(self, path: str) -> bool:
        if self.path is None:
            return True
        if self.path.endswith("*"):
            return path.startswith(self.path[:-1])
        return path == self.path


class Faults:
    """The faults to come. The first one that matches a call strikes it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []

    def add(
        self,
        *,
        kind: Kind,
        method: str | None = None,
        path: str | None = None,
        query: Mapping[str, str] | None = None,
        times: int | None = 1,
        after: int = 0,
        status: int = 500,
        retry_after: int | None = None,
        seconds: float = 0.0,
        body: bytes = HTML,
        content_type: str = "text/html",
    ) -> Fault:
        """Strike the next ``times`` matching calls (None: all), once ``after`` of them went well.

        ``query`` names parameters that the call must have with these values.
        """
        fault = Fault(
            kind=kind,
            method=method,
            path=path,
            query=query or {},
            times=times,
            after=after,
            status=status,
            retry_after=retry_after,
            seconds=seconds,
            body=body,
            content_type=content_type,
        )
        with self._lock:
            self._faults.append(fault)
        return fault

    def clear(self) -> None:
        with self._lock:
            self._faults.clear()

    def take(self, method: str, path: str, query: Mapping[str, list[str]]) -> Fault | None:
        """The fault that strikes this call, if any; it is counted."""
        with self._lock:
            for fault in self._faults:
                if not fault.matches(method, path, query):
                    continue
                if fault.after > 0:
                    fault.after -= 1
                elif fault.times is None:
                    return fault
                elif fault.times > 0:
                    fault.times -= 1
                    return fault
        return None
