"""ONTAP's REST API in its own terms: paths, queries, jobs, codes.

Everything that is sent is percent-encoded here, but a query's values keep the meaning
that ONTAP gives to ``* | ! < > " ,`` and ``..``: callers check names before they ask.
"""

from collections.abc import Callable, Iterator
from http import HTTPStatus
from uuid import UUID

import structlog

from storage_api.backends.netapp.jobs import FIELDS as JOB_FIELDS
from storage_api.backends.netapp.jobs import wait_for
from storage_api.backends.netapp.patience import patiently
from storage_api.backends.netapp.refusals import (
    AMBIGUOUS,
    Garbage,
    JobUnfinished,
    Refusal,
    amended,
    code_of,
    refusal_of,
)
from storage_api.backends.netapp.wire import Json, Query, Wire
from storage_api.domain.errors import BackendTimeout, BackendUnavailable, NotFound, StorageError
from storage_api.transport.context import seconds_left
from storage_api.transport.gate import NeverSent
from storage_api.transport.http import HttpClient

__all__ = ["Json", "Ontap", "Query"]

_LONGEST_WAIT = 15
_MOST_PAGES = 10_000

log = structlog.get_logger(__name__)


class Ontap:
    """The calls of one account on one filer; safe to share between threads.

    ``path`` is below ``/api``, with every part of it quoted. All raise domain errors
    (``refusals.py``). Refusals that pass by themselves are asked again for half a minute.
    """

    def __init__(
        self, http: HttpClient, address: str, name: str, *, page_size: int, answer_timeout: float
    ) -> None:
        self._wire = Wire(http, address, name)
        self._page_size = page_size
        self._answer_timeout = answer_timeout
        self._unknown_fields: frozenset[str] = frozenset()

    def get(self, path: str, query: Query | None = None) -> Json:
        """One object, or one page; a field that this release does not know is left out."""
        return patiently(lambda: self._read(path, query or {}))

    def records(self, path: str, query: Query) -> list[Json]:
        """Every record, however many pages they come in.

        A short page is not the last one: ONTAP ends a page by time, too.
        """
        first = {"max_records": self._page_size, "return_timeout": self._wait_seconds(), **query}
        found: list[Json] = []
        for page in self._pages(self.get(path, first)):
            found += page
        return found

    def create(self, path: str, body: Json, query: Query | None = None) -> Json:
        """POST once, and wait until it is done.

        Raises:
            AMBIGUOUS: without a code, it may or may not have happened: read back.
        """
        return self._once("POST", path, query or {}, body)

    def modify(
        self, path: str, body: Json, query: Query | None = None, *, repeatable: bool = True
    ) -> None:
        """PATCH, and wait until it is done; ``repeatable`` when twice is as good as once."""
        if not repeatable:
            self._once("PATCH", path, query or {}, body, lambda refusal: refusal.is_undone)
            return
        try:
            self._repeatably(path, query or {}, body)
        except AMBIGUOUS as error:
            raise _open(error) from error.__cause__

    def delete(self, path: str, query: Query | None = None, *, repeatable: bool = True) -> None:
        """DELETE, and wait until it is done.

        Raises:
            NotFound: it was gone before; never for what an attempt of this call deleted.
        """
        try:
            self._once("DELETE", path, query or {}, None)
        except (BackendUnavailable, Garbage) as error:
            if not repeatable or code_of(error) is not None or isinstance(error, NeverSent):
                raise
            try:
                self._once("DELETE", path, query or {}, None)
            except NotFound:
                return
            except AMBIGUOUS as again:
                raise _open(again) from again.__cause__
        except BackendTimeout as error:
            raise _open(error) from error.__cause__

    # Reading

    def _read(self, path: str, query: Query) -> Json:
        wanted = self._known(query)
        try:
            return self._wire.send("GET", self._wire.url(path, wanted), None, repeatable=True)[1]
        except StorageError as error:
            unknown = _unknown_fields(wanted, refusal_of(error))
            if not unknown:
                raise
        self._unknown_fields |= unknown
        log.warning("ontap-lacks-fields", backend=self._wire.name, fields=sorted(unknown))
        return self._read(path, query)

    def _known(self, query: Query) -> Query:
        fields = query.get("fields")
        if not self._unknown_fields or not isinstance(fields, str):
            return query
        kept = [field for field in fields.split(",") if field not in self._unknown_fields]
        return {**query, "fields": ",".join(kept)}

    def _pages(self, page: Json) -> Iterator[list[Json]]:
        seen: set[str] = set()
        while True:
            yield self._rows(page)
            following = self._next_of(page)
            if following is None:
                return
            if following in seen or not following.startswith("/api/") or len(seen) > _MOST_PAGES:
                raise Garbage(f"{self._wire.name}'s list does not come to an end.")
            seen.add(following)
            page = self._follow(self._wire.url_of_link(following))

    def _follow(self, url: str) -> Json:
        return patiently(lambda: self._wire.send("GET", url, None, repeatable=True)[1])

    def _rows(self, page: Json) -> list[Json]:
        rows = page.get("records")
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise self._wire.garbage()
        return rows

    def _next_of(self, page: Json) -> str | None:
        """Where the next page is; ONTAP says so on every page but the last."""
        links = page.get("_links", {})
        try:
            following = links["next"]["href"] if "next" in links else None
        except (KeyError, TypeError):
            raise self._wire.garbage() from None
        if not isinstance(following, str | None):
            raise self._wire.garbage()
        return following

    # Writing

    def _once(
        self,
        method: str,
        path: str,
        query: Query,
        body: Json | None,
        passes: Callable[[Refusal], bool] = lambda refusal: refusal.is_busy,
    ) -> Json:
        """Sent again only if it was refused; a job that fails may have done something."""
        status, answer = patiently(
            lambda: self._send(method, path, query, body, repeatable=False), passes
        )
        return self._finished(status, answer)

    def _repeatably(self, path: str, query: Query, body: Json) -> None:
        def attempt() -> None:
            self._finished(*self._send("PATCH", path, query, body, repeatable=True))

        try:
            patiently(attempt)
        except Garbage:
            patiently(attempt)

    def _send(
        self, method: str, path: str, query: Query, body: Json | None, *, repeatable: bool
    ) -> tuple[int, Json]:
        url = self._wire.url(path, self._waiting(path, query))
        return self._wire.send(method, url, body, repeatable=repeatable)

    def _waiting(self, path: str, query: Query) -> Query:
        """Volumes and snapshots are changed by jobs; ONTAP answers when they end, if asked to."""
        if not path.startswith("storage/"):
            return query
        return {"return_timeout": self._wait_seconds(), **query}

    def _wait_seconds(self) -> int:
        """Well before we would give the answer up for lost; ONTAP allows 0 to 120."""
        return int(min(_LONGEST_WAIT, self._answer_timeout / 2, seconds_left(120.0) / 2))

    def _finished(self, status: int, answer: Json) -> Json:
        """The answer, once the job that it may speak of has ended."""
        if status == HTTPStatus.ACCEPTED:
            uuid = self._job_of(answer)
            path, query = f"cluster/jobs/{uuid}", {"fields": JOB_FIELDS}
            wait_for(self._wire.name, uuid, lambda: self.get(path, query))
        return answer

    def _job_of(self, answer: Json) -> str:
        try:
            return str(UUID(answer["job"]["uuid"]))
        except (KeyError, TypeError, ValueError, AttributeError):
            raise self._wire.garbage() from None


def _open(error: StorageError) -> StorageError:
    """``error``, which says so where a change may or may not have happened."""
    if code_of(error) is not None or isinstance(error, NeverSent | JobUnfinished):
        return error
    return amended(error, "The change may have happened, or may still land.")


def _unknown_fields(query: Query, refusal: Refusal | None) -> frozenset[str]:
    """Those of the query's fields that the refusal names."""
    fields = query.get("fields")
    if refusal is None or not isinstance(fields, str):
        return frozenset()
    if refusal.target != "fields" or not refusal.is_bad_field:
        return frozenset()
    return frozenset(field for field in fields.split(",") if f'"{field}"' in refusal.message)
