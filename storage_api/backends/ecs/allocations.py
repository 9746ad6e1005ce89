"""What allocations are made of on ECS, all checked before the first write."""

from storage_api.backends.allocations import AllocationHost, AllocationPlan, AllocationWish
from storage_api.backends.ecs import mapping_buckets, mapping_namespaces, mapping_quotas
from storage_api.backends.ecs.buckets import Buckets
from storage_api.backends.ecs.namespaces import Namespaces
from storage_api.backends.ecs.users import Users
from storage_api.domain.errors import Invalid
from storage_api.domain.models import Quota, UserMapping
from storage_api.domain.requests import BucketCreate, NamespaceCreate
from storage_api.domain.units import GIB

#: ECS begins to warn when this much of a limit is used.
_WARN_PERCENT = 90
#: What S3 clients sign with; ECS accepts any.
_REGION = "us-east-1"


class Allocations(Buckets, Users, Namespaces, AllocationHost):
    def plan_allocation(self, wish: AllocationWish) -> AllocationPlan:
        mapping_namespaces.check_name(wish.namespace)
        group = wish.replication_group or self._options.replication_group
        if group is None:
            raise Invalid("Name a replication_group: this back-end has no default.")
        self._group_id(group)
        namespace: NamespaceCreate = {"replication_group": group}
        if mapping := self._user_mapping(wish):
            namespace["user_mapping"] = [mapping]
        mapping_namespaces.check_fields(namespace)
        quota = _quota(wish.size_bytes)
        bucket: BucketCreate = {
            "owner": wish.owner,
            "replication_group": group,
            "quota": quota,
            "filesystem_enabled": wish.nfs_share,
        }
        return AllocationPlan(
            namespace=namespace,
            quota=quota,
            user={"display_name": wish.name},
            bucket=mapping_buckets.checked_fields(wish.bucket, bucket),
            s3_endpoint=self._options.s3_endpoint,
            s3_region=_REGION,
        )

    def _user_mapping(self, wish: AllocationWish) -> UserMapping | None:
        """The groups of the domain that is named, or else configured."""
        if not wish.groups and wish.domain is None:
            return None
        domain = wish.domain or self._options.ldap_domain
        if domain is None:
            raise Invalid("Name the groups' domain: this back-end has no default.")
        return UserMapping(domain=domain, groups=wish.groups)


def _quota(size: int | None) -> Quota:
    """As ECS will hold it, in whole GiB, with a warning ahead of the limit."""
    if size is None:
        return Quota(enabled=False)
    limit = mapping_quotas.gib("size_bytes", size)
    warn = max(1, limit * _WARN_PERCENT // 100)
    return Quota(max_bytes=limit * GIB, soft_bytes=warn * GIB)
