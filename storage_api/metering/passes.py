"""Who reads which back-end when: of several samplers, one for each slot of time."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, delete, func, select, update

from storage_api.database import Database
from storage_api.database.engines import insert_new
from storage_api.domain.errors import Conflict
from storage_api.metering.tables import PASSES, TABLES

#: Seconds that a pass may take. A claim that is older is a dead sampler's.
PASS_SECONDS = 600

RUNNING, DONE, FAILED = "running", "done", "failed"


@dataclass(frozen=True)
class Claim:
    """The right to read ``backend`` for ``slot``, from ``began`` on."""

    backend: str
    slot: int
    owner: str
    began: int


@dataclass(frozen=True)
class History:
    """When passes that were kept began; both are ``None`` before the first."""

    first: int | None
    last: int | None


class LostClaim(Conflict):
    """Somebody else has taken the slot over, thinking us dead."""

    def __init__(self) -> None:
        super().__init__("Another sampler has taken this over meanwhile.")


def claim(database: Database, wanted: Claim) -> int | None:
    """Take the slot; otherwise the moment at which asking again may help, 0 for never."""
    row = {
        "backend": wanted.backend,
        "slot": wanted.slot,
        "owner": wanted.owner,
        "began": wanted.began,
        "state": RUNNING,
    }
    abandoned = (PASSES.c.state == RUNNING) & (PASSES.c.began <= wanted.began - PASS_SECONDS)
    taking = update(PASSES).where(_is(wanted), abandoned)
    with database.writing(TABLES) as connection:
        if insert_new(connection, PASSES, [row]):
            return None
        if connection.execute(taking.values(owner=wanted.owner, began=wanted.began)).rowcount:
            return None
        found = connection.execute(select(PASSES).where(_is(wanted))).one()
    return found.began + PASS_SECONDS if found.state == RUNNING else 0


def finish(connection: Connection, held: Claim, measured: int, unmeasured: int, at: int) -> None:
    """Mark the pass as kept, in the transaction that stores its figures.

    Raises:
        LostClaim: the figures are another sampler's task by now.
    """
    ended = {"state": DONE, "ended": at, "measured": measured, "unmeasured": unmeasured}
    if not connection.execute(update(PASSES).where(_held(held)).values(**ended)).rowcount:
        raise LostClaim


def fail(database: Database, held: Claim, error: str, at: int) -> None:
    """Record that nothing could be read."""
    with database.writing(TABLES) as connection:
        connection.execute(
            update(PASSES).where(_held(held)).values(state=FAILED, ended=at, error=error)
        )


def release(database: Database, owner: str) -> None:
    """Let somebody else have at once what ``owner`` will not finish."""
    with database.writing(TABLES) as connection:
        connection.execute(delete(PASSES).where(PASSES.c.owner == owner, PASSES.c.state == RUNNING))


def history(connection: Connection, backend: str) -> History:
    kept = select(func.min(PASSES.c.began), func.max(PASSES.c.began)).where(
        PASSES.c.backend == backend, PASSES.c.state == DONE
    )
    return History(*connection.execute(kept).one())


def last_passes(connection: Connection) -> dict[str, int]:
    """When the last pass of each back-end that was kept began, in seconds since 1970."""
    last = select(PASSES.c.backend, func.max(PASSES.c.began)).where(PASSES.c.state == DONE)
    rows = connection.execute(last.group_by(PASSES.c.backend))
    return {row[0]: row[1] for row in rows}


def _is(wanted: Claim) -> ColumnElement[bool]:
    return (PASSES.c.backend == wanted.backend) & (PASSES.c.slot == wanted.slot)


def _held(held: Claim) -> ColumnElement[bool]:
    return _is(held) & (PASSES.c.owner == held.owner) & (PASSES.c.state == RUNNING)
