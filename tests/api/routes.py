"""Every route with the role that it needs, as the design lists them, and how to call it."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from flask import Flask
from werkzeug.routing import Rule

from storage_api.security.roles import Role

OPEN = None
U, A, X = Role.USER, Role.ADMIN, Role.UBER_ADMIN

#: Below ``/v3/<e>``; buckets and users are there a second time below a namespace.
BACKEND: dict[str, dict[str, Role | None]] = {
    "/volumes": {"GET": U},
    "/volumes/<path:volume>": {"GET": U, "POST": A, "PATCH": X, "DELETE": X},
    "/volumes/<path:volume>/snapshots": {"GET": U},
    "/volumes/<path:volume>/snapshots/<string:snapshot>": {"GET": U, "POST": A, "DELETE": A},
    "/volumes/<path:volume>/locks": {"GET": U},
    "/volumes/<path:volume>/locks/<string:host>": {"PUT": A, "DELETE": X},
    "/export": {"GET": A},
    "/export/<path:policy>": {"GET": A, "POST": A, "DELETE": A},
    "/export/<path:policy>/rule/<path:rule>": {"PUT": A, "DELETE": A},
    "/buckets": {"GET": U},
    "/buckets/<string:bucket>": {"GET": U, "POST": A, "PATCH": A, "DELETE": X},
    "/buckets/<string:bucket>/quota": {"GET": U, "PUT": A, "DELETE": A},
    "/buckets/<string:bucket>/lifecycle": {"GET": A, "PUT": A, "DELETE": A},
    "/buckets/<string:bucket>/policy": {"GET": A, "PUT": A, "DELETE": A},
    "/buckets/<string:bucket>/cors": {"GET": A, "PUT": A, "DELETE": A},
    "/buckets/<string:bucket>/acl": {"GET": A},
    "/buckets/<string:bucket>/usage": {"GET": U},
    "/users": {"GET": A, "POST": A},
    "/users/<string:uid>": {"GET": A, "POST": A, "PATCH": A, "DELETE": X},
    "/users/<string:uid>/metadata": {"GET": A},
    "/users/<string:uid>/keys": {"GET": A, "POST": A},
    "/users/<string:uid>/keys/<string:access_key>": {"DELETE": A},
    "/users/<string:uid>/keys/<string:access_key>/rotate": {"POST": A},
    "/users/<string:uid>/quota": {"GET": U, "PUT": A, "DELETE": A},
    "/users/<string:uid>/usage": {"GET": U},
    "/namespaces": {"GET": U},
    "/namespaces/<string:namespace>": {"GET": U, "POST": A, "PATCH": A, "DELETE": X},
    "/namespaces/<string:namespace>/quota": {"GET": U, "PUT": A, "DELETE": A},
    "/namespaces/<string:namespace>/usage": {"GET": U},
    "/usage": {"GET": U},
    "/usage.svg": {"GET": U},
    "/allocations": {"GET": U, "POST": A},
    "/allocations/<string:allocation>": {"GET": U, "PATCH": A, "DELETE": X},
    "/capacity": {"GET": U},
    "/storage-resources": {"GET": U},
    "/gid-cache": {"GET": A},
}
#: Only where the family is offered: elsewhere these are names of volumes.
ORDERS: dict[str, dict[str, Role | None]] = {
    "/volumes/<path:volume>/orders": {"GET": A},
    "/volumes/<path:volume>/orders/<string:order>/approve": {"POST": A},
    "/volumes/<path:volume>/orders/<string:order>/reject": {"POST": A},
    "/volumes/<path:volume>/orders/<string:order>/done": {"POST": A},
    "/volumes/<path:volume>/orders/<string:order>/erred": {"POST": A},
    "/volumes/<path:volume>/backend-id": {"PUT": A},
    "/volumes/<path:volume>/options": {"PUT": A},
}
#: What DummyStorage lacks: any method answers 501, to those who may read.
LACKING = frozenset({"/storage-resources", "/gid-cache"})
PUBLISHED = "/api/storage-resources/"
SERVICE: dict[str, dict[str, Role | None]] = {
    "/": {"GET": OPEN},
    "/swagger.json": {"GET": OPEN},
    "/openapi.json": {"GET": OPEN},
    "/swaggerui/<path:filename>": {"GET": OPEN},
    "/page/<path:filename>": {"GET": OPEN},
    "/usage": {"GET": OPEN},
    "/overview": {"GET": OPEN},
    "/overview/<string:name>": {"GET": OPEN},
    "/login": {"GET": OPEN},
    "/login_basic": {"GET": OPEN},
    "/logout": {"GET": OPEN},
    "/oauth-done": {"GET": OPEN},
    "/health/live": {"GET": OPEN},
    "/health/ready": {"GET": OPEN},
    "/metrics": {"GET": OPEN},
    "/metrics/backends": {"GET": U},
    "/v3/jobs": {"GET": A},
    "/v3/jobs/<string:job>": {"GET": A},
    "/v3/jobs/<string:job>/cancel": {"POST": A},
    "/conf/subsystems": {"GET": OPEN},
    "/conf/subsystems/<string:endpoint>": {"GET": OPEN},
    "/conf/roles": {"GET": OPEN},
    "/conf/roles/<string:role>/egroups": {"GET": OPEN},
    "/conf/roles/<string:role>/am_i_a": {"GET": OPEN},
    "/conf/me/roles": {"GET": OPEN},
}
_REDIRECTS = {"/<e>/", "/<e>/<path:rest>"}
_ALL_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")

#: Operations that take a body, by method and the path's end.
_BODIES = re.compile(
    r"POST .*/volumes/<[^/]+>$|PATCH .*|POST .*/snapshots/<[^/]+>$|POST .*/export/<[^/]+>$"
    r"|POST .*/(buckets|users|namespaces)/<[^/]+>$|PUT .*/(quota|lifecycle|policy|cors)$"
    r"|POST .*/(approve|reject|erred|rotate|allocations)$|PUT .*/(backend-id|options)$"
)
_SCOPE = "/namespaces/<string:namespace>"
_NAMES = {
    "volume": "vol1",
    "snapshot": "snap1",
    "host": "host1",
    "policy": "policy1",
    "rule": "10.0.0.1",
    "bucket": "bucket1",
    "uid": "user1",
    "access_key": "KEY1",
    "namespace": "ns1",
    "allocation": "lab 1",
    "order": "abc7de61ae93421cb02556ff18e18679",
    "job": "18795f3c2b1a0d4e9c31",
    "endpoint": "dummy",
    "name": "dummy",
    "role": "USER",
    "filename": "swagger-ui.css",
    "rest": "volumes",
}


@dataclass(frozen=True)
class Route:
    """One method of one path."""

    method: str
    rule: str
    role: Role | None

    @property
    def path(self) -> str:
        """The path with well-formed names, none of which exist."""
        return re.sub(r"<(?:\w+:)?(\w+)>", lambda match: _NAMES[match[1]], self.rule)

    @property
    def takes_body(self) -> bool:
        if self.rule.endswith(tuple(LACKING)):
            return False
        return bool(_BODIES.fullmatch(f"{self.method} {self.rule}"))

    @property
    def parameters(self) -> list[str]:
        return re.findall(r"<(?:\w+:)?(\w+)>", self.rule)

    def with_name(self, parameter: str, name: str) -> str:
        """The path with one name in the place of the well-formed one."""
        names = {**_NAMES, parameter: name}
        return re.sub(r"<(?:\w+:)?(\w+)>", lambda match: names[match[1]], self.rule)

    def __str__(self) -> str:
        return f"{self.method} {self.rule}"


def all_routes(app: Flask, endpoint: str = "dummy") -> list[Route]:
    """Every route of ``app``; a KeyError means that the tables above lack one."""
    return sorted(_routes(app.url_map.iter_rules(), endpoint), key=str)


def backend_routes(app: Flask, endpoint: str = "dummy") -> list[Route]:
    """Those of one of several back-ends."""
    prefix = f"/v3/{endpoint}/"
    rules = [rule for rule in app.url_map.iter_rules() if rule.rule.startswith(prefix)]
    return sorted(_routes(rules, endpoint), key=str)


def _routes(rules: Iterable[Rule], endpoint: str) -> Iterator[Route]:
    for rule in rules:
        table = _table(rule.rule, endpoint)
        methods = (rule.methods or set()) - {"HEAD", "OPTIONS"}
        for method in methods:
            yield Route(method, rule.rule, table[method])


def _table(rule: str, endpoint: str) -> dict[str, Role | None]:
    prefix = f"/v3/{endpoint}"
    if rule.startswith(f"{prefix}/"):
        below = rule.removeprefix(prefix)
        if below.startswith((f"{_SCOPE}/buckets", f"{_SCOPE}/users")):
            below = below.removeprefix(_SCOPE)
        if endpoint == "dummy" and below in LACKING:
            return dict.fromkeys(_ALL_METHODS, U)
        return (BACKEND | ORDERS)[below]
    if rule.replace(endpoint, "<e>") in _REDIRECTS:
        return dict.fromkeys(_ALL_METHODS, OPEN)
    return {"GET": U} if rule == PUBLISHED else SERVICE[rule]
