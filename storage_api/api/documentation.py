"""Completes flask-restx's Swagger: answers, errors with examples, roles, operation ids.

All of it comes from the ``Operation`` of each method, which is also what the
dispatcher obeys.
"""

import re
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from flask import Flask
from flask_restx import Api

from storage_api.api.encoding import MASK_HEADER
from storage_api.api.listing import MAX_LIMIT, filters_of
from storage_api.api.operation import Operation, operation_of
from storage_api.api.problems import PROBLEM_TYPE, slug_of
from storage_api.api.schemas import Schema, model_of, nested_types
from storage_api.domain.errors import (
    BackendFull,
    BackendRefused,
    BackendTimeout,
    BackendUnavailable,
    Conflict,
    Invalid,
    NotFound,
    NotSupported,
    StorageError,
)
from storage_api.security.roles import Role

_PARAMETERS = {
    "volume": "Volume: A-Z a-z 0-9 : / _ . - without a leading /. NetApp back-ends also take "
    "node:/junction/path.",
    "snapshot": "Snapshot.",
    "host": "Host that holds the lock.",
    "policy": "Export policy.",
    "rule": "Client match: an IP address, a network such as 10.10.10.0/24, or a host name.",
    "bucket": "Bucket.",
    "uid": "User.",
    "access_key": "Access key, or the key's id where it has one.",
    "namespace": "Namespace.",
    "order": "Order: a UUID, dashed or not.",
    "job": "Job.",
    "role": "Role: USER, ADMIN or UBER_ADMIN.",
    "endpoint": "Back-end.",
}
_COMMON_ERRORS = {
    HTTPStatus.UNAUTHORIZED: "The bearer token is not accepted.",
    HTTPStatus.FORBIDDEN: "You are not signed on, or do not have the role.",
    HTTPStatus.INTERNAL_SERVER_ERROR: "An unexpected error.",
}
_BACKEND_ERRORS = {
    HTTPStatus.BAD_REQUEST: "The request is wrong; the detail says where.",
    HTTPStatus.NOT_FOUND: "There is no such thing.",
    HTTPStatus.NOT_IMPLEMENTED: "The back-end has no such feature.",
    HTTPStatus.BAD_GATEWAY: "The back-end refused our credential, or answered nonsense.",
    HTTPStatus.SERVICE_UNAVAILABLE: "The back-end is down or busy; see Retry-After.",
    HTTPStatus.GATEWAY_TIMEOUT: "The back-end is too slow.",
}
_BODY_ERRORS = {
    HTTPStatus.BAD_REQUEST: "The request is wrong; the detail says where.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "The body is larger than 1 MiB.",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "The body is not sent as application/json.",
}
_ORDER = ("parameters", "get", "post", "put", "patch", "delete")
_SLUGS = {
    error.status: error.slug
    for error in (
        StorageError,
        Invalid,
        NotFound,
        Conflict,
        NotSupported,
        BackendRefused,
        BackendUnavailable,
        BackendTimeout,
        BackendFull,
    )
}
_PROBLEM: Schema = {
    "type": "object",
    "description": "A problem document (RFC 9457).",
    "required": [
        *("type", "title", "status", "detail", "code", "retryable", "request_id", "message")
    ],
    "properties": {
        "type": {"type": "string", "example": "urn:storage-api:problem:not-found"},
        "title": {"type": "string", "example": "Not Found"},
        "status": {"type": "integer", "example": 404},
        "detail": {"type": "string", "example": "There is no volume 'x'."},
        "code": {"type": "string", "example": "not-found"},
        "retryable": {
            "type": "boolean",
            "description": "Whether the same request, sent again later, may work.",
        },
        "request_id": {"type": "string", "x-nullable": True, "example": "0f3c2a7b9d"},
        "message": {"type": "string", "description": "The same as detail."},
    },
}


@dataclass
class _Shared:
    """What several operations refer to: records and error answers, each written once."""

    definitions: Schema = field(default_factory=lambda: {"Problem": _PROBLEM})
    responses: Schema = field(default_factory=dict)

    def define(self, kind: type, record: type) -> Schema:
        for part in nested_types(kind):
            model = model_of(part, record if part is kind else None)
            self.definitions[part.__name__] = model.__schema__
        return {"$ref": f"#/definitions/{kind.__name__}"}

    def problem(self, status: HTTPStatus, text: str) -> Schema:
        described = {
            "description": text,
            # On the schema, where Swagger UI shows it whatever content type is chosen.
            "schema": {
                "allOf": [{"$ref": "#/definitions/Problem"}],
                "example": _example(status, text),
            },
        }
        number = 1
        while self.responses.setdefault(f"{status.name}_{number}", described) != described:
            number += 1
        return {"$ref": f"#/responses/{status.name}_{number}"}


def complete(spec: Schema, api: Api, app: Flask) -> Schema:
    """Fill ``spec`` in, and return it."""
    shared = _Shared()
    spec["paths"] = {path: _in_order(item) for path, item in spec["paths"].items()}
    operations = {
        (_swagger_path(url), method.lower()): (view.view_class, resource_name)
        for resource_name, view, url, methods in _views(api, app)
        for method in methods
    }
    for path, item in spec["paths"].items():
        for method, documented in item.items():
            if (path, method) not in operations:
                continue
            view_class, name = operations[path, method]
            _complete_operation(documented, method, name, view_class, shared)
        for parameter in item.get("parameters", []):
            parameter["description"] = _PARAMETERS.get(parameter["name"], "")
    spec["definitions"] = dict(sorted(shared.definitions.items()))
    spec["responses"] = dict(sorted(shared.responses.items()))
    spec["produces"] = ["application/json", PROBLEM_TYPE]
    return spec


def _in_order(item: Schema) -> Schema:
    """Flask keeps a view's methods as a set, which differs in order from process to process."""
    return {key: item[key] for key in _ORDER if key in item}


def _views(api: Api, app: Flask) -> Any:
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        if rule.endpoint in api.endpoints and hasattr(view, "view_class"):
            yield rule.endpoint, view, rule.rule, rule.methods or ()


def _swagger_path(url: str) -> str:
    return re.sub(r"<(?:[^:<>]+:)?([^<>]+)>", r"{\1}", url)


def _complete_operation(
    documented: Schema, method: str, name: str, view_class: Any, shared: _Shared
) -> None:
    operation = operation_of(getattr(view_class, method))
    # As the dispatcher does: a POST that takes nothing reads what is sent all the same.
    reads = operation.body is not None or (method == "post" and not view_class.v3)
    backend, _, rest = name.partition(".")
    suffix = "_in_namespace" if rest.startswith("in-namespace.") else ""
    kind = f"{view_class.kind}_" if hasattr(view_class, "kind") else ""
    prefix = f"{backend}_" if rest else ""
    documented["operationId"] = f"{prefix}{kind}{operation.id}{suffix}"
    documented["description"] = _description(documented, operation)
    documented["security"] = _security(operation)
    documented["responses"] = _responses(operation, shared, on_backend=bool(rest), reads=reads)
    if operation.produces is not None:
        documented["produces"] = [operation.produces, PROBLEM_TYPE]
    parameters = documented.setdefault("parameters", [])
    parameters.extend(_parameters(operation, shared))
    if not parameters:
        del documented["parameters"]


def _description(documented: Schema, operation: Operation) -> str:
    role = {
        None: "Open to everybody.",
        Role.USER: "Role: USER (which is everybody unless the site has restricted it).",
    }.get(operation.role, f"Role: {operation.role}.")
    return f"{documented.get('description', '')}\n\n{role}".strip()


def _security(operation: Operation) -> list[Schema]:
    """Without a role a credential is still of use: introspection tells what it is worth."""
    needed: list[Schema] = [{"session": []}, {"bearer": []}]
    return [{}, *needed] if operation.role in {None, Role.USER} else needed


def _parameters(operation: Operation, shared: _Shared) -> list[Schema]:
    parameters: list[Schema] = []
    if operation.body is not None:
        schema: Schema = {"type": "object"}
        if not operation.body.free:
            schema = shared.define(operation.body.keys, operation.body.record)
        if operation.body.example is not None:
            schema = {"allOf": [schema], "example": operation.body.example}
        parameters.append({"name": "body", "in": "body", "required": True, "schema": schema})
    if operation.is_paged:
        parameters += _list_parameters(operation.record)
    parameters += [dict(parameter) for parameter in operation.parameters]
    if operation.returns is not None and not operation.documents:
        parameters.append(
            {
                "name": MASK_HEADER,
                "in": "header",
                "type": "string",
                "description": "Only these fields, for instance `name,quota{max_bytes}`.",
            }
        )
    return parameters


def _list_parameters(record: type) -> list[Schema]:
    words = {"name": "Only those of this name; `*` stands for any text."}
    filters = [
        {
            "name": name,
            "in": "query",
            "type": "string",
            "description": words.get(name, f"Only those with this {name}."),
        }
        for name in filters_of(record)
    ]
    return [
        *filters,
        {
            "name": "limit",
            "in": "query",
            "type": "integer",
            "minimum": 1,
            "maximum": MAX_LIMIT,
            "description": "Page size; the Link header leads to the next page.",
        },
        {
            "name": "marker",
            "in": "query",
            "type": "string",
            "description": "Where to go on, from the Link header of the page before.",
        },
    ]


def _responses(operation: Operation, shared: _Shared, *, on_backend: bool, reads: bool) -> Schema:
    """``reads`` is whether it looks at a body."""
    responses: Schema = {str(operation.status.value): _success(operation, shared)}
    if operation.idempotent_create:
        responses["200"] = _success(operation, shared) | {
            "description": "It exists already just so."
        }
    for status, record in operation.also.items():
        schema = shared.define(record, record)
        responses[str(status.value)] = {"description": status.phrase, "schema": schema}
    errors = dict(_COMMON_ERRORS)
    if operation.returns is not None or operation.body is not None:
        errors |= {HTTPStatus.BAD_REQUEST: "The request is wrong; the detail says where."}
    errors |= _BACKEND_ERRORS if on_backend else {}
    errors |= _BODY_ERRORS if reads else {}
    errors |= operation.errors
    for status, text in sorted(errors.items()):
        responses[str(status.value)] = shared.problem(status, text)
    for status, document in operation.documents.items():
        responses[str(status.value)] = dict(document)
    return responses


def _success(operation: Operation, shared: _Shared) -> Schema:
    success: Schema = {"description": operation.status.phrase}
    if operation.returns is None:
        return success
    if _is_scalar(operation.record):
        names = {str: "string", bool: "boolean", dict: "object"}
        schema: Schema = {"type": names[operation.record]}
    else:
        schema = shared.define(operation.record, operation.record)
    success["schema"] = {"type": "array", "items": schema} if operation.is_list else schema
    return success


def _is_scalar(kind: Any) -> bool:
    return kind in {str, bool, dict}


def _example(status: HTTPStatus, text: str) -> Schema:
    slug = _SLUGS.get(status) or slug_of(status)
    return {
        "type": f"urn:storage-api:problem:{slug}",
        "title": status.phrase,
        "status": status.value,
        "detail": text,
        "code": slug,
        "retryable": status in {HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.GATEWAY_TIMEOUT},
        "request_id": "9c1f6c0e5f0b4c7e",
        "message": text,
    }
