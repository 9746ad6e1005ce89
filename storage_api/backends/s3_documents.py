"""Lifecycle, CORS and tags between our records and S3's documents. Pure functions."""

import re
from collections.abc import Mapping
from typing import Any

from storage_api.domain.errors import Conflict, Invalid
from storage_api.domain.models import (
    Cors,
    CorsMethod,
    CorsRule,
    Lifecycle,
    LifecycleRule,
    Transition,
    Versioning,
)

Document = Mapping[str, Any]

# The parts of a lifecycle rule that a record can tell. Anything else must not be dropped in
# silence: a rule for large objects only would read as a rule for every object.
_RULE_KEYS = frozenset(
    {
        "ID", "Prefix", "Filter", "Status", "Expiration", "NoncurrentVersionExpiration",
        "AbortIncompleteMultipartUpload", "Transitions", "NoncurrentVersionTransitions",
    }
)  # fmt: skip
_PARTS = {
    "Filter": frozenset({"Prefix"}),
    "Expiration": frozenset({"Days", "ExpiredObjectDeleteMarker"}),
    "NoncurrentVersionExpiration": frozenset({"NoncurrentDays"}),
    "AbortIncompleteMultipartUpload": frozenset({"DaysAfterInitiation"}),
}

_MOST_TAGS, _MOST_KEY_BYTES, _MOST_VALUE_BYTES = 50, 128, 256
# A carriage return would come back as a line feed.
_UNTOLD_IN_XML = re.compile("[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]")


def versioning_record(status: str | None) -> Versioning:
    return {"Enabled": Versioning.ENABLED, "Suspended": Versioning.SUSPENDED}.get(
        status or "", Versioning.OFF
    )


def tags_record(tags: list[Any]) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in tags}


def tags_document(tags: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def check_tags(tags: Mapping[str, str]) -> None:
    """Raises ``Invalid`` for what S3 refuses, before anything is made that would carry them."""
    if len(tags) > _MOST_TAGS:
        raise Invalid(f"A bucket has at most {_MOST_TAGS} tags.")
    for key, value in tags.items():
        if _UNTOLD_IN_XML.search(key + value):
            raise Invalid("A tag holds characters that XML cannot carry.")
        if not 0 < len(key.encode()) <= _MOST_KEY_BYTES or len(value.encode()) > _MOST_VALUE_BYTES:
            raise Invalid(
                f"A tag has a key of 1 to {_MOST_KEY_BYTES} bytes and a value of at most "
                f"{_MOST_VALUE_BYTES}."
            )


def check_lifecycle(lifecycle: Lifecycle) -> None:
    """Raises ``Invalid`` for what S3 would refuse with a mere "malformed", or not at all."""
    ids = [rule.id for rule in lifecycle.rules]
    if len(set(ids)) != len(ids):
        raise Invalid("Two lifecycle rules have the same id.")
    for rule in lifecycle.rules:
        if rule.expiration_days is not None and rule.expired_delete_marker:
            raise Invalid(
                f"Lifecycle rule {rule.id!r}: expired_delete_marker and expiration_days "
                "exclude each other."
            )
        if not _actions(rule):
            raise Invalid(f"Lifecycle rule {rule.id!r} does nothing.")


def storage_classes(lifecycle: Lifecycle) -> set[str]:
    """Every storage class that a rule moves objects to."""
    return {
        move.storage_class
        for rule in lifecycle.rules
        for move in [*rule.transitions, *rule.noncurrent_transitions]
    }


def same_lifecycle(one: Lifecycle, other: Lifecycle) -> bool:
    """Whether both mean the same: neither the order of rules nor that of moves does."""
    return {rule.id: _canonical(rule) for rule in one.rules} == {
        rule.id: _canonical(rule) for rule in other.rules
    }


def lifecycle_document(lifecycle: Lifecycle) -> list[dict[str, Any]]:
    return [
        {
            "ID": rule.id,
            "Filter": {"Prefix": rule.prefix},
            "Status": "Enabled" if rule.enabled else "Disabled",
            **_actions(rule),
        }
        for rule in lifecycle.rules
    ]


def lifecycle_record(rules: list[Any]) -> Lifecycle:
    """Raises ``Conflict`` for rules that somebody set through S3 and that no record can tell."""
    return Lifecycle(rules=[_rule_record(rule) for rule in rules])


def _rule_record(rule: Document) -> LifecycleRule:
    if _untold(rule):
        raise Conflict(
            f"The lifecycle rule {rule.get('ID', '')!r} was set through S3 and uses what this "
            "API cannot tell, such as tags, sizes or dates; read it through S3."
        )
    expiration = rule.get("Expiration", {})
    return LifecycleRule(
        id=rule.get("ID", ""),
        prefix=rule.get("Prefix") or rule.get("Filter", {}).get("Prefix", ""),
        enabled=rule["Status"] == "Enabled",
        expiration_days=expiration.get("Days"),
        noncurrent_expiration_days=rule.get("NoncurrentVersionExpiration", {}).get(
            "NoncurrentDays"
        ),
        abort_upload_days=rule.get("AbortIncompleteMultipartUpload", {}).get("DaysAfterInitiation"),
        expired_delete_marker=expiration.get("ExpiredObjectDeleteMarker") or None,
        transitions=[
            Transition(days=move["Days"], storage_class=move["StorageClass"])
            for move in rule.get("Transitions", [])
        ],
        noncurrent_transitions=[
            Transition(days=move["NoncurrentDays"], storage_class=move["StorageClass"])
            for move in rule.get("NoncurrentVersionTransitions", [])
        ],
    )


def _untold(rule: Document) -> bool:
    return (
        not rule.keys() <= _RULE_KEYS
        or any(not rule.get(part, {}).keys() <= known for part, known in _PARTS.items())
        or any("Days" not in move for move in rule.get("Transitions", []))
    )


def _actions(rule: LifecycleRule) -> dict[str, Any]:
    expiration: dict[str, Any] = {}
    if rule.expiration_days is not None:
        expiration["Days"] = rule.expiration_days
    if rule.expired_delete_marker:
        expiration["ExpiredObjectDeleteMarker"] = True
    found = {
        "Expiration": expiration,
        "NoncurrentVersionExpiration": _days("NoncurrentDays", rule.noncurrent_expiration_days),
        "AbortIncompleteMultipartUpload": _days("DaysAfterInitiation", rule.abort_upload_days),
        "Transitions": _moves("Days", rule.transitions),
        "NoncurrentVersionTransitions": _moves("NoncurrentDays", rule.noncurrent_transitions),
    }
    return {name: action for name, action in found.items() if action}


def _days(name: str, days: int | None) -> dict[str, int]:
    return {} if days is None else {name: days}


def _moves(name: str, transitions: list[Transition]) -> list[dict[str, Any]]:
    return [{name: move.days, "StorageClass": move.storage_class} for move in transitions]


def _canonical(rule: LifecycleRule) -> tuple[object, ...]:
    def moves(transitions: list[Transition]) -> list[tuple[int, str]]:
        return sorted((move.days, move.storage_class) for move in transitions)

    return (
        rule.prefix,
        rule.enabled,
        rule.expiration_days,
        rule.noncurrent_expiration_days,
        rule.abort_upload_days,
        bool(rule.expired_delete_marker),
        moves(rule.transitions),
        moves(rule.noncurrent_transitions),
    )


def cors_document(cors: Cors) -> list[dict[str, Any]]:
    return [_cors_rule(rule) for rule in cors.rules]


def _cors_rule(rule: CorsRule) -> dict[str, Any]:
    found = {
        "ID": rule.id,
        "AllowedMethods": [str(method) for method in rule.allowed_methods],
        "AllowedOrigins": rule.allowed_origins,
        "AllowedHeaders": rule.allowed_headers or None,
        "ExposeHeaders": rule.expose_headers or None,
        "MaxAgeSeconds": rule.max_age_seconds,
    }
    return {name: value for name, value in found.items() if value is not None}


def cors_record(rules: list[Any]) -> Cors:
    return Cors(
        rules=[
            CorsRule(
                id=rule.get("ID"),
                allowed_methods=[CorsMethod(method) for method in rule["AllowedMethods"]],
                allowed_origins=list(rule["AllowedOrigins"]),
                allowed_headers=list(rule.get("AllowedHeaders", [])),
                expose_headers=list(rule.get("ExposeHeaders", [])),
                max_age_seconds=rule.get("MaxAgeSeconds"),
            )
            for rule in rules
        ]
    )
