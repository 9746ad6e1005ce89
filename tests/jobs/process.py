"""``python -m tests.jobs.process``: a consumer, or somebody who submits, in a process of its own.

The same as the service's, but impatient.
"""

import dataclasses
import json
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

from storage_api.domain.models import Ref
from storage_api.domain.secrets import Secret
from storage_api.jobs.engine import Jobs
from storage_api.jobs.timing import Timing
from storage_api.logs import configure_logs
from tests.jobs.storage import LabOptions, LabStorage

IMPATIENT = Timing(
    retry_delays=(0.3, 0.3, 0.3), scan=0.3, pulse=0.1, poll=0.1, lease=1.5, leave=2.0
)


class Office(Jobs):
    """Takes jobs and tells of them, but leaves the work to others."""

    def work_beside(self) -> None:
        pass


def office(folder: Path, redis_url: str | None, *, keep: float | None = None) -> Office:
    """With the one back-end "lab"; what has ended is kept for ``keep`` seconds."""
    timing = IMPATIENT
    if keep is not None:
        timing = dataclasses.replace(timing, keep=timedelta(seconds=keep))
    return Office(
        {"lab": LabStorage(LabOptions(folder=folder))},
        directory=folder,
        redis_url=Secret(redis_url) if redis_url else None,
        timing=timing,
    )


def main(what: str, folder: str, redis_url: str, extra: str) -> None:
    configure_logs(20)
    if what == "consume":
        office(Path(folder), redis_url or None, keep=float(extra) if extra else None).consume()
        return
    jobs = office(Path(folder), redis_url or None)
    jobs.list()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()  # all begin at the same moment
    with ThreadPoolExecutor(8) as pool:
        target = Ref(None, extra)
        asked = [
            pool.submit(jobs.submit, "purge-user", "lab", target, asked_by="alice")
            for _ in range(8)
        ]
    sys.stdout.write(json.dumps([job.result().id for job in asked]))


if __name__ == "__main__":
    main(*sys.argv[1:])
