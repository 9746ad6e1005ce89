"""What Dell's objectscale-client does with a cluster; a program for the Python that has it.

    walk_objectscale.py URL USER PASSWORD GROUP DOMAIN

prints as JSON what the client showed. It refuses an answer that lacks a field it knows.
"""

import json
import sys
from typing import Any

from objectscale_client import (  # type: ignore[import-not-found]  # not in our own environment
    client,
    provisioning,
    tenancy,
    user,
)

NAMESPACE, USER, BUCKET = "osc-ns", "osc-user", "osc-bucket"


def picked(shown: Any, *names: str) -> dict[str, Any]:
    return {name: getattr(shown, name) for name in names}


def new(kind: Any, **fields: Any) -> Any:
    made = kind()
    for name, value in fields.items():
        setattr(made, name, value)
    return made


def namespace(cluster: Any, group: str, domain: str) -> dict[str, Any]:
    attribute = new(tenancy.Attribute, key="department", value=["physics", "chemistry"])
    mapping = new(tenancy.UserMapping, domain=domain, groups=["g1"], attributes=[attribute])
    sizes = ("block_size", "notification_size")
    made = cluster.create_namespace(
        new(
            tenancy.Namespace,
            name=NAMESPACE,
            default_data_services_vpool=group,
            user_mapping=[mapping],
            block_size=10,
            notification_size=9,
            # Else it asks for a limit of no objects at all.
            block_size_in_count=-1,
            notification_size_in_count=-1,
        )
    )
    found = cluster.get_namespace(NAMESPACE)
    found.block_size, found.notification_size, found.is_stale_allowed = 20, 18, True
    cluster.update_namespace(found)
    (mapped,) = found.user_mapping
    return {
        "made": picked(made, "id", "default_data_services_vpool", *sizes),
        "mapping": picked(mapped, "domain", "groups"),
        "attribute": picked(mapped.attributes[0], "key", "value"),
        "updated": picked(cluster.get_namespace(NAMESPACE), "is_stale_allowed", *sizes),
        "list": [row.id for row in cluster.list_namespaces("")],
        "prefix": [row.id for row in cluster.list_namespaces("osc*")],
    }


def user_and_key(cluster: Any) -> dict[str, Any]:
    made = cluster.create_object_user(
        new(
            user.ObjectUser,
            name=USER,
            namespace=NAMESPACE,
            tag=[new(user.UserTag, name="a", value="b")],
            # It has the cluster make up the secret, but only for a key that has one.
            secret_keys=[new(user.SecretKey, secret_key="anything")],
        )
    )
    found = cluster.get_object_user(USER, NAMESPACE)
    found.locked = True
    cluster.update_object_user(found)
    return {
        "tags": [picked(tag, "name", "value") for tag in made.tag],
        "keys": [bool(key.secret_key) for key in made.secret_keys],
        "locked": cluster.get_object_user(USER, NAMESPACE).locked,
        "list": [row.name for row in cluster.list_object_users()],
    }


def bucket(cluster: Any) -> dict[str, Any]:
    tags = [new(provisioning.BucketTag, key="a", value="b")]
    sizes = {"block_size": 5, "notification_size": 4}
    made = cluster.create_bucket(
        new(provisioning.Bucket, name=BUCKET, namespace=NAMESPACE, owner=USER, tags=tags, **sizes)
    )
    found = cluster.get_bucket(BUCKET, NAMESPACE)
    found.block_size, found.notification_size, found.retention = 8, 7, 5
    found.is_stale_allowed, found.versioning_status = True, "Enabled"
    found.tags = [new(provisioning.BucketTag, key="c", value="d")]
    cluster.update_bucket(found)
    changed = ("block_size", "retention", "is_stale_allowed", "versioning_status")
    updated = cluster.get_bucket(BUCKET, NAMESPACE)
    return {
        "made": picked(made, "owner", "vpool", *sizes),
        "tags": [picked(tag, "key", "value") for tag in made.tags],
        "updated": picked(updated, *changed),
        "new tags": [picked(tag, "key", "value") for tag in updated.tags],
        "list": [row.name for row in cluster.list_buckets(NAMESPACE, "")],
    }


def end(cluster: Any) -> dict[str, Any]:
    # The third argument asks for its content to go, too.
    cluster.delete_bucket(BUCKET, NAMESPACE, False)
    cluster.delete_object_user(USER, NAMESPACE)
    cluster.delete_namespace(NAMESPACE)
    try:
        cluster.get_namespace(NAMESPACE)
    except ValueError as error:
        return {"gone": "1004" in str(error)}
    return {"gone": False}


def main() -> None:
    url, name, password, group, domain = sys.argv[1:]
    # It knows the authorities that are built into it, and no others.
    insecure = True
    cluster = client.ManagementClient(url, name, password, insecure)
    (pool,) = cluster.list_storage_pools()
    seen = {
        "groups": [row.name for row in cluster.list_replication_groups()],
        "group": picked(cluster.get_replication_group(group), "name", "inactive"),
        "pool": picked(cluster.get_storage_pool(pool.id), "name", "number_of_data_blocks"),
        "namespace": namespace(cluster, group, domain),
        "user": user_and_key(cluster),
        "bucket": bucket(cluster),
        "end": end(cluster),
    }
    print(json.dumps(seen))


if __name__ == "__main__":
    main()
