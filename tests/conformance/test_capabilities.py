"""Every built-in class can do just what it declares, and the API shows just that."""

import pytest
from flask import Flask

from storage_api.api.mount import ROUTES
from storage_api.backends.accounting import QuotaStore, UsageReporter
from storage_api.backends.registry import BUILTIN, FAMILIES, families_of, load_backend_class
from storage_api.domain.capabilities import Capability, HolderKind
from storage_api.security.roles import Role
from tests.api.callers import assert_problem, call, cookie_of
from tests.api.routes import BACKEND, ORDERS, Route
from tests.servers import service

#: An entry of SAPI_BACKENDS for each class; nothing needs to listen there.
ENTRIES = {
    "CroitStorage": (
        "CroitStorage🌈api_url🌈http://127.0.0.1:9🌈token🌈t🌈s3_endpoint🌈http://127.0.0.1:9"
    ),
    "CscsStorage": (
        "CscsStorage🌈waldur_api_url🌈http://127.0.0.1:9🌈waldur_api_token🌈t"
        "🌈storage_systems🌈capstor=capstor🌈development_mode🌈true"
    ),
    "DummyStorage": "DummyStorage",
    "EcsStorage": "EcsStorage🌈url🌈https://127.0.0.1:9🌈username🌈u🌈password🌈p",
    "NetappStorage": "NetappStorage🌈username🌈u🌈password🌈p🌈vserver🌈vs3sx50",
    "RadosgwStorage": (
        "RadosgwStorage🌈endpoint🌈http://127.0.0.1:9🌈admin_access_key🌈a🌈admin_secret_key🌈s"
    ),
}
#: What belongs to which family, by the first part of the path that tells.
_LAST = {
    "snapshots": Capability.SNAPSHOTS,
    "locks": Capability.LOCKS,
    "quota": Capability.QUOTA,
    "usage": Capability.USAGE,
    "acl": Capability.ACL,
    "orders": Capability.ORDERS,
    "backend-id": Capability.ORDERS,
    "options": Capability.ORDERS,
}
_FIRST = {
    "volumes": Capability.VOLUMES,
    "export": Capability.EXPORT,
    "buckets": Capability.BUCKETS,
    "users": Capability.USERS,
    "namespaces": Capability.NAMESPACES,
    "allocations": Capability.ALLOCATIONS,
    "capacity": Capability.CAPACITY,
    "usage": Capability.USAGE,
    "usage.svg": Capability.USAGE,
    "storage-resources": Capability.STORAGE_RESOURCES,
    "gid-cache": Capability.STORAGE_RESOURCES,
}
_HOLDERS = {
    "buckets": HolderKind.BUCKET,
    "users": HolderKind.USER,
    "namespaces": HolderKind.NAMESPACE,
}


def offered(class_name: str, path: str) -> bool:
    """Whether the class, by what it inherits, has the resource at ``path``."""
    loaded = load_backend_class(class_name)
    has = families_of(loaded)
    first, *rest = path.strip("/").split("/")
    family = next((_LAST[part] for part in rest if part in _LAST), _FIRST[first])
    if family not in has:
        return False
    if issubclass(loaded, QuotaStore) and family is Capability.QUOTA:
        return _HOLDERS[first] in loaded.quota_holders
    if issubclass(loaded, UsageReporter) and family is Capability.USAGE and first in _HOLDERS:
        return _HOLDERS[first] in loaded.usage_holders
    return True


@pytest.fixture(scope="module")
def app() -> Flask:
    return service({"SAPI_BACKENDS": "🦄".join(f"e-{name}🌈{ENTRIES[name]}" for name in BUILTIN)})


def test_every_capability_has_its_class_and_its_routes() -> None:
    assert set(FAMILIES) == set(ROUTES) == set(Capability)


@pytest.mark.parametrize("name", BUILTIN)
def test_a_class_declares_what_it_inherits(name: str) -> None:
    loaded = load_backend_class(name)
    assert loaded.capabilities == families_of(loaded)
    assert not getattr(loaded, "__abstractmethods__", None)


@pytest.mark.parametrize("name", BUILTIN)
def test_a_class_that_counts_says_for_whom(name: str) -> None:
    loaded = load_backend_class(name)
    if issubclass(loaded, QuotaStore):
        assert loaded.quota_holders <= set(HolderKind)
        assert loaded.quota_holders
    if issubclass(loaded, UsageReporter):
        assert loaded.usage_holders <= set(HolderKind)
        assert loaded.usage_holders


@pytest.mark.parametrize("name", BUILTIN)
def test_conf_shows_what_is_declared(app: Flask, name: str) -> None:
    found = call(app, "GET", f"/conf/subsystems/e-{name}").get_json()
    assert found["class"] == name
    assert found["capabilities"] == sorted(families_of(load_backend_class(name)))


@pytest.mark.parametrize("name", BUILTIN)
def test_swagger_shows_the_families_that_there_are(app: Flask, name: str) -> None:
    prefix = f"/v3/e-{name}"
    paths = call(app, "GET", "/swagger.json").get_json()["paths"]
    shown = {path.removeprefix(prefix) for path in paths if path.startswith(f"{prefix}/")}
    wanted = {
        path.replace("<path:", "{").replace("<string:", "{").replace(">", "}")
        for path in BACKEND | ORDERS
        if offered(name, path)
    }
    assert {path for path in shown if not path.startswith("/namespaces/{namespace}/")} == {
        path for path in wanted if not path.startswith("/namespaces/{namespace}/")
    }
    assert {path for path in wanted if path.startswith("/namespaces/")} <= shown


@pytest.mark.parametrize("name", BUILTIN)
def test_what_there_is_not_answers_501_and_who_has_it(app: Flask, name: str) -> None:
    admin = cookie_of(app, *Role)
    for path in BACKEND:
        if offered(name, path):
            continue
        able = [f"e-{other}" for other in BUILTIN if offered(other, path)]
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
            route = Route(method, f"/v3/e-{name}{path}", None)
            problem = assert_problem(call(app, method, route.path, admin, json={}), 501)
            assert problem["code"] == "not-supported"
            assert all(endpoint in problem["detail"] for endpoint in able)
            assert f"e-{name}" not in problem["detail"]


def test_without_anybody_who_can_501_says_so() -> None:
    app = service({"SAPI_BACKENDS": f"filer🌈{ENTRIES['NetappStorage']}"})
    detail = assert_problem(call(app, "GET", "/v3/filer/buckets"), 501)["detail"]
    assert "none is configured" in detail
