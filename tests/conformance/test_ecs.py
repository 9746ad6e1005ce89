"""EcsStorage keeps every promise of its families: on a simulated cluster, with moto for S3."""

import itertools
from collections.abc import Iterator

import pytest

from storage_api.domain.capabilities import Capability, HolderKind
from storage_api.domain.units import GIB
from tests.conformance.client import InProcess, fresh
from tests.conformance.declarations import contract_tests
from tests.conformance.target import Place, Quirks, Target
from tests.servers import service
from tests.services.moto import MotoServer
from tests.simulators.ecs import EcsSimulator
from tests.simulators.ecs.settings import Settings

FAMILIES = frozenset(
    {
        Capability.BUCKETS,
        Capability.ACL,
        Capability.USERS,
        Capability.NAMESPACES,
        Capability.QUOTA,
        Capability.USAGE,
        Capability.CAPACITY,
        Capability.ALLOCATIONS,
    }
)
HOME = "home"
#: After so many seconds metering has seen what was stored.
_SAMPLED = 600.0

globals().update(contract_tests(FAMILIES))


@pytest.fixture(scope="module")
def sim(moto: MotoServer) -> Iterator[EcsSimulator]:
    """User names are of one namespace each, as other back-ends' are."""
    settings = Settings(user_scope="NAMESPACE", emptying_seconds=0.2)
    with EcsSimulator(settings=settings) as sim:
        sim.world.follow_bucket = moto.mirror
        yield sim


class ObjectWriter:
    """Puts objects where S3 shows them and where the management API counts them."""

    def __init__(self, sim: EcsSimulator, moto: MotoServer) -> None:
        self._sim = sim
        self._moto = moto

    def __call__(self, place: Place, owner: str, bucket: str, size: int) -> None:
        key = fresh("object")
        self._moto.client(owner).put_object(Bucket=bucket, Key=key, Body=b"x" * size)
        self._sim.put_object(place.namespace or HOME, bucket, size, key)
        self._sim.clock.advance(_SAMPLED)


def ecs_entry(sim: EcsSimulator, moto: MotoServer) -> str:
    """The cluster as an entry of SAPI_BACKENDS."""
    options = {
        "url": sim.url,
        "ca_file": str(sim.ca_file),
        "username": sim.username,
        "password": sim.password,
        "replication_group": "rg1",
        "default_namespace": HOME,
        "s3_endpoint": moto.url,
        "allow_purge": "true",
    }
    return "🌈".join(["ecs", "EcsStorage", *itertools.chain(*options.items())])


@pytest.fixture(scope="module")
def target(sim: EcsSimulator, moto: MotoServer) -> Target:
    quirks = Quirks(
        families=FAMILIES,
        quota_holders=frozenset({HolderKind.BUCKET, HolderKind.NAMESPACE}),
        usage_holders=frozenset({HolderKind.BUCKET, HolderKind.NAMESPACE}),
        quota_steps={HolderKind.BUCKET: GIB, HolderKind.NAMESPACE: GIB},
        put_object=ObjectWriter(sim, moto),
        namespace_settings=False,
        bad_namespace="Capitals",
        s3_endpoint=moto.url,
        default_namespace=HOME,
        user_settings=False,
        max_buckets=False,
        max_keys=2,
        least_bytes=GIB,
    )
    api = InProcess(service({"SAPI_BACKENDS": ecs_entry(sim, moto)}))
    target = Target(api, "ecs", quirks)
    api.post(target.url("namespaces", HOME), {}).expect(201)
    return target
