"""What the clients of a soak do, each at its own pace, as people and portals do."""

import random
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Any, ClassVar, NamedTuple

import requests

from benchmarks.soak_report import Samples, Seen
from storage_api.domain.units import GIB
from tests.conformance.client import fresh
from tests.conformance.target import volume_body

#: A client asks so often, on the average.
EVERY_SECONDS = 0.25
_TIMEOUT_SECONDS = 120.0
_NO_ANSWER = 599


class Step(NamedTuple):
    """One request."""

    name: str
    method: str
    path: str
    body: Any = None


class Work(ABC):
    """An endless mixture of reads and writes; whatever it makes it removes."""

    backend: ClassVar[str]

    def __init__(self, url: str) -> None:
        self.session = requests.Session()
        self.session.trust_env = False
        self.url = url
        answer = self.session.get(f"{url}/login", allow_redirects=False, timeout=60)
        # A session's cookie is for https; here it is sent by hand.
        self.session.headers["Cookie"] = answer.headers["Set-Cookie"].partition(";")[0]
        self.session.cookies.clear()

    @abstractmethod
    def round(self) -> Iterable[Step]: ...

    def path(self, *parts: str) -> str:
        return "/".join((f"/v3/{self.backend}", *parts))


class DummyWork(Work):
    backend = "dummy"

    def round(self) -> Iterable[Step]:
        name = fresh("vol")
        volume = self.path("volumes", name)
        yield Step("create", "POST", volume, volume_body(name))
        yield Step("list", "GET", self.path("volumes"))
        yield Step("show", "GET", volume)
        yield Step("change", "PATCH", volume, {"size_total": 2 * GIB})
        yield Step("snapshot", "POST", f"{volume}/snapshots/first")
        yield Step("snapshots", "GET", f"{volume}/snapshots")
        yield Step("ready", "GET", "/health/ready")
        yield Step("delete", "DELETE", volume)


class GatewayWork(Work):
    backend = "ceph"

    def round(self) -> Iterable[Step]:
        user, bucket = fresh("user"), fresh("bucket")
        account, store = self.path("users", user), self.path("buckets", bucket)
        yield Step("create user", "POST", account, {"display_name": user})
        yield Step("create bucket", "POST", store, {"owner": user})
        yield Step("list buckets", "GET", self.path("buckets"))
        yield Step("show bucket", "GET", store)
        yield Step("set quota", "PUT", f"{store}/quota", {"max_bytes": GIB})
        yield Step("show usage", "GET", f"{store}/usage")
        yield Step("show user", "GET", account)
        yield Step("delete bucket", "DELETE", store)
        yield Step("delete user", "DELETE", account)


class FilerWork(Work):
    backend = "filer"

    def round(self) -> Iterable[Step]:
        name = fresh("vol")
        volume = self.path("volumes", name)
        yield Step("create", "POST", volume, volume_body(name))
        yield Step("list", "GET", self.path("volumes"))
        yield Step("show", "GET", volume)
        yield Step("change", "PATCH", volume, {"percentage_snapshot_reserve": 7})
        yield Step("delete", "DELETE", volume)


class Client(threading.Thread):
    """One person or script: the next request comes after the last one's answer."""

    def __init__(self, work: Work, samples: Samples, over: threading.Event) -> None:
        super().__init__(daemon=True)
        self._work = work
        self._samples = samples
        self._over = over

    def run(self) -> None:
        while not self._over.is_set():
            for step in self._work.round():
                self._over.wait(random.uniform(0, 2 * EVERY_SECONDS))
                self._do(step)

    def _do(self, step: Step) -> None:
        work, phase, began = self._work, self._samples.phase, time.perf_counter()
        try:
            answer = work.session.request(
                step.method,
                work.url + step.path,
                json=step.body,
                timeout=_TIMEOUT_SECONDS,
            )
            status, text = answer.status_code, answer.text[:300]
        except requests.RequestException as error:
            status, text = _NO_ANSWER, repr(error)
        taken = time.perf_counter() - began
        self._samples.add(Seen(work.backend, step.name, phase, taken, status, text))
