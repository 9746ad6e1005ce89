"""``DummyStorage``: every family of the API, kept in an embedded database."""

from typing import ClassVar

from storage_api.backends.base import StorageBackend
from storage_api.backends.dummy.allocations import DummyAllocations
from storage_api.backends.dummy.exports import DummyExports
from storage_api.backends.dummy.kinds import VOLUME
from storage_api.backends.dummy.locks import DummyLocks
from storage_api.backends.dummy.settings import DummyOptions
from storage_api.backends.dummy.snapshots import DummySnapshots
from storage_api.backends.dummy.store import Store
from storage_api.backends.dummy.temporary import TemporaryDirectory
from storage_api.backends.dummy.volumes import DummyVolumes
from storage_api.backends.options import OptionError
from storage_api.domain.capabilities import Capability


class DummyStorage(
    DummyVolumes,
    DummySnapshots,
    DummyLocks,
    DummyExports,
    DummyAllocations,
    StorageBackend,
):
    """Behaves as a storage system does, without storing any data."""

    Options: ClassVar[type[DummyOptions]] = DummyOptions
    #: All but those of storage that a portal orders.
    capabilities: ClassVar[frozenset[Capability]] = frozenset(Capability) - {
        Capability.STORAGE_RESOURCES,
        Capability.ORDERS,
    }

    def __init__(self, options: DummyOptions) -> None:
        self._options = options
        if options.path is None:
            # Made here and not on first use: the workers that are forked from this process share
            # what there is by then.
            self._directory = _temporary_directory()
            self._store = Store(self._directory.path / "store.sqlite", durable=False)
        else:
            self._store = Store(options.path.absolute(), durable=True)

    @property
    def allows_purge(self) -> bool:
        return self._options.allow_purge

    def probe(self) -> None:
        with self._store.view() as view:
            view.count(VOLUME, None)


def _temporary_directory() -> TemporaryDirectory:
    try:
        return TemporaryDirectory()
    except OSError as error:
        raise OptionError(
            f"there is no place for a temporary store ({error.strerror}): give option 'path'"
        ) from error
