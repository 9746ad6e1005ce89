"""What EMC's python-ecsclient does with a cluster; a program for the Python that has it.

    walk_ecsclient.py VERSION URL USER PASSWORD GROUP CA_FILE FOLDER

prints as JSON what the client showed, each answer held against the client's own schema of it.
"""

import json
import sys
from collections.abc import Callable
from typing import Any

import jsonschema
from ecsclient import schemas  # type: ignore[import-not-found]  # not in our own environment
from ecsclient.client import Client  # type: ignore[import-not-found]  # the same
from ecsclient.common.exceptions import (  # type: ignore[import-not-found]  # the same
    ECSClientException,
)

NAMESPACE, USER, BUCKET = "ec-ns", "ec-user", "ec-bucket"


def fits(answer: Any, schema: str) -> Any:
    jsonschema.validate(answer, getattr(schemas, schema))
    return answer


def refusal(call: Callable[..., Any], *args: Any, **keywords: Any) -> list[Any]:
    """Status and code."""
    try:
        call(*args, **keywords)
    except ECSClientException as error:
        return [error.http_status, error.ecs_code]
    return []


def cluster(client: Any, group: str) -> dict[str, Any]:
    (pool,) = fits(client.storage_pool.list(), "STORAGE_POOLS")["varray"]
    return {
        "me": fits(client.user_info.whoami(), "WHOAMI"),
        "groups": fits(client.replication_group.list(), "REPLICATION_GROUPS")["data_service_vpool"],
        "group": fits(client.replication_group.get(group), "REPLICATION_GROUP"),
        "pool": fits(client.storage_pool.get(pool["id"]), "STORAGE_POOL"),
        "capacity": fits(client.capacity.get_cluster_capacity(), "CAPACITY"),
    }


def namespace(client: Any, group: str) -> dict[str, Any]:
    spaces = client.namespace
    made = spaces.create(NAMESPACE, default_data_services_vpool=group)
    again = refusal(spaces.create, NAMESPACE, default_data_services_vpool=group)
    without_mapping = refusal(spaces.update, NAMESPACE, is_stale_allowed=True)
    spaces.update(NAMESPACE, user_mapping=[], is_stale_allowed=True)
    no_quota = spaces.get_namespace_quota(NAMESPACE)
    spaces.update_namespace_quota(10, 9, NAMESPACE)
    spaces.create_retention_class("year", 5, NAMESPACE)
    spaces.update_retention_class("year", 6, NAMESPACE)
    return {
        "made": fits(made, "NAMESPACE"),
        "again": again,
        "without mapping": without_mapping,
        "found": fits(spaces.get(NAMESPACE), "NAMESPACE"),
        "list": fits(spaces.list(), "NAMESPACES")["namespace"],
        "no quota": no_quota,
        "quota": spaces.get_namespace_quota(NAMESPACE),
        "class": spaces.get_retention_class("year", NAMESPACE),
    }


def user_and_keys(client: Any) -> dict[str, Any]:
    users, keys = client.object_user, client.secret_key
    users.create(USER, NAMESPACE)
    again = refusal(users.create, USER, NAMESPACE)
    users.lock(USER, NAMESPACE)
    locked = users.get_lock(USER, NAMESPACE)
    users.unlock(USER, NAMESPACE)
    first = fits(keys.create(USER, NAMESPACE), "SECRET_KEY")
    second = fits(keys.create(USER, NAMESPACE, expiry_time="60"), "SECRET_KEY")
    third = refusal(keys.create, USER, NAMESPACE)
    both = fits(keys.get(USER, NAMESPACE), "SECRET_KEYS")
    keys.delete(USER, NAMESPACE, secret_key=first["secret_key"])
    left = keys.get(USER, NAMESPACE)["secret_key_1"]
    keys.delete(USER, NAMESPACE)
    return {
        "again": again,
        "user": fits(users.get(USER, NAMESPACE), "OBJECT_USER"),
        "of namespace": fits(users.list(NAMESPACE), "OBJECT_USERS")["blobuser"],
        "of all": fits(users.list(), "OBJECT_USERS")["blobuser"],
        "locked": locked["isLocked"],
        "third": third,
        "both": [both["secret_key_1"], both["secret_key_2"]]
        == [first["secret_key"], second["secret_key"]],
        "left": left == second["secret_key"],
        "none": keys.get(USER, NAMESPACE)["secret_key_1"],
    }


def bucket(client: Any, group: str) -> dict[str, Any]:
    buckets = client.bucket
    made = buckets.create(BUCKET, group, namespace=NAMESPACE)
    again = refusal(buckets.create, BUCKET, group, namespace=NAMESPACE)
    buckets.set_owner(BUCKET, USER, NAMESPACE)
    buckets.set_quota(BUCKET, 5, 4, NAMESPACE)
    quota = buckets.get_quota(BUCKET, NAMESPACE)
    buckets.delete_quota(BUCKET, NAMESPACE)
    buckets.set_lock(BUCKET, True, NAMESPACE)
    buckets.set_stale_allowed(BUCKET, True, NAMESPACE)
    buckets.set_retention(BUCKET, NAMESPACE, 60)
    grant = {"user": USER, "permission": ["read"]}
    buckets.set_acl(BUCKET, NAMESPACE, owner=USER, user_acl=[grant])
    return {
        "made": fits(made, "BUCKET_SHORT"),
        "again": again,
        "found": fits(buckets.get(BUCKET, NAMESPACE), "BUCKET"),
        "list": fits(buckets.list(NAMESPACE), "BUCKET_LIST")["object_bucket"],
        "quota": quota,
        "no quota": buckets.get_quota(BUCKET, NAMESPACE),
        "locked": buckets.get_lock(BUCKET, NAMESPACE)["isLocked"],
        "retention": buckets.get_retention(BUCKET, NAMESPACE),
        "acl": buckets.get_acl(BUCKET, NAMESPACE)["acl"],
    }


def billing(client: Any) -> dict[str, Any]:
    bills = client.billing
    return {
        "bucket": bills.get_bucket_billing_info(BUCKET, NAMESPACE, sizeunit="KB"),
        "namespace": bills.get_namespace_billing_info(NAMESPACE),
        "detail": bills.get_namespace_billing_info(NAMESPACE, include_bucket_detail="true"),
    }


def end(client: Any) -> dict[str, Any]:
    held = refusal(client.namespace.delete, NAMESPACE)
    client.bucket.delete(BUCKET, NAMESPACE)
    client.object_user.delete(USER, NAMESPACE)
    client.namespace.delete(NAMESPACE)
    return {
        "held": held,
        "no namespace": refusal(client.namespace.get, NAMESPACE),
        "no user": refusal(client.object_user.get, USER, NAMESPACE),
        "logged out": client.authentication.logout(),
    }


def main() -> None:
    version, url, name, password, group, ca_file, folder = sys.argv[1:]
    client = Client(
        version,
        username=name,
        password=password,
        ecs_endpoint=url,
        token_endpoint=f"{url}/login",
        verify_ssl=ca_file,
        # One fixed path for all clusters by default.
        token_path=f"{folder}/token",
    )
    seen = {
        "cluster": cluster(client, group),
        "namespace": namespace(client, group),
        "user": user_and_keys(client),
        "bucket": bucket(client, group),
        "billing": billing(client),
        "end": end(client),
    }
    print(json.dumps(seen))


if __name__ == "__main__":
    main()
