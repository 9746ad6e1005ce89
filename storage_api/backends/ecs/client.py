"""ECS's management API in its own terms: paths, rows, markers.

What only reads is asked with the monitor's account where there is one.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from storage_api.backends.ecs.errors import is_absent
from storage_api.backends.ecs.reading import rows
from storage_api.backends.ecs.session import Session
from storage_api.backends.ecs.wire import Call, Json, Query, Reply, Wire
from storage_api.domain.errors import BackendMisbehaved, NotFound

_PAGE = 1000

Path = Sequence[str]


class Ecs:
    """The calls that we need; safe to share between threads of one process."""

    def __init__(self, wire: Wire, admin: Session, monitor: Session | None) -> None:
        self._wire = wire
        self._admin = admin
        self._monitor = monitor or admin
        self.name = wire.name

    # Reading

    def get(self, path: Path, query: Query | None = None, *, as_admin: bool = False) -> Json:
        """One document, asked ``as_admin`` where a monitor may not look (secret keys)."""
        reply = self.look(path, query, as_admin=as_admin)
        if reply.document is None:
            raise self._wire.garbage()
        return reply.document

    def find(
        self, path: Path, query: Query | None = None, *, as_admin: bool = False
    ) -> Json | None:
        """The same; ``None`` if ECS says that there is no such thing, and for nothing else."""
        try:
            return self.get(path, query, as_admin=as_admin)
        except NotFound as error:
            if is_absent(error):
                return None
            raise

    def look(self, path: Path, query: Query | None = None, *, as_admin: bool = False) -> Reply:
        """The same, where the body may be empty."""
        session = self._admin if as_admin else self._monitor
        return session.send(Call("GET", path, query or {}, repeatable=True))

    def listed(
        self, path: Path, key: str, query: Query | None = None, *, as_admin: bool = False
    ) -> list[Json]:
        """The rows under ``key`` of all pages."""
        pages = self.pages(path, query, as_admin=as_admin)
        return [row for page in pages for row in rows(page.get(key))]

    def pages(
        self, path: Path, query: Query | None = None, *, as_admin: bool = False
    ) -> Iterator[Json]:
        """Every page of a list, to its end; ECS may send shorter pages than it is asked for."""
        wanted = {"limit": _PAGE, **(query or {})}
        marker: str | None = None
        seen: set[str] = set()
        while True:
            page = self.get(path, {**wanted, "marker": marker}, as_admin=as_admin)
            yield page
            former, marker = marker, _next_marker(page)
            if marker is None or marker == former:
                return
            if marker in seen:
                raise BackendMisbehaved(f"A list of {self.name} does not come to an end.")
            seen.add(marker)

    # Writing

    def post(
        self, path: Path, body: Json | None = None, query: Query | None = None,
        *, repeatable: bool = False,
    ) -> Reply:  # fmt: skip
        """``repeatable`` where a second call after a lost answer does no harm."""
        return self._admin.send(Call("POST", path, query or {}, body, repeatable))

    def put(self, path: Path, body: Json, query: Query | None = None) -> Reply:
        return self._admin.send(Call("PUT", path, query or {}, body, repeatable=True))

    def delete(self, path: Path, query: Query | None = None, body: Json | None = None) -> Reply:
        return self._admin.send(Call("DELETE", path, query or {}, body, repeatable=True))

    # Who we are

    def accounts(self) -> list[Json]:
        """What ECS says of the accounts that we use: the one that writes, then the monitor."""
        sessions = [self._admin] if self._monitor is self._admin else [self._admin, self._monitor]
        return [self._who(session) for session in sessions]

    def _who(self, session: Session) -> Json:
        document = session.send(Call("GET", ("user", "whoami"), repeatable=True)).document
        if document is None:
            raise self._wire.garbage()
        return document


def _next_marker(page: Json) -> str | None:
    """Capitals in lists, lower case in billing."""
    found: Any = page.get("NextMarker") or page.get("next_marker")
    return str(found) if found else None
