"""What goes with all that it holds."""

from storage_api.backends.radosgw.accounts import Accounts
from storage_api.backends.radosgw.buckets import Buckets
from storage_api.domain.errors import NotSupported
from storage_api.domain.models import Ref
from storage_api.domain.progress import Progress


class Purging(Buckets, Accounts):
    def purge_bucket(self, bucket: Ref, progress: Progress) -> None:
        raise NotSupported("Not yet.")

    def purge_user(self, user: Ref, progress: Progress) -> None:
        raise NotSupported("Not yet.")
