"""A real PostgreSQL on a free port of 127.0.0.1, which takes connections with a password only."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from tests.servers import free_port

INSTALL = "apt-get install -y --no-install-recommends postgresql"
USER, PASSWORD = "storage", "made-up postgres/password"
_ACCOUNT = "postgres"  # initdb refuses root
_START_SECONDS = "60"


def programs() -> Path | None:
    """Debian keeps them, by version, off the path."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if found:
        return found[-1].parent
    elsewhere = shutil.which("initdb")
    return Path(elsewhere).parent if elsewhere else None


@dataclass
class PostgresServer:
    port: int
    folder: Path

    def url(self, database: str, password: str = PASSWORD) -> str:
        quoted = password.replace(" ", "%20").replace("/", "%2F")
        return f"postgresql://{USER}:{quoted}@127.0.0.1:{self.port}/{database}"

    def create(self, database: str) -> str:
        """A new, empty database; answers its URL."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{database}"')
        return self.url(database)

    def start(self) -> None:
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c fsync=off"
        options += f" -c unix_socket_directories={self.folder}"
        log = str(self.folder / "log")
        _run(self.folder, "pg_ctl", "-w", "-t", _START_SECONDS, "-l", log, "-o", options, "start")

    def stop(self) -> None:
        _run(self.folder, "pg_ctl", "-w", "-m", "immediate", "stop")


@contextmanager
def postgres_server() -> Iterator[PostgresServer]:
    folder = Path(tempfile.mkdtemp(prefix="storage-api-postgres-"))
    try:
        secret = folder / "password"
        secret.write_text(PASSWORD)
        if os.geteuid() == 0:
            for path in (folder, secret):
                shutil.chown(path, _ACCOUNT)
        more = ["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"]
        _run(folder, "initdb", "-U", USER, f"--pwfile={secret}", *more)
        server = PostgresServer(free_port(), folder)
        server.start()
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder)


def _run(folder: Path, program: str, *arguments: str) -> None:
    where = programs()
    assert where is not None
    command = [str(where / program), "-D", str(folder / "data"), *arguments]
    if os.geteuid() == 0:
        account = pwd.getpwnam(_ACCOUNT)
        identity = [f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--clear-groups"]
        command = ["setpriv", *identity, *command]
    log = folder / "commands"
    with log.open("ab") as output:
        done = subprocess.run(
            command, cwd=folder, stdin=subprocess.DEVNULL, stdout=output, stderr=output, check=False
        )
    if done.returncode:
        raise RuntimeError(f"{program} failed:\n{log.read_text()[-2000:]}")
