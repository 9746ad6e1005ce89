"""``/v3/<e>/namespaces``."""

from http import HTTPStatus

from storage_api.api.bodies import Body
from storage_api.api.operation import operation
from storage_api.api.resource import BackendResource
from storage_api.backends.objects import NamespaceStore
from storage_api.domain.errors import Invalid
from storage_api.domain.models import Namespace
from storage_api.domain.requests import NamespaceCreate, NamespacePatch
from storage_api.security.roles import Role

_NO_NAMESPACE = {HTTPStatus.NOT_FOUND: "There is no such namespace."}


class NamespaceList(BackendResource):
    backend: NamespaceStore

    @operation("list_namespaces", Role.USER, returns=list[Namespace])
    def get(self) -> list[Namespace]:
        """List the named namespaces"""
        return self.backend.list_namespaces()


class NamespaceItem(BackendResource):
    backend: NamespaceStore

    @operation("get_namespace", Role.USER, returns=Namespace, errors=_NO_NAMESPACE)
    def get(self, namespace: str) -> Namespace:
        """Get one namespace"""
        return self.backend.get_namespace(namespace)

    @operation(
        "create_namespace",
        Role.ADMIN,
        returns=Namespace,
        status=HTTPStatus.CREATED,
        body=Body(NamespaceCreate, Namespace, example={"display_name": "Physics"}),
        idempotent_create=True,
        errors={HTTPStatus.CONFLICT: "It exists with other settings."},
    )
    def post(self, namespace: str, body: NamespaceCreate) -> tuple[Namespace, bool]:
        """Create a namespace

        200 when it exists already just so."""
        return self.backend.create_namespace(namespace, body)

    @operation(
        "update_namespace",
        Role.ADMIN,
        returns=Namespace,
        body=Body(NamespacePatch, Namespace, example={"display_name": "Physics"}),
        errors=_NO_NAMESPACE,
    )
    def patch(self, namespace: str, body: NamespacePatch) -> Namespace:
        """Change a namespace

        `labels` replaces all labels."""
        if not body:
            raise Invalid("Nothing to change: none of the keys is given.")
        return self.backend.update_namespace(namespace, body)

    @operation(
        "delete_namespace",
        Role.UBER_ADMIN,
        status=HTTPStatus.NO_CONTENT,
        errors={HTTPStatus.CONFLICT: "It still holds users or buckets; the detail says how many."},
    )
    def delete(self, namespace: str) -> None:
        """Delete an empty namespace

        Also 204 when it is gone already."""
        self.backend.delete_namespace(namespace)
