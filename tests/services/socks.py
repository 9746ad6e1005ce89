"""A real SOCKS5 proxy (microsocks) on a free port of 127.0.0.1."""

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.servers import free_port

INSTALL = "apt-get install -y --no-install-recommends microsocks"
USERNAME = "made-up-socks-user"
PASSWORD = "made-up-socks-password"
_START_SECONDS = 15.0


def is_missing() -> bool:
    return shutil.which("microsocks") is None


@dataclass(frozen=True)
class SocksProxy:
    """``port`` wants ``USERNAME`` and ``PASSWORD`` when the proxy was started so."""

    port: int
    log: Path

    @property
    def url(self) -> str:
        """The names of targets are looked up by the caller."""
        return f"socks5://127.0.0.1:{self.port}"

    def connections_to(self, port: int) -> int:
        """How often somebody was led to that port of 127.0.0.1, or of a name for it."""
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        return sum(line.endswith(f":{port}") and "connected to" in line for line in lines)


@contextmanager
def socks_proxy(folder: Path, *, with_password: bool = False) -> Iterator[SocksProxy]:
    proxy = SocksProxy(free_port(), folder / "microsocks.log")
    command = ["microsocks", "-i", "127.0.0.1", "-p", str(proxy.port)]
    command += ["-u", USERNAME, "-P", PASSWORD] if with_password else []
    with proxy.log.open("wb") as output:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
        )
    try:
        _wait_until_live(proxy, process)
        yield proxy
    finally:
        process.terminate()
        process.wait(10)


def _wait_until_live(proxy: SocksProxy, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + _START_SECONDS
    while process.poll() is None and time.monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", proxy.port), timeout=5).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError("microsocks did not start")
