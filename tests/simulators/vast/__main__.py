"""python -m tests.simulators.vast: a VMS to try things with, until SIGTERM."""

import argparse
import signal
import sys
import threading

from tests.simulators.vast.simulator import VastSimulator


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.simulators.vast")
    parser.add_argument("--port", type=int, default=0, help="of 127.0.0.1; any free one if 0")
    parser.add_argument("--group", action="append", default=[], help="gid=name; may be repeated")
    given = parser.parse_args()
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    simulator = VastSimulator()
    simulator.port = given.port
    for text in given.group:
        gid, _, name = text.partition("=")
        simulator.cluster.groups[int(gid)] = name
    with simulator:
        print(f"url {simulator.url}\ntoken {simulator.token}", flush=True)
        ended.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
