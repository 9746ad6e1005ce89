"""Two replicas as on two hosts: no directory in common, so that only Redis can help them."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.servers import Server, free_port, uwsgi_server
from tests.services.haproxy import REPLICAS, Haproxy, haproxy

_SECRET = "made-up-key-of-sessions-that-both-know"


@dataclass
class Replica:
    """One that can be ended and started again where it was."""

    settings: Mapping[str, str]
    folder: Path
    port: int
    processes: int
    threads: int
    server: Server = field(init=False)
    _running: ExitStack = field(default_factory=ExitStack)
    _starts: int = 0

    def start(self) -> None:
        self._starts += 1
        log = self.folder / f"log{self._starts}"
        own = {"TMPDIR": str(self.folder), "SAPI_STATE_DIRECTORY": str(self.folder)}
        server = uwsgi_server(
            {**self.settings, **own, "UWSGI_HTTP_SOCKET": f"127.0.0.1:{self.port}"},
            log,
            processes=self.processes,
            threads=self.threads,
            port=self.port,
        )
        self.server = self._running.enter_context(server)

    def end(self) -> None:
        """As OpenShift or systemd does it: SIGTERM, and wait."""
        self._running.close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def log(self) -> str:
        return "".join(file.read_text() for file in sorted(self.folder.glob("log*")))


@dataclass(frozen=True)
class Pair:
    proxy: Haproxy
    one: Replica
    two: Replica

    @property
    def url(self) -> str:
        return self.proxy.url

    @property
    def both(self) -> dict[str, Replica]:
        return dict(zip(REPLICAS, (self.one, self.two), strict=True))


@contextmanager
def pair(
    settings: Mapping[str, str], folder: Path, *, processes: int = 1, threads: int = 16
) -> Iterator[Pair]:
    """In debug mode, unless ``settings`` differ."""
    own = {"FLASK_DEBUG": "1", "SAPI_SECRET_KEY": _SECRET, "SAPI_PROXIES": "1", **settings}
    replicas = []
    with ExitStack() as stack:
        for name in REPLICAS:
            place = folder / name
            place.mkdir()
            replica = Replica(own, place, free_port(), processes, threads)
            stack.callback(replica.end)
            replica.start()
            replicas.append(replica)
        one, two = replicas
        proxy = stack.enter_context(haproxy(folder, (one.port, two.port)))
        yield Pair(proxy, one, two)
