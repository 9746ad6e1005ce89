"""A site that fills in the templates: the least that it must say, and what comes out."""

from collections.abc import Iterator, Mapping
from typing import Any

from tests.deploy.openshift import MONITORING, TEMPLATE, Object, process

#: What openshift-template.yaml asks of every site.
REQUIRED: Mapping[str, str] = {
    "IMAGE": "registry.example.org/storage-api:4.0.0",
    "SAPI_BACKENDS": "dummy🌈DummyStorage",
    "SAPI_OAUTH_CLIENT_ID": "storage-api",
    "SAPI_OAUTH_SECRET_KEY": "made-up oauth secret",
    "SAPI_ROLE_ADMIN_GROUPS": "storage admins",
    "SAPI_ROLE_UBER_ADMIN_GROUPS": "storage owners",
    "SAPI_REDIS_URL": "rediss://:made-up@redis.example.org/0",
    "SAPI_DATABASE_URL": "postgresql://storage:made-up@db.example.org/storage",
}


class Site:
    """The objects of both templates, by kind and name."""

    def __init__(self, **given: str) -> None:
        self.objects = [
            *process(TEMPLATE, {**REQUIRED, **given}),
            *process(MONITORING, {"NAME": given.get("NAME", "storage-api")}),
        ]

    def one(self, kind: str, name: str = "storage-api") -> Object:
        """The object of that kind and name."""
        found = [made for made in self.of_kind(kind) if made["metadata"]["name"] == name]
        assert len(found) == 1, f"{kind} {name}"
        return found[0]

    def of_kind(self, kind: str) -> list[Object]:
        return [made for made in self.objects if made["kind"] == kind]

    def pods(self) -> Iterator[tuple[str, Object]]:
        """Each Deployment's name, and its pods' template."""
        for deployment in self.of_kind("Deployment"):
            yield deployment["metadata"]["name"], deployment["spec"]["template"]

    def container(self, deployment: str) -> Object:
        """The only container of a Deployment."""
        (container,) = self.one("Deployment", deployment)["spec"]["template"]["spec"]["containers"]
        found: Object = container
        return found

    def environment(self, deployment: str) -> dict[str, str]:
        """What its container finds in its environment, from Secret and ConfigMap."""
        found: dict[str, str] = {}
        for source in self.container(deployment)["envFrom"]:
            ((kind, reference),) = source.items()
            if kind == "secretRef":
                found |= self.one("Secret", reference["name"])["stringData"]
            else:
                found |= self.one("ConfigMap", reference["name"])["data"]
        return found

    def selected(self, labels: Mapping[str, str]) -> list[str]:
        """The Deployments whose pods have these labels."""
        return [
            name for name, pod in self.pods() if labels.items() <= pod["metadata"]["labels"].items()
        ]


def probes(container: Mapping[str, Any]) -> dict[str, Object]:
    """The probes of a container, by their kind."""
    return {name: probe for name, probe in container.items() if name.endswith("Probe")}
