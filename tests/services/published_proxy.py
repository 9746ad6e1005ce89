"""The CSCS storage proxy that Waldur's makers publish, on a free port of 127.0.0.1.

It is what the CSCS back-end is compared with. Nobody has to sign on to it.
"""

import json
import os
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests

from tests.servers import free_port
from tests.services.venvs import venv

VERSION = "0.10.0"
#: Every package of its environment: newer ones of some break it.
_LOCK = Path(__file__).with_suffix(".txt")
_START_SECONDS = 60.0


@dataclass(frozen=True)
class PublishedProxy:
    """A running proxy; it writes about every call to ``log``."""

    url: str
    pid: int
    log: Path


def installed() -> Path:
    """The Python of its environment; the first call takes half a minute. Raises NotInstalled."""
    requirements = _LOCK.read_text(encoding="utf-8").splitlines()
    return venv(f"waldur-cscs-hpc-storage-{VERSION}", *requirements)


@contextmanager
def published_proxy(
    folder: Path,
    *,
    waldur_url: str,
    waldur_token: str,
    storage_systems: Mapping[str, str],
    settings: Mapping[str, str] | None = None,
) -> Iterator[PublishedProxy]:
    """Starts it in ``folder``, which must hold no ``.env``. ``settings`` are more of its variables.

    It shows what ``waldur_token`` sees as a consumer, so staff's shows everything. Without
    variables of a GID service it makes the groups up.
    """
    port = free_port()
    command = [str(installed()), "-m", "uvicorn", "waldur_cscs_hpc_storage.api.main:app"]
    command += ["--host", "127.0.0.1", "--port", str(port)]
    own = {
        "PATH": os.environ["PATH"],
        "PYTHONHASHSEED": "0",
        "PYTHONUTF8": "1",
        "DISABLE_AUTH": "true",
        "WALDUR_API_URL": f"{waldur_url}/api/",
        "WALDUR_API_TOKEN": waldur_token,
        "STORAGE_SYSTEMS": json.dumps(dict(storage_systems)),
        "HPC_USER_DEVELOPMENT_MODE": "false" if settings else "true",
    }
    log = folder / "published-proxy.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env={**own, **(settings or {})},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    proxy = PublishedProxy(f"http://127.0.0.1:{port}", process.pid, log)
    try:
        _wait_until_live(proxy, process)
        yield proxy
    finally:
        process.terminate()
        process.wait(10)


def _wait_until_live(proxy: PublishedProxy, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + _START_SECONDS
    with requests.Session() as session:
        session.trust_env = False
        while process.poll() is None and time.monotonic() < end:
            try:
                session.get(f"{proxy.url}/docs", timeout=5)
            except requests.ConnectionError:
                time.sleep(0.05)
            else:
                return
    last_words = proxy.log.read_text(encoding="utf-8", errors="replace")[-2000:]
    raise RuntimeError(f"the published proxy did not start:\n{last_words}")
