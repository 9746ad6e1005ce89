"""The client cannot fall behind: what Swagger shows, a typed method reaches."""

import inspect
import typing
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import quote

import pytest

from storage_api_client import Backend, Client, Job, Scope
from storage_api_client.families.allocations import Allocations
from storage_api_client.families.buckets import Buckets
from storage_api_client.families.exports import Exports
from storage_api_client.families.family import Holders
from storage_api_client.families.namespaces import Namespaces
from storage_api_client.families.storage_resources import (
    BackendStorageResources,
    StorageResources,
)
from storage_api_client.families.users import Keys, Users
from storage_api_client.families.volumes import Locks, Orders, Snapshots, Volumes
from storage_api_client.jobs import Jobs
from tests.clients.swagger import BACKENDS, Listener, Operation, document, listener, operations
from tests.servers import ROOT

#: What stands in the paths; names of the kinds that may have slashes have some.
NAMES = {
    "endpoint": "dummy",
    "role": "ADMIN",
    "volume": "projects/alice",
    "snapshot": "before upgrade",
    "host": "node1.example.org",
    "policy": "lab/net",
    "rule": "10.0.0.0/8",
    "bucket": "alice-data",
    "uid": "älice?x=1#y",
    "access_key": "AK",
    "namespace": "physics",
    "order": "0f",
    "job": "j1",
    "allocation": "Smith Lab",
}
V, B, U, N, A = (NAMES[key] for key in ("volume", "bucket", "uid", "namespace", "allocation"))

Call = tuple[Callable[..., Any], Callable[[Backend, Scope], Any]]


def _holder_calls(kind: str, of: Callable[[Backend, Scope], Holders], name: str) -> dict[str, Call]:
    return {
        f"{kind}_get_quota": (Holders.quota, lambda b, s: of(b, s).quota(name)),
        f"{kind}_set_quota": (Holders.set_quota, lambda b, s: of(b, s).set_quota(name)),
        f"{kind}_delete_quota": (Holders.delete_quota, lambda b, s: of(b, s).delete_quota(name)),
        f"{kind}_get_usage": (Holders.usage, lambda b, s: of(b, s).usage(name)),
    }


#: By operation: the method that is for it, and a call of it in a back-end or a namespace.
CALLS: Mapping[str, Call] = {
    "list_volumes": (Volumes.list, lambda b, _: list(b.volumes.list())),
    "get_volume": (Volumes.get, lambda b, _: b.volumes.get(V)),
    "create_volume": (Volumes.create, lambda b, _: b.volumes.create(V)),
    "update_volume": (Volumes.update, lambda b, _: b.volumes.update(V)),
    "restrict_volume": (Volumes.delete, lambda b, _: b.volumes.delete(V)),
    "set_backend_id": (Volumes.set_backend_id, lambda b, _: b.volumes.set_backend_id(V, "/x")),
    "set_applied_options": (Volumes.set_options, lambda b, _: b.volumes.set_options(V)),
    "list_snapshots": (Snapshots.list, lambda b, _: list(b.snapshots(V).list())),
    "get_snapshot": (Snapshots.get, lambda b, _: b.snapshots(V).get(NAMES["snapshot"])),
    "create_snapshot": (Snapshots.create, lambda b, _: b.snapshots(V).create(NAMES["snapshot"])),
    "delete_snapshot": (Snapshots.delete, lambda b, _: b.snapshots(V).delete(NAMES["snapshot"])),
    "list_locks": (Locks.list, lambda b, _: list(b.locks(V).list())),
    "create_lock": (Locks.create, lambda b, _: b.locks(V).create(NAMES["host"])),
    "delete_lock": (Locks.delete, lambda b, _: b.locks(V).delete(NAMES["host"])),
    "list_orders": (Orders.list, lambda b, _: list(b.orders(V).list())),
    "approve_order": (Orders.approve, lambda b, _: b.orders(V).approve("0f")),
    "reject_order": (Orders.reject, lambda b, _: b.orders(V).reject("0f", "no")),
    "complete_order": (Orders.complete, lambda b, _: b.orders(V).complete("0f")),
    "fail_order": (Orders.fail, lambda b, _: b.orders(V).fail("0f", message="m")),
    "list_export_policies": (Exports.list, lambda b, _: list(b.exports.list())),
    "get_export_policy": (Exports.get, lambda b, _: b.exports.get(NAMES["policy"])),
    "create_export_policy": (Exports.create, lambda b, _: b.exports.create(NAMES["policy"])),
    "delete_export_policy": (Exports.delete, lambda b, _: b.exports.delete(NAMES["policy"])),
    "ensure_export_rule": (
        Exports.add_rule,
        lambda b, _: b.exports.add_rule(NAMES["policy"], NAMES["rule"]),
    ),
    "remove_export_rule": (
        Exports.remove_rule,
        lambda b, _: b.exports.remove_rule(NAMES["policy"], NAMES["rule"]),
    ),
    "list_buckets": (Buckets.list, lambda _, s: list(s.buckets.list())),
    "get_bucket": (Buckets.get, lambda _, s: s.buckets.get(B)),
    "create_bucket": (Buckets.create, lambda _, s: s.buckets.create(B, owner="alice")),
    "update_bucket": (Buckets.update, lambda _, s: s.buckets.update(B)),
    "delete_bucket": (Buckets.delete, lambda _, s: s.buckets.delete(B, purge=True)),
    "get_bucket_acl": (Buckets.acl, lambda _, s: s.buckets.acl(B)),
    "get_bucket_cors": (Buckets.cors, lambda _, s: s.buckets.cors(B)),
    "set_bucket_cors": (Buckets.set_cors, lambda _, s: s.buckets.set_cors(B, [])),
    "delete_bucket_cors": (Buckets.delete_cors, lambda _, s: s.buckets.delete_cors(B)),
    "get_bucket_policy": (Buckets.policy, lambda _, s: s.buckets.policy(B)),
    "set_bucket_policy": (Buckets.set_policy, lambda _, s: s.buckets.set_policy(B, {})),
    "delete_bucket_policy": (Buckets.delete_policy, lambda _, s: s.buckets.delete_policy(B)),
    "get_bucket_lifecycle": (Buckets.lifecycle, lambda _, s: s.buckets.lifecycle(B)),
    "set_bucket_lifecycle": (Buckets.set_lifecycle, lambda _, s: s.buckets.set_lifecycle(B, [])),
    "delete_bucket_lifecycle": (
        Buckets.delete_lifecycle,
        lambda _, s: s.buckets.delete_lifecycle(B),
    ),
    "list_users": (Users.list, lambda _, s: list(s.users.list())),
    "get_user": (Users.get, lambda _, s: s.users.get(U)),
    "create_user": (Users.create, lambda _, s: s.users.create(U)),
    "create_account": (Users.create_account, lambda _, s: s.users.create_account()),
    "update_user": (Users.update, lambda _, s: s.users.update(U)),
    "delete_user": (Users.delete, lambda _, s: s.users.delete(U, purge=True)),
    "get_account_metadata": (Users.metadata, lambda _, s: s.users.metadata(U)),
    "list_keys": (Keys.list, lambda _, s: list(s.users.keys(U).list())),
    "create_key": (Keys.create, lambda _, s: s.users.keys(U).create()),
    "rotate_key": (Keys.rotate, lambda _, s: s.users.keys(U).rotate("AK")),
    "delete_key": (Keys.delete, lambda _, s: s.users.keys(U).delete("AK")),
    "list_namespaces": (Namespaces.list, lambda b, _: list(b.namespaces.list())),
    "get_namespace": (Namespaces.get, lambda b, _: b.namespaces.get(N)),
    "create_namespace": (Namespaces.create, lambda b, _: b.namespaces.create(N)),
    "update_namespace": (Namespaces.update, lambda b, _: b.namespaces.update(N)),
    "delete_namespace": (Namespaces.delete, lambda b, _: b.namespaces.delete(N)),
    "list_allocations": (Allocations.list, lambda b, _: list(b.allocations.list())),
    "get_allocation": (Allocations.get, lambda b, _: b.allocations.get(A)),
    "create_allocation": (
        Allocations.create,
        lambda b, _: b.allocations.create(A, unlimited=True),
    ),
    "resize_allocation": (Allocations.update, lambda b, _: b.allocations.update(A)),
    "delete_allocation": (Allocations.delete, lambda b, _: b.allocations.delete(A)),
    "get_capacity": (Backend.capacity, lambda b, _: b.capacity()),
    "list_metered_usage": (Backend.usage, lambda b, _: list(b.usage(since="2026-11"))),
    "plot_usage": (Backend.usage_plot, lambda b, _: b.usage_plot(unit="TB")),
    "list_storage_resources": (
        StorageResources.page,
        lambda b, _: list(b.storage_resources.list(state="OK")),
    ),
    "get_gid_cache": (
        BackendStorageResources.gid_cache,
        lambda b, _: b.storage_resources.gid_cache(),
    ),
    **_holder_calls("bucket", lambda _, s: s.buckets, B),
    **_holder_calls("user", lambda _, s: s.users, U),
    **_holder_calls("namespace", lambda b, _: b.namespaces, N),
}
#: Those that belong to no back-end.
SITE_CALLS: Mapping[str, tuple[Callable[..., Any], Callable[[Client], Any]]] = {
    "cscs_list_published_storage_resources": (
        StorageResources.page,
        lambda client: list(client.storage_resources.list()),
    ),
    "list_my_roles": (Client.my_roles, lambda client: client.my_roles()),
    "list_roles": (Client.roles, lambda client: client.roles()),
    "am_i_a": (Client.am_i_a, lambda client: client.am_i_a("ADMIN")),
    "list_role_groups": (Client.role_groups, lambda client: client.role_groups("ADMIN")),
    "list_subsystems": (Client.backends, lambda client: client.backends()),
    "get_subsystem": (Backend.state, lambda client: client.backend("dummy").state()),
    "list_jobs": (Jobs.list, lambda client: list(client.jobs.list())),
    "get_job": (Jobs.get, lambda client: client.jobs.get("j1")),
    "cancel_job": (Job.cancel, lambda client: client.jobs.get("j1").cancel()),
}
#: Words of Python's, and what the API calls so.
_SPELLED = {"since": "from", "until": "to"}


@pytest.fixture(scope="module")
def listening() -> Iterator[Listener]:
    with listener() as found:
        yield found


def _call(client: Client, operation: Operation) -> Callable[..., Any]:
    """Carries ``operation`` out, and says which method did."""
    if operation.backend is None:
        method, site_call = SITE_CALLS[operation.id]
        site_call(client)
        return method
    backend = client.backend(operation.backend)
    inside = operation.id.endswith("_in_namespace")
    scope = backend.in_namespace(N) if inside else backend
    method, call = CALLS[operation.id.removesuffix("_in_namespace")]
    call(backend, scope)
    return method


def _accepted(method: Callable[..., Any]) -> set[str]:
    """The names that ``method`` takes, those of its typed keywords among them."""
    found = set()
    for name, parameter in inspect.signature(method).parameters.items():
        if parameter.kind is parameter.VAR_KEYWORD:
            (keywords,) = typing.get_args(parameter.annotation)
            found |= set(keywords.__annotations__)
        else:
            found.add(_SPELLED.get(name, name))
    return found


@pytest.mark.parametrize("backend", [*BACKENDS, None])
def test_every_operation_has_its_method(backend: str | None, listening: Listener) -> None:
    found = [operation for operation in operations() if operation.backend == backend]
    assert found
    with Client(listening.url, token="t") as client:
        for operation in found:
            _check(client, operation, listening)


def _check(client: Client, operation: Operation, listening: Listener) -> None:
    method = _call(client, operation)
    verb, path, query, _ = listening.heard[-1]
    expected = operation.path
    for name, value in NAMES.items():
        expected = expected.replace(f"{{{name}}}", quote(value, safe="/"))
    assert (verb, path) == (operation.method, expected)
    assert query.keys() - {"limit", "marker"} <= operation.query
    missing = (operation.body | operation.query) - _accepted(method)
    assert not missing, f"{operation.id}: {method.__qualname__} does not take {missing}"


def test_nothing_is_called_that_the_api_lacks() -> None:
    known = {found.id.removesuffix("_in_namespace") for found in operations()}
    assert {*CALLS, *SITE_CALLS} == known


def test_the_records_are_those_of_the_schema() -> None:
    space: dict[str, Any] = {"__name__": "generate"}
    program = ROOT / "clients" / "python" / "generate.py"
    exec(compile(program.read_text(encoding="utf-8"), program, "exec"), space)  # noqa: S102  # our own
    for file, made in space["MODULES"].items():
        written = program.parent / "src" / "storage_api_client" / file
        assert written.read_text(encoding="utf-8") == made(document()), f"run {program} again"
