"""python -m tests.simulators.waldur: a Waldur to try things with, until SIGTERM."""

from __future__ import annotations

import argparse
import signal
import sys
import threading

from tests.simulators.waldur.simulator import WaldurSimulator


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.simulators.waldur")
    parser.add_argument("--port", type=int, default=0, help="of 127.0.0.1; any free one if 0")
    parser.add_argument("--resources", type=int, default=100)
    parser.add_argument("--latency", type=float, default=0.0, help="seconds before each answer")
    given = parser.parse_args()
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    with WaldurSimulator(port=given.port) as simulator:
        simulator.seed(given.resources)
        simulator.warm()
        simulator.latency = given.latency
        print(f"url {simulator.url}")
        for user in simulator.store.users.values():
            print(f"token {user.token} {user.username}", flush=True)
        ended.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
