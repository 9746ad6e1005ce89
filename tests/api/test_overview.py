"""The overview page without a browser: who sees what, and what is said where something fails."""

import re
import time
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from flask import Flask

from storage_api.database import Database
from storage_api.domain.models import Ref
from storage_api.domain.units import readable
from storage_api.metering.tables import HOLDERS, TABLES
from storage_api.security.roles import Role
from tests.api.callers import assert_problem, call, cookie_of
from tests.conformance.client import InProcess
from tests.jobs.lab import wait_for
from tests.metering.scenes import GB, STEP, one_pass, sample, user
from tests.servers import DUMMY, service

_FILER = (
    "filer🌈NetappStorage🌈username🌈u🌈password🌈hidden-word🌈vserver🌈vs1🌈hostname🌈127.0.0.1:9"
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """State with samples of two users, an hour old."""
    folder = tmp_path_factory.mktemp("overview")
    database = Database(None, lambda: folder)
    began = datetime.now(UTC) - timedelta(hours=1)
    for number in range(3):
        at = began + number * STEP
        figures = {"alice": 5 * GB, "<b>bob</b>": (number + 6) * GB}
        one_pass(
            database,
            at,
            [sample(user(name), at, used) for name, used in figures.items()],
            endpoint="dummy",
        )
    database.close()
    return folder


@pytest.fixture(scope="module")
def app(folder: Path) -> Flask:
    return service(
        {
            "SAPI_BACKENDS": f"{DUMMY}🦄second🌈DummyStorage🦄{_FILER}",
            "SAPI_STATE_DIRECTORY": str(folder),
            "SAPI_ROLE_USER_GROUPS": "users",
        }
    )


def page(app: Flask, path: str, *roles: Role) -> str:
    response = call(app, "GET", path, cookie_of(app, *roles))
    assert response.status_code == 200
    assert response.mimetype == "text/html"
    assert response.headers["Cache-Control"] == "no-store"
    return response.get_data(as_text=True)


def test_strangers_see_states_and_no_figures(app: Flask) -> None:
    for path in ("/overview", "/overview/dummy"):
        text = page(app, path)
        assert 'class="state up"' in text
        assert "You need the role USER" in text
        for hidden in ("alice", "Total", "data-figures"):
            assert hidden not in text
    assert "You need the role ADMIN to see jobs" in page(app, "/overview", Role.USER)


def test_one_back_end_shows_space_and_who_fills_it(app: Flask) -> None:
    api = InProcess(app)
    api.post("/v3/dummy/volumes/big", {"junction_path": "/big", "size_total": GB}).expect(201)
    text = page(app, "/overview/dummy", Role.USER)
    assert "1.00 PiB" in text
    assert "Overcommit" in text
    names = re.findall(r'<th scope="row">(.*?)</th>', text)
    assert names == ["big", "&lt;b&gt;bob&lt;/b&gt;", "alice"]
    assert 'href="/#/dummy/dummy_list_volumes"' in text
    assert 'href="/#/dummy/dummy_get_capacity"' in text
    assert "hidden-word" not in text


def test_whoever_is_near_a_quota_is_listed(folder: Path, app: Flask) -> None:
    """Of bytes or of objects, whichever is nearer."""
    database = Database(None, lambda: folder)
    at = datetime.now(UTC)
    near = [sample(user("full"), at, 1, used_objects=95), sample(user("empty"), at, 1)]
    one_pass(database, at, near, endpoint="second")
    with database.writing(TABLES) as connection:
        connection.execute(
            HOLDERS.update().where(HOLDERS.c.name == "full").values(quota_objects=100)
        )
    database.close()
    text = page(app, "/overview/second", Role.USER)
    [near_table] = re.findall(r"<caption>Near or over a limit.*?</table>", text, re.DOTALL)
    assert re.findall(r'<th scope="row">(.*?)</th>', near_table) == ["full"]
    assert "95 objects" in near_table
    assert "95 %" in near_table


def test_one_that_is_down_says_so_and_costs_nobody_time(app: Flask) -> None:
    began = time.monotonic()
    assert 'data-figures="/overview/filer"' in page(app, "/overview", Role.USER)
    text = page(app, "/overview/filer", Role.USER)
    assert time.monotonic() - began < 10
    assert 'role="alert"' in text
    assert "cannot be reached" in text
    assert "Total" not in text


def test_jobs_and_failures_are_for_admins(app: Flask) -> None:
    api = InProcess(app)
    api.post("/v3/dummy/users/gone", {}).expect(201)
    done = api.delete("/v3/dummy/users/gone?purge=true").expect(202)
    jobs = app.extensions["storage_api_jobs"]
    failing = jobs.submit("purge-user", "filer", Ref(None, "<i>somebody</i>"), asked_by="me")
    for job in (done["id"], failing.id):
        wait_for(partial(jobs.get, job), lambda now: now.state in {"done", "failed"})
    text = page(app, "/overview", Role.ADMIN, Role.USER)
    [failed] = re.findall(r"<caption>Failed.*?</table>", text, re.DOTALL)
    assert "&lt;i&gt;somebody&lt;/i&gt;" in failed
    assert "gone" not in failed
    assert f'href="/v3/jobs/{done["id"]}"' in text
    assert "somebody" not in page(app, "/overview", Role.USER)


def test_an_unknown_back_end_is_a_problem(app: Flask) -> None:
    response = call(app, "GET", "/overview/absent", cookie_of(app, Role.USER))
    assert "dummy, second, filer" in assert_problem(response, 404)["detail"]


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (None, "unknown"),
        (0, "0 B"),
        (999, "999 B"),
        (1000, "0.98 KiB"),
        (1536, "1.50 KiB"),
        (1023 * 1024**3, "1.00 TiB"),
        (5 * 10**12, "4.55 TiB"),
        (2**62, "4096 PiB"),
    ],
)
def test_sizes_are_written_for_people(size: int | None, text: str) -> None:
    assert readable(size) == text
