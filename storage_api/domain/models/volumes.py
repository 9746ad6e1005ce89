"""The records of file storage."""

from dataclasses import MISSING, dataclass
from datetime import datetime

from storage_api.domain.models.accounting import Quota
from storage_api.domain.models.documented import described, size
from storage_api.domain.units import TIB


@dataclass(frozen=True, kw_only=True)
class Volume:
    """A file system volume."""

    name: str = described("The volume's name.", example="projects_alice", default=MISSING)
    uuid: str | None = described(
        "The back-end's own identifier.", example="4f1a6a7e-1f6b-4f5e-9a56-0d6d5b7a5c11"
    )
    size_total: int | None = size("Size in bytes.")
    size_used: int | None = size("Bytes in use.", example=1_234_567_890)
    filer_address: str | None = described("Node that serves the volume.", example="filer-1")
    aggregate_name: str | None = described(
        "Aggregate that holds it; when creating, the one with most free space is the default.",
        example="aggr1_node1",
        minLength=1,
        maxLength=255,
    )
    junction_path: str | None = described(
        "Where the volume is mounted.",
        example="/projects/alice",
        minLength=2,
        maxLength=1024,
        pattern="^/[A-Za-z0-9/_.-]*[A-Za-z0-9_.-]$",
    )
    state: str | None = described("State.", example="online")
    creation_time: datetime | None = described(
        "When it was created (RFC 822).",
        example="Sat, 21 Nov 2026 04:05:06 -0000",
        format="rfc822",
    )
    active_policy_name: str | None = described(
        "Export policy in force.", example="allow_cluster_x", minLength=1, maxLength=256
    )
    autosize_enabled: bool | None = described("Whether it grows by itself.", example=True)
    max_autosize: int | None = size("Size up to which it may grow.", example=2 * TIB)
    percentage_snapshot_reserve: int | None = described(
        "Part reserved for snapshots, in percent.", example=0, minimum=0, maximum=90
    )
    percentage_snapshot_reserve_used: int | None = described(
        "Part of the reserve in use, in percent; above 100 when snapshots overflow it.", example=0
    )
    compression_enabled: bool | None = described("Background compression.", example=True)
    inline_compression: bool | None = described("Inline compression.", example=True)
    caching_policy: str | None = described(
        "Flash caching policy.", example="auto", minLength=1, maxLength=64
    )
    namespace: str | None = described("Namespace, where the back-end has them.", example=None)
    quota: Quota | None = described("Limits, where the back-end sets them on volumes.")
    gid: int | None = described("Owning group id.", example=30123)
    mode: str | None = described("Permissions of the top directory, octal.", example="2770")
    owner: str | None = described("Owner.", example="alice")


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """A volume's state at one moment."""

    name: str = described("The snapshot's name.", example="before-upgrade", default=MISSING)
    size_kbytes: int | None = described("Size in KiB.", example=60, minimum=0)
    creation_time: datetime | None = described(
        "When it was taken (RFC 822).",
        example="Sat, 21 Nov 2026 04:05:06 -0000",
        format="rfc822",
    )


@dataclass(frozen=True, kw_only=True)
class Lock:
    """The host that holds a volume's lock."""

    host: str = described("Host.", example="dbthing.example.org", default=MISSING)


@dataclass(frozen=True, kw_only=True)
class ExportPolicy:
    """Who may mount: rules in the order in which they apply."""

    name: str = described("The policy's name.", example="allow_cluster_x", default=MISSING)
    rules: list[str] = described(
        "Client matches, in order.", example=["10.10.10.1/24"], default=list
    )
