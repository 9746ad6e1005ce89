"""What a worker costs before it has done anything: memory and time to import."""

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import requests

from benchmarks.measure import children, report, resident_mib
from tests.servers import DUMMY, environment, uwsgi_server

MEMORY_GOAL_MIB = 90
IMPORT_GOAL_SECONDS = 0.6
_SETTINGS = {"FLASK_DEBUG": "1", "SAPI_LOG_LEVEL": "WARNING", "SAPI_BACKENDS": DUMMY}


def run() -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        uwsgi_server(_SETTINGS, Path(folder, "log"), processes=2, threads=8) as server,
    ):
        for _ in range(200):
            requests.get(f"{server.url}/swagger.json", timeout=60)
        worst = max(resident_mib(pid) for pid in children(server.pid))
    report(
        "resident memory of a worker",
        f"{worst:.0f} MiB",
        f"{MEMORY_GOAL_MIB} MiB",
        worst / MEMORY_GOAL_MIB,
        "≤ 1x",
    )
    taken = statistics.median(_start_seconds("import storage_api.wsgi") for _ in range(7))
    bare = statistics.median(_start_seconds("pass") for _ in range(7))
    report(
        "import, with Dummy only",
        f"{taken - bare:.2f} s",
        f"{IMPORT_GOAL_SECONDS} s",
        (taken - bare) / IMPORT_GOAL_SECONDS,
        "≤ 1x",
    )


def _start_seconds(program: str) -> float:
    began = time.perf_counter()
    subprocess.run(
        [sys.executable, "-c", program],
        env=environment(_SETTINGS),
        stdout=subprocess.DEVNULL,
        check=True,
    )
    return time.perf_counter() - began
