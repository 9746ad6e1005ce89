"""Ten thousand volumes: listed whole, in pages, filtered and masked."""

import pytest
from flask import Flask

from storage_api.backends.base import EXTENSION
from storage_api.domain.units import GIB
from tests.api.callers import call
from tests.servers import service

MANY = 10_000


@pytest.fixture(scope="module")
def full() -> Flask:
    app = service()
    dummy = app.extensions[EXTENSION]["dummy"]
    for number in range(MANY):
        dummy.create_volume(f"vol{number:05}", {"size_total": GIB + number})
    return app


def test_all_come_in_one_answer(full: Flask) -> None:
    rows = call(full, "GET", "/v3/dummy/volumes").get_json()
    assert [row["size_total"] - GIB for row in sorted(rows, key=lambda row: row["name"])] == list(
        range(MANY)
    )
    assert len({row["uuid"] for row in rows}) == MANY


def test_pages_make_up_the_whole(full: Flask) -> None:
    names: list[str] = []
    path: str | None = "/v3/dummy/volumes?limit=3000"
    while path:
        page = call(full, "GET", path, {"X-Fields": "name"})
        names += [row["name"] for row in page.get_json()]
        path = page.headers.get("Link", "").partition(">")[0].lstrip("<") or None
    assert names == [f"vol{number:05}" for number in range(MANY)]


def test_a_filter_finds_its_few(full: Flask) -> None:
    rows = call(full, "GET", "/v3/dummy/volumes?name=vol*999", {"X-Fields": "name"}).get_json()
    assert sorted(row["name"] for row in rows) == [f"vol{number:02}999" for number in range(10)]
