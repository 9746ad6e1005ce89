"""A real RabbitMQ with STOMP over WebSockets: a node of its own, on 127.0.0.1 alone."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import requests

from tests.servers import free_port

INSTALL = "apt-get install -y --no-install-recommends rabbitmq-server"
#: Debian's wrapper in /usr/sbin changes to the user rabbitmq, who cannot read our folder.
_SERVER = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
_START_SECONDS = 90.0
_ADMIN = ("guest", "guest")


def missing_programs() -> list[str]:
    return [] if _SERVER.is_file() and shutil.which("epmd") else ["rabbitmq-server"]


@dataclass(frozen=True)
class RabbitMq:
    """``port``: of STOMP over WebSockets, path ``/ws``. ``url``: of the management API."""

    port: int
    url: str

    def make_queue(self, vhost: str, queue: str, password: str) -> None:
        """With a user of the queue's name, as Waldur makes them. Twice is fine."""
        host, name = quote(vhost, safe=""), quote(queue, safe="")
        self._call("PUT", f"/vhosts/{host}", {})
        self._call("PUT", f"/users/{name}", {"password": password, "tags": ""})
        everything = {"configure": ".*", "write": ".*", "read": ".*"}
        for user in (name, _ADMIN[0]):
            self._call("PUT", f"/permissions/{host}/{user}", everything)
        self._call("PUT", f"/queues/{host}/{name}", {"durable": True})

    def publish(self, vhost: str, queue: str, message: Any) -> None:
        body = {
            "routing_key": queue,
            "payload": json.dumps(message),
            "payload_encoding": "string",
            "properties": {"content_type": "application/json"},
        }
        path = f"/exchanges/{quote(vhost, safe='')}/amq.default/publish"
        assert self._call("POST", path, body) == {"routed": True}

    def consumers(self) -> int:
        return len(self._call("GET", "/consumers"))

    def _call(self, method: str, path: str, body: Any = None) -> Any:
        with requests.Session() as session:
            session.trust_env = False
            answer = session.request(
                method, f"{self.url}/api{path}", json=body, auth=_ADMIN, timeout=10
            )
        answer.raise_for_status()
        return answer.json() if answer.content else None


@contextmanager
def rabbitmq(folder: Path) -> Iterator[RabbitMq]:
    """Starts a node that keeps all it has in ``folder``; ends it, and what it started."""
    names = ("amqp", "management", "web_stomp", "stomp", "epmd", "distribution")
    ports = {name: free_port() for name in names}
    found = RabbitMq(ports["web_stomp"], f"http://127.0.0.1:{ports['management']}")
    environment = _environment(folder, ports)
    with (folder / "output").open("wb") as output:
        # Else the node would start one that outlives it and listens to everybody.
        mapper = _start(["epmd", "-port", str(ports["epmd"])], environment, output)
        node = _start([str(_SERVER)], environment, output)
        try:
            _wait_until_live(found, node, folder / "output")
            yield found
        finally:
            for process in (node, mapper):
                _end(process)


def _environment(folder: Path, ports: dict[str, int]) -> dict[str, str]:
    plugins = "[rabbitmq_management,rabbitmq_stomp,rabbitmq_web_stomp]."
    (folder / "plugins").write_text(plugins, encoding="ascii")
    (folder / "none.conf").touch()
    (folder / "rabbitmq.conf").write_text(
        f"listeners.tcp.1 = 127.0.0.1:{ports['amqp']}\n"
        f"management.tcp.ip = 127.0.0.1\nmanagement.tcp.port = {ports['management']}\n"
        f"web_stomp.tcp.ip = 127.0.0.1\nweb_stomp.tcp.port = {ports['web_stomp']}\n"
        f"stomp.listeners.tcp.1 = 127.0.0.1:{ports['stomp']}\n"
        "vm_memory_high_watermark.absolute = 256MB\ndisk_free_limit.absolute = 1MB\n",
        encoding="ascii",
    )
    kept = {name: value for name, value in os.environ.items() if not name.startswith("RABBITMQ")}
    return {
        **kept,
        # The Erlang cookie lies there.
        "HOME": str(folder),
        "ERL_EPMD_PORT": str(ports["epmd"]),
        "ERL_EPMD_ADDRESS": "127.0.0.1",
        "RABBITMQ_NODENAME": f"storage-api-{ports['amqp']}@localhost",
        "RABBITMQ_DIST_PORT": str(ports["distribution"]),
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1} "
        "+S 1:1 +sbwt none +sbwtdcpu none +sbwtdio none",
        "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq.conf"),
        "RABBITMQ_CONF_ENV_FILE": str(folder / "none.conf"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"),
        "RABBITMQ_MNESIA_BASE": str(folder / "mnesia"),
        "RABBITMQ_LOG_BASE": str(folder / "log"),
        "RABBITMQ_PID_FILE": str(folder / "pid"),
    }


def _start(command: list[str], environment: dict[str, str], output: Any) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )


def _wait_until_live(found: RabbitMq, node: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + _START_SECONDS
    while node.poll() is None and time.monotonic() < end:
        try:
            found._call("GET", "/overview")
        except (requests.ConnectionError, requests.HTTPError):
            time.sleep(0.2)
        else:
            return
    raise RuntimeError(f"RabbitMQ did not start:\n{log.read_text(errors='replace')[-2000:]}")


def _end(process: subprocess.Popen[bytes]) -> None:
    """With its children: the node is an Erlang machine below a shell script."""
    for number, seconds in ((signal.SIGTERM, 20), (signal.SIGKILL, 10)):
        try:
            os.killpg(process.pid, number)
            process.wait(seconds)
        except ProcessLookupError:
            return
        except subprocess.TimeoutExpired:
            continue
        else:
            return
