"""What the filer knows of: SVMs, aggregates, volumes, snapshots, locks."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

from tests.simulators.ontap.rows import Document, Row, nested

API = "/api"


class Ref(NamedTuple):
    """How one record points to another."""

    name: str
    uuid: str

    def document(self) -> Document:
        return {"name": self.name, "uuid": self.uuid}


@dataclass
class Node:
    name: str
    uuid: str

    @property
    def ref(self) -> Ref:
        return Ref(self.name, self.uuid)


@dataclass
class Aggregate:
    """``node`` owns it now, ``home_node`` after giveback; a root one takes no volumes."""

    name: str
    uuid: str
    size: int
    node: Node
    home_node: Node
    position: int
    root: bool = False
    state: str = "online"

    @property
    def ref(self) -> Ref:
        return Ref(self.name, self.uuid)


@dataclass
class Svm:
    """``aggregates`` None: none are assigned, it may use all of the cluster's."""

    name: str
    uuid: str
    position: int
    aggregates: list[str] | None = None
    state: str = "running"

    @property
    def ref(self) -> Ref:
        return Ref(self.name, self.uuid)


@dataclass(frozen=True)
class Autosize:
    mode: str
    maximum: int
    minimum: int
    grow_threshold: int = 85
    shrink_threshold: int = 50


@dataclass(frozen=True)
class Clone:
    volume: Ref
    snapshot: Ref


@dataclass(frozen=True)
class Volume(Row):
    """Sizes are bytes; ``size`` includes the snapshot reserve, which is percent."""

    uuid: str
    name: str
    svm: Ref
    aggregates: tuple[Ref, ...]
    nodes: tuple[Ref, ...]
    size: int
    autosize: Autosize
    policy: str
    policy_id: int
    create_time: str
    position: int
    path: str | None = None
    state: str = "online"
    style: str = "flexvol"
    type: str = "rw"
    reserve: int = 5
    used: int = 311_296
    snapshot_used: int = 0
    compression: str | None = "none"
    dedupe: str | None = "none"
    caching_policy: str | None = None
    guarantee: str = "volume"
    security_style: str = "unix"
    comment: str = ""
    svm_root: bool = False
    clone: Clone | None = None
    #: Other fields, which are only kept and shown.
    extras: tuple[tuple[str, Any], ...] = field(default=())

    @property
    def ref(self) -> Ref:
        return Ref(self.name, self.uuid)

    @property
    def href(self) -> str:
        return f"{API}/storage/volumes/{self.uuid}"

    @property
    def reserve_bytes(self) -> int:
        return self.size * self.reserve // 100

    @property
    def afs_total(self) -> int:
        return self.size - self.reserve_bytes

    @cached_property
    def document(self) -> Document:
        return nested(
            [
                ("uuid", self.uuid),
                ("name", self.name),
                ("svm", self.svm.document()),
                ("state", self.state),
                ("style", self.style),
                ("type", self.type),
                ("create_time", self.create_time),
                ("comment", self.comment),
                ("aggregates", [ref.document() for ref in self.aggregates]),
                ("nodes", [ref.document() for ref in self.nodes]),
                ("nas.path", self.path),
                ("nas.export_policy.name", self.policy),
                ("nas.export_policy.id", self.policy_id),
                ("nas.security_style", self.security_style),
                ("space.snapshot.reserve_percent", self.reserve),
                ("autosize.mode", self.autosize.mode),
                ("autosize.maximum", self.autosize.maximum),
                ("autosize.minimum", self.autosize.minimum),
                ("autosize.grow_threshold", self.autosize.grow_threshold),
                ("autosize.shrink_threshold", self.autosize.shrink_threshold),
                ("efficiency.compression", self.compression),
                ("efficiency.dedupe", self.dedupe),
                ("flash_pool.caching_policy", self.caching_policy),
                ("guarantee.type", self.guarantee),
                ("is_svm_root", self.svm_root),
                *self._sizes(),
                *self._clone(),
                *self.extras,
            ]
        )

    def _sizes(self) -> list[tuple[str, Any]]:
        """[D] A restricted volume tells no sizes; an offline one does not tell what is used."""
        if self.state == "restricted":
            return []
        sizes: list[tuple[str, Any]] = [("size", self.size), ("space.size", self.size)]
        if self.state == "offline":
            return sizes
        reserve = self.reserve_bytes
        return [
            *sizes,
            ("space.afs_total", self.afs_total),
            ("space.used", self.used),
            ("space.available", max(0, self.afs_total - self.used)),
            ("space.snapshot.reserve_size", reserve),
            ("space.snapshot.used", self.snapshot_used),
            (
                "space.snapshot.space_used_percent",
                100 * self.snapshot_used // reserve if reserve else 0,
            ),
        ]

    def _clone(self) -> list[tuple[str, Any]]:
        if self.clone is None:
            return [("clone.is_flexclone", False)]
        return [
            ("clone.is_flexclone", True),
            ("clone.parent_volume", self.clone.volume.document()),
            ("clone.parent_snapshot", self.clone.snapshot.document()),
            ("clone.parent_svm", self.svm.document()),
        ]


@dataclass(frozen=True)
class Snapshot(Row):
    """``used`` is what the volume held then, and holds again after a restore."""

    uuid: str
    name: str
    volume: Ref
    svm: Ref
    create_time: str
    position: int
    size: int = 61_440
    used: int = 0
    owners: tuple[str, ...] = ()
    #: Uuids of the volumes that were cloned from it.
    clones: tuple[str, ...] = ()
    locked: bool = False
    comment: str = ""

    @property
    def ref(self) -> Ref:
        return Ref(self.name, self.uuid)

    @property
    def href(self) -> str:
        return f"{API}/storage/volumes/{self.volume.uuid}/snapshots/{self.uuid}"

    @property
    def all_owners(self) -> list[str]:
        return [*self.owners, *(["volume_clone"] if self.clones else [])]

    @property
    def busy(self) -> bool:
        """[D] Owners that end in ``dependent`` do not hold it."""
        return self.locked or any(not name.endswith("dependent") for name in self.all_owners)

    @cached_property
    def document(self) -> Document:
        return nested(
            [
                ("uuid", self.uuid),
                ("name", self.name),
                ("volume", self.volume.document()),
                ("svm", self.svm.document()),
                ("create_time", self.create_time),
                ("size", self.size),
                ("state", "valid"),
                ("comment", self.comment),
                ("owners", self.all_owners),
                ("delta.size_consumed", self.size),
                ("reclaimable_space", self.size),
            ]
        )


@dataclass(frozen=True)
class Lock(Row):
    uuid: str
    volume: Ref
    svm: Ref
    client_address: str
    position: int
    protocol: str = "nlm"
    state: str = "granted"
    path: str = ""

    @property
    def href(self) -> str:
        """[D] A lock's record has no link to itself."""
        return ""

    @cached_property
    def document(self) -> Document:
        return nested(
            [
                ("uuid", self.uuid),
                ("volume", self.volume.document()),
                ("svm", self.svm.document()),
                ("client_address", self.client_address),
                ("protocol", self.protocol),
                ("state", self.state),
                ("type", "byte_range"),
                ("path", self.path),
            ]
        )
