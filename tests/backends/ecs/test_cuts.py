"""The connection is cut at each write of each operation, before or after it was carried out.

What was done must be found done, nothing may be done twice, and a repeat finishes the rest.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from storage_api.backends.ecs.backend import EcsStorage
from storage_api.domain.errors import BackendUnavailable
from storage_api.domain.models import Quota, Ref, Versioning
from storage_api.domain.units import GIB
from tests.backends.ecs.cluster import of_bucket, storage_at
from tests.backends.ecs.objects import ALICE, BOB, DATA, KEYS, NAMESPACE, PLAIN, furnish
from tests.simulators.ecs import EcsSimulator

OTHER = Ref(NAMESPACE, "other")
_POLICY = {"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*"}]}
#: Sent twice they would make two.
_ONCE = {"POST /object/users", "POST /object/bucket", f"POST {KEYS}"}


@dataclass(frozen=True)
class Work:
    """``do`` may be repeated, unless ``once``: then a repeat would be another work."""

    do: Callable[[EcsStorage], object]
    once: bool = False


def _rotate(storage: EcsStorage) -> object:
    (key,) = storage.list_keys(ALICE)
    return storage.rotate_key(ALICE, str(key.id))


WORKS = {
    "create_user": Work(lambda at: at.create_user(BOB, {"display_name": "B", "suspended": True})),
    "update_user": Work(lambda at: at.update_user(ALICE, {"display_name": "A", "suspended": True})),
    "delete_user": Work(lambda at: at.delete_user(BOB)),
    "create_key": Work(lambda at: at.create_key(ALICE), once=True),
    "rotate_key": Work(_rotate, once=True),
    "account": Work(lambda at: at.create_account(NAMESPACE, {"uid": "bob"})),
    "create_bucket": Work(
        lambda at: at.create_bucket(
            OTHER, {**PLAIN, "quota": Quota(max_bytes=GIB), "tags": {"a": "b"}}
        )
    ),
    "update_bucket": Work(
        lambda at: at.update_bucket(
            DATA,
            {
                "tags": {"kept": "1", "changed": "2", "new": "1"},
                "versioning": Versioning.ENABLED,
                "retention_seconds": 60,
                "locked": True,
            },
        )
    ),
    "quota": Work(
        lambda at: at.set_quota(of_bucket(NAMESPACE, DATA.name), Quota(max_bytes=2 * GIB))
    ),
    "delete_bucket": Work(lambda at: at.delete_bucket(DATA)),
    "set_policy": Work(lambda at: at.set_policy_document(DATA, _POLICY)),
    "delete_policy": Work(lambda at: at.delete_policy_document(DATA)),
}


def _prepared(sim: EcsSimulator, name: str) -> EcsStorage:
    storage = storage_at(sim)
    furnish(storage)
    storage.create_bucket(DATA, {**PLAIN, "tags": {"kept": "1", "changed": "1", "gone": "1"}})
    storage.create_key(ALICE)
    if name == "delete_user":
        storage.create_user(BOB, {})
    if name == "delete_policy":
        storage.set_policy_document(DATA, _POLICY)
    sim.forget_requests()
    return storage


def _writes(sim: EcsSimulator) -> list[tuple[str, str]]:
    return [(one.method, one.path) for one in sim.requests if one.method != "GET"]


def _held(sim: EcsSimulator) -> tuple[object, ...]:
    """Everything that could come out wrong, keys by their number."""
    return (
        [
            (user.name, user.locked, sorted(user.tags.items()), len(user.keys))
            for user in sim.world.users(NAMESPACE)
        ],
        [
            (
                found.name,
                found.owner,
                found.tags,
                found.quota,
                found.versioning,
                found.retention,
                found.locked,
                bool(found.policy),
            )
            for found in (sim.bucket(NAMESPACE, name) for name in sim.buckets(NAMESPACE))
        ],
    )


@pytest.mark.parametrize("kind", ["cut-after", "cut-before"])
@pytest.mark.parametrize("name", WORKS)
def test_no_cut_doubles_or_hides_anything(name: str, kind: str) -> None:
    work = WORKS[name]
    with EcsSimulator() as sim:
        work.do(_prepared(sim, name))
        wanted, steps = _held(sim), _writes(sim)
    assert steps
    for method, path in dict.fromkeys(steps):
        with EcsSimulator() as sim:
            storage = _prepared(sim, name)
            sim.faults.add(kind=kind, method=method, path=path)  # type: ignore[arg-type]  # one of them
            try:
                work.do(storage)
            except BackendUnavailable:
                assert kind == "cut-before", "what was done must be found"
                if not work.once or _held(sim) != wanted:
                    work.do(storage)
            assert _held(sim) == wanted, f"{kind} at {method} {path}"
            sent = Counter(f"{method} {path}" for method, path in _writes(sim))
            most = 1 if kind == "cut-after" else 2
            assert all(sent[once] <= most for once in _ONCE)
