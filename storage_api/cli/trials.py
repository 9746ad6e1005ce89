"""One harmless read of each family that a back-end has: does our account get an answer?"""

import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property, partial
from typing import Any

from storage_api.backends.accounting import Holder
from storage_api.backends.base import StorageBackend
from storage_api.backends.orders import ResourceFilter
from storage_api.domain.capabilities import Capability, HolderKind
from storage_api.domain.errors import Invalid, StorageError
from storage_api.domain.models import Ref
from storage_api.transport.context import serving

#: For one read.
_SECONDS = 60.0


class Verdict(StrEnum):
    """``UNTRIED``: there was nothing to read it of, such as no volume for its snapshots."""

    WORKS = "works"
    UNTRIED = "untried"
    FAILS = "FAILS"


@dataclass(frozen=True)
class Trial:
    """What came of one read."""

    what: str
    verdict: Verdict
    words: str
    #: What went wrong may be over in a moment.
    passing: bool = False


class _NothingThereError(Exception):
    """A thing to try a read on does not exist; the text names it."""


def trials(backend: StorageBackend) -> Iterator[Trial]:
    """Try to connect, and then every family that ``backend`` declares; nothing is changed."""
    connection = _tried("connection", lambda: backend.probe() or "answers, and accepts our account")
    yield connection
    if connection.passing:
        return
    reads = _Reads(backend)
    for capability in Capability:
        if capability in backend.capabilities:
            for trial in _of_family(reads, capability):
                yield trial
                # Our credential itself is refused; to go on could have the account locked.
                if trial.verdict is Verdict.FAILS and trial.words == connection.words:
                    return


def _of_family(reads: "_Reads", capability: Capability) -> Iterator[Trial]:
    if capability is Capability.QUOTA or capability is Capability.USAGE:
        kinds: Sequence[HolderKind] = sorted(getattr(reads.backend, f"{capability}_holders"))
        for kind in kinds:
            yield _tried(f"{kind} {capability}", partial(reads.of_holder, capability, kind))
    else:
        yield _tried(capability, lambda: _READS[capability](reads))


def _tried(what: str, read: Callable[[], str]) -> Trial:
    try:
        with serving(f"probe-{uuid.uuid4().hex}", seconds=_SECONDS):
            return Trial(what, Verdict.WORKS, read())
    except _NothingThereError as thing:
        return Trial(what, Verdict.UNTRIED, f"there is no {thing} to try it on")
    except StorageError as error:
        return Trial(what, Verdict.FAILS, str(error), passing=error.retryable)


class _Reads:
    """The reads; lists that several of them need are read once."""

    def __init__(self, backend: Any) -> None:
        self.backend = backend

    @cached_property
    def volumes(self) -> Sequence[Any]:
        found: Sequence[Any] = self.backend.list_volumes()
        return found

    @cached_property
    def namespaces(self) -> Sequence[Any]:
        found: Sequence[Any] = self.backend.list_namespaces()
        return found

    @cached_property
    def namespace(self) -> str | None:
        """Where to look for users and buckets: the default one, or any if there is no default."""
        try:
            self.backend.list_buckets(None)
        except Invalid:
            name: str = _first(self.namespaces, "namespace").name
            return name
        return None

    @cached_property
    def buckets(self) -> Sequence[Any]:
        found: Sequence[Any] = self.backend.list_buckets(self.namespace)
        return found

    @cached_property
    def users(self) -> Sequence[Any]:
        found: Sequence[Any] = self.backend.list_users(self.namespace)
        return found

    def volume(self) -> str:
        name: str = _first(self.volumes, "volume").name
        return name

    def bucket(self) -> Ref:
        return Ref(self.namespace, _first(self.buckets, "bucket").name)

    def of_holder(self, capability: Capability, kind: HolderKind) -> str:
        read = self.backend.get_quota if capability is Capability.QUOTA else self.backend.get_usage
        holder = Holder(kind, self._holder(kind))
        read(holder)
        return f"read that of {holder.ref}"

    def _holder(self, kind: HolderKind) -> Ref:
        if kind is HolderKind.BUCKET:
            return self.bucket()
        if kind is HolderKind.USER:
            return Ref(self.namespace, _first(self.users, "user").name)
        return Ref(None, _first(self.namespaces, "namespace").name)

    def orders(self) -> str:
        volume = self.volume()
        return f"{len(self.backend.list_orders(volume))} open for {volume}"

    def acl(self) -> str:
        bucket = self.bucket()
        self.backend.get_acl(bucket)
        return f"read that of {bucket}"

    def capacity(self) -> str:
        total = self.backend.get_capacity().total_bytes
        return "unknown to the system" if total is None else f"{total} bytes in all"

    def resources(self) -> str:
        selection = self.backend.select_resources(ResourceFilter(), afresh=True)
        return _count(selection.items, "item")

    def allocations(self) -> str:
        for made_of in (self.namespaces, self.users, self.buckets):
            len(made_of)
        return "made of namespaces, users and buckets"

    def snapshots(self) -> str:
        volume = self.volume()
        return f"{_count(self.backend.list_snapshots(volume), 'snapshot')} of {volume}"

    def locks(self) -> str:
        volume = self.volume()
        return f"{_count(self.backend.get_lock(volume), 'lock')} of {volume}"


def _first(things: Sequence[Any], what: str) -> Any:
    if not things:
        raise _NothingThereError(what)
    return things[0]


def _count(things: Sequence[Any], what: str) -> str:
    return f"{len(things)} {what}{'' if len(things) == 1 else 's'}"


_READS: Mapping[Capability, Callable[[_Reads], str]] = {
    Capability.VOLUMES: lambda reads: _count(reads.volumes, "volume"),
    Capability.SNAPSHOTS: _Reads.snapshots,
    Capability.LOCKS: _Reads.locks,
    Capability.EXPORT: lambda reads: f"policies: {len(reads.backend.list_policies())}",
    Capability.BUCKETS: lambda reads: _count(reads.buckets, "bucket"),
    Capability.ACL: _Reads.acl,
    Capability.USERS: lambda reads: _count(reads.users, "user"),
    Capability.NAMESPACES: lambda reads: _count(reads.namespaces, "namespace"),
    Capability.CAPACITY: _Reads.capacity,
    Capability.STORAGE_RESOURCES: _Reads.resources,
    Capability.ORDERS: _Reads.orders,
    Capability.ALLOCATIONS: _Reads.allocations,
}
