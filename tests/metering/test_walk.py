"""Back-ends that tell usage of one holder at a time."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from storage_api.backends.accounting import Holder, UsageReporter
from storage_api.backends.base import EXTENSION
from storage_api.backends.dummy.backend import DummyStorage
from storage_api.database import Database
from storage_api.domain.capabilities import HolderKind
from storage_api.domain.errors import BackendUnavailable, Conflict, NotFound
from storage_api.domain.models import Quota, Ref, Usage
from storage_api.metering.quotas import refresh_quotas
from storage_api.metering.sampler import Outcome, Sampler
from storage_api.metering.tables import HOLDERS, TABLES
from storage_api.metering.walk import walk
from tests.conformance.client import InProcess
from tests.metering.scenes import GB, STEP
from tests.metering.test_api import draw, words


class Dummy(DummyStorage):
    """A dummy whose usage a test says."""

    usage: dict[str, Usage | Exception]
    #: Whose limits cannot be read, and why.
    no_quota: Mapping[str, Exception] = {}

    def get_quota(self, holder: Holder) -> Quota:
        if holder.ref.name in self.no_quota:
            raise self.no_quota[holder.ref.name]
        return super().get_quota(holder)

    def get_usage(self, holder: Holder) -> Usage:
        found = self.usage.get(holder.ref.name, Usage(used_bytes=GB, used_objects=1))
        if isinstance(found, Exception):
            raise found
        return found


@pytest.fixture
def backend(app: Flask) -> Dummy:
    """With a user in the nameless namespace and in one other."""
    api = InProcess(app)
    api.post("/v3/dummy/namespaces/physics").expect(201)
    for scope in ("", "/namespaces/physics"):
        for user in ("alice", "bob"):
            api.post(f"/v3/dummy{scope}/users/{user}", {"display_name": "A"}).expect(201)
    backend = app.extensions[EXTENSION]["dummy"]
    backend.__class__ = Dummy
    backend.usage = {}
    assert isinstance(backend, Dummy)
    return backend


def measured(backend: UsageReporter) -> dict[str, int | None]:
    return {
        f"{sample.holder.kind}:{sample.holder.ref}": sample.used_bytes for sample in walk(backend)
    }


def test_everybody_in_every_namespace_is_asked_about_once(backend: Dummy) -> None:
    found = [sample.holder for sample in walk(backend)]
    assert len(found) == len(set(found)) == 5
    assert set(found) == {
        Holder(HolderKind.NAMESPACE, Ref(None, "physics")),
        *(
            Holder(HolderKind.USER, Ref(ns, u))
            for ns in (None, "physics")
            for u in ("alice", "bob")
        ),
    }


def test_one_who_cannot_be_measured_is_there_and_one_who_went_is_not(backend: Dummy) -> None:
    backend.usage = {"alice": BackendUnavailable("busy"), "bob": NotFound("gone")}
    assert measured(backend) == {
        "namespace:physics": GB,
        "user:alice": None,
        "user:physics/alice": None,
    }


def test_one_who_is_refused_does_not_end_the_pass(backend: Dummy) -> None:
    backend.usage = {"alice": Conflict("The owner is suspended.")}
    found = measured(backend)
    assert (found["user:alice"], found["user:bob"]) == (None, GB)


def test_a_figure_of_the_day_before_is_none(backend: Dummy) -> None:
    old = datetime.now(UTC) - timedelta(hours=25)
    fresh = datetime.now(UTC) - timedelta(hours=3)
    backend.usage = {
        "alice": Usage(used_bytes=1, measured_at=old),
        "bob": Usage(used_bytes=2, measured_at=fresh, stale=True),
    }
    found = measured(backend)
    assert (found["user:alice"], found["user:bob"]) == (None, 2)


def test_a_list_that_cannot_be_had_ends_the_pass(backend: Dummy, database: Database) -> None:
    class Listless(Dummy):
        def list_users(self, namespace: str | None) -> Any:
            raise BackendUnavailable("no list")

    backend.__class__ = Listless
    assert Sampler(database, {"dummy": backend}, STEP).once() == {"dummy": Outcome.FAILED}


def test_some_unmeasured_is_a_partial_success(backend: Dummy, database: Database) -> None:
    backend.usage = {"alice": BackendUnavailable("busy")}
    assert Sampler(database, {"dummy": backend}, STEP).once() == {"dummy": Outcome.PARTLY}


@pytest.fixture
def with_quota(app: Flask, backend: Dummy) -> Dummy:
    api = InProcess(app)
    api.put("/v3/dummy/users/alice/quota", {"max_bytes": GB}).expect(200)
    api.put("/v3/dummy/users/bob/quota", {"max_bytes": 2 * GB}).expect(200)
    return backend


def test_limits_are_read_beside_for_the_picture(app: Flask, with_quota: Dummy) -> None:
    database = app.extensions["storage_api_meter"].database
    sampler = Sampler(database, {"dummy": with_quota}, STEP)
    assert sampler.once() == {"dummy": Outcome.MEASURED}
    begin = (datetime.now(UTC) - timedelta(minutes=1)).isoformat()
    end = datetime.now(UTC) + timedelta(seconds=10)
    shown = ""
    while "alice: 100 %" not in shown and datetime.now(UTC) < end:
        shown = words(draw(app, **{"from": begin})[1])
    assert "alice: 100 %" in shown
    assert "bob: 1 GB of 2 GB" in shown
    assert "bob: 50 %" not in shown


@pytest.mark.parametrize("error", [Conflict("odd"), BackendUnavailable("down")])
def test_one_whose_limit_cannot_be_read_keeps_nobody_else_s(
    app: Flask, with_quota: Dummy, error: Exception
) -> None:
    database = app.extensions["storage_api_meter"].database
    with_quota.no_quota = {"alice": error}
    assert Sampler(database, {"dummy": with_quota}, STEP).once() == {"dummy": Outcome.MEASURED}
    for _ in range(8):
        refresh_quotas(database, "dummy", with_quota)
    with database.reading(TABLES) as connection:
        rows = connection.execute(select(HOLDERS.c.name, HOLDERS.c.quota_bytes)).all()
    assert ("bob", 2 * GB) in rows
    assert ("alice", GB) not in rows
