"""The back-end that a conformance run examines, and where back-ends may differ."""

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Barrier
from typing import Any
from urllib.parse import quote

from storage_api.domain.capabilities import Capability, HolderKind
from storage_api.domain.units import GIB
from tests.conformance.client import Answer, Api, fresh

CALLERS = 8


@dataclass(frozen=True)
class Quirks:
    """What a back-end's author says about it; everything else is the same for all.

    ``quota_steps``: bytes to whose multiples each kind of holder's limits are rounded up.
    ``snapshot_limit``: snapshots that a volume can have. ``put_object`` stores an object of
    so many bytes in a bucket, where there is a way to. ``namespace_settings``: whether a
    namespace has a display name and labels. ``bad_namespace``: a name that our alphabet
    allows and the back-end's does not. ``soft_limits``: whether quotas have them.
    ``bucket_tags``: whether buckets have tags. ``pins_clones``: whether a snapshot cannot
    go while a clone of it exists. ``rolls_settings_back``: whether a rollback restores the
    volume's settings beside its data. ``size_step``: a volume may come out larger than asked
    for by less than so many bytes. ``plant_lock`` makes an address hold a volume's lock,
    where clients alone can lock and a caller of the API cannot. ``account_prefix``: how the
    names of accounts begin. ``s3_endpoint``: where their owners are told to go.
    ``default_namespace``: what paths without one mean, where it has a name. ``user_settings``:
    whether users have e-mail addresses and quotas. ``max_buckets``: whether the number of a
    user's buckets can be limited. ``max_keys``: the keys that a user can have.
    ``least_bytes``: the least limit that there can be; where it is not 0 there is no limit of
    0 objects either, and no quota that rests.
    """

    families: frozenset[Capability]
    quota_holders: frozenset[HolderKind] = frozenset()
    usage_holders: frozenset[HolderKind] = frozenset()
    quota_steps: Mapping[HolderKind, int] = field(default_factory=dict)
    soft_limits: bool = True
    snapshot_limit: int | None = None
    pins_clones: bool = False
    rolls_settings_back: bool = False
    size_step: int = 1
    plant_lock: Callable[[str, str], None] | None = None
    put_object: "Callable[[Place, str, str, int], None] | None" = None
    namespace_settings: bool = True
    bad_namespace: str | None = None
    bucket_tags: bool = True
    account_prefix: str = ""
    default_namespace: str | None = None
    user_settings: bool = True
    max_keys: int | None = None
    least_bytes: int = 0
    s3_endpoint: str | None = None
    max_buckets: bool = True


@dataclass(frozen=True)
class Target:
    """One mounted back-end."""

    api: Api
    endpoint: str
    quirks: Quirks

    def url(self, *parts: str) -> str:
        return "/".join(["/v3", self.endpoint, *(quote(part, safe=":/") for part in parts)])

    def new_volume(self, **fields: Any) -> str:
        name = fresh("vol")
        self.api.post(self.url("volumes", name), volume_body(name, **fields)).expect(201)
        return name

    def assert_shows(self, record: dict[str, Any], wanted: dict[str, Any]) -> None:
        """Make sure that the volume has what was asked for."""
        exact = {key: value for key, value in wanted.items() if key != "size_total"}
        assert {key: record[key] for key in exact} == exact
        if "size_total" in wanted:
            assert 0 <= record["size_total"] - wanted["size_total"] < self.quirks.size_step

    def new_policy(self, *rules: str) -> str:
        name = fresh("policy")
        self.api.post(self.url("export", name), {"rules": list(rules)}).expect(201)
        return name


@dataclass(frozen=True)
class Place:
    """Where users and buckets live: the default namespace, or a named one."""

    target: Target
    namespace: str | None

    @property
    def api(self) -> Api:
        return self.target.api

    @property
    def shown(self) -> str | None:
        """The namespace as records show it."""
        return self.namespace or self.target.quirks.default_namespace

    def url(self, *parts: str) -> str:
        scope = ["namespaces", self.namespace] if self.namespace else []
        return self.target.url(*scope, *parts)

    def may_say(self, **fields: Any) -> dict[str, Any]:
        """``fields`` without what this back-end does not have."""
        quirks = self.target.quirks
        foreign = {"max_buckets": not quirks.max_buckets, "email": not quirks.user_settings}
        return {name: value for name, value in fields.items() if not foreign.get(name)}

    def new_user(self, **fields: Any) -> str:
        name = fresh("user")
        self.api.post(self.url("users", name), {"display_name": name, **fields}).expect(201)
        return name

    def new_owner(self, **fields: Any) -> str:
        """A user with a key: settings of a bucket can be kept to those who have its owner's."""
        name = self.new_user(**fields)
        self.api.post(self.url("users", name, "keys")).expect(201)
        return name

    def new_bucket(self, owner: str | None = None, **fields: Any) -> str:
        name = fresh("bucket")
        body = {"owner": owner or self.new_owner(), **fields}
        self.api.post(self.url("buckets", name), body).expect(201)
        return name


def key_id(key: dict[str, Any]) -> str:
    """What names a key in paths."""
    name: str = key["id"] or key["access_key"]
    return name


def volume_body(name: str, **fields: Any) -> dict[str, Any]:
    """What creates the volume ``name`` on any back-end: some need to know where to mount it."""
    return {"size_total": GIB, "junction_path": f"/{name}", **fields}


def at_once(call: Callable[[int], Answer], callers: int = CALLERS) -> list[Answer]:
    """What ``callers`` threads get that do ``call(number)`` at the same moment."""
    barrier = Barrier(callers)

    def run(number: int) -> Answer:
        barrier.wait()
        return call(number)

    with ThreadPoolExecutor(callers) as pool:
        return list(pool.map(run, range(callers)))


def statuses(answers: Iterable[Answer]) -> list[int]:
    return sorted(answer.status for answer in answers)


def names(records: list[dict[str, Any]]) -> list[str]:
    return [record["name"] for record in records]


def lasting(record: dict[str, Any]) -> dict[str, Any]:
    """Without what a back-end may measure anew at any moment."""
    return {key: value for key, value in record.items() if key != "usage"}
