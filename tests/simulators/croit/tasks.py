"""Work that outlives its request: croit's managed tasks, and how a test makes them go."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from tests.simulators.croit.clock import Clock, iso
from tests.simulators.croit.errors import CroitError, invalid, missing
from tests.simulators.croit.records import Json

State = Literal["WAITING", "RUNNING", "FINISHED", "FAILED", "CANCELED"]

CANCELED = -256
_STOP_SECONDS = 5.0


@dataclass(frozen=True)
class Fate:
    """What befalls the next task: it asks first, or it ends without having done its work."""

    status_code: int = 0
    output: str = ""
    question: str | None = None
    options: tuple[str, ...] = ("YES", "NO")
    default: str = "NO"
    seconds: float = 60.0


@dataclass
class Question:
    message: str
    options: tuple[str, ...]
    default: str
    token: str
    ends: float
    response: str | None = None
    answered: threading.Event = field(default_factory=threading.Event)

    def document(self) -> Json:
        return {
            "message": self.message,
            "defaultResponse": self.default,
            "responseOptions": list(self.options),
            "token": self.token,
            "timeLeft": max(0, int(self.ends - time.monotonic())),
        }


@dataclass
class Task:
    id: int
    name: str
    object: str
    started_at: float
    started_by: str
    work: Callable[[], str]
    fate: Fate
    state: State = "WAITING"
    status_code: int = 0
    output: str = ""
    question: Question | None = None
    canceled: threading.Event = field(default_factory=threading.Event)

    @property
    def done(self) -> bool:
        return self.state in {"FINISHED", "FAILED", "CANCELED"}

    def document(self) -> Json:
        return {
            "id": self.id,
            "done": self.done,
            "statusCode": self.status_code,
            "state": self.state,
            "progress": {"complete": 1 if self.state == "FINISHED" else 0, "total": 1},
            "result": None,
            "output": self.output,
            "object": self.object,
            "name": self.name,
            "startedAt": iso(self.started_at),
            "startedBy": self.started_by,
            "question": self.question.document() if self.question else None,
        }


class Tasks:
    """Each task has a thread of its own, which takes ``seconds`` and then does the work."""

    def __init__(self, clock: Clock) -> None:
        self.seconds = 0.0
        self._clock = clock
        self._lock = threading.Lock()
        self._fates: deque[Fate] = deque()
        self._tasks: dict[int, Task] = {}
        self._threads: list[threading.Thread] = []

    def fail_next(self, output: str = "", status_code: int = 1) -> None:
        self._fates.append(Fate(status_code, output))

    def cancel_next(self) -> None:
        self._fates.append(Fate(CANCELED))

    def ask_next(
        self,
        message: str,
        options: tuple[str, ...] = ("YES", "NO"),
        default: str = "NO",
        seconds: float = 60.0,
    ) -> None:
        """The next task waits for a response; the first of ``options`` lets it go on."""
        self._fates.append(Fate(0, "", message, options, default, seconds))

    def warn_next(self, output: str) -> None:
        """The next task works, and ends with ``output``."""
        self._fates.append(Fate(0, output))

    def start(self, name: str, subject: str, by: str, work: Callable[[], str]) -> Json:
        """The task as it is before it has begun. ``work`` returns the task's output."""
        with self._lock:
            fate = self._fates.popleft() if self._fates else Fate()
            number = len(self._tasks) + 1
            task = Task(number, name, subject, self._clock.now(), by, work, fate)
            self._tasks[number] = task
            document = task.document()
            thread = threading.Thread(target=self._run, args=(task,), daemon=True)
            self._threads.append(thread)
        thread.start()
        return document

    def stop(self) -> None:
        """End what is under way."""
        for task in self.all():
            task.canceled.set()
            if task.question is not None:
                task.question.answered.set()
        for thread in self._threads:
            thread.join(_STOP_SECONDS)

    def all(self) -> list[Task]:
        with self._lock:
            return list(self._tasks.values())

    def one(self, number: int) -> Task:
        task = self._tasks.get(number)
        if task is None:
            raise missing("task", number)
        return task

    def answer(self, number: int, token: str, response: str) -> None:
        question = self.one(number).question
        if question is None or question.token != token:
            raise invalid("the task did not ask this")
        if response not in question.options:
            raise invalid(f"the response must be one of {', '.join(question.options)}")
        question.response = response
        question.answered.set()

    def cancel(self, number: int) -> None:
        task = self.one(number)
        task.canceled.set()
        if task.question is not None:
            task.question.answered.set()

    def _run(self, task: Task) -> None:
        task.state = "RUNNING"
        task.canceled.wait(self.seconds)
        if task.fate.status_code == 0 and not task.canceled.is_set():
            self._ask(task)
        if task.canceled.is_set() or task.fate.status_code == CANCELED:
            task.status_code, task.state = CANCELED, "CANCELED"
        elif task.fate.status_code or task.status_code:
            task.status_code = task.status_code or task.fate.status_code
            task.output, task.state = task.output or task.fate.output, "FAILED"
        else:
            _work(task)

    def _ask(self, task: Task) -> None:
        fate = task.fate
        if fate.question is None:
            return
        ends = time.monotonic() + fate.seconds
        token = f"question-{task.id}"
        asked = Question(fate.question, fate.options, fate.default, token, ends)
        task.question = asked
        asked.answered.wait(fate.seconds)
        task.question = None
        response = asked.response or asked.default
        if response != fate.options[0]:
            task.status_code, task.output = 1, f"{fate.question} {response}"


def _work(task: Task) -> None:
    try:
        output = task.work()
    except CroitError as error:
        task.status_code, task.output, task.state = 1, error.message, "FAILED"
    else:
        task.output, task.state = task.fate.output or output, "FINISHED"
