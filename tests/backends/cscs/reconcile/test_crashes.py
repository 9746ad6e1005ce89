"""The directory driver is killed before each of its calls of the kernel, one after the other."""

import multiprocessing
import os
import signal
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from storage_api.backends.cscs.drivers.base import DeletePolicy, Wanted
from storage_api.backends.cscs.drivers.commands import QuotaCommands
from storage_api.backends.cscs.drivers.directory import DirectoryDriver
from tests.backends.cscs.reconcile.lab import mode_of

_CALLS = (
    "mkdir",
    "open",
    "link",
    "unlink",
    "rename",
    "rmdir",
    "fsync",
    "fchmod",
    "fchown",
    "pwrite",
)
_FORK = multiprocessing.get_context("fork")
WANTED = Wanted(
    resource="11111111-1111-4111-8111-111111111111",
    path="/capstor/store/cscs/university/climate",
    gid=os.getgid(),
    mode=0o2770,
    quota=None,
)


def driver(root: Path) -> DirectoryDriver:
    return DirectoryDriver(root, QuotaCommands())


def killed_at(number: int, work: Callable[[], object]) -> bool:
    """Do ``work`` in a process that dies before the given call; False if it makes fewer."""
    process = _FORK.Process(target=_die_at, args=(number, work))
    process.start()
    process.join()
    assert process.exitcode in {0, -signal.SIGKILL}
    return process.exitcode != 0


def _die_at(number: int, work: Callable[[], object]) -> None:
    left = number
    for name in _CALLS:
        call = getattr(os, name)

        def counted(*args: object, _call: Callable[..., object] = call, **more: object) -> object:
            nonlocal left
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            left -= 1
            return _call(*args, **more)

        setattr(os, name, counted)
    work()


def test_a_creation_can_always_be_finished(tmp_path: Path) -> None:
    number, killed = 0, True
    while killed:
        root = tmp_path / str(number)
        root.mkdir()
        killed = killed_at(number, partial(driver(root).provide, WANTED, new=True))
        driver(root).provide(WANTED, new=True)
        place = root / WANTED.path.lstrip("/")
        assert mode_of(place) == "2770"
        assert driver(root).differences([WANTED]) == {}
        assert len(list((root / ".storage-api").glob("*.json"))) == 1
        number += 1
    assert number > 20


@pytest.mark.parametrize("policy", [DeletePolicy.ARCHIVE, DeletePolicy.DELETE])
def test_a_removal_can_always_be_finished(tmp_path: Path, policy: DeletePolicy) -> None:
    number, killed = 0, True
    while killed:
        root = tmp_path / str(number)
        root.mkdir()
        driver(root).provide(WANTED, new=True)
        place = root / WANTED.path.lstrip("/")
        (place / "below").mkdir()
        (place / "below" / "data").write_text("precious")
        killed = killed_at(
            number, partial(driver(root).remove, WANTED.resource, WANTED.path, policy)
        )
        driver(root).remove(WANTED.resource, WANTED.path, policy)
        assert not place.exists()
        kept = list((root / ".archive").glob("*/below/data"))
        assert len(kept) == (policy is DeletePolicy.ARCHIVE)
        driver(root).provide(replace(WANTED, resource="of-another"), new=True)
        number += 1
    assert number > 10
