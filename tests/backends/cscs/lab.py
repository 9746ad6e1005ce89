"""A Waldur, a GID service, and the service that reads both."""

import itertools
from collections.abc import Iterable
from typing import Any

from flask import Flask

from tests.conformance.client import Answer, Api, InProcess
from tests.servers import service
from tests.simulators.hpc_user.simulator import HpcUserSimulator
from tests.simulators.waldur import WaldurSimulator
from tests.simulators.waldur.records import Project, Resource

DOCUMENT = "/api/storage-resources/"
LISTING = "/api/marketplace-provider-resources/"
FIRST_GID = 40_000


class Lab:
    """What a test fills and asks. ``app`` is a new process's, with nothing in its memory."""

    def __init__(self, waldur: WaldurSimulator, gids: HpcUserSimulator) -> None:
        self.waldur = waldur
        self.gids = gids
        self._customer = waldur.add_customer("Climate Laboratory", slug="climate-lab")
        self._numbers = itertools.count(FIRST_GID)

    def options(self, **more: str) -> dict[str, str]:
        gids = self.gids
        return {
            "waldur_api_url": f"{self.waldur.url}/api/",
            "waldur_api_token": self.waldur.token,
            "storage_systems": "capstor=capstor,vast=vast,iopsstor=iopsstor",
            "hpc_user_api_url": gids.url,
            "hpc_user_client_id": gids.client_id,
            "hpc_user_client_secret": gids.client_secret,
            "hpc_user_oidc_token_url": gids.token_url,
            "cache_ttl": "0",
            **more,
        }

    def app(self, settings: dict[str, str] | None = None, **more: str) -> Flask:
        given = itertools.chain(*self.options(**more).items())
        entry = "🌈".join(["cscs", "CscsStorage", *given])
        return service({"SAPI_BACKENDS": entry, **(settings or {})})

    def api(self, **more: str) -> Api:
        return InProcess(self.app(None, **more))

    def project(self, slug: str, *, gid: bool = True) -> Project:
        if gid:
            self.gids.add(slug, next(self._numbers))
        return self.waldur.add_project(self._customer, slug.title(), slug=slug)

    def resource(self, slug: str = "climate", system: str = "capstor", **more: Any) -> Resource:
        """One in a project of its own."""
        return self.waldur.add_resource(
            self.waldur.offering(system), self.project(slug), **{"limits": {"storage": 10}, **more}
        )

    def seed(self, count: int) -> None:
        found = self.waldur.seed(count)
        for slug in sorted({resource.project.slug for resource in found}):
            self.gids.add(slug, next(self._numbers))


def projects(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [item for item in document["resources"] if kind(item) in {"project", "user"}]


def parents(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [item for item in document["resources"] if kind(item) in {"tenant", "customer"}]


def kind(item: dict[str, Any]) -> str:
    found: str = item["target"]["targetType"]
    return found


def read(api: Api, query: str = "") -> dict[str, Any]:
    document: dict[str, Any] = api.get(f"{DOCUMENT}{query}").expect(200)
    return document


def numbers(quotas: Iterable[dict[str, Any]] | None) -> list[float] | None:
    """Space soft and hard, inodes soft and hard."""
    return None if quotas is None else [quota["quota"] for quota in quotas]


def upstream_error(answer: Answer, status: int = 502) -> str:
    """The text of CSCS' own error document."""
    body = answer.expect(status)
    assert set(body) == {"detail", "error", "message"}
    assert body["error"] == "UpstreamServiceError"
    text: str = body["detail"]
    return text
