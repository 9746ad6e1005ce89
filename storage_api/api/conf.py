"""``/conf``: what the service is set up with, and what the caller may do. Never an option."""

from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Required, TypedDict

from flask import current_app
from flask_restx import Namespace

from storage_api.api.operation import operation
from storage_api.api.resource import ApiResource
from storage_api.backends.base import EXTENSION, StorageBackend
from storage_api.backends.monitor import Monitor
from storage_api.domain.errors import NotFound
from storage_api.domain.models import State, about
from storage_api.security.principal import current_principal, role_table
from storage_api.security.roles import Role

_NO_ROLE = {HTTPStatus.NOT_FOUND: "There is no such role."}
_OPEN = None

# In this form because "class" is no name that Python lets a field have.
Subsystem = TypedDict(
    "Subsystem",
    {
        "name": Required[Annotated[str, about("Endpoint.", example="ceph")]],
        "class": Required[Annotated[str, about("Class.", example="RadosgwStorage")]],
        "capabilities": Required[
            Annotated[list[str], about("Families that it has.", example=["buckets", "users"])]
        ],
        "state": Required[Annotated[State, about("How the last probe went.", example="up")]],
        "detail": Required[Annotated[str | None, about("What is wrong with it.", example=None)]],
        "checked_at": Required[
            Annotated[
                datetime | None,
                about("When that probe ended (RFC 3339).", example="2026-11-21T04:05:06Z"),
            ]
        ],
    },
)


def conf_namespace() -> Namespace:
    namespace = Namespace("conf", description="Introspection", path="/conf")
    for url, resource in (
        ("/subsystems", SubsystemList),
        ("/subsystems/<string:endpoint>", SubsystemItem),
        ("/roles", RoleList),
        ("/roles/<string:role>/egroups", RoleGroups),
        ("/roles/<string:role>/am_i_a", AmIA),
        ("/me/roles", MyRoles),
    ):
        namespace.add_resource(resource, url)
    return namespace


def mounted_backends() -> dict[str, StorageBackend]:
    backends: dict[str, StorageBackend] = current_app.extensions[EXTENSION]
    return backends


def monitor() -> Monitor:
    found: Monitor = current_app.extensions["storage_api_monitor"]
    return found


def _role(name: str) -> Role:
    try:
        return Role(name)
    except ValueError:
        raise NotFound(f"No such role. Roles are: {', '.join(Role)}.") from None


class SubsystemList(ApiResource):
    @operation("list_subsystems", _OPEN, returns=list[str])
    def get(self) -> list[str]:
        """List the back-ends"""
        return list(mounted_backends())


class SubsystemItem(ApiResource):
    @operation(
        "get_subsystem",
        _OPEN,
        returns=Subsystem,
        errors={HTTPStatus.NOT_FOUND: "There is no such back-end."},
    )
    def get(self, endpoint: str) -> Subsystem:
        """Show what a back-end can do and how it is

        The state is that of the last probe by the process that answers, or unknown if that is
        more than a minute ago."""
        backends = mounted_backends()
        if endpoint not in backends:
            raise NotFound(f"No such subsystem. Allowed values are: {', '.join(backends)}.")
        backend, state = backends[endpoint], monitor().state(endpoint)
        return {
            "name": endpoint,
            "class": type(backend).__name__,
            "capabilities": sorted(backend.capabilities),
            "state": state.status,
            "detail": state.detail,
            "checked_at": state.checked_at,
        }


class RoleList(ApiResource):
    @operation("list_roles", _OPEN, returns=list[str])
    def get(self) -> list[str]:
        """List all roles"""
        return list(Role)


class RoleGroups(ApiResource):
    @operation("list_role_groups", _OPEN, returns=list[str], errors=_NO_ROLE)
    def get(self, role: str) -> list[str]:
        """List the groups that give a role"""
        return role_table().groups(_role(role))


class AmIA(ApiResource):
    @operation("am_i_a", _OPEN, returns=bool, errors=_NO_ROLE)
    def get(self, role: str) -> bool:
        """Tell whether you have a role"""
        return _role(role) in current_principal().roles


class MyRoles(ApiResource):
    @operation("list_my_roles", _OPEN, returns=list[str])
    def get(self) -> list[str]:
        """List your roles"""
        return [role for role in Role if role in current_principal().roles]
