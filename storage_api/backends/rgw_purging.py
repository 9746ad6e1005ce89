"""What purging has in common in every back-end of Ceph's gateway."""

from abc import abstractmethod
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial

from storage_api.backends.objects import UserStore
from storage_api.backends.rgw_base import Json, RgwBase
from storage_api.backends.s3 import S3Key, S3Plane
from storage_api.backends.s3_contents import S3Contents
from storage_api.backends.s3_purge import Steps, one_of_several
from storage_api.domain.errors import Conflict, NotFound
from storage_api.domain.models import Ref
from storage_api.domain.progress import Progress


class RgwPurging(RgwBase, UserStore):
    @property
    @abstractmethod
    def _s3(self) -> S3Plane: ...

    @abstractmethod
    def _owner_key(self, uid: str, owner: Json) -> AbstractContextManager[S3Key]: ...

    @abstractmethod
    def _name_of(self, row: Json) -> str: ...

    @abstractmethod
    def _known_steps(self, row: Json) -> int:
        """What the statistics count, and the bucket itself. Delete markers turn up later."""

    @abstractmethod
    def _is_there(self, row: Json) -> bool:
        """Not if it is another one by now."""

    @abstractmethod
    def _empty_and_remove(self, row: Json, steps: Steps) -> bool:
        """Whether the bucket is gone."""

    def _purge_with_buckets(self, user: Ref, rows: list[Json], progress: Progress) -> None:
        """The user goes too, unless one of the buckets stays."""
        steps = [Steps(progress, self._known_steps(row)) for row in rows]
        progress.expect(1)
        gone = [
            one_of_several(self._name_of(row), partial(self._purge, row, own), progress)
            for row, own in zip(rows, steps, strict=True)
        ]
        if all(gone):
            self.delete_user(user)
            progress.advance()

    def _purge(self, row: Json, steps: Steps) -> bool:
        try:
            return self._empty_and_remove(row, steps)
        except Conflict:
            # Who purges the owner at the same time may have come first, and ended the keys.
            if self._is_there(row):
                raise
            return True

    @contextmanager
    def _contents(self, uid: str, row: Json) -> Iterator[S3Contents]:
        name = self._name_of(row)
        if not self._is_there(row):
            raise NotFound(f"The bucket {name!r} is gone.")
        with self._opened(uid, name) as seen:
            yield seen

    @contextmanager
    def _opened(self, uid: str, name: str) -> Iterator[S3Contents]:
        owner = self._find_user(uid)
        if owner is None:
            raise Conflict(f"The bucket's owner, {uid!r}, does not exist any more.")
        with self._owner_key(uid, owner) as key:
            yield S3Contents(self._s3, key, name)
