"""A simulated cluster to play with, or to measure against: ``python -m tests.simulators.ecs``."""

import argparse
import shutil
import signal
import tempfile
from pathlib import Path

from tests.simulators.ecs.settings import Settings
from tests.simulators.ecs.simulator import EcsSimulator
from tests.simulators.tls import Authority


def main() -> None:
    options = _options()
    settings = Settings(release=options.release, latency=options.latency)
    ending = {signal.SIGTERM, signal.SIGINT}
    # Before any thread begins, so that none of them takes the signal.
    signal.pthread_sigmask(signal.SIG_BLOCK, ending)
    with tempfile.TemporaryDirectory() as folder:
        authority = Authority(Path(folder))
        with EcsSimulator(
            port=options.port,
            password=options.password,
            monitor_password=options.password,
            settings=settings,
            authority=authority,
        ) as sim:
            for domain in options.domain:
                sim.add_domain(domain)
            if options.ca_file is not None:
                shutil.copyfile(sim.ca_file, options.ca_file)
            print(f"address   {sim.url}")
            print(f"ca file   {options.ca_file or sim.ca_file}")
            print(f"admin     {sim.username}  {sim.password}")
            print(f"monitor   {sim.monitor_username}  {sim.monitor_password}")
            print(f"group     {sim.replication_group}", flush=True)
            signal.sigwait(ending)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tests.simulators.ecs", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="default: any free one")
    parser.add_argument("--latency", type=float, default=0.0, help="seconds before each answer")
    parser.add_argument("--release", choices=["2.x", "3.x", "4.x"], default=Settings.release)
    parser.add_argument("--domain", action="append", default=[], help="for user mappings")
    parser.add_argument("--ca-file", type=Path, help="where to write the authority to trust")
    parser.add_argument("--password", default="simulated", help="of both accounts")
    return parser.parse_args()


if __name__ == "__main__":
    main()
