"""Directories of a mounted file system, with the operator's commands for quotas."""

import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from storage_api.backends.cscs.drivers.base import (
    DeletePolicy,
    Driver,
    PathCollision,
    Wanted,
    lowered_limits,
    refuse_below_use,
)
from storage_api.backends.cscs.drivers.claims import Claim, Claims
from storage_api.backends.cscs.drivers.commands import QuotaCommands
from storage_api.backends.cscs.drivers.tree import Place, Tree, above_of, own_directory
from storage_api.backends.cscs.drivers.usage import count
from storage_api.domain.errors import BackendUnavailable, NotFound, StorageError
from storage_api.domain.models import Quota

_ARCHIVE = ".archive"
_DOOMED = ".deleting"
_ABSENT = "There is no directory at the mount point."
_WITHIN = "The mount point lies within another resource's directory."
_NOT_OURS = "What is at the mount point was not made for this resource."


class DirectoryDriver(Driver):
    """Makes each resource a directory under ``root``, which stands for ``/`` of mount points."""

    def __init__(self, root: Path, commands: QuotaCommands) -> None:
        self._tree = Tree(root)
        self._commands = commands

    def provide(self, wanted: Wanted, *, new: bool) -> Quota | None:
        with _failures(), self._tree.place(wanted.path, make=new) as place:
            if place is None:
                raise NotFound(_ABSENT)
            with Claims.of(place.top) as claims:
                claim = self._claimed(claims, place, wanted, new=new)
                fresh = claim.inode is None
                directory, claim = self._opened(claims, place, claim, new=new)
                try:
                    if not fresh:
                        self._refuse_to_shrink(directory, claim, wanted)
                    _own(directory, wanted)
                    applied = self._commands.apply(self._about(claim, wanted), wanted.quota)
                    claims.keep(replace(claim, quota=applied))
                finally:
                    os.close(directory)
        return applied

    def remove(self, resource: str, path: str, policy: DeletePolicy) -> None:
        with _failures(), self._tree.place(path, make=False) as place:
            if place is None:
                return
            with Claims.of(place.top) as claims:
                claim = claims.find(path)
                if claim is not None and claim.resource != resource:
                    return  # the other resource has it, so this one never had anything
                found = place.stat()
                if found is not None and not _is_ours(claim, found):
                    raise PathCollision(_NOT_OURS)
                if policy is DeletePolicy.KEEP:
                    return
                if found is not None:
                    _put_away(place, resource, doomed=policy is DeletePolicy.DELETE)
                _destroy_doomed(place, resource)
                claims.drop(path)

    def differences(self, wanted: Sequence[Wanted]) -> Mapping[str, list[str]]:
        found: dict[str, list[str]] = {}
        for item in wanted:
            try:
                with _failures():
                    differing = self._differing(item)
            except StorageError as error:
                differing = [str(error)]
            if differing:
                found[item.resource] = differing
        return found

    def _claimed(self, claims: Claims, place: Place, wanted: Wanted, *, new: bool) -> Claim:
        """Our claim of the path, taken now if nobody has it and nothing is there."""
        claim = claims.find(wanted.path)
        if claim is None:
            if place.stat() is not None:
                raise PathCollision(_NOT_OURS)
            if not new:
                raise NotFound(_ABSENT)
            if any(claims.find(above) for above in above_of(wanted.path)):
                raise PathCollision(_WITHIN)
            claim = claims.take(wanted.resource, wanted.path)
        if claim.resource != wanted.resource:
            raise PathCollision("Another resource has the same mount point.")
        return claim

    def _opened(
        self, claims: Claims, place: Place, claim: Claim, *, new: bool
    ) -> tuple[int, Claim]:
        """The directory, made if it is not there yet, and what is then known of it."""
        made = place.stat() is None
        if made:
            self._make(claims, place, claim, new=new)
        try:
            directory = place.open()
        except OSError:
            raise PathCollision(_NOT_OURS) from None
        found = os.fstat(directory)
        crashed = claim.inode is None and _is_untouched(directory)
        if not (made or crashed or _is_ours(claim, found)):
            os.close(directory)
            raise PathCollision(_NOT_OURS)
        if claim.inode != found.st_ino:
            claim = claims.keep(replace(claim, inode=found.st_ino))
        return directory, claim

    def _make(self, claims: Claims, place: Place, claim: Claim, *, new: bool) -> None:
        if not new:
            raise NotFound(_ABSENT)
        try:
            os.mkdir(place.name, 0o700, dir_fd=place.parent)
        except FileExistsError:
            claims.drop(claim.path)  # or we would take for ours what somebody made just now
            raise PathCollision(_NOT_OURS) from None

    def _refuse_to_shrink(self, directory: int, claim: Claim, wanted: Wanted) -> None:
        if not self._commands.limit or wanted.quota is None:
            return
        lowered = lowered_limits(claim.quota or Quota(), wanted.quota)
        if lowered != (None, None):
            in_use = self._commands.in_use(self._about(claim, wanted))
            refuse_below_use(lowered, in_use or count(directory, up_to=lowered))

    def _about(self, claim: Claim, wanted: Wanted) -> dict[str, str | int]:
        return {
            "path": str(self._tree.full_path(wanted.path)),
            "gid": wanted.gid,
            "project_id": claim.project_id,
        }

    def _differing(self, wanted: Wanted) -> list[str]:
        with self._tree.place(wanted.path, make=False) as place:
            found = place.stat() if place else None
            if place is None or found is None:
                return [_ABSENT]
            with Claims.existing(place.top) as claims:
                claim = claims.find(wanted.path) if claims else None
        if claim is None or claim.resource != wanted.resource or not _is_ours(claim, found):
            return [_NOT_OURS]
        differing = []
        if wanted.uid is not None and found.st_uid != wanted.uid:
            differing.append(f"Its owner is {found.st_uid} instead of {wanted.uid}.")
        if found.st_gid != wanted.gid:
            differing.append(f"Its group is {found.st_gid} instead of {wanted.gid}.")
        if (mode := found.st_mode & 0o7777) != wanted.mode:
            differing.append(f"Its mode is {mode:o} instead of {wanted.mode:o}.")
        if self._commands.limit and claim.quota != self._commands.taken(wanted.quota):
            differing.append("Its limits differ from those that were last put in force.")
        return differing


def _own(directory: int, wanted: Wanted) -> None:
    """The mode last: a change of owner takes set-group-id away."""
    os.fchown(directory, -1 if wanted.uid is None else wanted.uid, wanted.gid)
    os.fchmod(directory, wanted.mode)


def _is_ours(claim: Claim | None, found: os.stat_result) -> bool:
    return claim is not None and claim.inode == found.st_ino


def _is_untouched(directory: int) -> bool:
    """As it is right after our mkdir, which a crash kept us from noting down."""
    return os.fstat(directory).st_uid == os.geteuid() and not _names_in(directory)


def _names_in(directory: int) -> list[str]:
    return os.listdir(directory)  # a path could lead elsewhere by now


def _put_away(place: Place, resource: str, *, doomed: bool) -> None:
    archive = own_directory(place.top, _ARCHIVE)
    try:
        stem = f"{resource}-{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}"
        os.rename(
            place.name,
            f"{stem}{_DOOMED}" if doomed else stem,
            src_dir_fd=place.parent,
            dst_dir_fd=archive,
        )
        os.fsync(archive)
        os.fsync(place.parent)
    finally:
        os.close(archive)


def _destroy_doomed(place: Place, resource: str) -> None:
    """Finishes a former deletion too; what is merely archived stays."""
    archive = own_directory(place.top, _ARCHIVE)
    try:
        for name in _names_in(archive):
            if name.startswith(f"{resource}-") and name.endswith(_DOOMED):
                shutil.rmtree(name, dir_fd=archive)
    finally:
        os.close(archive)


@contextmanager
def _failures() -> Iterator[None]:
    """The kernel's refusals in our own terms."""
    try:
        yield
    except OSError as error:
        text = os.strerror(error.errno) if error.errno else "unknown error"
        raise BackendUnavailable(f"The file system refused a step: {text}.") from error
