"""A simulated croit to play with: ``python -m tests.simulators.croit``, until SIGTERM."""

from __future__ import annotations

import argparse
import shutil
import signal
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.services.ceph import CephCluster, Gateway
from tests.simulators.croit.simulator import CroitSimulator


def main() -> None:
    given = _options()
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    with (
        _gateway(wanted=given.ceph) as gateway,
        CroitSimulator(gateway, port=given.port, password=given.password, tls=given.tls) as sim,
    ):
        sim.latency, sim.tasks.seconds = given.latency, given.task_seconds
        if given.ca_file is not None:
            shutil.copyfile(sim.ca_file, given.ca_file)
        print(f"address   {sim.url}")
        print(f"token     {sim.token}")
        print(f"viewer    {sim.viewer_token}")
        print(f"account   {sim.username}  {sim.password}")
        if given.tls:
            print(f"ca file   {given.ca_file or sim.ca_file}")
        if gateway is not None:
            print(f"S3        {gateway.endpoint}")
        print("ready", flush=True)
        ended.wait()


@contextmanager
def _gateway(*, wanted: bool) -> Iterator[Gateway | None]:
    if not wanted:
        yield None
        return
    with tempfile.TemporaryDirectory() as folder:
        cluster = CephCluster(Path(folder))
        try:
            cluster.start()
            yield cluster.env()
        finally:
            cluster.wipe()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tests.simulators.croit", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="of 127.0.0.1; any free one if 0")
    parser.add_argument("--ceph", action="store_true", help="start a real cluster underneath")
    parser.add_argument("--latency", type=float, default=0.0, help="seconds before each answer")
    parser.add_argument("--task-seconds", type=float, default=0.0, help="how long tasks take")
    parser.add_argument("--tls", action="store_true")
    parser.add_argument("--ca-file", type=Path, help="where to write the authority to trust")
    parser.add_argument("--password", default="simulated")
    return parser.parse_args()


if __name__ == "__main__":
    main()
