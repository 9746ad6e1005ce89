"""/s3/buckets: buckets, their limits and settings, and /s3/placements."""

from __future__ import annotations

import json
import re

from tests.simulators.croit import paging, views
from tests.simulators.croit.call import Call, answer, done
from tests.simulators.croit.errors import invalid
from tests.simulators.croit.records import Grant, Json, NewBucket
from tests.simulators.waldur.messages import Reply

_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")


def list_buckets(call: Call) -> Reply:
    unmeasured = call.world.settings.unmeasured
    return call.listed([views.bucket(row, unmeasured) for row in call.store.buckets()])


def show(call: Call) -> Reply:
    details = call.store.details(call.bucket)
    return answer(
        {
            "cors": details.cors,
            "acl": [views.grant(row) for row in details.acl],
            "versioning": details.versioning,
        }
    )


def create(call: Call) -> Reply:
    store, given, name = call.store, call.given, call.names["bucket"]
    new = NewBucket(name, store.user(given["owner"]).uid, given.get("placement"))
    if new.placement not in {None, *(row.name for row in store.placements)}:
        raise invalid(f"unknown placement {new.placement}")
    acl = _acl(given)

    def work() -> str:
        if not _NAME.fullmatch(name):
            raise invalid("InvalidBucketName")
        made = store.create_bucket(new)
        if given.get("versioning", "OFF") != "OFF":
            store.set_versioning(made, given["versioning"])
        if acl:
            store.set_acl(made, acl)
        return ""

    return call.start("Create S3 bucket", name, work)


def change(call: Call) -> Reply:
    store, given, bucket = call.store, call.given, call.bucket
    acl = _acl(given)
    if given.get("versioning") in {"OFF", "UNKNOWN"}:
        raise invalid("versioning can be enabled or suspended")
    if "versioning" in given:
        store.set_versioning(bucket, given["versioning"])
    if acl:
        store.set_acl(bucket, acl)
    if "owner" in given:
        store.change_owner(bucket, given["owner"])
    return done()


def delete(call: Call) -> Reply:
    """[O] Says again in the body what is to go. [?] That data is there shows in the task."""
    store, given, bucket = call.store, call.given, call.bucket
    purge = given.get("deleteData", False)
    if given["name"] != bucket.name:
        raise invalid("name is not the bucket's")
    if purge and given.get("thisWillDeleteData") != call.world.settings.delete_phrase:
        raise invalid("thisWillDeleteData must say that you are sure")

    def work() -> str:
        store.delete_bucket(bucket, purge=purge)
        return ""

    return call.start("Delete S3 bucket", bucket.name, work)


def set_quota(call: Call) -> Reply:
    call.store.set_bucket_quota(call.bucket, lambda quota: quota.changed(call.body))
    return done()


def show_policy(call: Call) -> Reply:
    return answer(call.store.policy(call.bucket))


def set_policy(call: Call) -> Reply:
    try:
        policy = json.loads(call.request.body)
    except (ValueError, RecursionError):
        raise invalid("the policy is not JSON") from None
    call.store.set_policy(call.bucket, policy)
    return done(201)


def delete_policy(call: Call) -> Reply:
    call.store.delete_policy(call.bucket)
    return done()


def list_placements(call: Call) -> Reply:
    """[O] Paged, the list is called data instead of placements."""
    default = call.store.placements[0]
    rows = [views.placement(row, default) for row in call.store.placements]
    found: Json = {
        "defaultPlacementRule": default.name,
        "defaultStorageClass": default.storage_class,
    }
    text = call.param("pagination")
    return answer(found | ({"placements": rows} if text is None else paging.parse(text).page(rows)))


def _acl(given: Json) -> list[Grant]:
    return [
        Grant(row["grantee"], row["permission"], row.get("userId"), row.get("displayName"))
        for row in given.get("acl", [])
    ]
