"""What allocations are made of here."""

from storage_api.backends.allocations import AllocationHost, AllocationPlan, AllocationWish
from storage_api.backends.dummy.accounts import DummyAccounts
from storage_api.backends.dummy.namespaces import DummyNamespaces
from storage_api.backends.dummy.quotas import DummyQuotas
from storage_api.backends.dummy.usage import DummyUsage
from storage_api.domain.errors import Invalid
from storage_api.domain.models import Quota, UserMapping
from storage_api.domain.requests import BucketCreate, NamespaceCreate


class DummyAllocations(DummyAccounts, DummyNamespaces, DummyQuotas, DummyUsage, AllocationHost):
    def plan_allocation(self, wish: AllocationWish) -> AllocationPlan:
        quota = Quota(max_bytes=wish.size_bytes)
        namespace: NamespaceCreate = {"display_name": wish.name}
        bucket: BucketCreate = {
            "owner": wish.owner,
            "quota": quota,
            "filesystem_enabled": wish.nfs_share,
        }
        if wish.replication_group is not None:
            namespace["replication_group"] = wish.replication_group
            bucket["replication_group"] = wish.replication_group
        if wish.domain is not None:
            namespace["user_mapping"] = [UserMapping(domain=wish.domain, groups=wish.groups)]
        elif wish.groups:
            raise Invalid("Groups need a domain.")
        return AllocationPlan(namespace, quota, {}, bucket, s3_endpoint=None, s3_region=None)
