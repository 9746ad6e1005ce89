"""What all that is done with buckets shares: finding one, and telling it as our record."""

from storage_api.backends.ecs import mapping_buckets as mapping
from storage_api.backends.ecs.key_making import KeyMaking
from storage_api.backends.ecs.reading import text
from storage_api.backends.ecs.replication import ReplicationGroups
from storage_api.backends.ecs.wire import Json
from storage_api.domain.errors import Conflict, Invalid, NotFound
from storage_api.domain.models import Bucket, Ref

BUCKET = ("object", "bucket")


class BucketBase(KeyMaking, ReplicationGroups):
    def _existing_bucket(self, namespace: str, name: str) -> Json:
        found = self._find_bucket(namespace, name)
        if found is None:
            raise NotFound(f"There is no bucket {str(Ref(namespace, name))!r}.")
        return found

    def _bucket_record(self, row: Json) -> Bucket:
        """With the one field that older releases tell in a call of its own."""
        record = self._listed_bucket(row)
        if record.versioning is not None:
            return record
        query = {"namespace": record.namespace}
        found = self._ecs.find((*BUCKET, record.name, "versioning"), query)
        return record if found is None else mapping.with_versioning(record, found)

    def _listed_bucket(self, row: Json) -> Bucket:
        return mapping.bucket_record(row, self._group_name(text(row.get("vpool"))))

    def _future_owner(self, namespace: str, uid: str) -> None:
        """Raises what stands against the user's owning one more bucket."""
        owner = self._find_user(namespace, uid)
        if owner is None:
            raise Invalid(f"There is no user {str(Ref(namespace, uid))!r} to own the bucket.")
        self._require_open(uid, owner)

    @staticmethod
    def _refuse_while_emptied(row: Json) -> None:
        if mapping.is_being_emptied(row):
            raise Conflict("The bucket is being emptied and can only be read.")
