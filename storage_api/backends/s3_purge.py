"""Empties a bucket through S3 with its owner's key, and then has it deleted.

Nothing is bypassed: a version that object lock protects stays, and so does its bucket.
A purge that was broken off goes on by being called again, for what is gone is not listed.
"""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

from storage_api.backends.s3_contents import PAGE, START, Position, Refused, S3Contents
from storage_api.backends.s3_errors import KeyEndedError
from storage_api.domain.errors import BackendTimeout, Conflict, NotFound
from storage_api.domain.progress import Progress

#: One key serves for so long; a temporary one lives a little longer.
_KEY_SECONDS = 600.0
_MOST_PASSES = 10
_MOST_KEYS_LOST = 3
_SMALLEST_BATCH = 10
_EXAMPLES = 5
_SHOWN = 64


class Steps:
    """The progress of one bucket, of which ``known`` steps are foreseen; more may turn up."""

    def __init__(self, progress: Progress, known: int) -> None:
        self.progress = progress
        self._left = known
        progress.expect(known)

    def done(self, steps: int) -> None:
        """Raises ``WorkStopped``, also where nothing was done."""
        if steps > self._left:
            self.progress.expect(steps - self._left)
        self._left = max(0, self._left - steps)
        self.progress.advance(steps)


def refuse_suspended(uid: str, *, suspended: bool) -> None:
    if suspended:
        raise Conflict(
            f"User {uid!r} is suspended, so nobody can list or delete the objects; "
            "end that before the purge."
        )


def one_of_several(name: str, work: Callable[[], bool], progress: Progress) -> bool:
    """Whether the bucket is gone; what keeps this one does not keep the next."""
    try:
        return work()
    except Conflict as reason:
        progress.report(f"Bucket {name!r} stays: {reason}")
        return False


def purge(
    name: str,
    *,
    contents: Callable[[], AbstractContextManager[S3Contents]],
    remove: Callable[[], bool],
    steps: Steps,
) -> bool:
    """Empty the bucket ``name`` and delete it.

    ``contents`` gives the bucket with a key for the next minutes, ``remove`` deletes it when
    it is empty and answers ``False`` if it is not. Answers whether the bucket is gone; if it is
    not, ``steps.progress`` has been told what is left.

    Raises:
        WorkStopped: as the progress says.
        Conflict: the owner may not do this, or somebody goes on writing.
    """
    for _ in range(_MOST_PASSES):
        walk = _Walk(steps)
        try:
            locked = walk.through(contents)
        except NotFound:
            return True
        if walk.refused:
            steps.progress.report(_left(name, walk, locked=locked))
            return False
        if remove():
            steps.done(1)
            return True
    raise Conflict(
        f"Bucket {name!r} does not become empty: somebody goes on writing to it, "
        "or the object store holds what it does not list."
    )


@dataclass
class _Walk:
    """One walk through all that the bucket holds."""

    steps: Steps
    uploads: Position | None = START
    versions: Position | None = START
    batch: int = PAGE
    refused: int = 0
    examples: list[Refused] = field(default_factory=list)

    def through(self, contents: Callable[[], AbstractContextManager[S3Contents]]) -> bool:
        """Delete what may be deleted; whether the bucket has object lock, if that matters."""
        lost = 0
        while True:
            try:
                with contents() as seen:
                    end = time.monotonic() + _KEY_SECONDS
                    while not self._is_over() and time.monotonic() < end:
                        self._advance(seen)
                    if self._is_over():
                        return bool(self.refused) and seen.object_lock()
            except KeyEndedError:
                lost += 1
                if lost > _MOST_KEYS_LOST:
                    raise

    def _is_over(self) -> bool:
        return self.uploads is None and self.versions is None

    def _advance(self, seen: S3Contents) -> None:
        if self.uploads is not None:
            uploads, following = seen.uploads(self.uploads)
            for upload in uploads:
                seen.abort(upload)
                self.steps.done(1)
            self.uploads = following
        elif self.versions is not None:
            self._delete_page(seen, self.versions)

    def _delete_page(self, seen: S3Contents, position: Position) -> None:
        page, following = seen.versions(position)
        refused: list[Refused] = []
        for start in range(0, len(page), self.batch):
            batch = page[start : start + self.batch]
            try:
                kept = seen.delete(batch)
            except BackendTimeout:
                if self.batch <= _SMALLEST_BATCH:
                    raise
                # A slow store works through a shorter list in time; the page is looked at again.
                self.batch = max(_SMALLEST_BATCH, self.batch // 4)
                return
            refused += kept
            self.steps.done(len(batch) - len(kept))
        self.refused += len(refused)
        self.examples += refused[: _EXAMPLES - len(self.examples)]
        self.versions = following


def _left(name: str, walk: _Walk, *, locked: bool) -> str:
    codes = ", ".join(sorted({row.code for row in walk.examples}))
    reason = (
        "object lock protects them (a retention period or a legal hold), or a policy does"
        if locked
        else "the object store refuses to delete them; a policy may forbid it"
    )
    keys = ", ".join(
        repr(key) for key in dict.fromkeys(row.version.key[:_SHOWN] for row in walk.examples)
    )
    more = ", …" if walk.refused > len(walk.examples) else ""
    return (
        f"Bucket {name!r} stays with {walk.refused} object version(s): {reason} ({codes}). "
        f"Keys: {keys}{more}."
    )
