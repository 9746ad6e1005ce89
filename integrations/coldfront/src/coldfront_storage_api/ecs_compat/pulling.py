"""``ecs_sync``: what ECS has rules over what ColdFront says.

Namespaces and buckets are found by their names, so those that the ECS plugin made are seen, too.
"""

from collections.abc import Callable

from coldfront.core.allocation.models import Allocation
from coldfront.core.resource.models import Resource

from coldfront_storage_api import attributes
from coldfront_storage_api.connection import client
from coldfront_storage_api.failures import told
from coldfront_storage_api.names import slug
from coldfront_storage_api.selection import Target, endpoint_of
from coldfront_storage_api.sync import write_figures, write_totals

Say = Callable[[str], object]


def pull(say: Say) -> None:
    for resource in Resource.objects.order_by("pk"):
        try:
            endpoint = endpoint_of(resource)
        except Exception as error:  # noqa: BLE001 - said; the next one is looked at
            say(f"{resource.name}: FAILED: {told(error)}")
            continue
        if endpoint is not None:
            _pull_resource(resource, endpoint, say)


def _pull_resource(resource: Resource, endpoint: str, say: Say) -> None:
    counted = 0
    for allocation in Allocation.objects.filter(resources=resource, status__name="Active"):
        try:
            _pull_allocation(Target(allocation, resource, endpoint))
            counted += 1
        except Exception as error:  # noqa: BLE001 - as above
            say(f"{resource.name}, allocation {allocation.pk}: FAILED: {told(error)}")
    say(f"{resource.name}: {counted} allocations")
    try:
        _pull_capacity(resource, endpoint)
    except Exception as error:  # noqa: BLE001 - as above
        say(f"{resource.name}, capacity: FAILED: {told(error)}")


def _pull_allocation(target: Target) -> None:
    allocation, backend = target.allocation, client().backend(target.endpoint)
    namespace = attributes.value(allocation, "Namespace") or slug(allocation.project.title)
    bucket = attributes.value(allocation, "Bucket") or slug(f"lab-{namespace}-bucket")
    quota = backend.namespaces.quota(namespace)
    write_figures(target, quota["max_bytes"], None, storage_rules=True)
    usage = backend.in_namespace(namespace).buckets.usage(bucket)
    write_figures(target, None, usage["used_bytes"])


def _pull_capacity(resource: Resource, endpoint: str) -> None:
    told_capacity = client().backend(endpoint).capacity()
    figures = {
        "capacity_tb": told_capacity["total_bytes"],
        "used_tb": told_capacity["used_bytes"],
        # Of all namespaces, whoever made them.
        "allocated_tb": told_capacity["allocated_bytes"],
    }
    write_totals(resource, figures.items())
