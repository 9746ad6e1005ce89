"""HTTP: who calls, and which of the routes it means."""

from __future__ import annotations

import re
from collections.abc import Mapping

from tests.simulators.waldur.agents import Agents
from tests.simulators.waldur.calls import Call, Handler, refused
from tests.simulators.waldur.errors import Refusal, bad_token, no_credentials, not_allowed
from tests.simulators.waldur.imports import Imports
from tests.simulators.waldur.messages import Reply, Request
from tests.simulators.waldur.offerings import Offerings
from tests.simulators.waldur.people import People
from tests.simulators.waldur.reads import Reads
from tests.simulators.waldur.records import User
from tests.simulators.waldur.secrets import Secrets
from tests.simulators.waldur.store import Store
from tests.simulators.waldur.writes import Writes

_KEY = "(?P<key>[^/]+)/"
_ACTION = r"(?P<action>\w+)/"
_ORDERS = "/api/marketplace-orders/"
_CONSUMER = "/api/marketplace-resources/"
_PROVIDER = "/api/marketplace-provider-resources/"
_OFFERINGS = "/api/marketplace-provider-offerings/"
_IDENTITIES = "/api/marketplace-site-agent-identities/"
_KEYS = "/api/marketplace-resource-api-keys/"


class Api:
    """A route is known or not before anybody asks who calls; then the token, then the verb."""

    def __init__(
        self,
        store: Store,
        reads: Reads,
        writes: Writes,
        *,
        agents: Agents,
        people: People,
        secrets: Secrets,
        imports: Imports,
        offerings: Offerings,
    ) -> None:
        self._store = store
        table: list[tuple[str, Mapping[str, Handler]]] = [
            ("/api/users/me/", {"GET": reads.me}),
            (_PROVIDER, {"GET": reads.provider_resources}),
            (_PROVIDER + _KEY, {"GET": reads.provider_resource}),
            (_PROVIDER + _KEY + "team/", {"GET": people.team}),
            (_PROVIDER + _KEY + _ACTION, {"POST": writes.on_provider_resource}),
            (_CONSUMER, {"GET": reads.consumer_resources}),
            (_CONSUMER + _KEY, {"GET": reads.consumer_resource}),
            (_CONSUMER + _KEY + _ACTION, {"POST": writes.on_consumer_resource}),
            (_OFFERINGS, {"GET": reads.offerings, "POST": offerings.create}),
            (_OFFERINGS + _KEY, {"GET": reads.offering}),
            (_OFFERINGS + _KEY + "user-attribute-config/", {"GET": people.no_attributes}),
            (_OFFERINGS + _KEY + "list_[a-z_]+_accounts/", {"GET": people.nothing}),
            (_OFFERINGS + _KEY + "customers/", {"GET": reads.customers}),
            (_OFFERINGS + _KEY + _ACTION, {"POST": offerings.on_offering}),
            (_ORDERS, {"GET": reads.orders, "POST": writes.create_order}),
            (_ORDERS + _KEY, {"GET": reads.order}),
            (_ORDERS + _KEY + _ACTION, {"POST": writes.on_order}),
            ("/api/marketplace-component-usages/", {"GET": reads.usages}),
            ("/api/marketplace-component-usages/set_usage/", {"POST": writes.set_usage}),
            ("/api/component-user-usage-limits/", {"GET": people.nothing}),
            ("/api/version/", {"GET": agents.version}),
            (_IDENTITIES, {"GET": agents.identities, "POST": agents.add_identity}),
            (_IDENTITIES + _KEY, {"PUT": agents.change_identity}),
            (_IDENTITIES + _KEY + _ACTION, {"POST": agents.on_identity}),
            ("/api/marketplace-site-agent-services/" + _KEY + _ACTION, {"POST": agents.on_service}),
            ("/api/marketplace-service-providers/", {"GET": people.providers}),
            ("/api/marketplace-service-providers/" + _KEY + "keys/", {"GET": people.nothing}),
            ("/api/marketplace-offering-users/", {"GET": people.logins}),
            ("/api/projects/", {"GET": people.projects}),
            ("/api/marketplace-plans/" + _KEY, {"GET": offerings.plan}),
            ("/api/marketplace-plans/" + _KEY + "update_prices/", {"POST": offerings.set_prices}),
            ("/api/marketplace-categories/", {"GET": offerings.categories}),
            ("/api/customers/", {"GET": offerings.customers}),
            (_KEYS, {"GET": secrets.keys}),
            (_KEYS + "report_created/", {"POST": secrets.report}),
            (_KEYS + _KEY + _ACTION, {"POST": secrets.on_key}),
            ("/api/backend-resource-requests/" + _KEY, {"GET": imports.request}),
            ("/api/backend-resource-requests/" + _KEY + _ACTION, {"POST": imports.on_request}),
            ("/api/backend-resources/", {"GET": imports.found, "POST": imports.add_found}),
        ]
        self._routes = [(re.compile(pattern), handlers) for pattern, handlers in table]

    def answer(self, request: Request) -> Reply:
        try:
            with self._store.lock:
                return self._answer(request)
        except Refusal as refusal:
            return refused(refusal)

    def _answer(self, request: Request) -> Reply:
        path = request.path
        found = self._find(path)
        if found is None and self._find(f"{path}/"):
            return _moved(request)
        if found is None:
            raise Refusal(404, "<h1>Not Found</h1>")
        match, handlers = found
        user = self._user(request)
        request.account = user.username
        handler = handlers.get("GET" if request.method == "HEAD" else request.method)
        if handler is None:
            raise not_allowed(request.method)
        return handler(Call(request, user, **match.groupdict()))

    def _find(self, path: str) -> tuple[re.Match[str], Mapping[str, Handler]] | None:
        for pattern, handlers in self._routes:
            if match := pattern.fullmatch(path):
                return match, handlers
        return None

    def _user(self, request: Request) -> User:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "token" or not token:
            raise no_credentials()
        user = self._store.users.get(token)
        if user is None:
            raise bad_token()
        return user


def _moved(request: Request) -> Reply:
    """A missing final slash is added by redirection, for every verb."""
    path, mark, query = request.target.partition("?")
    return Reply(301, b"", {"Location": f"{path}/{mark}{query}", "Content-Type": "text/html"})
