"""``make soak``: two replicas behind HAProxy under load, one back-end hanging for a third of it.

Prints what became of the requests, how long those to the other back-ends took while it hung and
while it did not, and the workers' memory; ends with 1 if any of it is not as it should be.
"""

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from benchmarks.soak_clients import Client, DummyWork, FilerWork, GatewayWork, Work
from benchmarks.soak_report import Memory, Samples, report
from tests.conformance.test_radosgw import radosgw_entry
from tests.servers import ROOT, environment
from tests.services.ceph import CephCluster, missing_programs
from tests.services.redis import redis_server
from tests.services.replicas import Pair, pair

#: As ``uwsgi.ini`` has them.
PROCESSES, THREADS = 2, 32
#: The first requests connect, import and fill caches.
WARM_UP = 0.05
#: Of four clients: what each works on.
SHARES: tuple[type[Work], ...] = (DummyWork, DummyWork, GatewayWork, FilerWork)
_PASSWORD = "simulated"


def main(seconds: float, clients: int) -> bool:
    """Whether all is as it should be."""
    if missing := missing_programs():
        sys.exit(f"{', '.join(missing)} not installed: see tools/test.sh")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="soak-")))
        filer, entry = stack.enter_context(_filer(folder))
        redis = stack.enter_context(redis_server(folder))
        dummy = f"dummy🌈DummyStorage🌈path🌈{folder / 'dummy.sqlite'}"
        ceph = radosgw_entry(stack.enter_context(_ceph(folder)))
        settings = {"SAPI_BACKENDS": f"{dummy}🦄{ceph}🦄{entry}", "SAPI_REDIS_URL": redis.url}
        replicas = stack.enter_context(pair(settings, folder, processes=PROCESSES, threads=THREADS))
        print(f"{seconds:.0f} s, {clients} clients, load of the machine {os.getloadavg()[0]:.1f}")
        samples, memory = _soak(replicas, filer, seconds, clients)
        return report(samples, memory, hangs=FilerWork.backend)


def _soak(
    replicas: Pair, filer: "subprocess.Popen[bytes]", seconds: float, clients: int
) -> tuple[Samples, Memory]:
    samples, over = Samples(), threading.Event()
    workers = [
        Client(SHARES[number % len(SHARES)](replicas.url), samples, over)
        for number in range(clients)
    ]
    memory = Memory([replica.server.pid for replica in replicas.both.values()])
    for worker in workers:
        worker.start()
    began = time.monotonic()
    turns = ((WARM_UP, "warm-up"), (1 / 3, "quiet"), (2 / 3, "hanging"), (1.0, "quiet"))
    for part, phase in turns:
        samples.phase = phase
        if phase == "hanging":
            filer.send_signal(signal.SIGSTOP)
        print(f"{time.monotonic() - began:5.0f} s  {phase}", flush=True)
        while (left := began + part * seconds - time.monotonic()) > 0:
            memory.look()
            time.sleep(min(left, max(1.0, seconds / 60)))
        filer.send_signal(signal.SIGCONT)
    over.set()
    for worker in workers:
        worker.join()
    return samples, memory


@contextmanager
def _ceph(folder: Path) -> Iterator[CephCluster]:
    cluster = CephCluster(folder)
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.wipe()


@contextmanager
def _filer(folder: Path) -> Iterator[tuple["subprocess.Popen[bytes]", str]]:
    """A simulated one, in a process of its own, which can be stopped; and its entry."""
    authority, log = folder / "filer.pem", folder / "filer.log"
    command = [sys.executable, "-u", "-m", "tests.simulators.ontap", "--volumes", "50"]
    command += ["--password", _PASSWORD, "--ca-file", str(authority)]
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment({}), stdin=subprocess.DEVNULL, stdout=output
        )
    try:
        while "SVM" not in (told := log.read_text()):
            if process.poll() is not None:
                raise RuntimeError("the simulated filer did not start")
            time.sleep(0.05)
        words = {line[:10].strip(): line[10:].split() for line in told.splitlines()}
        options = {
            "hostname": words["address"][0].removeprefix("https://").rstrip("/"),
            "ca_file": str(authority),
            "username": words["account"][0],
            "password": _PASSWORD,
            "vserver": words["SVM"][0],
        }
        pairs = [part for option in options.items() for part in option]
        yield process, "🌈".join([FilerWork.backend, "NetappStorage", *pairs])
    finally:
        process.kill()
        process.wait()


if __name__ == "__main__":
    given = os.environ
    is_well = main(float(given.get("SECONDS") or 600), int(given.get("CLIENTS") or 32))
    sys.exit(0 if is_well else 1)
