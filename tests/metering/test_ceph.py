"""A pass over a real Ceph, asked for over HTTP."""

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from storage_api.backends.base import EXTENSION
from storage_api.backends.metering import UsageSampler
from storage_api.domain.models import NewKey
from storage_api.metering.sampler import Outcome, Sampler
from tests.backends.radosgw.lab import Lab
from tests.conformance.client import InProcess
from tests.metering.scenes import STEP
from tests.metering.test_api import get
from tests.servers import service
from tests.services.ceph import CephCluster

SIZE, OBJECTS = 100_000, 3


@pytest.fixture(scope="module")
def lab(ceph: CephCluster) -> Lab:
    return Lab(ceph.env())


@pytest.fixture
def app(lab: Lab, tmp_path: Path) -> Flask:
    gateway = lab.gateway
    entry = (
        f"dummy🌈RadosgwStorage🌈endpoint🌈{gateway.endpoint}"
        f"🌈admin_access_key🌈{gateway.access_key}🌈admin_secret_key🌈{gateway.secret_key}"
    )
    return service({"SAPI_BACKENDS": entry, "SAPI_STATE_DIRECTORY": str(tmp_path)})


def stored(lab: Lab, app: Flask, namespace: str, user: str, bucket: str) -> None:
    api = InProcess(app)
    scope = f"/namespaces/{namespace}" if namespace else ""
    api.post(f"/v3/dummy{scope}/users/{user}", {"display_name": "Metered"}).expect(201)
    made = api.post(f"/v3/dummy{scope}/users/{user}/keys", {}).expect(201)
    api.post(f"/v3/dummy{scope}/buckets/{bucket}", {"owner": user}).expect(201)
    key = NewKey(access_key=made["access_key"], secret_key=made["secret_key"])
    for number in range(OBJECTS):
        lab.s3(key).put_object(Bucket=bucket, Key=f"o{number}", Body=b"x" * SIZE)


def test_what_is_stored_is_what_is_billed(lab: Lab, app: Flask) -> None:
    api = InProcess(app)
    api.post("/v3/dummy/namespaces/metered").expect(201)
    stored(lab, app, "", "metered-alice", "metered-a")
    stored(lab, app, "metered", "metered-bob", "metered-b")
    api.post("/v3/dummy/users/metered-idle", {"display_name": "Idle"}).expect(201)
    backends: dict[str, Any] = app.extensions[EXTENSION]
    assert isinstance(backends["dummy"], UsageSampler)
    database = app.extensions["storage_api_meter"].database
    # Other tests may have left buckets that RGW cannot measure.
    assert Sampler(database, backends, STEP).once()["dummy"] in {Outcome.MEASURED, Outcome.PARTLY}
    time.sleep(2.1)  # a period is made of whole seconds
    begin = (datetime.now(UTC) - timedelta(minutes=30)).isoformat()
    rows = {row["holder"]: row for row in get(app, **{"from": begin})}
    held = {
        holder: int(row["byte_seconds"]) / (1800 - row["gap_seconds"])
        for holder, row in rows.items()
    }
    assert held["bucket:metered-a"] == held["user:metered-alice"] == OBJECTS * SIZE
    assert held["bucket:metered/metered-b"] == held["user:metered/metered-bob"] == OBJECTS * SIZE
    assert held["namespace:metered"] == OBJECTS * SIZE
    assert held["user:metered-idle"] == 0
    assert rows["bucket:metered-a"]["owner"] == "metered-alice"
    assert not [holder for holder in rows if "storage-api-namespace" in holder]
    database.close()
