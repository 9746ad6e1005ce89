"""croit's management API in its own terms: uids, access keys, bytes, tasks.

croit answers 500 for much that is to be expected, so whether something is there is
looked up, and nothing here takes a failure for "gone" or "there already" by itself.
"""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from storage_api.backends.croit.refusals import AMBIGUOUS, Reason, Refusal, reason_of
from storage_api.backends.croit.session import CroitSession, Query, decoded_change
from storage_api.backends.croit.tasks import is_task, wait_for
from storage_api.domain.errors import BackendError, BackendMisbehaved
from storage_api.domain.secrets import Secret

Json = dict[str, Any]

_PAGE = 1000


class CroitClient:
    """The calls that we need; safe to share between threads."""

    def __init__(self, session: CroitSession) -> None:
        self._session = session

    def token_info(self) -> Json:
        """Whom croit takes us for: ``username``, ``roles`` and ``expiry``."""
        return self._object(["auth", "token-info"])

    # Users

    def list_users(self) -> list[Json]:
        return self._listing(["s3", "users"], "uid")

    def find_user(self, uid: str) -> Json | None:
        """Servers ignore filters that they do not know, so the rows are looked through."""
        rows = self._listing(["s3", "users"], "uid", [("uid", uid)])
        return next((row for row in rows if row.get("uid") == uid), None)

    def find_by_address(self, email: str) -> Json | None:
        """RGW keeps addresses in lower case, and compares them so."""
        wanted = email.lower()
        rows = self._listing(["s3", "users"], "uid", where={"email": {"_eq": wanted}})
        return next((row for row in rows if str(row.get("email")).lower() == wanted), None)

    def create_user(self, fields: Json) -> None:
        """With a key that nobody asked for. Its ``uid`` is without the tenant."""
        self._change("POST", ["s3", "users"], body=fields)

    def modify_user(self, uid: str, fields: Json) -> None:
        self._change("PATCH", ["s3", "users", uid], body=fields)

    def delete_user(self, uid: str) -> None:
        """Never purges. Reason ``OWNS_BUCKETS`` while buckets remain."""
        try:
            self._change("DELETE", ["s3", "users", uid])
        except AMBIGUOUS as error:
            if reason_of(error) is Reason.OWNS_BUCKETS or self._is_there(uid, error):
                raise

    def _is_there(self, uid: str, error: BackendError) -> bool:
        try:
            return self.find_user(uid) is not None
        except BackendError:
            raise error from None

    def set_user_quota(self, uid: str, kind: str, limits: Json) -> None:
        """``kind`` is ``quota`` of the user, or ``bucket-quota`` of each bucket without its own."""
        self._change("PUT", ["s3", "users", uid, kind], body=limits)

    # Keys

    def list_keys(self, uid: str) -> list[Json] | None:
        """The user's and his sub-users' keys, with secrets; ``None`` if there is no such user."""
        try:
            found = self._session.get(["s3", "users", uid, "keys"])
        except Refusal as refusal:
            if refusal.reason is Reason.ABSENT:
                return None
            raise
        return self._rows(found)

    def put_key(self, uid: str, access_key: str, secret_key: Secret) -> None:
        """Croit wants the secret in the URL; see ``scrubbing``."""
        path = ["s3", "users", uid, "keys", access_key]
        self._change("PUT", path, [("secretKey", secret_key)])

    def delete_key(self, uid: str, access_key: str) -> bool:
        """``False`` if it was gone already, which is believed only after a look at the keys."""
        try:
            self._change("DELETE", ["s3", "users", uid, "keys", access_key])
        except AMBIGUOUS as error:
            if self._has_key(uid, access_key, error):
                raise
            return reason_of(error) not in {Reason.NO_SUCH_KEY, Reason.ABSENT}
        return True

    def _has_key(self, uid: str, access_key: str, error: BackendError) -> bool:
        try:
            rows = self.list_keys(uid)
        except BackendError:
            raise error from None
        return any(row.get("access_key") == access_key for row in rows or [])

    # Buckets

    def list_buckets(self) -> list[Json]:
        """Every bucket with its statistics."""
        return self._listing(["s3", "buckets"], "id")

    def list_buckets_of(self, uid: str) -> list[Json]:
        """Of a user who exists."""
        return self._rows(self._session.get(["s3", "users", uid, "buckets"]))

    def list_buckets_named(self, name: str) -> list[Json]:
        """One in each tenant that has such a bucket."""
        rows = self._listing(["s3", "buckets"], "id", where={"bucket": {"_eq": name}})
        return [row for row in rows if row.get("bucket") == name]

    def set_bucket_owner(self, name: str, uid: str) -> None:
        self._change("PATCH", ["s3", "buckets", name], body={"owner": uid})

    def set_bucket_quota(self, name: str, limits: Json) -> None:
        self._change("PUT", ["s3", "buckets", name, "quota"], body=limits)

    def delete_bucket(self, name: str) -> None:
        """Without its data, which is to say that reason ``NOT_EMPTY`` is one of the answers."""
        self._change("DELETE", ["s3", "buckets", name], body={"name": name, "deleteData": False})

    def list_uploads(self, name: str, owner: str) -> list[Json]:
        """Open multipart uploads."""
        path = ["s3", "buckets", name, "multipart-uploads"]
        return self._rows(self._session.get(path, [("owner", owner)]))

    def placements(self) -> tuple[str, list[Json]]:
        """The default one's name, and a row for each placement and storage class."""
        found = self._object(["s3", "placements"])
        default = found.get("defaultPlacementRule")
        if not isinstance(default, str):
            raise self._malformed()
        return default, self._rows(found.get("placements", found.get("data")))

    # Statistics over time

    def user_series_names(self) -> list[Json]:
        """``displayName`` (the uid) and ``queryName``, which is not the same."""
        return self._rows(self._session.get(["stats", "s3-user-names"]))

    def user_series(self, query_name: str, start: int, end: int, points: int) -> Json | None:
        """Unix seconds, both positive; ``None`` where croit has no such series."""
        query = [
            ("graph", "s3-user-data"),
            ("template-s3-user-name", query_name),
            ("startTime", str(start)),
            ("endTime", str(end)),
            ("maxDataPoints", str(points)),
        ]
        try:
            return self._object(["stats"], query)
        except Refusal as refusal:
            if refusal.reason is Reason.ABSENT:
                return None
            raise

    # How a call is made

    def _change(
        self, method: str, path: list[str], query: Query = (), body: Json | None = None
    ) -> None:
        """A write, and the task that croit may make of it.

        croit says that a change is made with 201 or 204. A 200 that is no task comes from
        somebody else, and tells nothing.
        """
        answer = self._session.send(method, path, query, body)
        found = decoded_change(answer)
        if is_task(found):
            wait_for(self._session, found)
        elif answer.status == HTTPStatus.OK:
            raise self._malformed()

    def _object(self, path: list[str], query: Query = ()) -> Json:
        found = self._session.get(path, query)
        if not isinstance(found, dict):
            raise self._malformed()
        return found

    def _listing(
        self,
        path: list[str],
        order: str,
        query: Query = (),
        where: Mapping[str, Any] | None = None,
    ) -> list[Json]:
        """All rows: croit sends a bare array, or pages, which are asked for by ``order``."""
        paging = [("pagination", _page(0, order, where))] if where else []
        found = self._session.get(path, [*query, *paging])
        if isinstance(found, list):
            return self._rows(found)
        rows: list[Json] = []
        while True:
            data, total = self._page_of(found)
            rows += data
            if len(rows) >= total:
                return rows
            if not data:
                raise BackendMisbehaved(f"{self._session.name}'s list does not come to its end.")
            following = ("pagination", _page(len(rows), order, where))
            found = self._session.get(path, [*query, following])

    def _page_of(self, found: Any) -> tuple[list[Json], int]:
        if not isinstance(found, dict) or not isinstance(found.get("total"), int):
            raise self._malformed()
        return self._rows(found.get("data")), found["total"]

    def _rows(self, found: Any) -> list[Json]:
        if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
            raise self._malformed()
        return found

    def _malformed(self) -> BackendMisbehaved:
        return BackendMisbehaved(
            f"{self._session.name} sent an answer that is not what croit's API says."
        )


def _page(after: int, order: str, where: Mapping[str, Any] | None) -> str:
    return json.dumps(
        {
            "after": after,
            "limit": _PAGE,
            "sortBy": [{"column": order, "order": "ASC"}],
            "where": where or {},
        }
    )
