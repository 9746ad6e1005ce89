"""What the API does with allocations: make, show, resize, delete."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING

from storage_api.allocations import naming
from storage_api.allocations.entry import Entry
from storage_api.allocations.holdings import of_others
from storage_api.allocations.making import Maker
from storage_api.allocations.resizing import resize
from storage_api.allocations.showing import just_made, recorded, shown
from storage_api.backends.allocations import AllocationWish
from storage_api.domain import names
from storage_api.domain.errors import AlreadyExists, Conflict, Invalid, NotFound, StorageError
from storage_api.domain.models import Allocation, AllocationState, Connection, NewAllocation
from storage_api.transport.exclusive import exclusive

if TYPE_CHECKING:
    from collections.abc import Iterator

    from storage_api.allocations.host import Host
    from storage_api.allocations.store import Store
    from storage_api.database import Database
    from storage_api.domain.requests import AllocationCreate, AllocationPatch


class Allocations:
    """The allocations of all back-ends; connects to its database on first use."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @cached_property
    def _store(self) -> Store:
        from storage_api.allocations.store import Store  # noqa: PLC0415  # slow to import

        return Store(self._database)

    def list(self, backend: str) -> list[Allocation]:
        """All of a back-end's, as recorded."""
        return [recorded(entry) for entry in self._store.list(backend)]

    def get(self, backend: str, host: Host, name: str) -> Allocation:
        """One, with limits and usage as the back-end tells them.

        Raises:
            NotFound: there is none of that name.
        """
        return shown(host, self._entry(backend, name))

    def create(
        self, backend: str, host: Host, fields: AllocationCreate
    ) -> tuple[NewAllocation, bool]:
        """Make an allocation, or finish one that an earlier call began.

        One that is there just so is answered without its secret and with ``False``. What
        cannot be completed is undone.

        Raises:
            Invalid: a name, the size or a setting cannot be honoured; nothing was made.
            AlreadyExists: it exists with other settings, or its namespace does.
            Conflict: it is being deleted.
        """
        wish = _wish(fields)
        with self._alone(backend, wish.name):
            entry = self._store.find(backend, wish.name)
            if entry is not None:
                _check_same(entry, wish)
                if entry.state is AllocationState.ACTIVE:
                    return _new(shown(host, entry), None), False
            return self._make(backend, host, wish, entry)

    def _make(
        self, backend: str, host: Host, wish: AllocationWish, entry: Entry | None
    ) -> tuple[NewAllocation, bool]:
        plan = host.plan_allocation(wish)
        if entry is None:
            _check_free(host, wish.namespace)
            entry = Entry(backend, wish, created=datetime.now(UTC))
            self._store.add(entry)
        maker = Maker(self._store, host, entry)
        try:
            connection = maker.make(plan)
        except StorageError as error:
            if error.retryable:
                entry.detail = str(error)
                self._store.save(entry)
                error.args = (f"{error} What was made is kept: the same request goes on.",)
            else:
                maker.undo(error)
            raise
        return _new(just_made(host, entry), connection), True

    def resize(self, backend: str, host: Host, name: str, changes: AllocationPatch) -> Allocation:
        """Set another size, on the namespace and its bucket. A repeat changes nothing.

        Raises:
            NotFound: there is none of that name.
            Invalid: the size cannot be honoured.
            Conflict: more than that is stored (unless forced), or it is not active.
        """
        size = _size(changes)
        with self._alone(backend, name):
            entry = self._entry(backend, name)
            if entry.state is not AllocationState.ACTIVE:
                raise Conflict(f"The allocation is {entry.state}, so it cannot be resized.")
            resize(self._store, host, entry, size, force=changes.get("force", False))
            return shown(host, entry)

    def delete(self, backend: str, host: Host, name: str) -> None:
        """Remove an allocation that holds nothing; one that is gone is done.

        Raises:
            Conflict: it still holds data, or users or buckets that it was not made with.
        """
        with self._alone(backend, name):
            entry = self._store.find(backend, name)
            if entry is None:
                return
            former = entry.state
            entry.state = AllocationState.DELETING
            self._store.save(entry)
            try:
                _unmake(Maker(self._store, host, entry), host, entry)
            except StorageError as error:
                if entry.is_whole:
                    # Only a call that died can have left a whole one as it was being deleted.
                    died = former is AllocationState.DELETING
                    entry.state = AllocationState.ACTIVE if died else former
                else:
                    entry.detail = str(error)
                self._store.save(entry)
                raise
            self._store.remove(entry)

    @contextmanager
    def _alone(self, backend: str, name: str) -> Iterator[None]:
        """The first lock keeps those of this host from waiting on many connections."""
        with exclusive("allocation", backend, name), self._store.alone(backend, name):
            yield

    def _entry(self, backend: str, name: str) -> Entry:
        entry = self._store.find(backend, name)
        if entry is None:
            raise NotFound(f"There is no allocation {name!r}.")
        return entry


def _new(allocation: Allocation, connection: Connection | None) -> NewAllocation:
    return NewAllocation(**{**vars(allocation), "connection": connection})


def _wish(fields: AllocationCreate) -> AllocationWish:
    name = names.ALLOCATION.check(fields["name"])
    namespace = fields["namespace"] if "namespace" in fields else naming.namespace_for(name)
    names.NAMESPACE.check(namespace)
    bucket = fields["bucket"] if "bucket" in fields else naming.bucket_for(namespace)
    return AllocationWish(
        name=name,
        namespace=namespace,
        bucket=names.BUCKET.check(bucket),
        owner=names.USER.check(naming.owner_for(namespace)),
        size_bytes=_size(fields),
        domain=fields.get("domain"),
        groups=fields.get("groups", []),
        replication_group=fields.get("replication_group"),
        nfs_share=fields.get("nfs_share", False),
    )


def _size(fields: AllocationCreate | AllocationPatch) -> int | None:
    """A size, or no limit, said aloud: nothing is unlimited because somebody forgot a number."""
    size, unlimited = fields.get("size_bytes"), fields.get("unlimited", False)
    if (size is None) != unlimited:
        raise Invalid("Give either 'size_bytes' or 'unlimited': true.")
    return size


def _check_same(entry: Entry, wish: AllocationWish) -> None:
    if entry.state is AllocationState.DELETING:
        raise Conflict("The allocation is being deleted.")
    there, wanted = asdict(entry.wish), asdict(wish)
    differing = [key for key, value in wanted.items() if there[key] != value]
    if differing:
        raise AlreadyExists(
            f"The allocation {wish.name!r} exists with another {', '.join(differing)}."
        )


def _unmake(maker: Maker, host: Host, entry: Entry) -> None:
    """A refusal before anything is removed leaves all as it was."""
    if entry.is_whole and (held := of_others(host, entry.wish)):
        raise Conflict(f"There is a {held}.")
    maker.unmake()


def _check_free(host: Host, namespace: str) -> None:
    try:
        host.get_namespace(namespace)
    except NotFound:
        return
    raise AlreadyExists(f"The namespace {namespace!r} exists already, and is of no allocation.")
