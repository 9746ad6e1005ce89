"""``/v3/<e>/usage`` and its picture, over HTTP."""

import time
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from flask import Flask
from sqlalchemy import update

from storage_api.backends.base import EXTENSION
from storage_api.backends.metering import UsageSample
from storage_api.database import Database
from storage_api.metering.sampler import Outcome, Sampler
from storage_api.metering.tables import HOLDERS, TABLES
from tests.api.callers import assert_problem, call, cookie_of
from tests.conformance.client import InProcess
from tests.metering.scenes import GB, STEP, bucket, one_pass, sample, user
from tests.servers import free_port, service

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def app(database_url: str) -> Flask:
    return service({"SAPI_DATABASE_URL": database_url, "SAPI_BILLING_TIMEZONE": "Europe/Zurich"})


@pytest.fixture
def midnight() -> datetime:
    """The beginning of a day that is over."""
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return today - timedelta(days=3)


def scene(database: Database, begin: datetime, hours: int = 24) -> None:
    """Two users' day, with a gap from ten to noon."""
    for number in range(hours * 4):
        at = begin + number * STEP
        if not 10 <= number / 4 < 12:
            one_pass(database, at, figures(at), endpoint="dummy")


def figures(at: datetime) -> list[UsageSample]:
    return [
        sample(user("alice"), at, 3 * GB, 10),
        sample(user("bob", "physics"), at, GB, 20),
        UsageSample(holder=bucket("alice"), at=at, used_bytes=GB, used_objects=5, owner="alice"),
        UsageSample(
            holder=bucket("data", "physics"), at=at, used_bytes=GB, used_objects=5, owner="bob"
        ),
    ]


def get(app: Flask, **query: str) -> list[dict[str, Any]]:
    answer = call(app, "GET", "/v3/dummy/usage", query_string=query)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    rows: list[dict[str, Any]] = answer.get_json()
    return rows


def day(begin: datetime) -> Mapping[str, str]:
    return {"from": begin.isoformat(), "to": (begin + timedelta(days=1)).isoformat()}


def test_a_day_s_bill(app: Flask, database: Database, midnight: datetime) -> None:
    scene(database, midnight)
    rows = get(app, **day(midnight))
    assert [row["holder"] for row in rows] == [
        "bucket:alice",
        "bucket:physics/data",
        "user:alice",
        "user:physics/bob",
    ]
    held = 22 * 3600 + 180  # the figure of 9:45 counts three minutes longer than to 10:00
    assert rows[2] == {
        "holder": "user:alice",
        "kind": "user",
        "namespace": None,
        "name": "alice",
        "owner": None,
        "period_start": midnight.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "period_end": (midnight + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "unit": "GB-days",
        "value": "2.756250",
        "byte_seconds": str(3 * GB * held),
        "object_days": "9.187500",
        "samples": 88,
        "gaps": 1,
        "gap_seconds": 7200 - 180,
        "complete": False,
    }


def test_filters_pages_and_masks_are_those_of_every_list(
    app: Flask, database: Database, midnight: datetime
) -> None:
    scene(database, midnight, hours=1)
    asked = day(midnight)
    assert [row["holder"] for row in get(app, **asked, kind="user", name="ali*")] == ["user:alice"]
    assert [row["kind"] for row in get(app, **asked, name="alice")] == ["bucket", "user"]
    assert [row["name"] for row in get(app, **asked, owner="bob")] == ["data"]
    for nobody in ({"kind": "volume"}, {"name": "nul\0"}, {"name": "x"}, {"owner": "x"}):
        assert get(app, **asked, **nobody) == []
    found: list[str] = []
    url = f"/v3/dummy/usage?{urlencode({**asked, 'limit': '3'})}"
    while url:
        answer = call(app, "GET", url, {"X-Fields": "holder"})
        assert all(set(row) == {"holder"} for row in answer.get_json())
        found += [row["holder"] for row in answer.get_json()]
        url = answer.headers.get("Link", "").partition(">")[0].lstrip("<")
    assert found == [row["holder"] for row in get(app, **asked)]


@pytest.mark.parametrize(
    "query",
    [
        {"from": "yesterday"},
        {"from": "2026-11", "to": "2026-10"},
        {"from": "9999-01"},
        {"to": "9999-01"},
        {"unit": "gb"},
        {"unit": "GB'"},
        {"limit": "0"},
    ],
)
def test_garbage_is_a_mistake_of_the_caller_s(app: Flask, query: dict[str, str]) -> None:
    assert_problem(call(app, "GET", "/v3/dummy/usage", query_string=query), 400)
    if "limit" not in query:
        assert_problem(call(app, "GET", "/v3/dummy/usage.svg", query_string=query), 400)
        page = call(app, "GET", "/usage", query_string=query)
        assert page.status_code == 400
        assert "<img" not in page.get_data(as_text=True)


def test_dummy_is_measured_through_the_api(app: Flask) -> None:
    api = InProcess(app)
    api.post("/v3/dummy/namespaces/physics").expect(201)
    for scope in ("", "/namespaces/physics"):
        api.post(f"/v3/dummy{scope}/users/alice", {"display_name": "Alice"}).expect(201)
        api.post(f"/v3/dummy{scope}/buckets/a-data", {"owner": "alice"}).expect(201)
    sampler = Sampler(app.extensions["storage_api_meter"].database, app.extensions[EXTENSION], STEP)
    assert sampler.once() == {"dummy": Outcome.MEASURED}
    begin = datetime.now(UTC) - timedelta(hours=1)
    end = time.monotonic() + 10
    while not (rows := get(app, **{"from": begin.isoformat()})) and time.monotonic() < end:
        time.sleep(0.05)  # a period ends before the second in which it is asked for
    assert {row["holder"] for row in rows} == {
        "namespace:physics",
        "bucket:a-data",
        "bucket:physics/a-data",
        "user:alice",
        "user:physics/alice",
    }
    assert all(row["byte_seconds"] == "0" and row["samples"] == 1 for row in rows)
    assert {row["owner"] for row in rows if row["kind"] == "bucket"} == {"alice"}


def test_without_the_role_nothing_is_shown(database_url: str) -> None:
    app = service({"SAPI_DATABASE_URL": database_url, "SAPI_ROLE_USER_GROUPS": "users"})
    for path in ("/v3/dummy/usage", "/v3/dummy/usage.svg"):
        assert_problem(call(app, "GET", path), 403)
    page = call(app, "GET", "/usage").get_data(as_text=True)
    assert "You need the role USER" in page
    assert "<img" not in page


def draw(app: Flask, **query: str) -> tuple[str, ET.Element]:
    answer = call(app, "GET", "/v3/dummy/usage.svg", query_string=query)
    assert answer.status_code == 200
    assert answer.mimetype == "image/svg+xml"
    text = answer.get_data(as_text=True)
    return text, ET.fromstring(text)  # noqa: S314  # our own


def words(root: ET.Element) -> str:
    return "\n".join("".join(node.itertext()) for node in root.iter(f"{SVG}text"))


def test_the_picture_shows_the_whole_the_largest_and_quotas(
    app: Flask, database: Database, midnight: datetime
) -> None:
    scene(database, midnight)
    with database.writing(TABLES) as connection:
        connection.execute(
            update(HOLDERS).where(HOLDERS.c.name == "alice").values(quota_bytes=int(3.2 * GB))
        )
        connection.execute(
            update(HOLDERS)
            .where(HOLDERS.c.name == "bob")
            .values(quota_bytes=100 * GB, quota_objects=20)
        )
    text, root = draw(app, **day(midnight))
    shown = words(root)
    assert "All 2 users together: 4 GB at last" in shown
    assert "alice: 3 GB of 3.2 GB" in shown
    assert "physics/bob: 1 GB of 100 GB" in shown
    assert "physics/bob: 100 % of its objects" in shown
    assert "alice: 94 %" in shown
    assert "grey: not measured" in shown
    assert draw(app, **day(midnight))[0] == text
    buckets = words(draw(app, **day(midnight), kind="bucket", name="*a*")[1])
    assert "All 2 buckets together" in buckets
    nobody = words(draw(app, **day(midnight), name="nobody")[1])
    assert "Nobody was sampled in this period" in nobody


def test_several_at_once_draw_the_same(app: Flask, database: Database, midnight: datetime) -> None:
    scene(database, midnight, hours=2)
    with ThreadPoolExecutor(4) as pool:
        drawn = set(pool.map(lambda _: draw(app, **day(midnight))[0], range(8)))
    assert len(drawn) == 1


def test_a_back_end_that_is_down_keeps_nobody_from_its_bill(database_url: str) -> None:
    """Nor one all of whose places are taken: its own is never asked."""
    entry = f"dummy🌈RadosgwStorage🌈endpoint🌈http://127.0.0.1:{free_port()}"
    entry += "🌈admin_access_key🌈a🌈admin_secret_key🌈s"
    app = service({"SAPI_BACKENDS": entry, "SAPI_DATABASE_URL": database_url})
    assert call(app, "GET", "/v3/dummy/buckets").status_code == 503
    assert get(app) == []
    assert "Nobody was sampled" in words(draw(app)[1])


def test_odd_names_stay_text(app: Flask, database: Database, midnight: datetime) -> None:
    odd = [
        "<script>alert(1)</script>",
        "$x^2$",
        "a\x01b",
        "🦄",
        "_hidden",
        "&amp;",
        "]]>",
        "x" * 900,
    ]
    one_pass(
        database,
        midnight,
        [sample(user(name), midnight, GB - place) for place, name in enumerate(odd)],
        step=timedelta(days=1),
        endpoint="dummy",
    )
    for place in range(0, len(odd), 4):
        _, root = draw(app, **day(midnight), name=odd[place] if place else "*")
        assert not list(root.iter(f"{SVG}script"))
    shown = words(draw(app, **day(midnight))[1])
    for name in ("<script>alert(1)</script>", "$x^2$", "a□b", "□", "_hidden"):
        assert name in shown


def test_images_may_do_nothing_and_pages_no_more_than_ours(app: Flask) -> None:
    image = call(app, "GET", "/v3/dummy/usage.svg")
    assert image.headers["Content-Security-Policy"].startswith("default-src 'none'")
    page = call(app, "GET", "/usage", cookie_of(app))
    assert "default-src 'self'" in page.headers["Content-Security-Policy"]
    assert "<script" not in page.get_data(as_text=True)
    hostile = call(app, "GET", "/usage", query_string={"from": '"><img src=x>', "to": "<b>"})
    assert "<b>" not in hostile.get_data(as_text=True)
    assert "<img" not in hostile.get_data(as_text=True)
