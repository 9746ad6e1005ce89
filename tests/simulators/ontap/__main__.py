"""A simulated filer to play with, or to measure against: ``python -m tests.simulators.ontap``."""

import argparse
import shutil
import signal
import tempfile
from pathlib import Path

from tests.simulators.ontap.settings import Settings
from tests.simulators.ontap.simulator import OntapSimulator
from tests.simulators.tls import Authority


def main() -> None:
    options = _options()
    settings = Settings(
        version=options.version,
        platform=options.platform,
        latency=options.latency,
        job_seconds=options.job_seconds,
    )
    ending = {signal.SIGTERM, signal.SIGINT}
    # Before any thread begins, so that none of them takes the signal.
    signal.pthread_sigmask(signal.SIG_BLOCK, ending)
    with tempfile.TemporaryDirectory() as folder:
        authority = Authority(Path(folder))
        with OntapSimulator(
            port=options.port,
            password=options.password,
            svm=options.svm,
            svm_account=options.svm_account,
            settings=settings,
            authority=authority,
            client_ca=options.client_ca,
        ) as sim:
            sim.seed_volumes(options.volumes)
            if options.ca_file is not None:
                shutil.copyfile(sim.ca_file, options.ca_file)
            print(f"address   {sim.url}")
            print(f"ca file   {options.ca_file or sim.ca_file}")
            print(f"account   {sim.username}  {sim.password}")
            print(f"SVM       {sim.svm}", flush=True)
            signal.sigwait(ending)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tests.simulators.ontap", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="default: any free one")
    parser.add_argument("--volumes", type=int, default=0, help="how many there are at the start")
    parser.add_argument("--latency", type=float, default=0.0, help="seconds before each answer")
    parser.add_argument("--job-seconds", type=float, default=0.0, help="how long writes take")
    parser.add_argument("--ca-file", type=Path, help="where to write the authority to trust")
    parser.add_argument("--client-ca", type=Path, help="whose client certificates to accept")
    parser.add_argument("--svm", default="vs1")
    parser.add_argument("--svm-account", action="store_true", help="confine the account to it")
    parser.add_argument("--password", default="simulated")
    parser.add_argument("--version", default=Settings.version)
    parser.add_argument("--platform", choices=["plain", "hdd", "aff"], default="plain")
    return parser.parse_args()


if __name__ == "__main__":
    main()
