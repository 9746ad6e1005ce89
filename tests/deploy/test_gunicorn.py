"""The service under gunicorn: ``storage_api.wsgi`` is for any WSGI server."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from storage_api.domain.units import GIB
from tests.conformance.client import OverNetwork, fresh
from tests.conformance.target import at_once, names, statuses
from tests.servers import DUMMY, ROOT, environment, free_port


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("gunicorn")
    place = f"127.0.0.1:{free_port()}"
    # Workers that are forked of one application share DummyStorage's store, as under uWSGI.
    command = [str(Path(sys.executable).parent / "gunicorn"), "--preload", "--no-control-socket"]
    command += ["--bind", place, "--workers", "3", "--threads", "8", "storage_api.wsgi"]
    settings = {
        "SAPI_BACKENDS": DUMMY,
        "FLASK_DEBUG": "1",
        "SAPI_STATE_DIRECTORY": str(folder),
    }
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment(settings),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        until_live(f"http://{place}", process)
        yield f"http://{place}"
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0, (folder / "log").read_text(encoding="utf-8")
    finally:
        process.kill()
        process.wait()


def until_live(url: str, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + 60
    while True:
        try:
            assert requests.get(f"{url}/health/live", timeout=30).ok
        except requests.ConnectionError:
            assert process.poll() is None
            assert time.monotonic() < end
            time.sleep(0.05)
        else:
            return


def test_all_workers_serve_and_show_the_same(url: str) -> None:
    api = OverNetwork(url)
    made = [fresh("vol") for _ in range(8)]
    answers = at_once(lambda n: api.post(f"/v3/dummy/volumes/{made[n]}", {"size_total": GIB}))
    assert statuses(answers) == [201] * 8
    for answer in at_once(lambda _: api.get("/v3/dummy/volumes")):
        assert set(made) <= set(names(answer.expect(200)))


def test_a_slash_in_a_name_and_a_fault_pass_unchanged(url: str) -> None:
    api = OverNetwork(url)
    name = f"node:/{fresh('mount')}/a.b-c_d"
    api.post(f"/v3/dummy/volumes/{name}", {"size_total": GIB}).expect(201)
    assert api.get(f"/v3/dummy/volumes/{name}").expect(200)["name"] == name
    assert api.get("/v3/dummy/volumes/%F0%9F%92%BE").expect(400)["code"]


def test_a_body_in_chunks_counts_whole(url: str) -> None:
    cookie = requests.get(f"{url}/login", allow_redirects=False, timeout=30).cookies
    sent = requests.post(
        f"{url}/v3/dummy/volumes/{fresh('chunked')}",
        data=iter([b'{"size_', b'total": 12345}']),
        headers={"Content-Type": "application/json"},
        cookies=cookie,
        timeout=30,
    )
    assert sent.status_code == 201, sent.text
    assert sent.json()["size_total"] == 12345


def test_jobs_are_listed(url: str) -> None:
    assert OverNetwork(url).get("/v3/jobs").expect(200) == []
