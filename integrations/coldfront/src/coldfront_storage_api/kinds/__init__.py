"""What an allocation can become."""

from coldfront_storage_api import record
from coldfront_storage_api.connection import client
from coldfront_storage_api.kinds.base import Found, Storage
from coldfront_storage_api.kinds.bucket import BucketStorage
from coldfront_storage_api.kinds.namespace import NamespaceStorage
from coldfront_storage_api.kinds.volume import VolumeStorage
from coldfront_storage_api.selection import Kind, Target

__all__ = ["KINDS", "Found", "Storage", "storage_of"]

KINDS: dict[Kind, type[Storage]] = {
    Kind.VOLUME: VolumeStorage,
    Kind.BUCKET: BucketStorage,
    Kind.NAMESPACE: NamespaceStorage,
}


def storage_of(target: Target) -> Storage:
    """Raises ``Refused`` if it was made elsewhere or as something else."""
    return KINDS[target.kind](client(), target, record.identity(target))
