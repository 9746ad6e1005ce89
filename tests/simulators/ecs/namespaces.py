"""Namespaces: /object/namespaces…"""

import re
from typing import Any

from tests.simulators.ecs import listing, quotas
from tests.simulators.ecs.body import Flag
from tests.simulators.ecs.call import Call, Reply, required
from tests.simulators.ecs.clock import epoch_millis
from tests.simulators.ecs.errors import EcsError, invalid, missing, no_entity
from tests.simulators.ecs.records import Namespace, Quota
from tests.simulators.ecs.world import World

_HOME = "/object/namespaces/namespace"
_NAME = re.compile(r"[A-Za-z0-9_-]{1,255}")
_MAPPING = {"domain": str, "attributes": [{"key": str, "value": [str]}], "groups": [str]}
_COMMON = {
    "default_data_services_vpool": str,
    "namespace_admins": str,
    "external_group_admins": str,
    "user_mapping": [_MAPPING],
    "is_encryption_enabled": Flag,
    "is_stale_allowed": Flag,
    "is_object_lock_with_ado_allowed": Flag,
    "default_bucket_block_size": int,
    "default_audit_delete_expiration": int,
    "root_user_password": str,
}
_CREATE = {
    **_COMMON,
    "namespace": str,
    "allowed_vpools_list": [str],
    "disallowed_vpools_list": [str],
    "compliance_enabled": Flag,
    "default_object_project": str,
}
_CHANGES = {
    f"vpools_{verb}_{kind}_vpools_list": (verb, kind)
    for verb in ("added_to", "removed_from")
    for kind in ("allowed", "disallowed")
}
_UPDATE = {**_COMMON, **{name: [str] for name in _CHANGES}}
_SIMPLE = {
    "external_group_admins": "external_group_admins",
    "user_mapping": "user_mapping",
    "is_encryption_enabled": "encrypted",
    "is_stale_allowed": "stale_allowed",
    "is_object_lock_with_ado_allowed": "object_lock_with_ado",
    "default_bucket_block_size": "default_bucket_gib",
    "default_audit_delete_expiration": "audit_delete_expiration",
    "namespace_admins": "admins",
    "default_data_services_vpool": "vpool",
}


def listed(call: Call) -> Reply:
    rows = [
        row
        for row in call.world.namespaces.values()
        if call.account.everywhere or row.name == call.account.namespace
    ]
    return listing.page(
        call,
        "/object/namespaces",
        root="namespaces",
        key="namespace",
        most="MaxNamespaces",
        rows=rows,
        name_of=lambda row: row.name,
        shown=lambda row: _listed(call, row),
    )


def shown(call: Call) -> Reply:
    return Reply("namespace", document(call, own(call)))


def create(call: Call) -> Reply:
    fields = call.body(_CREATE)
    required(fields, "namespace")
    name = fields["namespace"]
    if not _NAME.fullmatch(name):
        raise invalid("namespace", name)
    if name in call.world.namespaces:
        # [?] The likely code; none was recorded.
        raise EcsError(1015, f"Namespace {name} already exists")
    allowed = fields.get("allowed_vpools_list", [])
    disallowed = fields.get("disallowed_vpools_list", [])
    new = Namespace(
        name,
        call.world.clock.now(),
        allowed_vpools=allowed,
        disallowed_vpools=disallowed,
        compliance=fields.get("compliance_enabled", False),
    )
    _check(call, new, fields, allowed, disallowed)
    _apply(new, fields)
    call.world.namespaces[name] = new
    return Reply("namespace", document(call, new))


def update(call: Call) -> None:
    fields = call.body(_UPDATE)
    namespace = own(call)
    if "user_mapping" not in fields:
        raise missing("user_mapping")
    allowed, disallowed = list(namespace.allowed_vpools), list(namespace.disallowed_vpools)
    lists = {"allowed": allowed, "disallowed": disallowed}
    for name, (verb, kind) in _CHANGES.items():
        for group in fields.get(name, []):
            _change(lists[kind], group, add=verb == "added_to")
    _check(call, namespace, fields, allowed, disallowed)
    namespace.allowed_vpools, namespace.disallowed_vpools = allowed, disallowed
    if call.settings.update_clears_admins:
        fields = {"namespace_admins": "", "external_group_admins": "", **fields}
    _apply(namespace, fields)


def deactivate(call: Call) -> None:
    namespace = own(call)
    if namespace.buckets:
        # [?] The codes of these two.
        raise EcsError(1020, f"Namespace {namespace.name} still has buckets")
    if any(call.world.users(namespace.name)):
        raise EcsError(1020, f"Namespace {namespace.name} still has object users")
    del call.world.namespaces[namespace.name]


def show_quota(call: Call) -> Reply:
    namespace = own(call)
    sizes = quotas.shown(namespace.quota, call.settings.release)
    return Reply("namespace_quota_details", {"namespace": namespace.name, **sizes})


def set_quota(call: Call) -> None:
    fields = call.body({"namespace": str, **quotas.shape(call.settings.release)})
    own(call).quota = quotas.wanted(fields)


def remove_quota(call: Call) -> None:
    own(call).quota = Quota()


def list_retention_classes(call: Call) -> Reply:
    return Reply("retention_classes", {"retention_class": _classes(own(call))})


def create_retention_class(call: Call) -> None:
    fields = call.body({"name": str, "period": int})
    required(fields, "name", "period")
    classes = own(call).retention_classes
    if fields["name"] in classes:
        raise EcsError(1015, f"Retention class {fields['name']} already exists")
    classes[fields["name"]] = fields["period"]


def show_retention_class(call: Call) -> Reply:
    period = _period(call)
    return Reply("retention_class", {"name": call.names["class"], "period": period})


def update_retention_class(call: Call) -> None:
    fields = call.body({"period": int})
    required(fields, "period")
    _period(call)
    own(call).retention_classes[call.names["class"]] = fields["period"]


def own(call: Call) -> Namespace:
    call.enter(call.names["namespace"])
    return call.world.namespace(call.names["namespace"])


def document(call: Call, row: Namespace) -> dict[str, Any]:
    found: dict[str, Any] = {
        **_short(row),
        "inactive": False,
        "global": None,
        "remote": None,
        "vdc": None,
        "default_data_services_vpool": row.vpool,
        "allowed_vpools_list": row.allowed_vpools,
        "disallowed_vpools_list": row.disallowed_vpools,
        "namespace_admins": row.admins,
        "user_mapping": row.user_mapping,
        # A text, unlike its neighbours.
        "is_encryption_enabled": "true" if row.encrypted else "false",
        "is_stale_allowed": row.stale_allowed,
        "is_compliance_enabled": row.compliance,
        "default_bucket_block_size": row.default_bucket_gib,
    }
    if call.settings.release == "4.x":
        found |= {
            "creation_time": epoch_millis(row.made),
            "internal": False,
            "external_group_admins": row.external_group_admins,
            "is_object_lock_with_ado_allowed": row.object_lock_with_ado,
            **quotas.shown(row.quota, "4.x"),
            "default_audit_delete_expiration": row.audit_delete_expiration,
            "root_user_name": "root",
            "root_user_password": "",
            "retention_classes": {"retention_class": _classes(row)},
        }
    return found


def _listed(call: Call, row: Namespace) -> dict[str, Any]:
    """Whole since 4.x."""
    return document(call, row) if call.settings.release == "4.x" else _short(row)


def _short(row: Namespace) -> dict[str, Any]:
    link = {"rel": "self", "href": f"{_HOME}/{row.name}"}
    return {"id": row.name, "name": row.name, "link": link}


def _classes(row: Namespace) -> list[dict[str, Any]]:
    return [{"name": name, "period": period} for name, period in row.retention_classes.items()]


def _period(call: Call) -> int:
    name = call.names["class"]
    found = own(call).retention_classes.get(name)
    if found is None:
        raise no_entity(name)
    return found


def _change(groups: list[str], group: str, *, add: bool) -> None:
    if add and group not in groups:
        groups.append(group)
    if not add and group in groups:
        groups.remove(group)


def _apply(namespace: Namespace, fields: dict[str, Any]) -> None:
    for name, attribute in _SIMPLE.items():
        if name in fields:
            setattr(namespace, attribute, fields[name])


def _check(
    call: Call,
    namespace: Namespace,
    fields: dict[str, Any],
    allowed: list[str],
    disallowed: list[str],
) -> None:
    if allowed and disallowed:
        raise EcsError(40015)
    vpool = fields.get("default_data_services_vpool")
    for group in [*allowed, *disallowed, *([vpool] if vpool else [])]:
        call.world.group(group)
    _check_mapping(call.world, fields.get("user_mapping", []))
    _check_admins(call.world, namespace, fields.get("namespace_admins", ""))
    block = fields.get("default_bucket_block_size", -1)
    if block < -1:
        raise invalid("default_bucket_block_size", block)
    _check_encryption(call, namespace, fields)


def _check_mapping(world: World, mapping: list[dict[str, Any]]) -> None:
    for entry in mapping:
        required(entry, "domain")
        if entry["domain"] not in world.domains:
            # [?] The code; that the domain must be known is not in doubt.
            raise invalid("user_mapping.domain", entry["domain"])
        for attribute in entry.get("attributes", []):
            required(attribute, "key", "value")


def _check_admins(world: World, namespace: Namespace, admins: str) -> None:
    """A local admin has one namespace; [?] the code."""
    names = _names(admins)
    for other in world.namespaces.values():
        if other is not namespace and names & _names(other.admins):
            raise invalid("namespace_admins", admins)


def _names(admins: str) -> set[str]:
    return {name.strip() for name in admins.split(",") if name.strip()}


def _check_encryption(call: Call, namespace: Namespace, fields: dict[str, Any]) -> None:
    wanted = fields.get("is_encryption_enabled", namespace.encrypted)
    if namespace.encrypted and not wanted:
        # [?] Taken for one-way.
        raise EcsError(1012, "Encryption cannot be switched off")
    if wanted and not call.settings.encryption_licensed:
        raise EcsError(3001, "Encryption is not licensed")
