"""The service under uWSGI, as production runs it: several workers that are one service."""

import os
import signal
import socket
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
from tests.servers import DUMMY, ROOT, Server, environment, flask_server, uwsgi_server

WORKERS = 4


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One of its own, because its workers are killed."""
    log = tmp_path_factory.mktemp("uwsgi") / "log"
    settings = {"SAPI_BACKENDS": DUMMY, "FLASK_DEBUG": "1"}
    with uwsgi_server(settings, log, processes=WORKERS) as server:
        yield server


def workers(server: Server) -> list[int]:
    path = Path(f"/proc/{server.pid}/task/{server.pid}/children")
    return [int(pid) for pid in path.read_text().split()]


def answers(server: Server) -> bool:
    try:
        return requests.get(f"{server.url}/health/live", timeout=5).ok
    except requests.ConnectionError:
        return False


def bytes_read(pid: int) -> int:
    """Grows with every request that the process takes in."""
    fields = dict(line.split(": ") for line in Path(f"/proc/{pid}/io").read_text().splitlines())
    return int(fields["rchar"])


def test_all_workers_serve_and_show_the_same(server: Server) -> None:
    api = OverNetwork(server.url)
    before = {pid: bytes_read(pid) for pid in workers(server)}
    assert len(before) == WORKERS
    made = [fresh("vol") for _ in range(40)]
    for start in range(0, len(made), 8):
        batch = made[start : start + 8]
        answers = at_once(lambda n: api.post(f"/v3/dummy/volumes/{batch[n]}", {"size_total": GIB}))  # noqa: B023  # runs before the loop goes on
        assert statuses(answers) == [201] * 8
    for answer in at_once(lambda _: api.get("/v3/dummy/volumes")):
        assert set(made) <= set(names(answer.expect(200)))
    busy = [pid for pid, count in before.items() if bytes_read(pid) > count]
    assert len(busy) >= 2


def test_a_worker_that_dies_takes_nothing_along(server: Server) -> None:
    api = OverNetwork(server.url)
    url = f"/v3/dummy/volumes/{fresh('vol')}"
    api.post(url, {"size_total": GIB}).expect(201)
    for pid in workers(server)[:2]:
        os.kill(pid, signal.SIGKILL)
    end = time.monotonic() + 20
    while len(workers(server)) < WORKERS and time.monotonic() < end:
        time.sleep(0.1)
    for answer in at_once(lambda _: api.get(url)):
        assert answer.expect(200)["size_total"] == GIB


def test_error_bodies_pass_unchanged(server: Server) -> None:
    api = OverNetwork(server.url)
    assert api.get("/nothing").expect(404)["code"] == "not-found"
    assert api.post("/v3/dummy/users/x", {"colour": 1}).expect(400)["code"] == "invalid"


def test_slashes_and_other_characters_survive_the_server(server: Server) -> None:
    api = OverNetwork(server.url)
    name = f"node:/{fresh('mount')}/a.b-c_d"
    api.post(f"/v3/dummy/volumes/{name}", {"size_total": GIB}).expect(201)
    assert api.get(f"/v3/dummy/volumes/{name}").expect(200)["name"] == name
    for bad in ("%F0%9F%92%BE", "a%00b", "a%20b", "%FF"):
        api.get(f"/v3/dummy/volumes/{bad}").expect(400)


def test_too_large_a_body_is_refused_without_reading_it_all(server: Server) -> None:
    cookie = {"Cookie": "none"}
    url = f"{server.url}/v3/dummy/volumes/v"
    body = b'{"a": "' + b"x" * (2 * 1024**2) + b'"}'
    headers = cookie | {"Content-Type": "application/json"}
    assert requests.post(url, data=body, headers=headers, timeout=30).status_code == 403
    api = OverNetwork(server.url)
    api.post("/v3/dummy/volumes/v", {"a": "x" * (2 * 1024**2)}).expect(413)


def test_a_wrong_configuration_ends_uwsgi() -> None:
    program = Path(sys.executable).parent / "uwsgi"
    settings = {"SAPI_BACKENDS": "a🌈NoSuch", "FLASK_DEBUG": "1"}
    done = subprocess.run(
        [str(program), "--ini", str(ROOT / "uwsgi.ini")],
        cwd=ROOT,
        env=environment({**settings, "UWSGI_HTTP_SOCKET": "127.0.0.1:0"}),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode != 0
    assert "unknown back-end class" in done.stdout + done.stderr


def test_a_term_signal_stops_it(tmp_path: Path) -> None:
    settings = {"SAPI_BACKENDS": DUMMY, "FLASK_DEBUG": "1"}
    with uwsgi_server(settings, tmp_path / "log", processes=2) as server:
        # uWSGI loses the signal for a worker that was only just forked; see uwsgi.ini.
        time.sleep(1)
        os.kill(server.pid, signal.SIGTERM)
        end = time.monotonic() + 10
        while answers(server) and time.monotonic() < end:
            time.sleep(0.05)
        assert not answers(server)


def test_flask_run_needs_nothing_but_back_ends(tmp_path: Path) -> None:
    with flask_server({"SAPI_BACKENDS": DUMMY}, tmp_path / "log") as server:
        api = OverNetwork(server.url)
        assert api.get("/conf/me/roles").expect(200) == ["USER", "ADMIN", "UBER_ADMIN"]
        api.post("/v3/dummy/volumes/v", {"size_total": GIB}).expect(201)


def test_a_body_that_comes_in_chunks_is_refused_and_not_taken_for_none(server: Server) -> None:
    api = OverNetwork(server.url)
    volume = f"/v3/dummy/volumes/{fresh('chunked')}"
    cookie = requests.get(f"{server.url}/login", allow_redirects=False, timeout=30).cookies
    sent = requests.post(
        server.url + volume,
        data=iter([b'{"size_', b'total": 12345}']),
        headers={"Content-Type": "application/json"},
        cookies=cookie,
        timeout=30,
    )
    assert sent.status_code == 411, sent.text
    api.get(volume).expect(404)


def test_a_huge_body_is_refused_before_it_is_taken_in(server: Server) -> None:
    head = b"POST /v3/dummy/volumes/huge HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n"
    host, _, port = server.url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=5) as connection:
        connection.sendall(head)
        answer = connection.recv(65536)
    assert answer == b"" or b" 413 " in answer
