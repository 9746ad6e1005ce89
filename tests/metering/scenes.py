"""Usage that tests make up: points in, what is billed out."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

from storage_api.backends.accounting import Holder, UsageReporter
from storage_api.backends.metering import UsageSample, UsageSampler
from storage_api.database import Database
from storage_api.domain.capabilities import HolderKind
from storage_api.domain.models import MeteredUsage, Ref, Usage
from storage_api.metering.figures import gather
from storage_api.metering.meter import Meter
from storage_api.metering.passes import Claim, claim, finish
from storage_api.metering.periods import Period
from storage_api.metering.recording import record
from storage_api.metering.runs import hold
from storage_api.metering.tables import TABLES

GB = 10**9
STEP = timedelta(minutes=15)
START = datetime(2026, 3, 1, tzinfo=UTC)
ENDPOINT = "ceph"


def bucket(name: str, namespace: str | None = None) -> Holder:
    return Holder(HolderKind.BUCKET, Ref(namespace, name))


def user(name: str, namespace: str | None = None) -> Holder:
    return Holder(HolderKind.USER, Ref(namespace, name))


def sample(
    holder: Holder, at: datetime, used_bytes: int | None, used_objects: int | None = 1
) -> UsageSample:
    return UsageSample(holder=holder, at=at, used_bytes=used_bytes, used_objects=used_objects)


def one_pass(
    database: Database,
    at: datetime,
    samples: Iterable[UsageSample],
    *,
    step: timedelta = STEP,
    endpoint: str = ENDPOINT,
) -> None:
    """A pass at a moment of the test's choice, recorded as the sampler does."""
    began = int(at.timestamp())
    held = Claim(endpoint, began, "test", began)
    assert claim(database, held) is None
    figures = gather(samples, step, at + timedelta(seconds=1))
    with database.writing(TABLES) as connection:
        record(connection, endpoint, figures, began, hold(int(step.total_seconds())))
        finish(connection, held, len(figures.points), 0, began)


def billed(
    database: Database, begin: datetime, end: datetime, unit: str = "GB"
) -> dict[str, MeteredUsage]:
    """The rows of a period by holder."""
    rows = Meter(database, UTC).usage(ENDPOINT, Period(begin, end), unit)
    assert [row.holder for row in rows] == sorted(row.holder for row in rows)
    return {row.holder: row for row in rows}


class Scripted(UsageReporter, UsageSampler):
    """A back-end that says what it is told to, or raises it."""

    usage_holders = frozenset(HolderKind)

    def __init__(self, *answers: list[UsageSample] | Exception) -> None:
        self.answers = list(answers)
        self.asked: list[datetime | None] = []

    def get_usage(self, holder: Holder) -> Usage:
        raise NotImplementedError

    def sample_usage(self, since: datetime | None) -> Iterator[UsageSample]:
        self.asked.append(since)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        yield from answer
