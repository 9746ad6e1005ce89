"""A bucket's statistics through the service, and by the same signed Admin Ops call directly."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import requests

from benchmarks.measure import interleaved, per_second, report
from storage_api.domain.secrets import Secret
from storage_api.transport.signing import SigV4
from tests.servers import uwsgi_server
from tests.services.ceph import CephCluster, Gateway

BUCKET = "measured"
#: A bucket index in one piece is the quickest to count; stock Ceph makes 11.
SHARDS = (11, 1)


def run() -> None:
    if shutil.which("radosgw") is None:
        print("bucket statistics: not measured, radosgw is not installed (see make test)")
        return
    for shards in SHARDS:
        _run_with(shards)


def _run_with(shards: int) -> None:
    with tempfile.TemporaryDirectory() as folder, _gateway(Path(folder), shards) as ceph:
        settings = {
            "FLASK_DEBUG": "1",
            "SAPI_LOG_LEVEL": "WARNING",
            "SAPI_BACKENDS": "🌈".join(
                [
                    *("ceph", "RadosgwStorage", "endpoint", ceph.endpoint),
                    *("admin_access_key", ceph.access_key, "admin_secret_key", ceph.secret_key),
                ]
            ),
        }
        with uwsgi_server(settings, Path(folder, "log"), processes=2, threads=8) as server:
            _compare(server.url, ceph, shards)


@contextmanager
def _gateway(folder: Path, shards: int) -> Iterator[Gateway]:
    os.environ["CEPH_DEV_SHARDS"] = str(shards)
    cluster = CephCluster(folder)
    cluster.start()
    try:
        yield cluster.env()
    finally:
        cluster.wipe()


def _compare(url: str, ceph: Gateway, shards: int) -> None:
    service = requests.Session()
    service.trust_env = False
    service.get(f"{url}/login", timeout=60)
    service.post(f"{url}/v3/ceph/users/owner", json={}, timeout=60).raise_for_status()
    made = service.post(f"{url}/v3/ceph/buckets/{BUCKET}", json={"owner": "owner"}, timeout=60)
    made.raise_for_status()

    def through_us() -> Callable[[], object]:
        session = requests.Session()
        session.trust_env = False
        path = f"{url}/v3/ceph/buckets/{BUCKET}/usage"
        return lambda: session.get(path, timeout=60).json()

    def directly() -> Callable[[], object]:
        session = requests.Session()
        session.trust_env = False
        auth = SigV4(ceph.access_key, Secret(ceph.secret_key), "default")
        path = f"{ceph.endpoint}/admin/bucket?bucket={quote(BUCKET)}&stats=True"
        return lambda: session.get(path, auth=auth, timeout=60).json()

    ours, theirs = interleaved(through_us(), directly(), 300)
    report(
        f"bucket stat, {shards} shard(s) / direct signed call",
        f"{ours * 1e3:.2f} ms",
        f"{theirs * 1e3:.2f} ms",
        ours / theirs,
        "≤ 1.5x",
    )
    ours, theirs = per_second(through_us, 8, 4.0), per_second(directly, 8, 4.0)
    report(
        f"bucket stat, {shards} shard(s), 8 clients / direct",
        f"{ours:.0f} /s",
        f"{theirs:.0f} /s",
        theirs / ours,
        "≤ 1.5x",
    )
