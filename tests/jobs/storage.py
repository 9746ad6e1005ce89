"""A back-end whose users take as long to purge, or fail, as their names say."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from storage_api.backends.dummy.backend import DummyStorage
from storage_api.backends.dummy.settings import DummyOptions
from storage_api.domain.errors import BackendUnavailable, Conflict, NotFound
from storage_api.domain.models import Ref, User
from storage_api.domain.progress import Progress

LEAK = "a-secret-in-an-unexpected-error"


@dataclass(frozen=True)
class LabOptions(DummyOptions):
    folder: Path | None = None


class LabStorage(DummyStorage):
    """Its journal tells what was done, over all processes.

    ``steps.<n>.<ms>.<name>`` is n steps of ms each, which a later call goes on with;
    ``down.<n>.<name>`` is unavailable n times, ``fade.<ms>`` after so long; ``left.<n>`` cannot do
    n things.
    """

    Options: ClassVar[type[Any]] = LabOptions

    def __init__(self, options: LabOptions) -> None:
        super().__init__(options)
        assert options.folder is not None
        self._folder = options.folder

    def get_user(self, user: Ref) -> User:
        if user.name.startswith("gone"):
            raise NotFound("There is no such user.")
        return User(name=user.name)

    def purge_user(self, user: Ref, progress: Progress) -> None:
        kind, *numbers = user.name.split(".")
        name = str(user).replace("/", "-")
        with self._alone(name):
            self.note(f"begin {name}")
            self.note(f"pid {os.getpid()}")
            match kind, numbers:
                case "steps", [steps, pause, *_]:
                    self._steps(name, int(steps), int(pause) / 1000, progress)
                case "down", [times, *_]:
                    self._down(name, int(times))
                case "fade", [pause]:
                    time.sleep(int(pause) / 1000)
                    raise BackendUnavailable("The storage system is down.")
                case "left", [number]:
                    for index in range(int(number)):
                        progress.report(f"object {index} is locked")
                case "bad", _:
                    raise RuntimeError(LEAK)
                case "deadly", _:
                    os._exit(9)
                case "refused", _:
                    raise Conflict("The user is suspended.")
                case "vanished", _:
                    raise NotFound("There is no such user.")
            self.note(f"end {name}")

    def _steps(self, name: str, steps: int, pause: float, progress: Progress) -> None:
        file = self._folder / f"{name}.left"
        left = int(file.read_text()) if file.exists() else steps
        progress.expect(left)
        while left:
            time.sleep(pause)
            left -= 1
            _replace(file, str(left))
            progress.advance()

    def _down(self, name: str, times: int) -> None:
        if self.journal(self._folder).count(f"begin {name}") <= times:
            raise BackendUnavailable("The storage system is down.")

    @contextmanager
    def _alone(self, name: str) -> Iterator[None]:
        handle = os.open(self._folder / f"{name}.busy", os.O_RDWR | os.O_CREAT)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self.note(f"twice {name}")
        try:
            yield
        finally:
            os.close(handle)

    def note(self, line: str) -> None:
        with (self._folder / "journal").open("a") as journal:
            journal.write(f"{line}\n")

    @staticmethod
    def journal(folder: Path) -> list[str]:
        file = folder / "journal"
        return file.read_text().splitlines() if file.exists() else []


def _replace(file: Path, text: str) -> None:
    """A process that is killed meanwhile leaves the former text."""
    new = file.with_suffix(f".{os.getpid()}")
    new.write_text(text)
    new.replace(file)


def install(folder: Path) -> None:
    """Make ``folder``, once it is on ``sys.path``, announce the class above."""
    info = folder / "lab_storage-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: lab-storage\nVersion: 1.0\n")
    line = f"LabStorage = {LabStorage.__module__}:LabStorage"
    (info / "entry_points.txt").write_text(f"[storage_api.backends]\n{line}\n")
