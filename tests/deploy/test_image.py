"""The container image: built in earnest, looked through, and run as OpenShift runs it."""

import os
import re
import socket
import stat
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from storage_api import __version__
from storage_api.domain.units import GIB
from tests.conformance.client import OverNetwork
from tests.conftest import skip_or_fail
from tests.deploy.builder import Builder, image, missing_programs
from tests.deploy.container import USER, Container, container, may_mount
from tests.servers import DUMMY
from tests.services.venvs import NotInstalled

# The first time, packages are fetched and uWSGI is compiled.
pytestmark = pytest.mark.timeout(900)

TITLE = "org.opencontainers.image."


@pytest.fixture(scope="module")
def built() -> Iterator[Builder]:
    if missing := missing_programs():
        skip_or_fail(f"{', '.join(missing)} not installed: apt-get install buildah debootstrap")
    if os.geteuid() != 0 or not may_mount():
        skip_or_fail("only root who may mount can build an image without a daemon here")
    try:
        with image() as builder:
            yield builder
    except NotInstalled as reason:
        skip_or_fail(str(reason))


@pytest.fixture(scope="module")
def config(built: Builder) -> dict[str, Any]:
    return built.config()


@pytest.fixture(scope="module")
def root(built: Builder) -> Path:
    return built.root()


@pytest.fixture(scope="module")
def service(
    root: Path, config: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Container]:
    settings = {"SAPI_BACKENDS": DUMMY, "FLASK_DEBUG": "1"}
    with container(root, config, settings, tmp_path_factory.mktemp("image")) as running:
        yield running


def files(root: Path) -> Iterator[Path]:
    for folder, _, names in os.walk(root):
        yield from (Path(folder) / name for name in names)


def test_the_labels_tell_what_it_is(config: dict[str, Any]) -> None:
    labels = {
        name.removeprefix(TITLE): value
        for name, value in config["Labels"].items()
        if name.startswith(TITLE)
    }
    assert labels["title"] == "storage-api"
    assert labels["version"] == __version__
    assert labels["licenses"] == "Apache-2.0"
    assert re.fullmatch("([0-9a-f]{40})?", labels["revision"])
    assert "@" not in labels["source"]


def test_it_says_how_to_run_it(config: dict[str, Any]) -> None:
    assert config["User"] == "1001:0"
    assert set(config["Volumes"]) == {"/tmp", "/var/lib/storage-api"}  # noqa: S108  # the image's
    assert set(config["ExposedPorts"]) == {"5000/tcp"}
    assert config["StopSignal"] == "SIGTERM"


def test_it_holds_no_compiler_no_tests_and_nothing_left_over(root: Path) -> None:
    programs = {path.name for path in (root / "usr/bin").iterdir()}
    assert not {"gcc", "cc", "c++", "ld", "as", "make"} & programs
    assert not list((root / "opt/venv/lib").glob("python*/site-packages/pip*"))
    assert not (root / "opt/venv/bin/pip").exists()
    ours = [path.relative_to(root) for name in ("opt", "srv") for path in files(root / name)]
    assert not [path for path in ours if {"tests", ".git"} & set(path.parts)]
    empty = ("tmp", "var/lib/storage-api", "var/lib/apt/lists", "root/.cache", "image")
    assert [name for name in empty if list(files(root / name))] == []
    assert not (root / "etc/pip.conf").exists()


def test_all_its_modules_are_compiled(root: Path) -> None:
    folder = root / "srv/storage-api/storage_api"
    modules = {path.stem for path in (folder / "api").glob("*.py")}
    assert modules
    assert {path.name.split(".")[0] for path in (folder / "api/__pycache__").iterdir()} == modules


def test_only_the_state_directory_is_for_its_group_to_write(root: Path) -> None:
    paths = [root / "opt", root / "srv", *(root / "opt").rglob("*"), *(root / "srv").rglob("*")]
    writable = [path for path in paths if not path.is_symlink() and loose(path)]
    assert writable == []
    assert stat.S_IMODE((root / "var/lib/storage-api").stat().st_mode) == 0o775


def loose(path: Path) -> bool:
    return bool(path.stat().st_mode & (stat.S_IWGRP | stat.S_IWOTH))


def test_nobody_in_particular_serves_from_a_read_only_file_system(service: Container) -> None:
    status = Path(f"/proc/{service.pid}/status").read_text(encoding="utf-8")
    assert f"Uid:\t{USER}\t{USER}\t{USER}\t{USER}\n" in status
    assert "NSpid:\t" in status
    assert status.split("NSpid:\t")[1].split("\n")[0].split()[-1] == "1"
    assert service.run("touch", "/srv/storage-api/x").stderr.endswith("Read-only file system\n")
    api = OverNetwork(service.url)
    api.post("/v3/dummy/volumes/v", {"size_total": GIB}).expect(201)
    assert api.get("/v3/dummy/volumes/v").expect(200)["size_total"] == GIB
    assert "Read-only" not in service.log.read_text(encoding="utf-8")


def test_the_health_check_passes_while_it_serves(
    service: Container, config: dict[str, Any]
) -> None:
    kind, *command = config["Healthcheck"]["Test"]
    assert kind == "CMD"
    assert service.run(*command).returncode == 0
    assert service.run("env", "UWSGI_HTTP_SOCKET=0.0.0.0:1", *command).returncode != 0


def test_operators_find_their_commands(service: Container) -> None:
    done = service.run("storage-api", "--help")
    assert done.returncode == 0, done.stderr
    assert "sample" in done.stdout


def test_what_sites_may_switch_on_is_there(service: Container) -> None:
    modules = "sentry_sdk, opentelemetry.sdk, opentelemetry.exporter.otlp.proto.http, matplotlib"
    done = service.run("python", "-c", f"import {modules}")
    assert done.returncode == 0, done.stderr


def test_a_request_in_progress_ends_before_it_does(
    root: Path, config: dict[str, Any], tmp_path: Path
) -> None:
    settings = {"SAPI_BACKENDS": DUMMY, "FLASK_DEBUG": "1"}
    with container(root, config, settings, tmp_path) as running:
        body = b'{"size_total": 1073741824}'
        signed_on = requests.get(f"{running.url}/login", allow_redirects=False, timeout=30)
        cookie = signed_on.headers["Set-Cookie"].partition(";")[0]
        head = (
            "POST /v3/dummy/volumes/slow HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            f"Cookie: {cookie}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        port = int(running.url.rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
            connection.sendall(head.encode() + body[:5])
            time.sleep(1)  # until uWSGI surely waits for the rest
            running.stop()
            time.sleep(1)
            assert running.process.poll() is None
            connection.sendall(body[5:])
            answer = connection.recv(65536)
        assert b" 201 " in answer.split(b"\r\n")[0]
        assert running.wait() == 0
