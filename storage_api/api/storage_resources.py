"""``/api/storage-resources/`` and ``/v3/<e>/storage-resources``: the CSCS document.

It is neither a v3 answer nor a problem document, but what the clients of the CSCS
storage proxy read; so are its errors. Items come encoded, and a page joins them.
"""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import orjson
import structlog
from flask import Response, request

from storage_api import __version__
from storage_api.api.operation import operation
from storage_api.api.resource import BackendResource, authorize
from storage_api.api.schemas import Schema
from storage_api.api.storage_resources_query import (
    DEFAULT_PAGE_SIZE,
    MAX_PAGE_SIZE,
    STATES,
    STATUSES,
    ResourceQuery,
    read_query,
)
from storage_api.backends.orders import ResourceSelection, StorageResourceSource, TooManyWait
from storage_api.domain.errors import BackendError
from storage_api.domain.models import GidCache
from storage_api.domain.units import ceil_div
from storage_api.security.principal import current_principal
from storage_api.security.roles import Role

log = structlog.get_logger(__name__)

_NO_HEADER = {"detail": "Your request is missing an 'Authorization' HTTP header"}


def _document(description: str, example: Mapping[str, Any]) -> Schema:
    return {"description": description, "schema": {"type": "object", "example": example}}


_FAILED = {
    "detail": "cscs (Waldur) cannot be reached.",
    "error": "UpstreamServiceError",
    "message": "Failed to communicate with an upstream service.",
}
_DOCUMENTS = {
    HTTPStatus.OK: _document(
        "Tenants, customers, and the storage of projects and users",
        {
            "version": __version__,
            "status": "success",
            "resources": [],
            "pagination": {
                "current": 1,
                "limit": DEFAULT_PAGE_SIZE,
                "offset": 0,
                "pages": 0,
                "total": 0,
                "has_next": False,
            },
            "filters_applied": {"page": 1, "page_size": DEFAULT_PAGE_SIZE, "offering_slugs": []},
            "skipped": [],
        },
    ),
    HTTPStatus.UNPROCESSABLE_ENTITY: _document(
        "A parameter is wrong",
        {
            "detail": [
                {
                    "type": "greater_than_equal",
                    "loc": ["query", "page"],
                    "msg": "Input should be greater than or equal to 1",
                    "input": "0",
                    "ctx": {"ge": 1},
                }
            ]
        },
    ),
    HTTPStatus.BAD_GATEWAY: _document("Waldur failed", _FAILED),
    HTTPStatus.SERVICE_UNAVAILABLE: _document("Too many wait already; see Retry-After", _FAILED),
}


def _parameter(name: str, words: str, **schema: object) -> Schema:
    return {"name": name, "in": "query", "type": "string", "description": words, **schema}


_PARAMETERS = (
    _parameter("storage_system", "Only this storage system, by its configured name."),
    _parameter("state", "Only what Waldur calls so.", enum=list(STATES)),
    _parameter("page", "Page, from 1.", type="integer", minimum=1, default=1),
    _parameter(
        "page_size",
        "Items on a page.",
        type="integer",
        minimum=1,
        maximum=MAX_PAGE_SIZE,
        default=DEFAULT_PAGE_SIZE,
    ),
    _parameter("data_type", "Only this type of data, such as store or scratch."),
    _parameter("status", "Only this status.", enum=list(STATUSES)),
    _parameter(
        "debug", "Configuration and raw rows instead; needs the role ADMIN too.", type="boolean"
    ),
)


class StorageResources(BackendResource):
    backend: StorageResourceSource

    @operation(
        "list_storage_resources",
        Role.USER,
        returns=dict,
        parameters=_PARAMETERS,
        documents=_DOCUMENTS,
    )
    def get(self) -> Response:
        """List the hierarchy of storage resources

        Tenants and customers first, then what projects and users have. Answers come from memory
        for a short while, with their `Age`; `Cache-Control: no-cache` asks Waldur anew. A
        `Warning` header says what is stale or left out; `skipped` lists the latter."""
        # Of a parameter that is given twice, FastAPI takes the last.
        given = {name: values[-1] for name, values in request.args.lists()}
        query, problems = read_query(given, self.backend.storage_systems)
        if problems:
            return _json(HTTPStatus.UNPROCESSABLE_ENTITY, {"detail": problems})
        if query.debug:
            authorize(Role.ADMIN)
        try:
            if query.debug:
                return _json(HTTPStatus.OK, self.backend.explain_resources(query.wanted))
            afresh = "no-cache" in request.cache_control
            selection = self.backend.select_resources(query.wanted, afresh=afresh)
        except BackendError as error:
            return _failure(error)
        return _page(query, selection, self._slugs(query))

    def _slugs(self, query: ResourceQuery) -> list[str]:
        systems, chosen = self.backend.storage_systems, query.wanted.storage_system
        return [systems[chosen]] if chosen else list(systems.values())


class PublishedStorageResources(StorageResources):
    """The address that clients of the CSCS storage proxy know."""

    @operation(
        "list_published_storage_resources",
        Role.USER,
        returns=dict,
        parameters=_PARAMETERS,
        documents=_DOCUMENTS,
    )
    def get(self) -> Response:
        """List the hierarchy of storage resources

        As below /v3, at the address that clients of the CSCS storage proxy know. Who shows no
        credential at all, where one is needed, gets that proxy's 401."""
        return super().get()

    def dispatch_request(self, **path: str) -> Response:
        caller = current_principal()
        if Role.USER not in caller.roles and caller.subject is None and not request.authorization:
            answer = _json(HTTPStatus.UNAUTHORIZED, _NO_HEADER)
            answer.headers["WWW-Authenticate"] = 'Bearer realm="storage-api"'
            return answer
        return super().dispatch_request(**path)


class GidCacheItem(BackendResource):
    backend: StorageResourceSource

    @operation("get_gid_cache", Role.ADMIN, returns=GidCache)
    def get(self) -> GidCache:
        """Show how the lookup of Unix groups goes

        The figures are those of the process that answers."""
        return self.backend.gid_statistics()


def _page(query: ResourceQuery, selection: ResourceSelection, slugs: list[str]) -> Response:
    total, size = len(selection.items), query.page_size
    offset = (query.page - 1) * size
    pages = ceil_div(total, size)
    pagination = {
        "current": query.page,
        "limit": size,
        "offset": offset,
        "pages": pages,
        "total": total,
        "has_next": query.page < pages,
    }
    told = query.told | {"offering_slugs": slugs}
    body = b"".join(
        (
            b'{"version":"',
            __version__.encode(),
            b'","status":"success","resources":[',
            b",".join(selection.items[offset : offset + size]) if offset < total else b"",
            # Not orjson: a page may be a number of any length.
            b'],"pagination":',
            json.dumps(pagination).encode(),
            b',"filters_applied":',
            json.dumps(told).encode(),
            b',"skipped":',
            selection.skipped,
            b"}",
        )
    )
    answer = Response(body, content_type="application/json")
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["Age"] = str(int(selection.age))
    for warning in selection.warnings:
        answer.headers.add("Warning", warning)
    return answer


def _failure(error: BackendError) -> Response:
    """502 whatever it is, but 503 where we ourselves refuse for being too busy."""
    log.warning("backend-error", kind=error.slug, detail=str(error))
    document = _FAILED | {"detail": str(error)}
    busy = isinstance(error, TooManyWait)
    answer = _json(HTTPStatus.SERVICE_UNAVAILABLE if busy else HTTPStatus.BAD_GATEWAY, document)
    if error.retry_after is not None:
        answer.headers["Retry-After"] = str(error.retry_after)
    return answer


def _json(status: HTTPStatus, document: Mapping[str, Any]) -> Response:
    headers = {"Cache-Control": "no-store"}
    return Response(orjson.dumps(document), status, headers, content_type="application/json")
