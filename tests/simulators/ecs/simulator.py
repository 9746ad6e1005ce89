"""The simulator that tests start."""

import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.simulators.ecs.accounts import SYSTEM_ADMIN, SYSTEM_MONITOR
from tests.simulators.ecs.furniture import Furniture
from tests.simulators.ecs.service import Logged, Service
from tests.simulators.ecs.settings import Settings
from tests.simulators.faults import Faults
from tests.simulators.ontap.http import HttpsServer
from tests.simulators.tls import Authority, server_context

_IDLE_SECONDS = 60.0
_REQUESTS_EACH = 1000


class EcsSimulator(Furniture):
    """A cluster's management API on 127.0.0.1 while it is entered.

    ``username`` is a SYSTEM_ADMIN, ``monitor_username`` a SYSTEM_MONITOR, which only reads. There
    is one storage pool and the replication group ``rg1``, whose URN is ``replication_group``.
    ``authority`` signs the server's certificate, one of its own by default.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        username: str = "storage-api",
        password: str = "made-up:@;",
        monitor_username: str = "monitor",
        monitor_password: str = "looks-only",
        settings: Settings | None = None,
        authority: Authority | None = None,
    ) -> None:
        super().__init__(settings or Settings())
        self.username = username
        self.password = password
        self.monitor_username = monitor_username
        self.monitor_password = monitor_password
        self.add_account(username, password, SYSTEM_ADMIN)
        self.add_account(monitor_username, monitor_password, SYSTEM_MONITOR)
        self.storage_pool = self.add_storage_pool("pool1")
        self.replication_group = self.add_replication_group("rg1")
        self.faults = Faults()
        self._service = Service(self.world, self.faults)
        self._folder = tempfile.TemporaryDirectory(prefix="ecs-simulator-")
        self.authority = authority or Authority(Path(self._folder.name))
        #: What a client must trust.
        self.ca_file = self.authority.ca_file
        self._server = HttpsServer(
            port,
            server_context(self.authority.server()),
            self._service,
            idle_seconds=_IDLE_SECONDS,
            requests_each=_REQUESTS_EACH,
        )
        self.port = self._server.port

    def __enter__(self) -> Self:
        self._server.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._service.end()
        self._server.stop()
        self._folder.cleanup()

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.port}"

    @property
    def requests(self) -> list[Logged]:
        """What came in so far, the refused and the spoiled included."""
        return list(self._service.requests)

    def forget_requests(self) -> None:
        self._service.requests.clear()

    @property
    def peak(self) -> int:
        """The most requests that were ever under way together."""
        return self._service.peak

    @property
    def connections(self) -> int:
        """How many have been made so far."""
        return self._server.connections

    def drop_connections(self) -> None:
        self._server.drop_connections()
