"""A real Redis on a free port of 127.0.0.1."""

import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import redis

from tests.servers import free_port

INSTALL = "apt-get install -y --no-install-recommends redis-server"
PASSWORD = "made-up-redis-password"
_START_SECONDS = 15.0


def is_missing() -> bool:
    return shutil.which("redis-server") is None


@dataclass
class RedisServer:
    url: str
    process: subprocess.Popen[bytes]

    def end(self) -> None:
        self.process.terminate()
        self.process.wait(10)


@contextmanager
def redis_server(folder: Path, port: int | None = None) -> Iterator[RedisServer]:
    """Takes commands only with the password.

    Keeps nothing on disk, unless it has a ``port`` of its own, to be found there again.
    """
    command = ["redis-server", "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    command += ["--requirepass", PASSWORD]
    if port is None:
        port = free_port()
    else:
        command += ["--appendonly", "yes", "--appendfsync", "always"]
    command += ["--port", str(port)]
    with (folder / "redis.log").open("wb") as output:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
        )
    server = RedisServer(f"redis://:{PASSWORD}@127.0.0.1:{port}/0", process)
    try:
        _wait_until_live(server)
        yield server
    finally:
        server.end()


def _wait_until_live(server: RedisServer) -> None:
    end = time.monotonic() + _START_SECONDS
    with redis.Redis.from_url(server.url) as client:
        while server.process.poll() is None and time.monotonic() < end:
            try:
                client.ping()
            except redis.ConnectionError:
                time.sleep(0.05)
            else:
                return
    raise RuntimeError("redis-server did not start")
