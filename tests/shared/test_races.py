"""What must hold whoever comes first, also where the two come to different replicas."""

from collections.abc import Iterator

import pytest

from storage_api.domain.capabilities import Capability
from tests.conformance.client import Answer, Api, OverNetwork, fresh
from tests.conformance.races import ObjectRaceContract, VolumeRaceContract
from tests.conformance.target import Place, Quirks, Target, at_once, statuses, volume_body
from tests.conformance.test_ecs import HOME, ecs_entry
from tests.conformance.test_netapp import netapp_entry
from tests.services.moto import MotoServer
from tests.services.redis import RedisServer
from tests.services.replicas import Pair, pair
from tests.simulators.ecs import EcsSimulator
from tests.simulators.ecs.settings import Settings
from tests.simulators.ontap import OntapSimulator


@pytest.fixture(scope="module")
def cluster(moto: MotoServer) -> Iterator[EcsSimulator]:
    settings = Settings(user_scope="NAMESPACE", emptying_seconds=0.2)
    with EcsSimulator(settings=settings) as cluster:
        cluster.world.follow_bucket = moto.mirror
        yield cluster


@pytest.fixture(scope="module")
def filer() -> Iterator[OntapSimulator]:
    with OntapSimulator() as filer:
        yield filer


@pytest.fixture(scope="module")
def replicas(
    cluster: EcsSimulator,
    filer: OntapSimulator,
    moto: MotoServer,
    redis: RedisServer,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Pair]:
    settings = {
        "SAPI_BACKENDS": f"{ecs_entry(cluster, moto)}🦄{netapp_entry(filer)}",
        "SAPI_REDIS_URL": redis.url,
    }
    with pair(settings, tmp_path_factory.mktemp("replicas")) as replicas:
        yield replicas


@pytest.fixture(scope="module")
def volumes(replicas: Pair) -> Target:
    quirks = Quirks(families=frozenset({Capability.VOLUMES}), size_step=4096)
    return Target(OverNetwork(replicas.url), "filer", quirks)


@pytest.fixture(scope="module")
def objects(replicas: Pair) -> Target:
    quirks = Quirks(
        families=frozenset({Capability.NAMESPACES}),
        namespace_settings=False,
        default_namespace=HOME,
        user_settings=False,
        max_buckets=False,
        max_keys=2,
    )
    target = Target(OverNetwork(replicas.url), "ecs", quirks)
    target.api.post(target.url("namespaces", HOME), {})
    return target


class TestVolumes(VolumeRaceContract):
    @pytest.fixture
    def target(self, volumes: Target) -> Target:
        return volumes


class TestObjects(ObjectRaceContract):
    @pytest.fixture
    def target(self, objects: Target) -> Target:
        return objects


def spread(replicas: Pair, path: str, body: object, callers: int = 6) -> list[Answer]:
    """POSTs at the same moment, every other one to the other replica."""
    callers_ = [OverNetwork(replica.url) for replica in (replicas.one, replicas.two)]

    def call(number: int) -> Answer:
        api: Api = callers_[number % 2]
        return api.post(path, body)

    return at_once(call, callers)


@pytest.mark.parametrize("_time", range(3))
def test_a_bucket_is_made_once(replicas: Pair, objects: Target, _time: int) -> None:
    place = Place(objects, None)
    owner, bucket = place.new_owner(), fresh("bucket")
    answers = spread(replicas, place.url("buckets", bucket), {"owner": owner})
    assert statuses(answers) == [200] * 5 + [201]


@pytest.mark.parametrize("_time", range(3))
def test_of_different_wishes_for_a_bucket_one_comes_true(
    replicas: Pair, objects: Target, _time: int
) -> None:
    place = Place(objects, None)
    owners, url = [place.new_owner() for _ in range(4)], place.url("buckets", fresh("bucket"))
    apis = [OverNetwork(replica.url) for replica in (replicas.one, replicas.two)]
    answers = at_once(
        lambda number: apis[number % 2].post(url, {"owner": owners[number]}), callers=4
    )
    assert statuses(answers) == [201, 409, 409, 409]
    [made] = [number for number, answer in enumerate(answers) if answer.status == 201]
    assert objects.api.get(url).expect(200)["owner"] == owners[made]


def test_a_volume_is_made_once(replicas: Pair, volumes: Target) -> None:
    name = fresh("vol")
    answers = spread(replicas, volumes.url("volumes", name), volume_body(name))
    assert statuses(answers) == [201] + [400] * 5


def test_what_one_replica_wrote_the_other_lists(replicas: Pair, volumes: Target) -> None:
    """Also where the other has just answered the same question for somebody else."""
    one, two = (OverNetwork(replica.url) for replica in (replicas.one, replicas.two))
    listing = volumes.url("volumes")
    for writer, reader in ((one, two), (two, one)):
        reader.get(listing).expect(200)
        name = fresh("vol")
        writer.post(volumes.url("volumes", name), volume_body(name)).expect(201)
        assert name in {each["name"] for each in reader.get(listing).expect(200)}
        writer.delete(volumes.url("volumes", name)).expect(204)
        assert name not in {each["name"] for each in reader.get(listing).expect(200)}
