"""HAProxy in front of two replicas, with the very configuration that is published."""

import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.servers import ROOT, environment, free_port

INSTALL = "apt-get install -y --no-install-recommends haproxy"
CONFIGURATION = ROOT / "deploy" / "haproxy" / "haproxy.cfg"
#: The names that the configuration gives to the replicas.
REPLICAS = ("one", "two")
_SECONDS = 30.0


def is_missing() -> bool:
    return shutil.which("haproxy") is None


@dataclass(frozen=True)
class Haproxy:
    url: str
    log: Path
    _socket: Path

    def drain(self, replica: str) -> None:
        """Give it no new requests, and wait until it has none."""
        self._command(f"set server storage-api/{replica} state drain")
        _wait_for(lambda: self._told(replica)["scur"] == "0", f"{replica} is busy")

    def ready(self, replica: str) -> None:
        """Give it requests again, and wait until it is seen to be up."""
        self._command(f"set server storage-api/{replica} health down")
        self._command(f"set server storage-api/{replica} state ready")
        self.wait_until_up(replica)

    def wait_until_up(self, replica: str) -> None:
        _wait_for(lambda: self.is_up(replica), f"{replica} is down")

    def is_up(self, replica: str) -> bool:
        """What the health checks say."""
        return self._told(replica)["status"] == "UP"

    def requests(self, replica: str) -> int:
        """How many it has been given."""
        return int(self._told(replica)["stot"])

    def _told(self, replica: str) -> dict[str, str]:
        names, *rows = self._command("show stat").removeprefix("# ").splitlines()
        for row in rows:
            told = dict(zip(names.split(","), row.split(","), strict=False))
            if (told.get("pxname"), told.get("svname")) == ("storage-api", replica):
                return told
        raise AssertionError(f"no server {replica}")

    def _command(self, text: str) -> str:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(5)
            connection.connect(str(self._socket))
            connection.sendall(f"{text}\n".encode())
            return b"".join(iter(lambda: connection.recv(65536), b"")).decode()


@contextmanager
def haproxy(folder: Path, ports: tuple[int, int]) -> Iterator[Haproxy]:
    """Once both replicas, on these ports of 127.0.0.1, are up."""
    port = free_port()
    settings = {
        "PROXY_BIND": f"127.0.0.1:{port}",
        "PROXY_SOCKET": str(folder / "haproxy.sock"),
        "REPLICA_ONE": f"127.0.0.1:{ports[0]}",
        "REPLICA_TWO": f"127.0.0.1:{ports[1]}",
    }
    log = folder / "haproxy.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            ["haproxy", "-db", "-f", str(CONFIGURATION)],
            env=environment(settings),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    server = Haproxy(f"http://127.0.0.1:{port}", log, Path(settings["PROXY_SOCKET"]))
    try:
        _wait_for(lambda: process.poll() is not None or server._socket.exists(), "no haproxy")
        if process.poll() is not None:
            raise RuntimeError(f"haproxy did not start:\n{log.read_text()[-2000:]}")
        for replica in REPLICAS:
            server.wait_until_up(replica)
        yield server
    finally:
        process.kill()
        process.wait()


def _wait_for(look: Callable[[], bool], else_: str) -> None:
    end = time.monotonic() + _SECONDS
    while not look():
        if time.monotonic() > end:
            raise RuntimeError(else_)
        time.sleep(0.02)
