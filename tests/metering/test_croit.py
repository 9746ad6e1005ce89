"""croit's series of a user, as passes bring them piece by piece, against their exact sum."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import update

from storage_api.backends.croit.series import STEP_SECONDS
from storage_api.database import Database
from storage_api.metering.sampler import Outcome, Sampler
from storage_api.metering.tables import PASSES, TABLES
from tests.backends.croit.lab import new_user, plant_bucket, storage_of
from tests.metering.scenes import ENDPOINT, GB, STEP, billed
from tests.simulators.croit import CroitSimulator

#: Of the last hour and a half, with what croit did not measure.
VALUES = [3 * GB, 3 * GB, 5 * GB, None, None, 0, 7 * GB, *([GB] * 20), None, 2 * GB, 4 * GB]


def test_overlapping_pieces_of_a_series_are_billed_exactly(database: Database) -> None:
    now = int(datetime.now(UTC).timestamp()) // STEP_SECONDS * STEP_SECONDS
    first = now - len(VALUES) * STEP_SECONDS
    points = [(first + place * STEP_SECONDS, value) for place, value in enumerate(VALUES)]
    with CroitSimulator() as sim:
        storage = storage_of(sim)
        owner = new_user(storage)
        bucket = plant_bucket(sim, owner.name)
        sim.memory.put_object(bucket, "key", 1234)
        sampler = Sampler(database, {ENDPOINT: storage}, STEP)
        for known in (9, 9, 22, len(VALUES)):
            sim.seed_series(owner.name, points[:known])
            assert sampler.once() == {ENDPOINT: Outcome.MEASURED}
            _an_hour_ago(database)
    begin = datetime.fromtimestamp(first, UTC)
    rows = billed(database, begin, datetime.fromtimestamp(now, UTC))
    row = rows[f"user:{owner.name}"]
    assert row.byte_seconds == str(sum(value or 0 for value in VALUES) * STEP_SECONDS)
    assert (row.gaps, row.gap_seconds) == (2, VALUES.count(None) * STEP_SECONDS)
    after = billed(database, begin, datetime.now(UTC) + timedelta(minutes=1))
    assert after[f"bucket:{bucket.name}"].value is not None


def _an_hour_ago(database: Database) -> None:
    """So that the next pass is another one, and asks back that far."""
    with database.writing(TABLES) as connection:
        earlier = {"slot": PASSES.c.slot - 3600, "began": PASSES.c.began - 3600}
        connection.execute(update(PASSES).values(**earlier))
