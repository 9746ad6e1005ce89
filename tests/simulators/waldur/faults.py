"""What tests order to go wrong: which call of a simulator, how, and how often."""

import threading
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Literal

Kind = Literal[
    "cut-before", "cut-after", "cut-within", "status", "slow", "truncate", "garbage", "hang"
]

HTML = b"<!doctype html><html><body><h1>Server Error (500)</h1></body></html>"


@dataclass
class Fault:
    """One order.

    - ``cut-before``: the connection ends before anything was done
    - ``cut-after``: the work is done, then the connection ends without an answer
    - ``cut-within``: the work is done, the connection ends in the middle of the answer's body
    - ``status``: ``status`` (503) with ``body`` (HTML); nothing was done
    - ``slow``: everything as usual, ``seconds`` later
    - ``truncate``: the work is done, the answer is whole HTTP but half the JSON
    - ``garbage``: the work is done, the answer is 200 with ``body`` (HTML)
    - ``hang``: nothing is done or said for ``seconds`` (0: until the simulator ends)

    ``path`` is a shell pattern for the decoded path, ``query`` a part of the decoded query.
    """

    kind: Kind
    method: str | None = None
    path: str | None = None
    query: str | None = None
    times: int | None = 1
    after: int = 0
    status: int | None = None
    retry_after: str | None = None
    seconds: float = 0.0
    body: bytes = HTML
    content_type: str = "text/html"
    hits: int = 0

    def concerns(self, method: str, path: str, query: str) -> bool:
        return (
            self.method in {None, method}
            and (self.path is None or fnmatchcase(path, self.path))
            and (self.query is None or self.query in query)
        )

    @property
    def spent(self) -> bool:
        return self.times is not None and self.hits >= self.times


class Faults:
    """All orders for one simulator; safe to use from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._orders: list[Fault] = []

    def add(
        self,
        *,
        kind: Kind,
        method: str | None = None,
        path: str | None = None,
        query: str | None = None,
        times: int | None = 1,
        after: int = 0,
        status: int | None = None,
        retry_after: int | str | None = None,
        seconds: float = 0.0,
        body: bytes | str = HTML,
        content_type: str = "text/html",
    ) -> Fault:
        """Order a fault for the next ``times`` matching calls (None: all), after ``after`` others.

        The first order that matches a call is taken.
        """
        fault = Fault(
            kind=kind,
            method=method,
            path=path,
            query=query,
            times=times,
            after=after,
            status=status,
            retry_after=None if retry_after is None else str(retry_after),
            seconds=seconds,
            body=body.encode() if isinstance(body, str) else body,
            content_type=content_type,
        )
        with self._lock:
            self._orders.append(fault)
        return fault

    def take(self, method: str, path: str, query: str = "") -> Fault | None:
        """The fault for this call, which counts as one of its times."""
        with self._lock:
            for fault in self._orders:
                if fault.spent or not fault.concerns(method, path, query):
                    continue
                if fault.after:
                    fault.after -= 1
                    continue
                fault.hits += 1
                return fault
        return None

    def clear(self) -> None:
        with self._lock:
            self._orders.clear()
