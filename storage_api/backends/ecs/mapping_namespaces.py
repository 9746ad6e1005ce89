"""ECS's namespaces to our records and back. Pure functions."""

import re
from collections.abc import Iterable
from typing import Any

from storage_api.backends.ecs import mapping_quotas
from storage_api.backends.ecs.reading import checked, rows, text, texts, truth, whole
from storage_api.backends.ecs.wire import Json
from storage_api.domain.errors import Invalid
from storage_api.domain.models import Namespace, Quota, RetentionClass, UserMapping
from storage_api.domain.requests import NamespaceCreate, NamespacePatch

#: ECS takes capitals too, but its portal makes small letters of them.
_NAME = re.compile(r"[a-z0-9_-]{1,64}")
_NOT_HERE = ("parent", "display_name", "labels")
#: Their order means nothing, and ECS may change it.
_UNORDERED = frozenset({"admins", "external_group_admins", "user_mapping"})
_ADMINS = {"admins": "namespace_admins", "external_group_admins": "external_group_admins"}


@checked
def name_of(row: Json) -> str:
    named = text(row.get("name")) or text(row.get("id"))
    if named is None:
        raise TypeError("no name")
    return named


def group_of(row: Json) -> str | None:
    """The URN of its default replication group."""
    return text(row.get("default_data_services_vpool"))


@checked
def namespace_record(row: Json, group: str | None) -> Namespace:
    """What ``row`` tells; ``group`` is its default replication group's name.

    Before 4.x a list tells names only, and a namespace neither its quota nor its classes.
    """
    told = "user_mapping" in row or "default_data_services_vpool" in row
    return Namespace(
        name=name_of(row),
        replication_group=group,
        quota=mapping_quotas.quota_record(row) if mapping_quotas.tells_quota(row) else None,
        admins=texts(row.get("namespace_admins")) if told else None,
        external_group_admins=(
            texts(row["external_group_admins"]) if "external_group_admins" in row else None
        ),
        user_mapping=mapping_records(row) if told else None,
        encryption_enabled=truth(row.get("is_encryption_enabled")),
        compliance_enabled=truth(row.get("is_compliance_enabled")),
        default_bucket_size=mapping_quotas.size(row.get("default_bucket_block_size")),
        retention_classes=(
            class_records(row["retention_classes"]) if row.get("retention_classes") else None
        ),
    )


@checked
def class_records(document: Json) -> list[RetentionClass]:
    return [
        RetentionClass(name=str(row["name"]), seconds=_required(whole(row["period"])))
        for row in rows(document.get("retention_class"))
    ]


@checked
def mapping_records(row: Json) -> list[UserMapping]:
    return [
        UserMapping(
            domain=str(entry["domain"]),
            groups=texts(entry.get("groups")),
            attributes={
                str(attribute["key"]): texts(attribute.get("value"))
                for attribute in rows(entry.get("attributes"))
            },
        )
        for entry in rows(row.get("user_mapping"))
    ]


def check_name(name: str) -> None:
    """Raises ``Invalid``."""
    if not _NAME.fullmatch(name):
        raise Invalid("A namespace of ECS has 1 to 64 of a-z 0-9 _ - as its name.")


def check_fields(fields: NamespaceCreate | NamespacePatch) -> None:
    """Raises ``Invalid`` for what ECS would not honour, or not as it is meant."""
    foreign = [name for name in _NOT_HERE if fields.get(name) is not None]
    if foreign:
        raise Invalid(f"ECS cannot honour {', '.join(foreign)} of a namespace.")
    for key in _ADMINS:
        _check_admins(key, fields.get(key))
    for entry in fields.get("user_mapping", []):
        _check_mapping(entry)
    size = fields.get("default_bucket_size")
    if size is not None:
        mapping_quotas.gib("default_bucket_size", size)
    quota = fields.get("quota")
    if isinstance(quota, Quota):
        mapping_quotas.check_quota(quota)


def creation(name: str, fields: NamespaceCreate, group: str | None) -> Json:
    """The body that makes the namespace; ``group`` is a URN."""
    body: Json = {"namespace": name, **settings_body(fields)}
    if group is not None:
        body["default_data_services_vpool"] = group
    if "compliance_enabled" in fields:
        # In answers the key is is_compliance_enabled.
        body["compliance_enabled"] = fields["compliance_enabled"]
    return body


def update(row: Json, changes: NamespacePatch, group: str | None) -> Json:
    """The body that changes the namespace: everything that an update would else take away.

    ECS demands the user mapping, and may take admins away that are not repeated.
    """
    body: Json = {"user_mapping": _mapping_rows(mapping_records(row))}
    for key in ("namespace_admins", "external_group_admins", "default_data_services_vpool"):
        if text_or_none(row.get(key)) is not None:
            body[key] = text_or_none(row[key])
    for key in ("is_encryption_enabled", "is_stale_allowed"):
        if truth(row.get(key)) is not None:
            body[key] = truth(row[key])
    if whole(row.get("default_bucket_block_size")) is not None:
        body["default_bucket_block_size"] = whole(row["default_bucket_block_size"])
    if group is not None:
        body["default_data_services_vpool"] = group
    return body | settings_body(changes)


def settings_body(fields: NamespaceCreate | NamespacePatch) -> Json:
    """The settings that a creation and an update have in common, as far as they are given."""
    body: Json = {}
    for key, theirs in _ADMINS.items():
        if key in fields:
            body[theirs] = ",".join(fields[key])  # type: ignore[literal-required]
    if "user_mapping" in fields:
        body["user_mapping"] = _mapping_rows(fields["user_mapping"])
    if "encryption_enabled" in fields:
        body["is_encryption_enabled"] = fields["encryption_enabled"]
    if "default_bucket_size" in fields:
        size = fields["default_bucket_size"]
        body["default_bucket_block_size"] = (
            mapping_quotas.NONE if size is None else mapping_quotas.gib("default_bucket_size", size)
        )
    return body


def differing(record: Namespace, fields: NamespaceCreate | NamespacePatch) -> list[str]:
    """The fields in which ``record`` is not as wanted; rounding is no difference."""
    return [
        key
        for key, value in fields.items()
        if not _fits(_comparable(key, getattr(record, key)), _comparable(key, _rounded(key, value)))
    ]


def text_or_none(value: Any) -> str | None:
    """A text, or names in a list as the text with commas that updates take."""
    return ",".join(texts(value)) if isinstance(value, list) else text(value)


def _fits(found: object, wanted: object) -> bool:
    """Not to have a feature is the same as the release's not knowing it."""
    return found == wanted or (found is None and wanted in (False, frozenset()))


def _comparable(key: str, value: Any) -> Any:
    if key not in _UNORDERED or value is None:
        return value
    return frozenset(
        _mapping_key(item) if isinstance(item, UserMapping) else item for item in value
    )


def _mapping_key(entry: UserMapping) -> tuple[object, ...]:
    attributes = frozenset((key, frozenset(values)) for key, values in entry.attributes.items())
    return (entry.domain.lower(), frozenset(entry.groups), attributes)


def _rounded(key: str, value: Any) -> Any:
    if isinstance(value, Quota):
        return mapping_quotas.rounded(value)
    if key == "default_bucket_size" and value is not None:
        return mapping_quotas.size(mapping_quotas.gib(key, value))
    return value


def _mapping_rows(entries: Iterable[UserMapping]) -> list[Json]:
    return [
        {
            "domain": entry.domain,
            "attributes": [
                {"key": key, "value": values} for key, values in entry.attributes.items()
            ],
            "groups": list(entry.groups),
        }
        for entry in entries
    ]


def _check_admins(key: str, names: Any) -> None:
    """ECS takes them in one text with commas between."""
    for name in names or []:
        if not name.strip() or name != name.strip() or "," in name:
            raise Invalid(f"A name in {key} must not be empty, hold a comma, or end in a space.")
    if names and len(set(names)) != len(names):
        raise Invalid(f"A name in {key} is given twice.")


def _check_mapping(entry: UserMapping) -> None:
    for key, values in entry.attributes.items():
        if not key.strip() or not values or not all(value.strip() for value in values):
            raise Invalid("Each attribute of user_mapping needs a name and at least one value.")
    if not all(group.strip() for group in entry.groups):
        raise Invalid("A group in user_mapping must not be empty.")


def _required(value: int | None) -> int:
    if value is None:
        raise TypeError("missing")
    return value
