"""``storage-api sample`` as an operator runs it, and as it dies."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from sqlalchemy import select, update

from storage_api.database import Database
from storage_api.metering.passes import PASS_SECONDS
from storage_api.metering.tables import HOLDERS, PASSES, SAMPLES, TABLES
from tests.metering.hanging import hanging_gateway
from tests.servers import ROOT, environment

DUMMY = "dummy🌈DummyStorage"
CEPH = "ceph🌈RadosgwStorage🌈endpoint🌈{url}🌈admin_access_key🌈a🌈admin_secret_key🌈s3cret"


def command(*arguments: str, **settings: str) -> subprocess.Popen[str]:
    own = {"FLASK_DEBUG": "1", "SAPI_BACKENDS": DUMMY, **settings}
    return subprocess.Popen(
        [sys.executable, "-m", "storage_api.cli", *arguments],
        cwd=ROOT,
        env=environment(own),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def ended(*arguments: str, **settings: str) -> tuple[int, str]:
    with command(*arguments, **settings) as process:
        output, errors = process.communicate(timeout=60)
        return process.returncode, output + errors


@pytest.fixture
def state(tmp_path: Path) -> Mapping[str, str]:
    return {"SAPI_STATE_DIRECTORY": str(tmp_path)}


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Database]:
    database = Database(None, lambda: tmp_path)
    yield database
    database.close()


@pytest.fixture
def gateway() -> Iterator[str]:
    """An entry for a gateway that takes connections and never answers."""
    with hanging_gateway() as url:
        yield CEPH.format(url=url)


def passes(database: Database) -> list[tuple[str, str]]:
    with database.reading(TABLES) as connection:
        rows = connection.execute(select(PASSES.c.backend, PASSES.c.state).order_by(PASSES.c.slot))
        return [(row.backend, row.state) for row in rows]


def wait_for(database: Database, wanted: tuple[str, str]) -> None:
    end = time.monotonic() + 30
    while wanted not in passes(database):
        assert time.monotonic() < end
        time.sleep(0.05)


def test_one_pass_ends_with_zero(state: Mapping[str, str], here: Database) -> None:
    code, said = ended("sample", **state)
    assert (code, "dummy: measured" in said) == (0, True)
    assert passes(here) == [("dummy", "done")]


def test_one_that_is_down_is_recorded_and_the_others_are_measured(
    state: Mapping[str, str], here: Database
) -> None:
    down = CEPH.format(url="http://127.0.0.1:9")
    code, said = ended("sample", **state, SAPI_BACKENDS=f"{DUMMY}🦄{down}")
    assert code == 1
    assert "dummy: measured" in said
    assert "ceph: failed" in said
    assert "s3cret" not in said
    assert set(passes(here)) == {("dummy", "done"), ("ceph", "failed")}
    assert ended("sample", "--backend", "dummy", **state, SAPI_BACKENDS=f"{DUMMY}🦄{down}")[0] == 0


@pytest.mark.parametrize(
    ("arguments", "settings"),
    [
        (["sample"], {"SAPI_BACKENDS": "dummy🌈NoSuchStorage🌈password🌈s3cret"}),
        (["sample"], {"SAPI_DATABASE_URL": "mysql://s3cret"}),
        (["sample"], {"SAPI_BILLING_TIMEZONE": "Nowhere/s3cret"}),
        (["sample", "--backend", "nobody"], {}),
        (["sample", "--every", "1s"], {}),
        (["sample", "--every", "15m", "--step", "15m"], {}),
    ],
)
def test_a_wrong_configuration_ends_with_two(
    state: Mapping[str, str], arguments: list[str], settings: dict[str, str]
) -> None:
    code, said = ended(*arguments, **state, **settings)
    assert code == 2
    assert "Traceback" not in said
    assert "s3cret" not in said


def test_a_long_running_sampler_ends_cleanly(state: Mapping[str, str], here: Database) -> None:
    with command("sample", "--every", "1m", **state) as process:
        wait_for(here, ("dummy", "done"))
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=15)
    assert process.returncode == 0
    assert errors == ""


def test_a_pass_that_is_killed_keeps_nothing_and_is_done_by_another(
    state: Mapping[str, str], here: Database, gateway: str
) -> None:
    """The slot is held by the dead until its time is over; then the next who asks gets it."""
    with command("sample", "--every", "24h", **state, SAPI_BACKENDS=gateway) as process:
        wait_for(here, ("ceph", "running"))
        os.kill(process.pid, signal.SIGKILL)
        process.wait(10)
    with here.reading(TABLES) as connection:
        assert connection.execute(select(HOLDERS)).all() == []
        assert connection.execute(select(SAMPLES)).all() == []
        dead = connection.execute(select(PASSES.c.owner)).scalar_one()
    renamed = {"SAPI_BACKENDS": "ceph🌈DummyStorage"}
    with command("sample", "--every", "24h", **state, **renamed) as other:
        time.sleep(1.5)
        assert passes(here) == [("ceph", "running")]
        other.terminate()
        other.communicate(timeout=15)
    with here.writing(TABLES) as connection:
        connection.execute(update(PASSES).values(began=PASSES.c.began - PASS_SECONDS))
    with command("sample", "--every", "24h", **state, **renamed) as other:
        wait_for(here, ("ceph", "done"))
        other.terminate()
        other.communicate(timeout=15)
    with here.reading(TABLES) as connection:
        assert connection.execute(select(PASSES.c.owner)).scalar_one() != dead


def test_two_that_run_side_by_side_share_the_passes(
    state: Mapping[str, str], here: Database
) -> None:
    both = [command("sample", "--every", "1m", **state) for _ in range(2)]
    wait_for(here, ("dummy", "done"))
    time.sleep(1.5)
    said = ""
    for process in both:
        process.terminate()
        said += process.communicate(timeout=15)[0]
    assert said.count('"event": "sampled"') == len(passes(here))
