"""Who may do what with a bucket, beside its policy."""

from dataclasses import MISSING, dataclass
from enum import StrEnum

from storage_api.domain.models.documented import described


class GranteeKind(StrEnum):
    USER = "user"
    GROUP = "group"
    CUSTOM_GROUP = "custom-group"


@dataclass(frozen=True, kw_only=True)
class Grant:
    """What one user or group may do."""

    kind: GranteeKind = described(
        "User, predefined group (such as public), or group of a directory.",
        example="user",
        default=MISSING,
    )
    grantee: str = described("The user's or group's name.", example="alice", default=MISSING)
    permissions: list[str] = described(
        "What is allowed, in the back-end's words.", example=["read", "write"], default=list
    )


@dataclass(frozen=True, kw_only=True)
class Acl:
    """A bucket's access control list."""

    owner: str | None = described("User who owns the bucket.", example="alice")
    default_group: str | None = described(
        "Group that owns new files over NFS; null is none.", example=None
    )
    grants: list[Grant] = described("Who may do what.", default=list)
