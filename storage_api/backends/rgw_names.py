"""Names as every gateway of Ceph has them, whatever it is administered through."""

import re
import unicodedata

from storage_api.domain.errors import Invalid

#: The gateway accepts nothing else as a tenant.
TENANT = re.compile(r"[A-Za-z0-9_]{1,64}")
#: The user that keeps a namespace alive while it has no other; never shown as a user.
MARKER = "storage-api-namespace"
#: No user may be called so, nor own a bucket.
RESERVED = frozenset({MARKER, "anonymous"})


def full_uid(tenant: str, name: str) -> str:
    return f"{tenant}${name}" if tenant else name


def split_uid(uid: str) -> tuple[str, str]:
    """``(tenant, name)``; the tenant is empty for the tenantless."""
    tenant, dollar, name = uid.rpartition("$")
    return (tenant, name) if dollar else ("", uid)


def bucket_path(tenant: str, name: str) -> str:
    return f"{tenant}/{name}" if tenant else name


def check_text(name: str, value: str) -> None:
    """The gateway stores any character as it is; one that XML lacks breaks every S3 listing."""
    odd = (unicodedata.category(char) in {"Cc", "Cs"} or char in "\ufffe\uffff" for char in value)
    if not value.strip() or any(odd):
        raise Invalid(f"{name} must be a text without control characters.")
