"""RGW's Admin Ops API in its own terms: uids, access keys, KiB, codes.

An error is told by its ``Code``, never by the status alone: RGW answers 403
``InvalidAccessKeyId`` both for our own revoked credential and for a key that is
absent, so nothing here takes a refusal for "gone". Only JSON counts as an answer of
this API: S3, which listens on the same port, answers in XML.
"""

import json
import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from storage_api.domain.errors import (
    BackendError,
    BackendMisbehaved,
    BackendRefused,
    BackendTimeout,
    BackendUnavailable,
)
from storage_api.domain.secrets import Secret
from storage_api.transport.http import Answer, HttpClient

Json = dict[str, Any]

#: After one of these a write may or may not have happened: read back, never repeat blindly.
AMBIGUOUS = (BackendTimeout, BackendUnavailable, BackendMisbehaved)

_PAGE = 1000
_OURS = {
    "InvalidAccessKeyId": "{name} does not know our administrator's access key.",
    "SignatureDoesNotMatch": "{name} does not accept our administrator's secret key.",
    "RequestTimeTooSkewed": "{name}'s clock and ours differ by more than 15 minutes.",
    "UserSuspended": "{name} has suspended our administrator.",
    "AccessDenied": "{name} denies this to our administrator, who needs users=*;buckets=*.",
}
_ILL = frozenset({HTTPStatus.TOO_MANY_REQUESTS, *range(500, 600)}) - {HTTPStatus.NOT_IMPLEMENTED}
_WRONG_DOOR = frozenset({"MethodNotAllowed", "NotImplemented"})


class UnexpectedCode(BackendMisbehaved):
    """RGW refused a request; where the refusal is foreseen, ``code`` says which it is."""

    def __init__(self, name: str, code: str, status: int) -> None:
        super().__init__(f"{name} refused a request unexpectedly: {code} (HTTP {status}).")
        self.code = code


class AdminOps:
    """The calls that we need; safe to share between threads."""

    def __init__(self, http: HttpClient, base_url: str, name: str = "RadosGW") -> None:
        self._http = http
        self._name = name
        self._base_url = base_url

    # Users

    def list_uids(self) -> list[str]:
        """Every uid of the cluster, as ``uid`` or ``tenant$uid``."""
        uids: list[str] = []
        marker: str | None = None
        seen: set[str] = set()
        while True:
            wanted = {"max-entries": _PAGE, "marker": marker}
            page = self._object("GET", "user", wanted, flag="list")
            uids += self._strings(page.get("keys"))
            # A boolean here, the string "false" in RGW's sibling listings.
            if page.get("truncated") in {False, "false"}:
                return uids
            marker = page.get("marker")
            if not isinstance(marker, str) or marker in seen:
                raise BackendMisbehaved(f"{self._name}'s list of users does not come to an end.")
            seen.add(marker)

    def find_user(self, uid: str) -> Json | None:
        return self._find("user", {"uid": uid}, "NoSuchUser")

    def owner_of_key(self, access_key: str) -> Json:
        return self._object("GET", "user", {"access-key": access_key})

    def create_user(self, uid: str, parameters: Mapping[str, str | int]) -> None:
        """Without a key; raises ``UnexpectedCode`` UserAlreadyExists or EmailExists."""
        wanted = {"uid": uid, **parameters, "generate-key": "False"}
        self._call("PUT", "user", wanted, repeatable=False)

    def modify_user(self, uid: str, parameters: Mapping[str, str | int]) -> None:
        self._call("POST", "user", {"uid": uid, **parameters}, repeatable=True)

    def delete_user(self, uid: str) -> None:
        """Never purges. Raises ``UnexpectedCode`` BucketAlreadyExists while buckets remain."""
        try:
            self._call("DELETE", "user", {"uid": uid}, repeatable=True)
        except UnexpectedCode as refusal:
            if refusal.code != "NoSuchUser":
                raise

    def sync_user_stats(self, uid: str) -> None:
        """Make RGW count what the user stores; a user quota set without it starts from a guess."""
        self._call("GET", "user", {"uid": uid, "stats": "true", "sync": "true"}, repeatable=True)

    def set_user_quota(self, uid: str, kind: str, limits: Mapping[str, str | int]) -> None:
        wanted = {"uid": uid, "quota-type": kind, **limits}
        self._call("PUT", "user", wanted, flag="quota", repeatable=True)

    # Keys

    def add_key(self, uid: str, access_key: str) -> list[Json]:
        """Every key row of the user. RGW makes the secret, so no URL and no log ever holds it."""
        wanted = {"uid": uid, "access-key": access_key}
        return self._rows(self._call("PUT", "user", wanted, flag="key", repeatable=False))

    def delete_key(self, uid: str, access_key: str) -> bool:
        """``False`` if it was gone already, which is believed only after a look at the user."""
        try:
            wanted = {"uid": uid, "access-key": access_key}
            self._call("DELETE", "user", wanted, flag="key", repeatable=False)
        except (BackendRefused, *AMBIGUOUS) as error:
            if self._has_key(uid, access_key, error):
                raise
            return not isinstance(error, BackendRefused)
        return True

    def _has_key(self, uid: str, access_key: str, error: BackendError) -> bool:
        try:
            user = self.find_user(uid)
        except BackendError:
            raise error from None
        rows = self._rows(user.get("keys")) if user else []
        return any(row.get("access_key") == access_key for row in rows)

    # Buckets; ``path`` is ``name`` or ``tenant/name``

    def list_bucket_paths(self) -> list[str]:
        return self._strings(self._call("GET", "bucket", {}, repeatable=True))

    def list_buckets(self) -> list[Json]:
        """Statistics of every bucket in the cluster, in one call."""
        return self._rows(self._call("GET", "bucket", {"stats": "true"}, repeatable=True))

    def list_buckets_of(self, uid: str) -> list[Json]:
        return self._rows(
            self._call("GET", "bucket", {"uid": uid, "stats": "true"}, repeatable=True)
        )

    def find_bucket(self, path: str) -> Json | None:
        return self._find("bucket", {"bucket": path, "stats": "true"}, "NoSuchBucket")

    def link_bucket(self, path: str, bucket_id: str, uid: str) -> None:
        wanted = {"bucket": path, "bucket-id": bucket_id, "uid": uid}
        self._call("PUT", "bucket", wanted, repeatable=True)

    def set_bucket_quota(self, uid: str, name: str, limits: Mapping[str, str | int]) -> None:
        """Here, and only here, the tenant goes with the uid instead of the bucket."""
        wanted = {"uid": uid, "bucket": name, **limits}
        self._call("PUT", "bucket", wanted, flag="quota", repeatable=True)

    def delete_bucket(self, path: str) -> None:
        """Never purges. Raises ``UnexpectedCode`` BucketNotEmpty; drops open uploads silently."""
        try:
            self._call("DELETE", "bucket", {"bucket": path}, repeatable=True)
        except UnexpectedCode as refusal:
            if refusal.code != "NoSuchBucket":
                raise

    # How a call is made

    def _find(self, path: str, parameters: Mapping[str, str], absent: str) -> Json | None:
        try:
            return self._object("GET", path, parameters)
        except UnexpectedCode as refusal:
            if refusal.code == absent:
                return None
            raise

    def _object(
        self, method: str, path: str, parameters: Mapping[str, str | int | None], flag: str = ""
    ) -> Json:
        found = self._call(method, path, parameters, flag=flag, repeatable=True)
        if not isinstance(found, dict):
            raise self._malformed()
        return found

    def _call(
        self,
        method: str,
        path: str,
        parameters: Mapping[str, str | int | None],
        *,
        repeatable: bool,
        flag: str = "",
    ) -> Any:
        """The answer's JSON; ``None`` for the empty body with which most writes answer."""
        # RGW signs a blank as %20; the "+" that requests would make breaks the signature.
        pairs = [
            f"{name}={quote(str(value), safe='')}"
            for name, value in parameters.items()
            if value is not None
        ]
        query = "&".join([flag, *pairs] if flag else pairs)
        url = f"{self._base_url}/{path}?{query}"
        answer = self._http.request(method, url, repeatable=repeatable)
        if answer.status != HTTPStatus.OK:
            raise _refusal(self._name, answer)
        if method != "GET" and not answer.body:
            return None
        return self._decode(answer.body)

    def _decode(self, body: bytes) -> Any:
        try:
            return json.loads(body, object_hook=_hide)
        except (ValueError, RecursionError):
            # Some of these repeat the whole body, secret keys included.
            raise self._malformed() from None

    def _rows(self, found: Any) -> list[Json]:
        if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
            raise self._malformed()
        return found

    def _strings(self, found: Any) -> list[str]:
        if not isinstance(found, list) or not all(isinstance(item, str) for item in found):
            raise self._malformed()
        return found

    def _malformed(self) -> BackendMisbehaved:
        return BackendMisbehaved(f"{self._name} sent an answer that is not what Admin Ops sends.")


def _hide(row: Json) -> Json:
    """A user's row carries his secret keys; a traceback that shows variables must not."""
    if isinstance(row.get("secret_key"), str):
        row["secret_key"] = Secret(row["secret_key"])
    return row


def _refusal(name: str, answer: Answer) -> BackendError:
    if answer.status in _ILL:
        return BackendUnavailable(f"{name} failed (HTTP {answer.status}).")
    code = _code(answer)
    if code in _OURS:
        return BackendRefused(_OURS[code].format(name=name))
    if code is None or code in _WRONG_DOOR:
        return BackendMisbehaved(
            f"No Admin Ops API answers for {name} (HTTP {answer.status}); "
            "check the options endpoint and admin_path."
        )
    return UnexpectedCode(name, code, answer.status)


def _code(answer: Answer) -> str | None:
    try:
        found = json.loads(answer.body)["Code"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    match = re.match(r"[A-Za-z]{1,64}", found) if isinstance(found, str) else None
    return match.group() if match else None
