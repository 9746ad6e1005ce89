"""A real Ceph cluster of one node for tests, driven through ``ceph.sh``."""

import os
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

_SCRIPT = Path(__file__).with_name("ceph.sh")
_PROGRAMS = ("ceph-mon", "ceph-osd", "radosgw", "radosgw-admin", "monmaptool", "flock")
_SECONDS = 180
# A stock gateway sums a user's usage every few minutes, and a stock cluster waits half a minute
# for a killed gateway with every change; a test can do neither.
_EXTRA = """
rgw user quota bucket sync interval = 2
rgw bucket quota ttl = 2
[osd]
osd client watch timeout = 2
"""

INSTALL = "apt-get install -y --no-install-recommends ceph-mon ceph-osd radosgw ceph-common"


def missing_programs() -> list[str]:
    return [name for name in _PROGRAMS if shutil.which(name) is None]


@dataclass(frozen=True)
class Gateway:
    """How to reach the gateway as its administrator."""

    endpoint: str
    access_key: str
    secret_key: str = field(repr=False)


class CephCluster:
    """One cluster under ``directory``; ends only the processes that it started."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory / "cluster"
        self._extra = directory / "extra.conf"

    def start(self) -> None:
        self._extra.write_text(_EXTRA)
        self._run("start")

    def stop(self) -> None:
        self._run("stop")

    def wipe(self) -> None:
        self._run("wipe")

    def env(self) -> Gateway:
        found = dict(line.split("=", 1) for line in self._run("env").split())
        return Gateway(
            endpoint=found["RGW_ENDPOINT"],
            access_key=found["RGW_ADMIN_ACCESS_KEY"],
            secret_key=found["RGW_ADMIN_SECRET_KEY"],
        )

    def pause(self) -> None:
        """The gateway goes on accepting connections, but answers nothing."""
        pid = self._gateway_pid()
        os.kill(pid, signal.SIGSTOP)
        end = time.monotonic() + _SECONDS
        while not _is_stopped(pid) and time.monotonic() < end:
            time.sleep(0.02)

    def resume(self) -> None:
        os.kill(self._gateway_pid(), signal.SIGCONT)

    def kill_gateway(self) -> None:
        """At once, and without an answer to requests that are being served."""
        pid = self._gateway_pid()
        os.kill(pid, signal.SIGKILL)
        end = time.monotonic() + _SECONDS
        while _runs(pid) and time.monotonic() < end:
            time.sleep(0.02)

    def restart_gateway(self) -> None:
        self._run("gateway")

    def _gateway_pid(self) -> int:
        return int((self._directory / "run" / "rgw.pid").read_text().split()[0])

    def _run(self, command: str) -> str:
        done = subprocess.run(
            ["bash", str(_SCRIPT), command, str(self._directory)],
            env={**os.environ, "CEPH_DEV_EXTRA": str(self._extra)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"ceph.sh {command} failed:\n{done.stderr[-4000:]}")
        return done.stdout


def _is_stopped(pid: int) -> bool:
    """With every thread: on a busy machine some go on for a moment after the signal."""
    states = [
        task.read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()[0]
        for task in Path(f"/proc/{pid}/task").glob("*/stat")
    ]
    return set(states) == {"T"}


def _runs(pid: int) -> bool:
    """Neither gone nor a corpse that somebody has yet to collect."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in {"Z", "X"}
