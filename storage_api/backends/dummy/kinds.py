"""The kinds of record in the store, and by which of their fields they are looked up."""

from dataclasses import dataclass
from typing import Generic, TypeVar

from storage_api.domain.models import (
    Bucket,
    Cors,
    ExportPolicy,
    Key,
    Lifecycle,
    Lock,
    Namespace,
    Policy,
    Snapshot,
    User,
    Volume,
)

T = TypeVar("T")


@dataclass(frozen=True)
class Kind(Generic[T]):
    """``name`` is what the store calls it, ``record`` the type of its records."""

    name: str
    record: type[T]


@dataclass(frozen=True)
class Index(Generic[T]):
    """Finds the records of ``kind`` whose ``field`` has a given value."""

    kind: Kind[T]
    field: str

    # SQLite uses an index on an expression only where the query spells it the same way, and left
    # alone it prefers to read all records of the kind.
    @property
    def statement(self) -> str:
        """Creates the index."""
        return f"CREATE INDEX {self._name} ON records ({self._value}, scope, name) {self._where}"

    @property
    def query(self) -> str:
        """Finds the records for one value."""
        return (
            f"SELECT body FROM records INDEXED BY {self._name}"  # noqa: S608 - our own constants
            f" {self._where} AND {self._value} = ? ORDER BY scope, name"
        )

    @property
    def _name(self) -> str:
        return f"{self.kind.name}_by_{self.field}"

    @property
    def _value(self) -> str:
        return f"json_extract(body, '$.{self.field}')"

    @property
    def _where(self) -> str:
        return f"WHERE kind = '{self.kind.name}'"


@dataclass(frozen=True, kw_only=True)
class KeptState:
    """A snapshot together with the volume's state at that moment."""

    snapshot: Snapshot
    volume: Volume


# A record is named by a Ref. What lives in a namespace has that namespace in it; a snapshot has
# its volume there, an access key its user's id.
VOLUME = Kind("volume", Volume)
SNAPSHOT = Kind("snapshot", KeptState)
LOCK = Kind("lock", Lock)
EXPORT_POLICY = Kind("export-policy", ExportPolicy)
NAMESPACE = Kind("namespace", Namespace)
USER = Kind("user", User)
KEY = Kind("key", Key)
BUCKET = Kind("bucket", Bucket)
LIFECYCLE = Kind("lifecycle", Lifecycle)
CORS = Kind("cors", Cors)
POLICY_DOCUMENT: Kind[Policy] = Kind("policy-document", dict)

VOLUMES_BY_JUNCTION_PATH = Index(VOLUME, "junction_path")
VOLUMES_BY_POLICY = Index(VOLUME, "active_policy_name")
NAMESPACES_BY_PARENT = Index(NAMESPACE, "parent")
USERS_BY_EMAIL = Index(USER, "email")
BUCKETS_BY_OWNER = Index(BUCKET, "owner")
INDEXES = (
    VOLUMES_BY_JUNCTION_PATH,
    VOLUMES_BY_POLICY,
    NAMESPACES_BY_PARENT,
    USERS_BY_EMAIL,
    BUCKETS_BY_OWNER,
)
