"""What jobs do: each kind is one method of a back-end that may be called again after a break."""

from collections.abc import Callable, Mapping

from storage_api.backends.base import StorageBackend
from storage_api.backends.objects import BucketStore, UserStore
from storage_api.domain.errors import NotSupported
from storage_api.domain.models import Ref
from storage_api.domain.progress import Progress

Work = Callable[[StorageBackend, Ref, Progress], None]


def _purge_user(backend: StorageBackend, user: Ref, progress: Progress) -> None:
    if not (isinstance(backend, UserStore) and backend.allows_purge):
        raise NotSupported("Users are not purged on this back-end (its option 'allow_purge').")
    backend.purge_user(user, progress)


def _purge_bucket(backend: StorageBackend, bucket: Ref, progress: Progress) -> None:
    if not (isinstance(backend, BucketStore) and backend.allows_purge):
        raise NotSupported("Buckets are not purged on this back-end (its option 'allow_purge').")
    backend.purge_bucket(bucket, progress)


KINDS: Mapping[str, Work] = {"purge-user": _purge_user, "purge-bucket": _purge_bucket}
