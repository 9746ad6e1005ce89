"""The families of object storage: namespaces, users with their keys, buckets.

Names arrive checked (``domain.names``); a ``Ref`` whose namespace is ``None`` means
the back-end's default namespace. Every method may raise a ``BackendError``.

The rules that all creates follow, so that a request can be repeated: what exists
already, is ours and matches what is asked for is answered as it is, with ``False``
for "not made by this call"; what differs raises ``AlreadyExists``. Of several
callers that ask for the same at once exactly one gets ``True``. Deleting what is
gone already is done.
"""

from abc import ABC, abstractmethod

from storage_api.domain.errors import Invalid
from storage_api.domain.models import (
    Account,
    AccountMetadata,
    Acl,
    Bucket,
    Cors,
    Key,
    Lifecycle,
    Namespace,
    NewKey,
    Policy,
    Ref,
    User,
)
from storage_api.domain.progress import Progress
from storage_api.domain.requests import (
    AccountCreate,
    BucketCreate,
    BucketPatch,
    NamespaceCreate,
    NamespacePatch,
    UserCreate,
    UserPatch,
)


class BucketStore(ABC):
    @abstractmethod
    def list_buckets(self, namespace: str | None) -> list[Bucket]:
        """The namespace's buckets, with what one cheap call tells of each.

        Raises:
            NotFound: there is no such namespace.
        """

    @abstractmethod
    def get_bucket(self, bucket: Ref) -> Bucket:
        """One bucket, every field that the back-end knows.

        Raises:
            NotFound: there is no such bucket.
        """

    @abstractmethod
    def create_bucket(self, bucket: Ref, fields: BucketCreate) -> tuple[Bucket, bool]:
        """Create a bucket for an existing user.

        Where a step fails after it was made, the error says so, and the same request
        finishes it: what is there is never removed, for somebody may be using it already.

        Raises:
            Invalid: the owner is unknown or a setting cannot be honoured here.
            AlreadyExists: it exists with another owner or other settings.
            Conflict: the owner may have no more buckets, or is suspended.
        """

    @abstractmethod
    def update_bucket(self, bucket: Ref, changes: BucketPatch) -> Bucket:
        """Change a bucket; ``tags`` replaces all tags. A repeat changes nothing.

        Raises:
            NotFound: there is no such bucket.
            Invalid: a value cannot be honoured (versioning never goes back to off).
            Conflict: the bucket's state forbids it.
        """

    @abstractmethod
    def delete_bucket(self, bucket: Ref) -> None:
        """Delete an empty bucket; one that is gone is done.

        Raises:
            Conflict: it still holds objects, versions or open uploads; says how many.
        """

    @abstractmethod
    def purge_bucket(self, bucket: Ref, progress: Progress) -> None:
        """Delete a bucket with all that it holds; one that is gone is done.

        Called by a job, and again after a break: it goes on with what is left. What object
        lock protects is never removed but reported, and then the bucket stays.

        Raises:
            WorkStopped: as ``progress`` says.
            Conflict: the bucket's owner is suspended, or not ours.
        """

    @abstractmethod
    def get_lifecycle(self, bucket: Ref) -> Lifecycle:
        """The lifecycle configuration.

        Raises:
            NotFound: there is no such bucket, or it has none.
        """

    @abstractmethod
    def set_lifecycle(self, bucket: Ref, lifecycle: Lifecycle) -> Lifecycle:
        """Replace the configuration and answer what the back-end then holds.

        Raises:
            NotFound: there is no such bucket.
            Invalid: the back-end would not honour it; the former one stays in force.
        """

    @abstractmethod
    def delete_lifecycle(self, bucket: Ref) -> None:
        """Remove the configuration; none there is done.

        Raises:
            NotFound: there is no such bucket.
        """

    @abstractmethod
    def get_policy_document(self, bucket: Ref) -> Policy:
        """The bucket policy.

        Raises:
            NotFound: there is no such bucket, or it has none.
        """

    @abstractmethod
    def set_policy_document(self, bucket: Ref, policy: Policy) -> Policy:
        """Replace the bucket policy and answer what the back-end then holds.

        Raises:
            NotFound: there is no such bucket.
            Invalid: it is no valid policy, or it would lock out the bucket's owner.
        """

    @abstractmethod
    def delete_policy_document(self, bucket: Ref) -> None:
        """Remove the bucket policy; none there is done.

        Raises:
            NotFound: there is no such bucket.
        """

    @abstractmethod
    def get_cors(self, bucket: Ref) -> Cors:
        """The CORS configuration.

        Raises:
            NotFound: there is no such bucket, or it has none.
        """

    @abstractmethod
    def set_cors(self, bucket: Ref, cors: Cors) -> Cors:
        """Replace the CORS configuration and answer what the back-end then holds.

        Raises:
            NotFound: there is no such bucket.
        """

    @abstractmethod
    def delete_cors(self, bucket: Ref) -> None:
        """Remove the CORS configuration; none there is done.

        Raises:
            NotFound: there is no such bucket.
        """


class AclReader(ABC):
    @abstractmethod
    def get_acl(self, bucket: Ref) -> Acl:
        """The bucket's access control list.

        Raises:
            NotFound: there is no such bucket.
        """


class UserStore(ABC):
    @abstractmethod
    def list_users(self, namespace: str | None) -> list[User]:
        """The namespace's users.

        Where the back-end lists names only, the other fields are null.

        Raises:
            NotFound: there is no such namespace.
        """

    @abstractmethod
    def get_user(self, user: Ref) -> User:
        """One user.

        Raises:
            NotFound: there is no such user.
        """

    @abstractmethod
    def create_user(self, user: Ref, fields: UserCreate) -> tuple[User, bool]:
        """Create a user without any key.

        Raises:
            AlreadyExists: it exists with other settings, or is not ours.
            Conflict: the e-mail address belongs to another user.
        """

    @abstractmethod
    def update_user(self, user: Ref, changes: UserPatch) -> User:
        """Change a user; a repeat changes nothing.

        Raises:
            NotFound: there is no such user.
            Conflict: the user is not ours, or the e-mail address is another's.
        """

    @abstractmethod
    def delete_user(self, user: Ref) -> None:
        """Delete a user and all keys; one who is gone is done.

        Raises:
            Conflict: the user owns buckets (says which), or is not ours.
        """

    @abstractmethod
    def purge_user(self, user: Ref, progress: Progress) -> None:
        """Delete a user with all buckets and what they hold; one who is gone is done.

        Called by a job, and again after a break: it goes on with what is left. While a bucket
        is left, the user and the keys stay.

        Raises:
            WorkStopped: as ``progress`` says.
            Conflict: the user is suspended, or not ours.
        """

    @abstractmethod
    def create_account(self, namespace: str | None, fields: AccountCreate) -> tuple[Account, bool]:
        """Make a user for one resource of a portal, with limits and one key.

        The name is ``uid``, or derived from organization, project and resource_uuid. The user
        is stamped with whom it was made for. One that exists with this very stamp is adopted:
        its limits are set again, a missing key is made, an existing one stays and its secret
        is not told again.

        Raises:
            Invalid: the name cannot be derived, or a limit cannot be honoured here.
            AlreadyExists: a user of that name was made for something else.
            NotFound: there is no such namespace.
        """

    @abstractmethod
    def get_account_metadata(self, user: Ref) -> AccountMetadata:
        """What a portal shows of a user; with credentials only where configuration says so.

        Raises:
            NotFound: there is no such user.
        """

    @abstractmethod
    def list_keys(self, user: Ref) -> list[Key]:
        """The user's own keys, never with secrets.

        Raises:
            NotFound: there is no such user.
        """

    @abstractmethod
    def create_key(self, user: Ref) -> NewKey:
        """Make a key. Every call makes another: after a lost answer, list before repeating.

        Raises:
            NotFound: there is no such user.
            Conflict: the user may have no more keys, or is not ours.
        """

    @abstractmethod
    def delete_key(self, user: Ref, access_key: str) -> None:
        """Delete a key, named by its id where it has one; one that is gone is done.

        Another user's key is never touched.

        Raises:
            NotFound: there is no such user.
            Conflict: the user is not ours.
        """

    @abstractmethod
    def rotate_key(
        self, user: Ref, access_key: str, *, old_key_expires_in_minutes: int = 0
    ) -> NewKey:
        """Put a new key in the place of ``access_key`` (its id where it has one), which ends.

        If the new one cannot be made the old one stays. Of two rotations of one key at
        once, one succeeds.

        Raises:
            NotFound: there is no such user or key (also on the second call).
            Invalid: a key cannot end later here.
            Conflict: the user is not ours, or there is no room for another key.
        """


class NamespaceStore(ABC):
    @abstractmethod
    def list_namespaces(self) -> list[Namespace]:
        """All named namespaces."""

    @abstractmethod
    def get_namespace(self, name: str) -> Namespace:
        """One namespace.

        Raises:
            NotFound: there is none of that name.
        """

    @abstractmethod
    def create_namespace(self, name: str, fields: NamespaceCreate) -> tuple[Namespace, bool]:
        """Create a namespace.

        Raises:
            Invalid: a setting cannot be honoured here.
            AlreadyExists: it exists with other settings.
        """

    @abstractmethod
    def update_namespace(self, name: str, changes: NamespacePatch) -> Namespace:
        """Change a namespace; ``labels`` replaces all labels. A repeat changes nothing.

        Raises:
            NotFound: there is none of that name.
        """

    @abstractmethod
    def delete_namespace(self, name: str) -> None:
        """Delete an empty namespace; one that is gone is done.

        Raises:
            Conflict: it still holds users or buckets; says how many.
        """


def require_end_at_once(old_key_expires_in_minutes: int) -> None:
    """For back-ends whose keys know no end of their own; raises ``Invalid``."""
    if old_key_expires_in_minutes:
        raise Invalid("A key of this back-end cannot end later, only at once.")
