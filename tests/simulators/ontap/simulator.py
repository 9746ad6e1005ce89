"""The simulator that tests start."""

import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.simulators.faults import Faults
from tests.simulators.ontap.accounts import Account, Accounts
from tests.simulators.ontap.furniture import Furniture
from tests.simulators.ontap.http import HttpsServer
from tests.simulators.ontap.service import Logged, Service
from tests.simulators.ontap.settings import Settings
from tests.simulators.tls import Authority, server_context

_AGGREGATE_BYTES = 100 << 40
# [C] from a published transcript.
_IDLE_SECONDS = 5.0
_REQUESTS_EACH = 100


class OntapSimulator(Furniture):
    """A filer on 127.0.0.1 while it is entered.

    ``username`` may use the whole cluster, or with ``svm_account`` only ``svm``, as an account
    of that SVM may. ``client_ca`` lets clients sign on with a certificate that it signed and
    whose common name is an account's. ``authority`` signs the server's certificate, one of
    its own by default.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        svm: str = "vs1",
        username: str = "storage-api",
        password: str = "made-up:@;",
        svm_account: bool = False,
        settings: Settings | None = None,
        aggregate_bytes: int = _AGGREGATE_BYTES,
        authority: Authority | None = None,
        client_ca: Path | None = None,
        idle_seconds: float = _IDLE_SECONDS,
        requests_each: int = _REQUESTS_EACH,
    ) -> None:
        super().__init__(settings or Settings(), svm, aggregate_bytes)
        self.username = username
        self.password = password
        self.faults = Faults()
        self.accounts = Accounts()
        self.account = self.add_account(username, password, svm=svm if svm_account else None)
        self._service = Service(self.world, self.accounts, self.faults)
        self._folder = tempfile.TemporaryDirectory(prefix="ontap-simulator-")
        self.authority = authority or Authority(Path(self._folder.name))
        #: What a client must trust.
        self.ca_file = self.authority.ca_file
        self._server = HttpsServer(
            port,
            server_context(self.authority.server(), client_ca),
            self._service,
            idle_seconds=idle_seconds,
            requests_each=requests_each,
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
    def hostname(self) -> str:
        """``127.0.0.1:<port>``."""
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"https://{self.hostname}"

    @property
    def requests(self) -> list[Logged]:
        """What came in so far, the refused and the spoiled included."""
        return list(self._service.requests)

    def forget_requests(self) -> None:
        self._service.requests.clear()

    @property
    def most_at_once(self) -> int:
        """The most requests that were ever under way together."""
        return self._service.most_at_once

    @property
    def connections(self) -> int:
        """How many have been made so far."""
        return self._server.connections

    def drop_connections(self) -> None:
        self._server.drop_connections()

    def add_account(
        self,
        name: str,
        password: str | None,
        *,
        svm: str | None = None,
        private_cli: bool = False,
        denied: tuple[str, ...] = (),
    ) -> Account:
        return self.accounts.add(Account(name, password, svm, private_cli, denied))

    def rename_svm(self, old: str, new: str) -> None:
        """As a MetroCluster switch-over does; accounts stay with their SVM."""
        with self.world.lock:
            self.world.rename_svm(old, new)
            self.accounts.follow_svm(old, new)
            if self.svm == old:
                self.svm = new
