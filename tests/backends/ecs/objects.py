"""Users and buckets for the tests of this back-end, and what reached the cluster about them."""

import json
from typing import Any

from storage_api.backends.ecs.backend import EcsStorage
from storage_api.domain.models import Ref
from storage_api.domain.requests import BucketCreate
from tests.simulators.ecs import EcsSimulator

NAMESPACE = "physics"
ALICE = Ref(NAMESPACE, "alice")
BOB = Ref(NAMESPACE, "bob")
DATA = Ref(NAMESPACE, "data")
KEYS = "/object/user-secret-keys/alice"
USERS = "/object/users"
ONE_BUCKET = "/object/bucket/data"
PLAIN: BucketCreate = {"owner": ALICE.name}


def furnish(storage: EcsStorage) -> None:
    """A namespace with a user."""
    storage.create_namespace(NAMESPACE, {})
    storage.create_user(ALICE, {})


def sent(sim: EcsSimulator, method: str, path: str) -> list[dict[str, Any]]:
    """The bodies that came to ``path`` so far."""
    return [
        json.loads(one.body) if one.body else {}
        for one in sim.requests
        if (one.method, one.path) == (method, path)
    ]


def writes(sim: EcsSimulator) -> list[str]:
    """Everything that could have changed something."""
    return [f"{one.method} {one.path}" for one in sim.requests if one.method != "GET"]
