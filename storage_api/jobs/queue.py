"""huey's queue: one task, which is to do the job of an id."""

from collections.abc import Callable

from huey import Huey

from storage_api.jobs.store import reaching


class Queue:
    """What waits for a worker. A job may stand in it twice: its lease is what keeps it single."""

    def __init__(self, huey: Huey, run: Callable[[str], None]) -> None:
        self._huey = huey
        self._task = huey.task(name="run")(run)

    def put(self, job: str, delay: float = 0.0) -> None:
        """Have it run, after ``delay`` seconds at the earliest.

        Raises:
            StoreDown: it stands in no queue now.
        """
        with reaching():
            if delay > 0:
                self._huey.add_schedule(self._task.s(job, delay=delay))
            else:
                self._task(job)

    def waiting(self) -> set[str]:
        """The ids of all jobs that will come to a worker by themselves."""
        with reaching():
            tasks = [*self._huey.pending(), *self._huey.scheduled()]
        return {task.args[0] for task in tasks}
