"""Which directory belongs to which resource.

A claim is a small file beside the data, out of users' reach, named after the path. It is
taken before the directory is made and says afterwards which inode that is. So a directory
that somebody else made, or put in its place, is never taken for ours, and two resources
with the same path cannot both have it.
"""

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from uuid import uuid4

from storage_api.backends.cscs.drivers.tree import own_directory
from storage_api.domain.errors import BackendMisbehaved
from storage_api.domain.models import Quota

_OWN = ".storage-api"
_FIRST_PROJECT = 1_000_000
_COUNTER = "next-project-id"


@dataclass(frozen=True)
class Claim:
    """``inode`` is ``None`` until the directory is known to be made by us.

    ``project_id`` is the file system's own number for the tree's quota, ``quota`` the limits
    that were last put in force.
    """

    resource: str
    path: str
    project_id: int
    inode: int | None = None
    quota: Quota | None = None


class Claims:
    """The claims of one file system; ``top`` is its highest directory within the root."""

    def __init__(self, directory: int) -> None:
        self._directory = directory

    @classmethod
    @contextmanager
    def of(cls, top: int) -> "Iterator[Claims]":
        directory = own_directory(top, _OWN)
        try:
            yield cls(directory)
        finally:
            os.close(directory)

    @classmethod
    @contextmanager
    def existing(cls, top: int) -> "Iterator[Claims | None]":
        """Without making anything: ``None`` where nothing was ever claimed."""
        try:
            os.stat(_OWN, dir_fd=top, follow_symlinks=False)
        except FileNotFoundError:
            yield None
            return
        with cls.of(top) as claims:
            yield claims

    def find(self, path: str) -> Claim | None:
        try:
            return self._read(_name(path))
        except FileNotFoundError:
            return None

    def take(self, resource: str, path: str) -> Claim:
        """Claim ``path``; returns whoever's claim there is if somebody was first."""
        claim = Claim(resource, path, self._next_project())
        draft = self._draft(claim)
        try:
            os.link(draft, _name(path), src_dir_fd=self._directory, dst_dir_fd=self._directory)
        except FileExistsError:
            return self._read(_name(path))
        finally:
            os.unlink(draft, dir_fd=self._directory)
            os.fsync(self._directory)
        return claim

    def keep(self, claim: Claim) -> Claim:
        """Replace what was known of it."""
        draft = self._draft(claim)
        os.rename(draft, _name(claim.path), src_dir_fd=self._directory, dst_dir_fd=self._directory)
        os.fsync(self._directory)
        return claim

    def drop(self, path: str) -> None:
        try:
            os.unlink(_name(path), dir_fd=self._directory)
        except FileNotFoundError:
            return
        os.fsync(self._directory)

    def _read(self, name: str) -> Claim:
        handle = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=self._directory)
        with os.fdopen(handle, encoding="utf-8") as file:
            try:
                known = json.load(file)
                quota = known.pop("quota")
                return Claim(**known, quota=Quota(**quota) if quota else None)
            except (ValueError, TypeError, KeyError, AttributeError):
                raise BackendMisbehaved(f"The claim {name} under the root is damaged.") from None

    def _draft(self, claim: Claim) -> str:
        name = f"draft-{uuid4().hex}"
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        handle = os.open(name, flags, 0o600, dir_fd=self._directory)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(asdict(claim), file)
            file.flush()
            os.fsync(file.fileno())
        return name

    def _next_project(self) -> int:
        """A number that was never given out; a crash leaves a gap, never a double."""
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        handle = os.open(_COUNTER, flags, 0o600, dir_fd=self._directory)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            number = int(os.pread(handle, 32, 0) or _FIRST_PROJECT)
            # Of one length, so that a crash in the middle cannot leave part of a number.
            os.pwrite(handle, f"{number + 1:010d}".encode(), 0)
            os.fsync(handle)
        finally:
            os.close(handle)
        return number


def _name(path: str) -> str:
    return f"{hashlib.sha256(path.encode()).hexdigest()[:40]}.json"
