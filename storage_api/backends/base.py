"""What every back-end is: built from its options, mounted on an app, connected on first use.

The families of operations (volumes, buckets, …) are the small abstract classes in
``volumes.py``, ``objects.py`` and ``accounting.py``. A back-end inherits those that
it honours; that, and nothing else, is what it can do.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Self

from storage_api.backends.options import parse_options
from storage_api.domain.capabilities import Capability
from storage_api.domain.secrets import Secret
from storage_api.transport.replicas import Replicas

if TYPE_CHECKING:
    from flask import Flask

#: The key under ``app.extensions`` that holds the back-ends by endpoint.
EXTENSION = "storage_api"
#: That which holds what they agree on with those of other replicas.
REPLICAS = "storage_api_replicas"


class StorageBackend(ABC):
    """A configured storage system.

    Building one checks its options and does nothing else: no connection, no thread.
    The first operation connects.
    """

    #: Dataclass of the options that an operator may set; see ``options.py``.
    Options: ClassVar[type[Any]]
    #: What the back-end declares; a test proves it equal to what it inherits.
    capabilities: ClassVar[frozenset[Capability]] = frozenset()
    #: Locks and stamps; one that is not mounted agrees with this host's processes only.
    _replicas: Replicas = Replicas()

    @classmethod
    def from_options(cls, raw: Mapping[str, Secret]) -> Self:
        """Build from the configuration's texts; raises ``OptionError`` naming every mistake."""
        return cls(parse_options(cls.Options, raw))

    @abstractmethod
    def __init__(self, options: Any) -> None: ...

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    def init_app(self, app: Flask, endpoint: str) -> None:
        """Mount this back-end under ``endpoint``."""
        self._replicas = app.extensions.get(REPLICAS, self._replicas)
        app.extensions.setdefault(EXTENSION, {})[endpoint] = self

    @abstractmethod
    def probe(self) -> str | None:
        """Prove, with one cheap read, that the system answers and accepts our credential.

        Answers what an operator should know although all is well, such as a credential that
        is about to expire.

        Raises:
            BackendError: what is wrong, in words for an operator.
        """

    @property
    def request_limit(self) -> int | None:
        """Requests that one process serves from this back-end at once; ``None``: any number.

        For a system that may hang. Where threads are few, all such back-ends share them.
        """
        return None

    @property
    def allows_purge(self) -> bool:
        """Whether buckets and users may be deleted with all that they hold."""
        return False

    @property
    def default_namespace(self) -> str | None:
        """The namespace that paths without one mean; ``None`` for the nameless one."""
        return None
