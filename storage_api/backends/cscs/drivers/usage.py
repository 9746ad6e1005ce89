"""Counts what a directory holds, where no command tells it."""

import os
import time

from storage_api.backends.cscs.drivers.base import Numbers
from storage_api.domain.errors import Conflict

_SECONDS = 300.0
_BLOCK = 512


def count(directory: int, *, up_to: Numbers) -> tuple[int, int]:
    """Bytes and inodes under ``directory``, itself included; links are not followed.

    Counting ends as soon as either is above its limit in ``up_to``.

    Raises:
        Conflict: there is more than can be counted in five minutes.
    """
    end = time.monotonic() + _SECONDS
    most_bytes, most_inodes = up_to
    own = os.fstat(directory)
    size, inodes = own.st_blocks * _BLOCK, 1
    seen: set[int] = set()
    for _, folders, files, below in os.fwalk(".", onerror=_unless_gone, dir_fd=directory):
        for name in (*folders, *files):
            try:
                found = os.stat(name, dir_fd=below, follow_symlinks=False)
            except FileNotFoundError:
                continue  # removed by its users meanwhile
            if found.st_nlink > 1 and name not in folders:
                if found.st_ino in seen:
                    continue
                seen.add(found.st_ino)
            size, inodes = size + found.st_blocks * _BLOCK, inodes + 1
        if (most_bytes and size > most_bytes) or (most_inodes and inodes > most_inodes):
            return size, inodes
        if time.monotonic() > end:
            raise Conflict(
                "A limit cannot be lowered: counting what is in use takes too long. "
                "A usage command would tell it."
            )
    return size, inodes


def _unless_gone(error: OSError) -> None:
    """What cannot be read cannot be counted; left out, it would make the use look smaller."""
    if not isinstance(error, FileNotFoundError):
        raise error
