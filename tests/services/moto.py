"""The S3 side of a simulated object store: moto's server, which checks no signature."""

import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import requests
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.servers import environment, free_port
from tests.services.venvs import venv

_REQUIREMENT = "moto[s3,server]==5.2.5"
_START_SECONDS = 60.0


class MotoServer:
    """Buckets are of one name space, so those of several namespaces share what is in them."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._lock = threading.Lock()
        self._holders: dict[str, set[str]] = {}

    def client(self, access_key: str = "anybody", secret_key: str = "anything") -> Any:
        return boto3.client(
            "s3",
            endpoint_url=self.url,
            region_name="us-east-1",
            aws_access_key_id=access_key,
            aws_secret_access_key=secret_key,
            config=Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 1}),
        )

    def mirror(self, namespace: str, bucket: str, there: bool) -> None:
        """Follow what has been made or removed in the simulator."""
        with self._lock:
            holders = self._holders.setdefault(bucket, set())
            if there and not holders:
                self.client().create_bucket(Bucket=bucket)
            if there:
                holders.add(namespace)
                return
            holders.discard(namespace)
            if not holders:
                self._remove(bucket)

    def clear(self) -> None:
        """Remove all buckets, as if nothing had ever been made."""
        with self._lock:
            for bucket in self._holders:
                self._remove(bucket)
            self._holders.clear()

    def _remove(self, bucket: str) -> None:
        client = self.client()
        try:
            found = client.list_object_versions(Bucket=bucket)
        except ClientError:
            return
        for kind in ("Versions", "DeleteMarkers"):
            for item in found.get(kind, []):
                client.delete_object(Bucket=bucket, Key=item["Key"], VersionId=item["VersionId"])
        client.delete_bucket(Bucket=bucket)


@contextmanager
def moto_server(folder: Path) -> Iterator[MotoServer]:
    """Raises ``NotInstalled`` where moto cannot be had."""
    python = venv("moto", _REQUIREMENT)
    port = free_port()
    command = [str(python), "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with (folder / "moto.log").open("wb") as output:
        process = subprocess.Popen(
            command,
            env=environment({}),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        url = f"http://127.0.0.1:{port}"
        _wait_until_live(url, process)
        yield MotoServer(url)
    finally:
        process.terminate()
        process.wait(10)


def _wait_until_live(url: str, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + _START_SECONDS
    with requests.Session() as session:
        session.trust_env = False
        while process.poll() is None and time.monotonic() < end:
            try:
                session.get(f"{url}/moto-api/", timeout=5)
            except requests.ConnectionError:
                time.sleep(0.1)
            else:
                return
    raise RuntimeError("moto's server did not start")
