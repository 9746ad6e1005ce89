"""Two tenants with one bucket name, and how far croit can tell them apart."""

import pytest

from storage_api.backends.accounting import Holder
from storage_api.backends.croit.backend import CroitStorage
from storage_api.domain.capabilities import HolderKind
from storage_api.domain.errors import BackendMisbehaved, Conflict, NotFound
from storage_api.domain.models import Cors, CorsMethod, CorsRule, Quota, Ref, Versioning
from tests.backends.croit.lab import fresh, new_user, storage_of, writes
from tests.simulators.croit import CroitSimulator

WEB = Cors(rules=[CorsRule(allowed_methods=[CorsMethod.GET], allowed_origins=["*"])])


@pytest.fixture
def namesakes(cluster: CroitStorage) -> tuple[Ref, Ref]:
    """Two buckets of one name, in no tenant and in one."""
    tenant = fresh("tenant")
    cluster.create_namespace(tenant, {})
    owners = new_user(cluster), new_user(cluster, tenant)
    name = fresh("namesake")
    for owner in owners:
        cluster.create_key(owner)
        assert cluster.create_bucket(Ref(owner.namespace, name), {"owner": owner.name})[1]
    return Ref(None, name), Ref(tenant, name)


def test_each_is_found_and_changed_as_itself(
    cluster: CroitStorage, namesakes: tuple[Ref, Ref]
) -> None:
    """§5.3: two tenants with one bucket name."""
    here, there = namesakes
    cluster.update_bucket(there, {"versioning": Versioning.ENABLED, "tags": {"a": "b"}})
    cluster.set_cors(there, WEB)
    assert cluster.get_bucket(here).versioning is Versioning.OFF
    assert cluster.get_bucket(there).tags == {"a": "b"}
    with pytest.raises(NotFound):
        cluster.get_cors(here)
    cluster.delete_bucket(here)
    assert cluster.get_bucket(there).versioning is Versioning.ENABLED
    with pytest.raises(NotFound):
        cluster.get_bucket(here)


def test_what_croit_could_do_to_the_wrong_one_is_refused(
    cluster: CroitStorage, cluster_sim: CroitSimulator, namesakes: tuple[Ref, Ref]
) -> None:
    for bucket in namesakes:
        heir = new_user(cluster, bucket.namespace)
        before = len(writes(cluster_sim))
        with pytest.raises(Conflict, match="Several tenants"):
            cluster.set_quota(Holder(HolderKind.BUCKET, bucket), Quota(max_objects=1))
        with pytest.raises(Conflict, match="Several tenants"):
            cluster.update_bucket(bucket, {"owner": heir.name})
        assert len(writes(cluster_sim)) == before
        assert cluster.get_quota(Holder(HolderKind.BUCKET, bucket)).max_objects is None


def test_a_third_one_with_a_quota_is_not_begun(
    cluster: CroitStorage, namesakes: tuple[Ref, Ref]
) -> None:
    tenant = fresh("tenant")
    cluster.create_namespace(tenant, {})
    owner = new_user(cluster, tenant)
    bucket = Ref(tenant, namesakes[0].name)
    with pytest.raises(Conflict, match="Several tenants"):
        cluster.create_bucket(bucket, {"owner": owner.name, "quota": Quota(max_objects=1)})
    with pytest.raises(NotFound):
        cluster.get_bucket(bucket)
    assert cluster.create_bucket(bucket, {"owner": owner.name})[1]
    assert cluster.create_bucket(bucket, {"owner": owner.name})[1] is False


def test_the_default_tenant_is_where_paths_without_one_lead(
    cluster: CroitStorage, cluster_sim: CroitSimulator
) -> None:
    tenant = fresh("tenant")
    endpoint = cluster._options.s3_endpoint
    inside = storage_of(cluster_sim, s3_endpoint=endpoint, default_tenant=tenant)
    user = new_user(inside)
    assert inside.get_user(user).id == f"{tenant}${user.name}"
    assert [found.name for found in inside.list_users(None)] == [user.name]
    bucket = Ref(None, fresh("bucket"))
    assert inside.create_bucket(bucket, {"owner": user.name})[0].namespace == tenant
    assert [found.name for found in inside.list_buckets(None)] == [bucket.name]
    holder = Holder(HolderKind.BUCKET, bucket)
    assert inside.set_quota(holder, Quota(max_objects=3)) == Quota(max_objects=3)
    inside.delete_bucket(bucket)
    inside.delete_user(user)


def test_a_croit_that_spells_users_of_tenants_otherwise_is_noticed(
    sim: CroitSimulator, storage: CroitStorage
) -> None:
    """Contract §5.4: nobody knows; it must not read as a user who is not there."""
    sim.faults.add(kind="garbage", path="/api/s3/users", method="GET", body="[]", times=None)
    with pytest.raises(BackendMisbehaved, match="just accepted"):
        storage.create_namespace("lab", {})


def test_a_croit_that_does_not_know_a_tenant_s_bucket_by_name_is_no_obstacle(
    cluster: CroitStorage, cluster_sim: CroitSimulator
) -> None:
    """Contract §5.4: nobody knows how such a bucket is named in paths."""
    tenant = fresh("tenant")
    cluster.create_namespace(tenant, {})
    owner = new_user(cluster, tenant)
    bucket, other = Ref(tenant, fresh("bucket")), Ref(tenant, fresh("bucket"))
    order = cluster_sim.refuse("PUT", "/api/s3/buckets/*/quota", 404, "not found", times=None)
    try:
        assert cluster.create_bucket(bucket, {"owner": owner.name})[1]
        assert cluster.create_bucket(bucket, {"owner": owner.name})[1] is False
        limited = Quota(max_objects=1)
        with pytest.raises(Conflict, match="by its name"):
            cluster.create_bucket(other, {"owner": owner.name, "quota": limited})
        with pytest.raises(Conflict, match="by its name"):
            cluster.set_quota(Holder(HolderKind.BUCKET, bucket), limited)
    finally:
        order.times = order.hits
    assert cluster.set_quota(Holder(HolderKind.BUCKET, bucket), limited) == limited
