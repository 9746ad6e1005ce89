"""Buckets as their owners see them, through S3; with the owners' secrets, which ECS tells us."""

import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property

from storage_api.backends.access_keys import is_temporary, temporary_key_id
from storage_api.backends.ecs import mapping_users
from storage_api.backends.ecs.key_making import KeyMaking
from storage_api.backends.ecs.mapping_buckets import identity
from storage_api.backends.ecs.mapping_users import KeyRow
from storage_api.backends.ecs.reading import text
from storage_api.backends.ecs.wire import Json
from storage_api.backends.s3 import S3Bucket, S3Key, S3Plane
from storage_api.domain.errors import Conflict, NotSupported
from storage_api.domain.secrets import Secret
from storage_api.transport.gate import Gate
from storage_api.transport.http import TransportSettings

#: ECS takes any.
REGION = "us-east-1"
_SECRET_BYTES = 20


class Owners(KeyMaking):
    @cached_property
    def _s3(self) -> S3Plane | None:
        """``None`` where the data side is not configured."""
        options = self._options
        if options.s3_endpoint is None:
            return None
        name = f"{self._name}, S3 side"
        settings = TransportSettings(
            name=name,
            connect_timeout=options.connect_timeout,
            read_timeout=options.read_timeout,
            concurrency=options.concurrency,
            verify_tls=options.verify_tls,
            ca_file=options.ca_file,
        )
        return S3Plane(options.s3_endpoint, REGION, settings, Gate(name, options.concurrency))

    def _required_s3(self) -> S3Plane:
        if self._s3 is None:
            raise NotSupported(
                "This is done through S3, and this back-end has no option 's3_endpoint'."
            )
        return self._s3

    def _seen_by_owner(self, row: Json) -> S3Bucket | None:
        """``None`` where that needs a key that there is not: none is made for a look."""
        owner = text(row.get("owner"))
        if self._s3 is None or owner is None:
            return None
        namespace, name = identity(row)
        key = self._usable_key(namespace, owner)
        return self._s3.bucket(key, name) if key is not None else None

    def _readable(self, row: Json) -> S3Bucket:
        self._required_s3()
        seen = self._seen_by_owner(row)
        if seen is None:
            raise Conflict(
                f"Only the bucket's owner, {text(row.get('owner'))!r}, can read this, and he is "
                "suspended, deleted, or without a key that could be used."
            )
        return seen

    @contextmanager
    def _writable(self, row: Json) -> Iterator[S3Bucket]:
        plane = self._required_s3()
        namespace, name = identity(row)
        owner = text(row.get("owner")) or ""
        with self._owner_key(namespace, owner) as key, self._changing_bucket(namespace, name):
            yield plane.bucket(key, name)

    # Their keys

    @contextmanager
    def _owner_key(self, namespace: str, uid: str) -> Iterator[S3Key]:
        """A key of the owner's, or one for as long as this is entered if there is none.

        ECS lets us choose a secret, and shows it: so one that was left over can be told.

        Raises:
            Conflict: the owner is locked or gone, or all keys are hidden.
        """
        owner = self._open_owner(namespace, uid)
        held = self._keys_of(namespace, uid)
        key = _usable(uid, held)
        if key is not None:
            yield key
            return
        secret = Secret(temporary_key_id() + secrets.token_hex(_SECRET_BYTES))
        with self._changing_user(namespace, uid):
            held = self._lasting_keys(namespace, uid)
            made = self._make_key(namespace, owner, held, secret=secret)
        try:
            yield S3Key(uid, Secret(made.secret_key))
        finally:
            self._drop(namespace, uid, made)

    def _usable_key(self, namespace: str, uid: str) -> S3Key | None:
        """A key of the owner's for a mere look, for which none is made."""
        owner = self._find_user(namespace, uid)
        if owner is None or mapping_users.is_locked(owner):
            return None
        return _usable(uid, self._keys_of(namespace, uid))

    def _open_owner(self, namespace: str, uid: str) -> Json:
        owner = self._find_user(namespace, uid)
        if owner is None:
            raise Conflict(f"The bucket's owner, {uid!r}, does not exist (any more).")
        self._require_open(uid, owner)
        return owner


def _usable(uid: str, keys: Sequence[KeyRow]) -> S3Key | None:
    """The one that lasts, rather than one that is about to end."""
    for key in sorted(keys, key=lambda key: key.expires is not None):
        if key.secret is not None and not is_temporary(key.secret.reveal()):
            return S3Key(uid, key.secret)
    return None
