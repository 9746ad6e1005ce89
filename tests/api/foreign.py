"""Back-ends from outside the project, made known by an entry point; every day is a bad one."""

import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from storage_api.backends.accounting import CapacityReporter
from storage_api.backends.base import StorageBackend
from storage_api.domain import errors
from storage_api.domain.capabilities import Capability
from storage_api.domain.models import Capacity
from storage_api.domain.secrets import Secret

LEAK = "vendor-payload-with-a-secret"

#: Set at the end of a test, so that no thread outlives it.
released = threading.Event()


@dataclass(frozen=True)
class ForeignOptions:
    error: str = "BackendUnavailable"
    password: Secret | None = None


class BareStorage(StorageBackend):
    """Can do nothing."""

    Options: ClassVar[type[Any]] = ForeignOptions

    def __init__(self, options: ForeignOptions) -> None:
        self._options = options

    def probe(self) -> None:
        pass


class FailingStorage(BareStorage, CapacityReporter):
    """Every call fails as the option ``error`` says."""

    capabilities: ClassVar[frozenset[Capability]] = frozenset({Capability.CAPACITY})

    def probe(self) -> None:
        self._fail()

    def get_capacity(self) -> Capacity:
        self._fail()
        return Capacity()

    def _fail(self) -> None:
        kind = getattr(errors, self._options.error, None)
        cause = VendorError(LEAK)
        if kind is None:
            raise cause
        raise kind("The storage system is ill.") from cause


class VendorError(Exception):
    """As some vendors' libraries do: the whole answer hangs on the exception."""

    def __init__(self, data: str) -> None:
        super().__init__(data)
        self.data = {"payload": data}
        self.code = 418


class HangingStorage(BareStorage, CapacityReporter):
    """Never answers."""

    capabilities: ClassVar[frozenset[Capability]] = frozenset({Capability.CAPACITY})

    def probe(self) -> None:
        released.wait(30)

    def get_capacity(self) -> Capacity:
        released.wait(30)
        return Capacity()


def install(folder: Path) -> None:
    """Make ``folder``, once it is on ``sys.path``, announce the classes above."""
    info = folder / "foreign_storage-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: foreign-storage\nVersion: 1.0\n")
    classes = [BareStorage, FailingStorage, HangingStorage]
    lines = [f"{kind.__name__} = {kind.__module__}:{kind.__name__}" for kind in classes]
    lines.append(f"NotABackend = {VendorError.__module__}:{VendorError.__name__}")
    text = "\n".join(["[storage_api.backends]", *lines, ""])
    (info / "entry_points.txt").write_text(text)
