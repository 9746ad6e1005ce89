"""Object users, accounts of portals, and keys."""

from collections.abc import Iterator
from typing import Unpack, cast

from storage_api_client.families.family import Family, Holders
from storage_api_client.jobs import Job
from storage_api_client.records import (
    Account,
    AccountCreate,
    AccountMetadata,
    Key,
    KeyRotation,
    NewKey,
    User,
    UserCreate,
    UserFilters,
    UserPatch,
)


class Users(Holders):
    """``/v3/<e>/users``, or the same below a named namespace."""

    def list(self, **filters: Unpack[UserFilters]) -> Iterator[User]:
        """Where the back-end lists names only, the other fields are ``None``."""
        return self._caller.pages(self._path, filters)

    def get(self, name: str, /) -> User:
        return cast("User", self._caller.get(self._at(name)))

    def create(self, name: str, /, **body: Unpack[UserCreate]) -> User:
        """Make it, without any key, or find it just so."""
        return cast("User", self._caller.post(self._at(name), body, repeatable=True))

    def create_account(self, **body: Unpack[AccountCreate]) -> Account:
        """A user for one resource of a portal, with limits and a key, or find it.

        The secret is told to whoever made the account, once. If it is ``None``, because the
        account was there already or the first answer got lost, rotate the key.
        """
        return cast("Account", self._caller.post(self._path, body, repeatable=True))

    def update(self, name: str, /, **body: Unpack[UserPatch]) -> User:
        return cast("User", self._caller.patch(self._at(name), body))

    def delete(self, name: str, /, *, purge: bool = False) -> Job | None:
        """Delete a user who owns no bucket, or the buckets too: then by a job, unless gone."""
        params = {"purge": True} if purge else None
        record = self._caller.delete(self._at(name), params)
        return None if record is None else Job(self._caller, record)

    def metadata(self, name: str, /) -> AccountMetadata:
        """What a portal shows of a user."""
        return cast("AccountMetadata", self._caller.get(self._at(name, "/metadata")))

    def keys(self, name: str) -> "Keys":
        return Keys(self._caller, self._at(name, "/keys"))


class Keys(Family):
    """``/v3/<e>/users/<uid>/keys``."""

    def list(self) -> Iterator[Key]:
        """Without secrets."""
        return self._caller.pages(self._path)

    def create(self) -> NewKey:
        """Another key. The secret is in this answer and in no other, so it is never retried."""
        return cast("NewKey", self._caller.post(self._path))

    def rotate(self, access_key: str, /, **body: Unpack[KeyRotation]) -> NewKey:
        """A new key in the place of this one. As ``create``."""
        return cast("NewKey", self._caller.post(self._at(access_key, "/rotate"), body))

    def delete(self, access_key: str, /) -> None:
        self._caller.delete(self._at(access_key))
