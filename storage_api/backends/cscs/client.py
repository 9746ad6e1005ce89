"""Waldur's marketplace API in its own terms, as a service provider uses it.

Everything is read from the provider's view: ``marketplace-resources/`` answers a
provider's token with an empty list instead of an error.
"""

import re
from collections.abc import Collection, Mapping
from http import HTTPStatus
from typing import Any, NoReturn
from urllib.parse import quote, urlencode

import orjson

from storage_api.backends.cscs.paging import PAGE_SIZE, Page, in_parallel, read_listing
from storage_api.backends.uncollected import uncollected
from storage_api.domain.errors import (
    BackendError,
    BackendMisbehaved,
    BackendRefused,
    BackendUnavailable,
    Conflict,
    Invalid,
    NotFound,
)
from storage_api.domain.secrets import Secret
from storage_api.transport.http import Answer, HttpClient

Json = dict[str, Any]

_RESOURCE_FIELDS = (
    *("uuid", "slug", "state", "backend_id", "created", "offering_uuid", "offering_slug"),
    *("project_slug", "customer_uuid", "customer_slug", "provider_slug", "provider_name"),
    *("limits", "attributes", "options", "backend_metadata", "current_usages"),
    "order_in_progress",
)
_CUSTOMER_FIELDS = ("uuid", "slug", "name")
_OFFERING_FIELDS = ("uuid", "slug")
_RESOURCES, _ORDERS = "marketplace-provider-resources", "marketplace-orders"
_OFFERINGS = "marketplace-provider-offerings"
_SHOWN = 200


class WaldurClient:
    """The calls that we need; safe to share between threads. UUIDs in either spelling."""

    def __init__(
        self, http: HttpClient, root: str, token: Secret, *, name: str = "Waldur", at_once: int = 4
    ) -> None:
        self._http = http
        self._api = f"{root}/api"
        self._token = token
        self._name = name
        self._at_once = at_once

    # Listings

    def list_resources(self, offering_slugs: Collection[str]) -> list[Json]:
        """The rows of all resources of these offerings, the oldest first.

        Raises:
            BackendRefused: our token does not manage one of the offerings.
        """
        query = [
            ("offering_slug", ",".join(offering_slugs)),
            ("o", "created"),
            *_fields(_RESOURCE_FIELDS),
        ]
        rows = self._listing(f"{_RESOURCES}/", query)
        if not rows:
            self.check_rights(offering_slugs)
        # Servers ignore filters that they do not know.
        return [row for row in rows if not _is_foreign(row, offering_slugs)]

    def list_customers(self, offering_uuid: str) -> list[Json]:
        """``uuid``, ``slug`` and ``name`` of those who have resources of the offering."""
        path = f"{_OFFERINGS}/{_segment(offering_uuid)}/customers/"
        return self._listing(path, _fields(_CUSTOMER_FIELDS))

    def list_customers_of(self, offering_uuids: Collection[str]) -> list[Json]:
        """Those of several offerings."""
        found = in_parallel(self.list_customers, offering_uuids, self._at_once)
        return [row for rows in found for row in rows]

    def list_offerings(self) -> list[Json]:
        """``uuid`` and ``slug`` of what our token provides."""
        return self._listing(f"{_OFFERINGS}/", _fields(_OFFERING_FIELDS))

    def get_offering(self, uuid: str) -> Json:
        return self._object(f"{_OFFERINGS}/{_segment(uuid)}/")

    def check_rights(self, offering_slugs: Collection[str]) -> None:
        """Tell "there is nothing" from "you may not see it", to both of which Waldur says [].

        Raises:
            BackendRefused: our token does not manage one of the offerings.
        """
        known = {row.get("slug") for row in self.list_offerings()}
        missing = [slug for slug in offering_slugs if slug not in known]
        if missing:
            raise BackendRefused(
                f"{self._name} accepts our token, but shows it no offering with the slug "
                f"{', '.join(missing)}: the token must belong to the provider of these "
                "offerings, or to staff, and the option storage_systems must be right."
            )

    # One thing

    def get_resource(self, uuid: str) -> Json:
        """A resource's row; raises ``NotFound``."""
        return self._object(f"{_RESOURCES}/{_segment(uuid)}/")

    def get_order(self, uuid: str) -> Json:
        """An order; ``marketplace_resource_uuid`` is its resource. Raises ``NotFound``."""
        return self._object(f"{_ORDERS}/{_segment(uuid)}/")

    # What a provider does. None of it may be repeated blindly: a second approval, rejection
    # or completion is 409, and an error is accepted in any state.

    def approve_order(self, uuid: str, new_options: Mapping[str, Any] | None = None) -> None:
        """From pending-provider to executing. ``new_options`` are the numbers as applied.

        Raises:
            NotFound, Conflict: the order is in another state.
        """
        body = {"attributes": {"new_options": dict(new_options)}} if new_options else {}
        self._act(_ORDERS, uuid, "approve_by_provider", body)

    def reject_order(self, uuid: str, comment: str) -> None:
        """From pending-provider to rejected.

        Raises:
            NotFound, Conflict: the order is in another state.
        """
        self._act(_ORDERS, uuid, "reject_by_provider", {"provider_rejection_comment": comment})

    def set_order_done(self, uuid: str) -> None:
        """From executing to done; the resource becomes OK, or Terminated.

        Raises:
            NotFound, Conflict: the order is in another state.
        """
        self._act(_ORDERS, uuid, "set_state_done", None)

    def set_order_erred(self, uuid: str, message: str, traceback: str = "") -> None:
        """From executing to erred.

        Waldur checks no state: on an order that is done the *resource* becomes Erred, so look
        at the order first. It fails without either text.
        """
        body = {"error_message": message, "error_traceback": traceback}
        self._act(_ORDERS, uuid, "set_state_erred", body)

    def set_backend_id(self, resource: str, backend_id: str) -> None:
        """Where the resource is: its absolute path. A repeat changes nothing."""
        self._act(_RESOURCES, resource, "set_backend_id", {"backend_id": backend_id})

    def update_options(self, resource: str, options: Mapping[str, Any]) -> None:
        """Replace all of the resource's options. A repeat changes nothing."""
        self._act(_RESOURCES, resource, "update_options_direct", {"options": dict(options)})

    def set_resource_ok(self, resource: str) -> None:
        """From Erred, Creating, Updating or Terminating to OK."""
        self._act(_RESOURCES, resource, "set_state_ok", None)

    # How a call is made

    def _listing(self, path: str, query: list[tuple[str, str]]) -> list[Json]:
        return read_listing(lambda number: self._page(path, query, number), self._at_once)

    def _page(self, path: str, query: list[tuple[str, str]], number: int) -> Page:
        pairs = [("page", str(number)), ("page_size", str(PAGE_SIZE)), *query]
        answer = self._call("GET", f"{path}?{urlencode(pairs)}", repeatable=True)
        if answer.status == HTTPStatus.NOT_FOUND and number > 1:
            return Page([], -1)  # the listing has become shorter meanwhile
        if answer.status != HTTPStatus.OK:
            raise self._failure(answer)
        rows = _decode(answer)
        count = answer.headers.get("X-Result-Count", "")
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise self._malformed()
        if not re.fullmatch(r"[0-9]{1,18}", count):
            raise BackendMisbehaved(f"{self._name} does not say how long its listing is.")
        return Page(rows, int(count))

    def _object(self, path: str) -> Json:
        answer = self._call("GET", path, repeatable=True)
        if answer.status != HTTPStatus.OK:
            self._refuse(answer)
        found = _decode(answer)
        if not isinstance(found, dict):
            raise self._malformed()
        return found

    def _act(self, kind: str, uuid: str, action: str, body: Json | None) -> None:
        path = f"{kind}/{_segment(uuid)}/{action}/"
        answer = self._call("POST", path, repeatable=False, body=body)
        if not HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES:
            self._refuse(answer)

    def _call(
        self, method: str, path: str, *, repeatable: bool, body: Json | None = None
    ) -> Answer:
        headers = {
            "Accept": "application/json",
            "Authorization": f"Token {self._token.reveal()}",
        }
        content = None
        if body is not None:
            headers["Content-Type"] = "application/json"
            content = orjson.dumps(body)
        url = f"{self._api}/{path}"
        return self._http.request(method, url, repeatable=repeatable, headers=headers, body=content)

    def _refuse(self, answer: Answer) -> NoReturn:
        """What is wrong with one thing, or with what is to be done to it."""
        if answer.status == HTTPStatus.NOT_FOUND:
            raise NotFound(f"{self._name} knows no such thing, or hides it from our token.")
        if answer.status == HTTPStatus.CONFLICT:
            raise Conflict(f"{self._name} refuses: {_reason(answer) or 'the state is wrong'}")
        if answer.status == HTTPStatus.BAD_REQUEST:
            raise Invalid(f"{self._name} refuses: {_reason(answer) or 'the request is wrong'}")
        raise self._failure(answer)

    def _failure(self, answer: Answer) -> BackendError:
        """What is wrong with Waldur, or with our way to it: never the caller's fault."""
        status = answer.status
        if status == HTTPStatus.UNAUTHORIZED:
            return BackendRefused(f"{self._name} does not accept our token.")
        if status == HTTPStatus.FORBIDDEN:
            return BackendRefused(f"{self._name} denies this to our token.")
        if status == HTTPStatus.TOO_MANY_REQUESTS or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return BackendUnavailable(f"{self._name} failed (HTTP {status}).")
        return BackendMisbehaved(
            f"{self._name} answers HTTP {status}; check the option waldur_api_url."
        )

    def _malformed(self) -> BackendMisbehaved:
        return BackendMisbehaved(f"{self._name} sent an answer that is not what its API sends.")


def _is_foreign(row: Json, offering_slugs: Collection[str]) -> bool:
    slug = row.get("offering_slug")
    return isinstance(slug, str) and slug not in offering_slugs


def _fields(names: Collection[str]) -> list[tuple[str, str]]:
    """Only what is used: a whole row is five times as large."""
    return [("field", name) for name in names]


def _segment(text: str) -> str:
    """A UUID as a part of a path; anything else cannot reach another address."""
    if not re.fullmatch(r"[0-9A-Fa-f-]{32,36}", text):
        raise Invalid("That is no UUID.")
    return quote(text, safe="")


def _decode(answer: Answer) -> Any:
    try:
        with uncollected():
            return orjson.loads(answer.body)
    except orjson.JSONDecodeError:
        raise BackendMisbehaved("Waldur sent something that is no JSON.") from None


def _reason(answer: Answer) -> str | None:
    """Waldur's own sentence, if it is one."""
    try:
        found = orjson.loads(answer.body)
    except orjson.JSONDecodeError:
        return None
    if isinstance(found, dict):
        found = found.get("detail")
    if isinstance(found, list):
        found = next(iter(found), None)
    if not isinstance(found, str):
        return None
    return re.sub(r"[^\x20-\x7e]", " ", found)[:_SHOWN] or None
