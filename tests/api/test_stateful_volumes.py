"""Volumes, snapshots, clones and locks against a model, through HTTP."""

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from storage_api.domain.units import GIB
from tests.conformance.client import InProcess
from tests.conformance.target import names
from tests.servers import service

VOLUMES = st.sampled_from(["vol-a", "node:/b/c", "vol.d"])
SNAPSHOTS = st.sampled_from(["s1", "s2", "s3"])
HOSTS = st.sampled_from(["host-a", "host-b"])
SIZES = st.integers(1, 9).map(lambda number: number * GIB)


class Volumes(RuleBasedStateMachine):
    """``sizes`` of volumes; ``snapshots`` of each with the size then, oldest first; ``locks``."""

    def __init__(self) -> None:
        super().__init__()
        self.api = InProcess(service())
        self.sizes: dict[str, int] = {}
        self.snapshots: dict[str, dict[str, int]] = {}
        self.locks: dict[str, str] = {}

    def _url(self, name: str, *rest: str) -> str:
        return "/".join(["/v3/dummy/volumes", name, *rest])

    def _add(self, name: str, size: int) -> None:
        self.sizes[name], self.snapshots[name] = size, {}

    @rule(name=VOLUMES, size=SIZES)
    def create(self, name: str, size: int) -> None:
        answer = self.api.post(self._url(name), {"size_total": size})
        answer.expect(400 if name in self.sizes else 201)
        if name not in self.sizes:
            self._add(name, size)

    @rule(name=VOLUMES, size=SIZES)
    def resize(self, name: str, size: int) -> None:
        answer = self.api.patch(self._url(name), {"size_total": size})
        answer.expect(200 if name in self.sizes else 404)
        if name in self.sizes:
            self.sizes[name] = size

    @rule(name=VOLUMES)
    def restrict(self, name: str) -> None:
        self.api.delete(self._url(name)).expect(204 if name in self.sizes else 404)
        for known in (self.sizes, self.snapshots, self.locks):
            known.pop(name, None)

    @rule(name=VOLUMES, snapshot=SNAPSHOTS)
    def take(self, name: str, snapshot: str) -> None:
        answer = self.api.post(self._url(name, "snapshots", snapshot))
        if name not in self.sizes:
            answer.expect(404)
        elif snapshot in self.snapshots[name]:
            answer.expect(400)
        else:
            answer.expect(201)
            self.snapshots[name][snapshot] = self.sizes[name]

    @rule(name=VOLUMES, snapshot=SNAPSHOTS)
    def drop(self, name: str, snapshot: str) -> None:
        known = snapshot in self.snapshots.get(name, {})
        self.api.delete(self._url(name, "snapshots", snapshot)).expect(204 if known else 404)
        if known:
            del self.snapshots[name][snapshot]

    @rule(name=VOLUMES, snapshot=SNAPSHOTS)
    def roll_back(self, name: str, snapshot: str) -> None:
        known = list(self.snapshots.get(name, {}))
        answer = self.api.post(self._url(name), {"from_snapshot": snapshot})
        answer.expect(201 if snapshot in known else 404)
        if snapshot in known:
            self.sizes[name] = self.snapshots[name][snapshot]
            for newer in known[known.index(snapshot) + 1 :]:
                del self.snapshots[name][newer]

    @rule(name=VOLUMES, source=VOLUMES, snapshot=SNAPSHOTS)
    def clone(self, name: str, source: str, snapshot: str) -> None:
        body: dict[str, Any] = {"from_volume": source, "from_snapshot": snapshot}
        answer = self.api.post(self._url(name), body)
        there = snapshot in self.snapshots.get(source, {})
        if there and name not in self.sizes:
            answer.expect(201)
            self._add(name, self.snapshots[source][snapshot])
        else:
            assert answer.status in ({400, 404} if name in self.sizes else {404})

    @rule(name=VOLUMES, host=HOSTS)
    def lock(self, name: str, host: str) -> None:
        answer = self.api.put(self._url(name, "locks", host))
        if name not in self.sizes:
            answer.expect(404)
        else:
            holder = self.locks.setdefault(name, host)
            answer.expect(201 if holder == host else 400)

    @rule(name=VOLUMES, host=HOSTS)
    def unlock(self, name: str, host: str) -> None:
        answer = self.api.delete(self._url(name, "locks", host))
        answer.expect(204 if name in self.sizes else 404)
        if self.locks.get(name) == host:
            del self.locks[name]

    @invariant()
    def all_is_as_the_model_says(self) -> None:
        found = self.api.get("/v3/dummy/volumes").expect(200)
        assert {item["name"]: item["size_total"] for item in found} == self.sizes
        for name in self.sizes:
            snapshots = names(self.api.get(self._url(name, "snapshots")).expect(200))
            assert snapshots == list(self.snapshots[name])
            holder = self.locks.get(name)
            locks = self.api.get(self._url(name, "locks")).expect(200)
            assert locks == ([{"host": holder}] if holder else [])


TestVolumes = Volumes.TestCase
