"""The simulator that tests start, fill and watch."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable
from pathlib import Path

from tests.services.ceph import Gateway
from tests.simulators.croit.access import Access, Account
from tests.simulators.croit.api import Api
from tests.simulators.croit.call import World
from tests.simulators.croit.clock import Clock
from tests.simulators.croit.gateway import GatewayStore
from tests.simulators.croit.memory import MemoryStore
from tests.simulators.croit.records import NewUser
from tests.simulators.croit.series import Series
from tests.simulators.croit.settings import Settings
from tests.simulators.croit.store import Store
from tests.simulators.croit.tasks import Tasks
from tests.simulators.faults import Fault
from tests.simulators.tls import Authority, server_context
from tests.simulators.waldur.http import SimulatorServer

_ADMIN, _VIEWER = ("admin", "viewer"), ("viewer",)


class CroitSimulator(SimulatorServer):
    """croit's API under ``url``/api while it is entered.

    With ``gateway`` its users, keys, buckets, quotas and usage are those of a real cluster;
    without, they are kept in memory and there is no S3. ``username`` and ``password``, or
    ``token``, may do everything; ``viewer_token`` and ``viewer_username`` may read all but keys.
    """

    def __init__(
        self,
        gateway: Gateway | None = None,
        *,
        port: int = 0,
        username: str = "admin",
        password: str = "made-up-croit-password",
        tls: bool = False,
        settings: Settings | None = None,
    ) -> None:
        self.clock = Clock()
        self.settings = settings or Settings()
        self.store: Store = MemoryStore(self.clock) if gateway is None else GatewayStore(gateway)
        self.access = Access(self.clock)
        self.tasks = Tasks(self.clock)
        self.series = Series()
        self.username, self.password = username, password
        self.viewer_username = "viewer"
        self.access.add_account(Account(username, password, _ADMIN))
        self.access.add_account(Account(self.viewer_username, password, _VIEWER))
        self.token = self.access.add_token("tests", _ADMIN).secret
        self.viewer_token = self.access.add_token("tests' viewer", _VIEWER).secret
        self._tls = tls
        self._folder = tempfile.TemporaryDirectory(prefix="croit-simulator-")
        self._authority = Authority(Path(self._folder.name))
        #: What a client must trust.
        self.ca_file = self._authority.ca_file
        world = World(self.store, self.clock, self.access, self.tasks, self.series, self.settings)
        super().__init__(Api(world).answer, port=port)

    @property
    def url(self) -> str:
        """The management address; the API lies under its /api."""
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}"

    @property
    def memory(self) -> MemoryStore:
        """What to fill directly, when there is no cluster."""
        if not isinstance(self.store, MemoryStore):
            raise TypeError("this croit sits on a cluster")
        return self.store

    def start(self) -> None:
        super().start()
        if self._tls and self._server is not None:
            # The handshake belongs to the connection's own thread.
            self._server.socket = server_context(self._authority.server()).wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        try:
            super().__exit__(kind, error, trace)
        finally:
            self.tasks.stop()
            self.store.close()
            self._folder.cleanup()

    def add_token(
        self, *roles: str, seconds: float | None = None, name: str = "tests' other"
    ) -> str:
        """An API token with ``roles``, which expires in ``seconds`` of the simulator's clock."""
        expiry = None if seconds is None else self.clock.now() + seconds
        return self.access.add_token(name, roles, expiry).secret

    def refuse(
        self,
        method: str,
        path: str,
        status: int,
        message: str = "As ordered.",
        *,
        times: int | None = 1,
        after: int = 0,
    ) -> Fault:
        """A fault in croit's own words; ``path`` is a shell pattern, /api included."""
        return self.faults.add(
            kind="status",
            method=method,
            path=path,
            status=status,
            body=json.dumps({"code": status, "message": message}),
            content_type="application/json",
            times=times,
            after=after,
        )

    def seed_series(self, uid: str, points: Iterable[tuple[float, float | None]]) -> None:
        """What ``uid`` stored: (unix seconds, bytes or None), a point every 180 s."""
        self.series.seed(uid, points)

    def seed_users(self, count: int, prefix: str = "user") -> list[str]:
        """user00000 and so on, each with the key that comes with it."""
        uids = [f"{prefix}{number:05}" for number in range(count)]
        with self.store.turn():
            for uid in uids:
                self.store.create_user(NewUser(uid, f"User {uid}"))
        return uids

    def measure(self) -> None:
        """Add a point to every user's series: what his buckets hold at this moment."""
        stored = dict.fromkeys(self.store.uids(), 0)
        for bucket in self.store.buckets():
            if bucket.usage is not None and bucket.owner in stored:
                stored[bucket.owner] += bucket.usage.size
        for uid, size in stored.items():
            self.series.seed(uid, [(self.clock.now(), size)])
