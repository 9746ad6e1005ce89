"""A cluster that answers nonsense: an error that says so, whatever was asked; never a crash."""

import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from storage_api.backends.ecs.backend import EcsStorage
from storage_api.domain.errors import StorageError
from storage_api.domain.models import Versioning
from tests.backends.ecs.cluster import storage_at
from tests.backends.ecs.objects import ALICE, DATA, NAMESPACE, PLAIN, furnish
from tests.simulators.ecs import EcsSimulator

_ODD: list[Any] = [None, 7, -1.5, "text", "", True, [], ["x"], {}, {"a": None}, [None], [{}], [[]]]
_KEYS = (
    *("name", "namespace", "owner", "created", "vpool", "locked", "fs_access_enabled", "retention"),
    *("is_encryption_enabled", "block_size", "versioning_status", "TagSet", "object_bucket"),
    *("tag", "blobuser", "userid", "secret_key_1", "secret_key_1_id", "key_timestamp_1"),
    *("secret_key_1_exist", "key_expiry_timestamp_1", "acl", "status", "Status", "isLocked"),
    *("data_service_vpool", "id", "namespace_admins", "default_data_services_vpool", "quota"),
    *("bucket_billing_info", "total_size", "sample_time", "NextMarker", "user_mapping"),
)
LIES = [
    *(b"", b"null", b"[]", b"7", b'"x"', b"{", b"{}", b"\xff\xfe", b"<ok/>", b"[" * 100_000),
    *(json.dumps(dict.fromkeys(_KEYS, odd)).encode() for odd in _ODD),
    b'{"blobuser": [{}], "object_bucket": [{}], "data_service_vpool": [{}]}',
    b'{"name": "alice", "namespace": "physics", "locked": false, "retention": 1e999}',
    b'{"secret_key_1_exist": true, "secret_key_2_exist": true}',
    b'{"secret_key": "made-without-a-time"}',
    b'{"secret_key": "made", "key_timestamp": "long ago"}',
]
CALLS: dict[str, Callable[[EcsStorage], object]] = {
    "list_users": lambda at: at.list_users(NAMESPACE),
    "get_user": lambda at: at.get_user(ALICE),
    "create_user": lambda at: at.create_user(ALICE, {"display_name": "x"}),
    "update_user": lambda at: at.update_user(ALICE, {"display_name": "y", "suspended": True}),
    "delete_user": lambda at: at.delete_user(ALICE),
    "list_keys": lambda at: at.list_keys(ALICE),
    "create_key": lambda at: at.create_key(ALICE),
    "rotate_key": lambda at: at.rotate_key(ALICE, "1", old_key_expires_in_minutes=5),
    "delete_key": lambda at: at.delete_key(ALICE, "1"),
    "account": lambda at: at.create_account(NAMESPACE, {"uid": "alice"}),
    "metadata": lambda at: at.get_account_metadata(ALICE),
    "list_buckets": lambda at: at.list_buckets(NAMESPACE),
    "get_bucket": lambda at: at.get_bucket(DATA),
    "create_bucket": lambda at: at.create_bucket(DATA, PLAIN),
    "update_bucket": lambda at: at.update_bucket(
        DATA, {"tags": {"a": "b"}, "versioning": Versioning.ENABLED, "locked": True}
    ),
    "delete_bucket": lambda at: at.delete_bucket(DATA),
    "get_acl": lambda at: at.get_acl(DATA),
    "get_policy": lambda at: at.get_policy_document(DATA),
    "delete_policy": lambda at: at.delete_policy_document(DATA),
}


@pytest.mark.parametrize("name", CALLS)
def test_whatever_it_says_we_say_what_is_wrong(sim: EcsSimulator, name: str) -> None:
    storage = storage_at(sim)
    furnish(storage)
    for lie in LIES:
        for spared in range(5):  # so many true answers before the lie
            _as_at_first(sim, storage)
            sim.faults.add(kind="garbage", path="/object/*", after=spared, body=lie)
            with suppress(StorageError):
                CALLS[name](storage)
            sim.faults.clear()


def _as_at_first(sim: EcsSimulator, storage: EcsStorage) -> None:
    """Alice with one key and one bucket; and a word that is true, or it would be left alone."""
    storage.list_namespaces()
    if "alice" not in sim.users(NAMESPACE):
        storage.create_user(ALICE, {})
    user = sim.world.user("alice", NAMESPACE)
    user.locked = False
    if len(user.keys) != 1:
        user.keys.clear()
        storage.create_key(ALICE)
    if "data" not in sim.buckets(NAMESPACE):
        storage.create_bucket(DATA, PLAIN)
