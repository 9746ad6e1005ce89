"""A temporary store ends with the service, however that ends."""

import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from storage_api.backends.dummy.backend import DummyStorage
from storage_api.backends.dummy.settings import DummyOptions
from tests.backends.dummy.processes import forked

ROOT = Path(__file__).parents[3]

SERVICE = """
import os, sys, time
from pathlib import Path
from storage_api.backends.dummy import temporary
from storage_api.backends.dummy.backend import DummyStorage
from storage_api.backends.dummy.settings import DummyOptions
temporary._SHARED_MEMORY = Path(sys.argv[1])
dummy = DummyStorage(DummyOptions())
dummy.create_volume("a", {})
if os.fork() == 0:
    dummy.create_volume("b", {})
    sys.exit(0)
os.wait()
if sys.argv[2] == "orphan" and os.fork() == 0:
    sys.stdin.read()
    os._exit(0)
print(len(dummy.list_volumes()), flush=True)
if sys.argv[2] != "exit":
    time.sleep(60)
"""


def stores(place: Path) -> list[Path]:
    return sorted(path for path in place.iterdir() if path.is_dir())


def start(place: Path, how: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", SERVICE, str(place), how],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def test_only_its_user_can_look_into_it(shared_memory: Path) -> None:
    dummy = DummyStorage(DummyOptions())
    dummy.create_volume("a", {})
    (store,) = stores(shared_memory)
    assert store.name.startswith(f"storage-api-dummy-{os.getuid()}-")
    assert stat.S_IMODE(store.stat().st_mode) == 0o700


def test_it_ends_with_the_service_not_with_a_worker(shared_memory: Path) -> None:
    with start(shared_memory, "exit") as service:
        output, _ = service.communicate(timeout=30)
    # The worker ended first, and took nothing away.
    assert output == "2\n"
    assert stores(shared_memory) == []


def test_what_a_killed_service_left_the_next_one_removes(shared_memory: Path) -> None:
    with start(shared_memory, "hang") as service:
        assert service.stdout is not None
        assert service.stdout.readline() == "2\n"
        (left,) = stores(shared_memory)
        service.send_signal(signal.SIGKILL)
    assert stores(shared_memory) == [left]
    dummy = DummyStorage(DummyOptions())
    assert dummy.list_volumes() == []
    assert left not in stores(shared_memory)
    assert len(stores(shared_memory)) == 1


def test_it_stays_while_a_worker_lives(shared_memory: Path) -> None:
    with start(shared_memory, "orphan") as service:
        assert service.stdout is not None
        assert service.stdout.readline() == "2\n"
        (store,) = stores(shared_memory)
        service.send_signal(signal.SIGKILL)
        service.wait()
        DummyStorage(DummyOptions())
        assert store.exists()
    # The worker has read the end of its input, and ends.
    end = time.monotonic() + 10
    while store.exists() and time.monotonic() < end:
        time.sleep(0.01)
        DummyStorage(DummyOptions())
    assert not store.exists()


def test_services_that_start_at_once_leave_each_other_alone(shared_memory: Path) -> None:
    def serve() -> int:
        endpoints = [DummyStorage(DummyOptions()) for _ in range(20)]
        for dummy in endpoints:
            dummy.create_volume("a", {})
        return sum(len(dummy.list_volumes()) for dummy in endpoints)

    assert forked(*[serve] * 8) == [20] * 8


def test_what_is_not_ours_is_left_alone(shared_memory: Path) -> None:
    precious = shared_memory.parent / "precious"
    precious.mkdir()
    link = shared_memory / f"storage-api-dummy-{os.getuid()}-link"
    link.symlink_to(precious)
    file = shared_memory / f"storage-api-dummy-{os.getuid()}-file"
    file.touch()
    other = shared_memory / f"storage-api-dummy-{os.getuid() + 1}-x"
    other.mkdir()
    DummyStorage(DummyOptions())
    assert precious.exists()
    assert link.exists()
    assert file.exists()
    assert other.exists()


def test_it_ends_with_the_back_end_that_made_it(shared_memory: Path) -> None:
    dummy = DummyStorage(DummyOptions())
    dummy.probe()
    assert len(stores(shared_memory)) == 1
    del dummy
    assert stores(shared_memory) == []


def test_without_shared_memory_it_is_among_the_temporary_files(
    shared_memory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared_memory.rmdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    dummy = DummyStorage(DummyOptions())
    dummy.probe()
    assert len(list(tmp_path.glob("storage-api-dummy-*/store.sqlite"))) == 1
