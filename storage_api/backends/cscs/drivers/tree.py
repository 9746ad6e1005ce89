"""Directories beneath a root, reached step by step so that no link leads elsewhere.

A path is never handed to the kernel as a whole: each step opens one directory relative to
the last, refusing links, so that neither a slug nor a link that a user has planted can
make the reconciler work outside its root.
"""

import os
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from storage_api.domain.errors import BackendUnavailable, Invalid

#: Hidden names are the reconciler's own; everything else that could surprise a shell is out.
_PART = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.:@+-]{0,254}")
_LONGEST = 4095
_OPEN = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
#: Levels above a resource, as the CSCS document gives them.
_PARENT_MODE = 0o775


@dataclass(frozen=True)
class Place:
    """Where a directory is or would be: ``name`` in ``parent``.

    ``top`` is the highest directory of the same file system within the root; what is
    renamed into it does not have to be copied.
    """

    parent: int
    name: str
    top: int

    def stat(self) -> os.stat_result | None:
        """Of what is there, which may be no directory; ``None`` if nothing is."""
        try:
            return os.stat(self.name, dir_fd=self.parent, follow_symlinks=False)
        except FileNotFoundError:
            return None

    def open(self) -> int:
        """The directory; raises ``OSError`` for a link or a file."""
        return os.open(self.name, _OPEN, dir_fd=self.parent)


class Tree:
    """The directories under ``root``, which is the operator's and may itself be a link."""

    def __init__(self, root: Path) -> None:
        self._root = root.resolve()

    def full_path(self, path: str) -> Path:
        """For commands that take nothing but a path."""
        return self._root.joinpath(*parts_of(path))

    @contextmanager
    def place(self, path: str, *, make: bool) -> Iterator[Place | None]:
        """Where mount point ``path`` is; ``None`` if the levels above are absent.

        With ``make`` they are made.

        Raises:
            Invalid: no resource may be there, or a link or a file is in the way.
        """
        *above, name = parts_of(path)
        with ExitStack() as opened:
            parent = top = self._open_root(opened)
            device = os.fstat(parent).st_dev
            for part in above:
                below = _step(parent, part, make=make)
                if below is None:
                    yield None
                    return
                opened.callback(os.close, below)
                parent = below
                if os.fstat(parent).st_dev != device:
                    top, device = parent, os.fstat(parent).st_dev
            yield Place(parent, name, top)

    def _open_root(self, opened: ExitStack) -> int:
        try:
            root = os.open(self._root, _OPEN)
        except OSError as error:
            raise BackendUnavailable("The root directory cannot be opened.") from error
        opened.callback(os.close, root)
        return root


def parts_of(path: str) -> list[str]:
    """The names in a mount point.

    Raises:
        Invalid: it is not absolute, too long, or has a name with anything but
            A-Z a-z 0-9 _ . : @ + - or with a leading dot.
    """
    root, *parts = path.split("/")
    if root or not parts or len(path) > _LONGEST or not all(map(_PART.fullmatch, parts)):
        raise Invalid(
            "The mount point must be an absolute path of names made of "
            "A-Z a-z 0-9 _ . : @ + - that do not begin with a dot."
        )
    return parts


def above_of(path: str) -> list[str]:
    """The mount points within which ``path`` would be."""
    parts = parts_of(path)
    return ["/" + "/".join(parts[:depth]) for depth in range(1, len(parts))]


def own_directory(parent: int, name: str) -> int:
    """Open the reconciler's own directory ``name``, made if it is absent.

    Raises:
        BackendUnavailable: somebody else made it, or it is a link.
    """
    with suppress(FileExistsError):
        os.mkdir(name, 0o700, dir_fd=parent)
    try:
        found = os.open(name, _OPEN, dir_fd=parent)
    except OSError as error:
        raise BackendUnavailable(f"{name!r} under the root is no directory.") from error
    about = os.fstat(found)
    if about.st_uid != os.geteuid() or about.st_mode & 0o022:
        os.close(found)
        raise BackendUnavailable(f"{name!r} under the root can be changed by others.")
    return found


def _step(parent: int, name: str, *, make: bool) -> int | None:
    """Open directory ``name``, made if it is absent and shall be."""
    try:
        return os.open(name, _OPEN, dir_fd=parent)
    except FileNotFoundError:
        if not make:
            return None
    except OSError as error:
        raise Invalid("A link or a file is in the way of the mount point.") from error
    try:
        os.mkdir(name, 0o700, dir_fd=parent)
    except FileExistsError:
        return _step(parent, name, make=False)
    below = os.open(name, _OPEN, dir_fd=parent)
    os.fchmod(below, _PARENT_MODE)
    return below
