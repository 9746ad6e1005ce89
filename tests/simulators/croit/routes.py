"""Every operation: where it lies, who may use it, and what goes in and comes out."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import unquote

from tests.simulators.croit import (
    buckets,
    keys,
    objects,
    schemas,
    signing_on,
    statistics,
    task_calls,
    users,
)
from tests.simulators.croit.call import Handler
from tests.simulators.croit.errors import CroitError
from tests.simulators.croit.schemas import Schema

VIEWER, ADMIN, KNOWN, ANYBODY = "viewer", "admin", "", None


@dataclass(frozen=True)
class Route:
    """``reply`` is None where there is no body. ``role`` is None where nobody signs on,
    and empty where that is enough.

    ``body`` is None where a body is ignored, or read by the handler itself. ``rate`` names an
    entry of ``RATES``.
    """

    method: str
    pattern: str
    handler: Handler
    reply: Schema | None
    role: str | None = VIEWER
    body: Schema | None = None
    rate: str | None = None


_U = "/s3/users/{uid}"
_S = f"{_U}/subusers"
_B = "/s3/buckets/{bucket}"

ROUTES = (
    Route("GET", "/status", signing_on.status, schemas.STATUS, ANYBODY),
    Route("GET", "/status/croit-version", signing_on.version, schemas.STR, ANYBODY),
    Route("POST", "/auth/login", signing_on.login, schemas.TOKEN, ANYBODY),
    Route("POST", "/auth/login-form", signing_on.login_form, schemas.TOKEN, ANYBODY),
    Route("POST", "/auth/logout", signing_on.logout, None, KNOWN),
    Route("GET", "/auth/token-info", signing_on.token_info, schemas.TOKEN_INFO, KNOWN),
    Route("GET", "/api-tokens", signing_on.list_tokens, schemas.listed(schemas.API_TOKEN)),
    Route("POST", "/api-tokens", signing_on.add_token, schemas.STR, ADMIN, schemas.NEW_API_TOKEN),
    Route(
        "PATCH",
        "/api-tokens/{id}",
        signing_on.change_token,
        None,
        ADMIN,
        schemas.CHANGED_API_TOKEN,
    ),
    Route("DELETE", "/api-tokens/{id}", signing_on.delete_token, None, ADMIN),
    Route("GET", "/s3/user-names", users.list_names, schemas.array(schemas.STR)),
    Route(
        "GET",
        "/s3/users",
        users.list_users,
        schemas.listed(schemas.USER),
        rate="list users",
    ),
    Route("POST", "/s3/users", users.create_user, None, ADMIN, schemas.NEW_USER, "create user"),
    Route("PATCH", _U, users.change_user, None, ADMIN, schemas.CHANGED_USER),
    Route("DELETE", _U, users.delete_user, None, ADMIN),
    Route("POST", _U, users.add_subuser, schemas.TASK, ADMIN, schemas.NEW_SUBUSER),
    Route("GET", f"{_U}/key", keys.one, schemas.KEY, ADMIN),
    Route("GET", f"{_U}/keys", keys.listed, schemas.array(schemas.KEY), ADMIN),
    Route("PUT", f"{_U}/keys", keys.replace, schemas.TASK, ADMIN, schemas.KEYS, "create key"),
    Route("PUT", f"{_U}/keys/{{key}}", keys.put, None, ADMIN, rate="create key"),
    Route("DELETE", f"{_U}/keys/{{key}}", keys.delete, None, ADMIN),
    Route("GET", f"{_U}/buckets", users.list_buckets, schemas.array(schemas.BUCKET)),
    Route("PUT", f"{_U}/quota", users.set_quota, None, ADMIN, schemas.QUOTA_REQUEST, "set quota"),
    Route(
        "PUT",
        f"{_U}/bucket-quota",
        users.set_bucket_quota,
        None,
        ADMIN,
        schemas.QUOTA_REQUEST,
        "set quota",
    ),
    Route("GET", _S, users.list_subusers, schemas.array(schemas.SUBUSER)),
    Route("PUT", _S, users.replace_subusers, schemas.TASK, ADMIN, schemas.SUBUSERS),
    Route(
        "PATCH",
        f"{_S}/{{subuser}}",
        users.change_subuser,
        schemas.TASK,
        ADMIN,
        schemas.CHANGED_SUBUSER,
    ),
    Route("DELETE", f"{_S}/{{subuser}}", users.delete_subuser, schemas.TASK, ADMIN),
    Route(
        "GET",
        f"{_S}/{{subuser}}/keys",
        keys.listed_of_subuser,
        schemas.array(schemas.KEY),
        ADMIN,
    ),
    Route("PUT", f"{_S}/{{subuser}}/keys/{{key}}", keys.put, None, ADMIN, rate="create key"),
    Route("DELETE", f"{_S}/{{subuser}}/keys/{{key}}", keys.delete, None, ADMIN),
    Route("GET", "/s3/buckets", buckets.list_buckets, schemas.listed(schemas.BUCKET)),
    Route("GET", _B, buckets.show, schemas.DETAILS),
    Route("PUT", _B, buckets.create, schemas.TASK, ADMIN, schemas.NEW_BUCKET, "create bucket"),
    Route("PATCH", _B, buckets.change, None, ADMIN, schemas.CHANGED_BUCKET),
    Route(
        "DELETE", _B, buckets.delete, schemas.TASK, ADMIN, schemas.DELETED_BUCKET, "delete bucket"
    ),
    Route("PUT", f"{_B}/quota", buckets.set_quota, None, ADMIN, schemas.QUOTA_REQUEST, "set quota"),
    Route("GET", f"{_B}/policy", buckets.show_policy, schemas.ANY_OBJECT),
    Route("POST", f"{_B}/policy", buckets.set_policy, None, ADMIN),
    Route("DELETE", f"{_B}/policy", buckets.delete_policy, None, ADMIN),
    Route("GET", f"{_B}/objects", objects.listed, schemas.LISTING),
    Route("GET", f"{_B}/objects-paginated", objects.paged, schemas.page(schemas.OBJECT)),
    Route("DELETE", f"{_B}/objects", objects.delete, None, ADMIN),
    Route(
        "GET",
        f"{_B}/multipart-uploads",
        objects.list_uploads,
        schemas.array(schemas.UPLOAD),
    ),
    Route(
        "GET",
        f"{_B}/multipart-uploads-paginated",
        objects.page_uploads,
        schemas.page(schemas.UPLOAD),
    ),
    Route("DELETE", f"{_B}/multipart-uploads", objects.delete_uploads, None, ADMIN),
    Route("GET", "/s3/placements", buckets.list_placements, schemas.PLACEMENTS),
    Route(
        "GET",
        "/s3/usage/by-user/{uid}",
        statistics.traffic_of_user,
        schemas.TRAFFIC,
        rate="read traffic",
    ),
    Route(
        "GET",
        "/s3/usage/by-bucket/{bucket}",
        statistics.traffic_of_bucket,
        schemas.TRAFFIC,
        rate="read traffic",
    ),
    Route("GET", "/stats", statistics.stats, schemas.STATS, rate="read stats"),
    Route("GET", "/stats/s3-user-names", statistics.user_names, schemas.NAMES),
    Route("GET", "/stats/s3-bucket-names", statistics.bucket_names, schemas.BUCKET_NAMES),
    Route("GET", "/tasks", task_calls.listed, schemas.page(schemas.TASK)),
    Route("GET", "/tasks/status", task_calls.several, schemas.array(schemas.TASK)),
    Route("GET", "/tasks/{id}", task_calls.one, schemas.TASK),
    Route("POST", "/tasks/{id}/answer", task_calls.respond, None, ADMIN, schemas.ANSWER),
    Route("POST", "/tasks/{id}/cancel", task_calls.cancel, None, ADMIN),
)
_SPLIT = [(route.pattern.split("/")[1:], route) for route in ROUTES]


def find(method: str, raw_path: str) -> tuple[Route, dict[str, str]]:
    """The operation, and the decoded variables of a path below /api; 404 or 405 otherwise."""
    parts = raw_path.split("/")[1:]
    there = False
    for pattern, route in _SPLIT:
        names = _matched(pattern, parts)
        if names is None:
            continue
        if route.method == method:
            return route, names
        there = True
    raise CroitError(405, "Method not allowed") if there else CroitError(404, "Not found")


def _matched(pattern: list[str], parts: list[str]) -> dict[str, str] | None:
    if len(pattern) != len(parts):
        return None
    names: dict[str, str] = {}
    for expected, part in zip(pattern, parts, strict=True):
        if expected.startswith("{") and part:
            names[expected[1:-1]] = unquote(part)
        elif expected != part:
            return None
    return names
