"""What the tests arrange and look at without the back-end's help."""

import itertools
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from threading import Barrier
from typing import Any
from unittest.mock import patch

import boto3
from botocore.config import Config

from storage_api.backends.croit.backend import CroitStorage
from storage_api.backends.croit.settings import CroitOptions
from storage_api.domain.errors import StorageError
from storage_api.domain.models import NewKey, Ref
from storage_api.domain.progress import Progress
from storage_api.domain.secrets import Secret
from tests.simulators.croit import CroitSimulator
from tests.simulators.croit.records import Bucket, NewBucket

#: Where nobody listens: the simulator's memory has no S3.
NOWHERE = "http://127.0.0.1:9"

_numbers = itertools.count(1)


def fresh(prefix: str) -> str:
    """A name that nothing has yet, also on a cluster that other tests use too."""
    return f"croit{prefix}{next(_numbers)}"


def storage_of(sim: CroitSimulator, **options: Any) -> CroitStorage:
    """A back-end of its own, with its own gate and session."""
    known: dict[str, Any] = {"api_url": sim.url, "s3_endpoint": NOWHERE, "user_prefix": ""}
    if not options.keys() & {"token", "username"}:
        known["token"] = Secret(sim.token)
    return CroitStorage(CroitOptions(**(known | options)))


def new_user(storage: CroitStorage, namespace: str | None = None, **fields: Any) -> Ref:
    user = Ref(namespace, fresh("user"))
    made, created = storage.create_user(user, fields)  # type: ignore[arg-type]
    assert created
    assert made.key_ids == []
    return user


def s3_of(storage: CroitStorage, key: NewKey) -> Any:
    """A customer's client."""
    return boto3.client(
        "s3",
        endpoint_url=storage._options.s3_endpoint,
        region_name="default",
        aws_access_key_id=key.access_key,
        aws_secret_access_key=key.secret_key,
        config=Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 1}),
    )


def plant_bucket(sim: CroitSimulator, owner: str, name: str | None = None) -> Bucket:
    """A bucket in the simulator's memory, which S3 would have made."""
    return sim.memory.create_bucket(NewBucket(name or fresh("bucket"), owner))


def live_keys(sim: CroitSimulator, uid: str) -> list[str]:
    return [key.access_key for key in sim.store.user(uid).keys if key.user == uid]


def at_once(calls: list[Callable[[], Any]]) -> list[Any]:
    """What each call gives or raises when all begin at the same moment."""
    barrier = Barrier(len(calls))

    def run(call: Callable[[], Any]) -> Any:
        barrier.wait()
        try:
            return call()
        except StorageError as error:
            return error

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def writes(sim: CroitSimulator) -> list[tuple[str, str]]:
    """Method and path of every write that came so far."""
    return [(call.method, call.path) for call in list(sim.requests) if call.method != "GET"]


@contextmanager
def broken(sim: CroitSimulator, number: int, kind: Any) -> Iterator[None]:
    """The ``number``-th write from now on goes wrong, and so does the work around it."""
    seen = len(writes(sim))
    order = sim.faults.add(kind=kind, path="/api/*", times=None)
    take = sim.faults.take

    def spoil(method: str, path: str, query: str = "") -> Any:
        due = method != "GET" and len(writes(sim)) - seen == number
        return take(method, path, query) if due else None

    with patch.object(sim.faults, "take", spoil), suppress(StorageError):
        yield
    assert order.hits == 1
    sim.faults.clear()


class Told(Progress):
    """Remembers what a piece of work said."""

    def __init__(self) -> None:
        self.expected = self.done = 0
        self.errors: list[str] = []

    def expect(self, more: int) -> None:
        self.expected += more

    def advance(self, steps: int = 1) -> None:
        self.done += steps

    def report(self, error: str) -> None:
        self.errors.append(error)
