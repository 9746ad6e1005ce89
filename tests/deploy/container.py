"""Runs the service out of the image's file system, as OpenShift's restricted-v2 would have it."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from tests.servers import free_port

#: Such as OpenShift gives: nobody in the image's /etc/passwd, in group 0.
USER = 1000680000
_START_SECONDS = 120.0
_STOP_SECONDS = 30.0

# $1 the image's root, $2 a folder for what its volumes hold; then the command.
# No mount of these outlives the process: they are its own.
_ENTER = """
set -e
root=$1 volumes=$2
shift 2
mount --bind "$root" "$root"
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mount --bind "$volumes/tmp" "$root/tmp"
mount --bind "$volumes/state" "$root/var/lib/storage-api"
mount -o remount,bind,ro "$root"
exec chroot "$root" "$@"
"""


# Binds the root to a folder, and goes there: then it is a mount.
_ROOT_TO_MOUNT = """
mount --rbind / /mnt
exec chroot /mnt sh -ec 'mount --make-rprivate /; cd "$0"; exec "$@"' "$PWD" "$@"
"""


def own_mounts() -> list[str]:
    """A command's first words, which give it mounts that nobody else sees.

    In a chroot the root is no mount, so it can neither be made private nor serve buildah.
    """
    mounts = Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines()
    if any(line.split()[4] == "/" for line in mounts):
        return ["unshare", "--mount", "--propagation", "private"]
    apart = ["unshare", "--mount", "--propagation", "unchanged"]
    return [*apart, "sh", "-ec", _ROOT_TO_MOUNT, "own-mounts"]


def may_mount() -> bool:
    """Not in a container without privileges, whoever asks."""
    done = subprocess.run([*own_mounts(), "true"], capture_output=True, check=False)
    return done.returncode == 0


@dataclass(frozen=True)
class Container:
    """The running image; ``pid`` is its first process, as this machine counts."""

    url: str
    pid: int
    log: Path
    volumes: Path
    process: subprocess.Popen[bytes]
    inside: list[str]

    def run(self, *command: str) -> "subprocess.CompletedProcess[str]":
        """A command beside the service, as `docker exec` does."""
        enter = ["nsenter", f"--target={self.pid}", "--mount", "--pid", "--root"]
        return subprocess.run(
            [*enter, *self.inside, *command],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def stop(self) -> None:
        """What OpenShift does to end it."""
        subprocess.run(["kill", f"-{signal.SIGTERM}", str(self.pid)], check=True)

    def wait(self) -> int:
        return self.process.wait(_STOP_SECONDS)


@contextmanager
def container(
    root: Path, config: Mapping[str, Any], settings: Mapping[str, str], folder: Path
) -> Iterator[Container]:
    """The image's own command as process 1, until the end of the block."""
    volumes = folder / "volumes"
    for name, mode in (("tmp", 0o1777), ("state", 0o775)):
        (volumes / name).mkdir(parents=True)
        (volumes / name).chmod(mode)
    port = free_port()
    listens = {"UWSGI_HTTP_SOCKET": f"127.0.0.1:{port}"}
    inside = _as_somebody(config, {**listens, **settings})
    apart = [*own_mounts(), "unshare", "--pid", "--fork", "--kill-child"]
    enter = ["sh", "-c", _ENTER, "enter", str(root), str(volumes)]
    log = folder / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*apart, *enter, *inside, *config["Cmd"]],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        url = f"http://127.0.0.1:{port}"
        _wait_until_live(url, process, log)
        (pid,) = _children(process.pid)
        yield Container(url, pid, log, volumes, process, inside)
    finally:
        # With its other user it outlives the one that started it: --kill-child is lost on the way.
        for child in _children(process.pid) if process.poll() is None else ():
            os.kill(child, signal.SIGKILL)
        process.kill()
        process.wait()


def _as_somebody(config: Mapping[str, Any], settings: Mapping[str, str]) -> list[str]:
    """A command's first words inside: a user without name and rights, and these variables only."""
    user = [f"--reuid={USER}", "--regid=0", "--clear-groups", "--no-new-privs"]
    rights = ["--bounding-set=-all", "--inh-caps=-all"]
    given = dict(line.split("=", 1) for line in config["Env"])
    variables = [f"{name}={value}" for name, value in {**given, **settings}.items()]
    return ["setpriv", *user, *rights, "env", "-i", "-C", config["WorkingDir"], *variables]


def _children(pid: int) -> list[int]:
    return [int(pid) for pid in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _wait_until_live(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + _START_SECONDS
    with requests.Session() as session:
        session.trust_env = False
        while process.poll() is None and time.monotonic() < end:
            try:
                if session.get(f"{url}/health/live", timeout=5).status_code == 200:
                    return
            except (requests.ConnectionError, requests.Timeout):
                time.sleep(0.05)
    last_words = log.read_text(encoding="utf-8", errors="replace")[-3000:]
    raise RuntimeError(f"the service did not start:\n{last_words}")
