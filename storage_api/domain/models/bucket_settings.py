"""What can be set on a bucket as a whole document: lifecycle, CORS, policy."""

from collections.abc import Mapping
from dataclasses import MISSING, dataclass
from enum import StrEnum
from typing import Any

from storage_api.domain.models.documented import described


@dataclass(frozen=True, kw_only=True)
class Transition:
    """Moves objects to another storage class."""

    days: int = described("Age in days.", example=30, default=MISSING, minimum=1, maximum=36500)
    storage_class: str = described(
        "Target storage class.", example="COLD", default=MISSING, minLength=1, maxLength=64,
        pattern="^[A-Za-z0-9_-]+$",
    )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class LifecycleRule:
    """What happens to objects with age. Only what every back-end really honours can be said."""

    id: str = described(
        "Name, unique in the bucket.", example="expire-tmp", default=MISSING,
        minLength=1, maxLength=255,
    )  # fmt: skip
    prefix: str = described(
        "Objects whose key begins so; empty is all.", example="tmp/", default="", maxLength=1024
    )
    enabled: bool = described("Whether the rule acts.", example=True, default=True)
    expiration_days: int | None = described(
        "Delete current objects of this age.", example=30, minimum=1, maximum=36500
    )
    noncurrent_expiration_days: int | None = described(
        "Delete former versions of this age.", example=90, minimum=1, maximum=36500
    )
    abort_upload_days: int | None = described(
        "Abort multipart uploads left open for so long.", example=7, minimum=1, maximum=36500
    )
    expired_delete_marker: bool | None = described(
        "Remove delete markers with no version left; not together with expiration_days.",
        example=None,
    )
    transitions: list[Transition] = described("Moves of current objects.", default=list)
    noncurrent_transitions: list[Transition] = described("Moves of former versions.", default=list)


@dataclass(frozen=True, kw_only=True)
class Lifecycle:
    """A bucket's whole lifecycle configuration."""

    rules: list[LifecycleRule] = described("Rules.", default=MISSING, minItems=1, maxItems=1000)


class CorsMethod(StrEnum):
    GET = "GET"
    PUT = "PUT"
    POST = "POST"
    DELETE = "DELETE"
    HEAD = "HEAD"


@dataclass(frozen=True, kw_only=True)
class CorsRule:
    """Which web pages may call the bucket."""

    allowed_methods: list[CorsMethod] = described(
        "Methods.", example=["GET", "HEAD"], default=MISSING, minItems=1
    )
    allowed_origins: list[str] = described(
        "Origins.", example=["https://portal.example.org"], default=MISSING, minItems=1
    )
    allowed_headers: list[str] = described("Request headers.", example=["*"], default=list)
    expose_headers: list[str] = described("Answer headers to show.", example=["ETag"], default=list)
    max_age_seconds: int | None = described(
        "How long a browser may remember the answer.", example=3600, minimum=0, maximum=2**31 - 1
    )
    id: str | None = described("Name.", example="portal", minLength=1, maxLength=255)


@dataclass(frozen=True, kw_only=True)
class Cors:
    """A bucket's whole CORS configuration."""

    rules: list[CorsRule] = described("Rules.", default=MISSING, minItems=1, maxItems=100)


#: An S3 bucket policy: the JSON document as S3 defines it, passed through as it is.
Policy = Mapping[str, Any]
