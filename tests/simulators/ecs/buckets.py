"""The life of buckets: /object/bucket, …/info, …/deactivate, …/empty-bucket-status."""

import re
from ipaddress import IPv4Address
from typing import Any

from tests.simulators.ecs import bucket_access, bucket_views, listing, quotas
from tests.simulators.ecs.body import Flag
from tests.simulators.ecs.bucket_settings import GOVERNOR, TAGS, add_tags, check_owner
from tests.simulators.ecs.call import Call, Reply, required
from tests.simulators.ecs.clock import iso_millis
from tests.simulators.ecs.errors import EcsError, invalid, missing
from tests.simulators.ecs.records import Bucket, Emptying, Namespace

_NAME = re.compile(r"(?!\.)(?!.*\.\.)[A-Za-z0-9._-]{1,255}(?<!\.)")
_GROUP = {
    "default_group": str,
    **{
        f"default_group_{kind}_{verb}_permission": Flag
        for kind in ("file", "dir")
        for verb in ("read", "write", "execute")
    },
}
_CREATE = {
    **_GROUP,
    "name": str,
    "namespace": str,
    "vpool": str,
    "owner": str,
    "filesystem_enabled": Flag,
    "head_type": str,
    "is_encryption_enabled": Flag,
    "is_stale_allowed": Flag,
    "is_tso_read_only": Flag,
    "retention": int,
    "autocommit_period": int,
    "TagSet": TAGS,
    "search_metadata": [{"type": str, "name": str, "datatype": str}],
    "min_max_governor": GOVERNOR,
    "audited_delete_expiration": int,
    "is_object_lock_enabled": Flag,
    "is_object_lock_with_ado_allowed": Flag,
    "versioning_status": str,
}
_SIMPLE = {
    "filesystem_enabled": "filesystem",
    "is_encryption_enabled": "encrypted",
    "is_stale_allowed": "stale_allowed",
    "is_tso_read_only": "tso_read_only",
    "retention": "retention",
    "autocommit_period": "autocommit",
    "search_metadata": "search_metadata",
    "min_max_governor": "governor",
    "audited_delete_expiration": "audit_delete_expiration",
    "is_object_lock_enabled": "object_lock",
    "is_object_lock_with_ado_allowed": "object_lock_with_ado",
    "versioning_status": "versioning",
}


def listed(call: Call) -> Reply:
    namespace = call.world.namespace(call.namespace())
    return listing.page(
        call,
        "/object/bucket",
        root="object_buckets",
        key="object_bucket",
        most="MaxBuckets",
        rows=namespace.buckets.values(),
        name_of=lambda row: row.name,
        shown=lambda row: bucket_views.info(row, call.settings.release),
    )


def info(call: Call) -> Reply:
    return Reply("bucket_info", bucket_views.info(bucket_access.read(call), call.settings.release))


def create(call: Call) -> Reply:
    fields = call.body({**_CREATE, **quotas.shape(call.settings.release)})
    required(fields, "name")
    namespace = call.world.namespace(call.namespace(fields.get("namespace")))
    _check_name(fields["name"])
    if fields["name"] in namespace.buckets:
        raise EcsError(40008, f"Bucket {fields['name']} already exists")
    _check_rules(call, namespace, fields)
    asked = {name for name, value in fields.items() if value not in (False, [], "")}
    left_out = sorted(asked & call.settings.not_applied)
    done = {name: value for name, value in fields.items() if name not in left_out}
    bucket = Bucket(
        name=fields["name"],
        namespace=namespace.name,
        owner=_owner(call, namespace, fields),
        vpool=_vpool(call, namespace, fields),
        made=call.world.clock.now(),
    )
    _apply(namespace, bucket, done)
    call.world.add_bucket(bucket)
    error = f"Bucket created, but not applied: {', '.join(left_out)}" if left_out else ""
    return Reply("object_bucket", bucket_views.created(bucket, call.settings.release, error))


def deactivate(call: Call) -> Reply | None:
    """Its content goes only with ``emptyBucket=true``, in the background, which came with 3.8."""
    bucket = bucket_access.write(call)
    if bucket.empty:
        call.world.remove_bucket(bucket)
        return None
    if not call.flag("emptyBucket") or call.settings.release == "2.x":
        # [?] The code.
        raise EcsError(1025, f"Bucket {bucket.name} is not empty")
    settings, now = call.settings, call.world.clock.now()
    bucket.emptying = Emptying(
        now,
        settings.emptying_seconds,
        settings.emptying_outcome,
        len(bucket.versions) + len(bucket.uploads),
    )
    return Reply("object_bucket", None, 202)


def empty_bucket_status(call: Call) -> Reply:
    """[?] What is said of a bucket that is gone, and the names of the counts."""
    namespace, name = call.namespace(), call.names["bucket"]
    bucket = call.world.namespace(namespace).buckets.get(name)
    if bucket is None:
        gone = (namespace, name) in call.world.emptied
        return Reply("empty_bucket_status", {"status": "DONE" if gone else "NOT_FOUND"})
    work = bucket.emptying
    if work is None:
        return Reply("empty_bucket_status", {"status": "NOT_FOUND"})
    left = len(bucket.versions) + len(bucket.uploads)
    found = {
        "status": work.status(call.world.clock.now()),
        "created": iso_millis(work.started),
        "last_updated": iso_millis(call.world.clock.now()),
        "entries_deleted": work.entries - left,
        "approximate_object_count": work.entries,
    }
    return Reply("empty_bucket_status", found)


def _check_name(name: str) -> None:
    try:
        IPv4Address(name)
    except ValueError:
        if _NAME.fullmatch(name):
            return
    raise EcsError(40009, f"Bucket name {name} is not valid")


def _check_rules(call: Call, namespace: Namespace, fields: dict[str, Any]) -> None:
    retention = fields.get("retention", 0)
    if retention < -1:
        # [?] That -1 means for ever, and the code for what is below.
        raise invalid("retention", retention)
    if namespace.compliance and not retention:
        # [?] The code; that it is refused was reported.
        raise missing("retention")
    if fields.get("is_encryption_enabled") and not call.settings.encryption_licensed:
        raise EcsError(3001, "Encryption is not licensed")
    quotas.limits(fields)


def _owner(call: Call, namespace: Namespace, fields: dict[str, Any]) -> str:
    """Without one the management user is, whom S3 does not know."""
    owner: str = fields.get("owner", "")
    if not owner:
        return call.account.name
    check_owner(call, namespace.name, owner)
    return owner


def _vpool(call: Call, namespace: Namespace, fields: dict[str, Any]) -> str:
    vpool: str = fields.get("vpool") or namespace.vpool
    if not vpool:
        raise EcsError(40005, "Neither the bucket nor its namespace names a replication group")
    call.world.group(vpool)
    allowed, disallowed = namespace.allowed_vpools, namespace.disallowed_vpools
    if vpool in disallowed or (allowed and vpool not in allowed):
        raise EcsError(1011, f"Namespace {namespace.name} may not use {vpool}")
    return vpool


def _apply(namespace: Namespace, bucket: Bucket, fields: dict[str, Any]) -> None:
    for name, attribute in _SIMPLE.items():
        if name in fields:
            setattr(bucket, attribute, fields[name])
    bucket.encrypted = bucket.encrypted or namespace.encrypted
    bucket.group = {name: fields[name] for name in _GROUP if name in fields}
    bucket.api_type = fields.get("head_type", "s3").upper()
    bucket.quota = quotas.limits(fields)
    if "blockSize" not in fields and namespace.default_bucket_gib > 0:
        bucket.quota.block = namespace.default_bucket_gib
    add_tags(bucket, fields.get("TagSet", []))
