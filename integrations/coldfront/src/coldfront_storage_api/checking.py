"""What ``storage_api_check`` looks at."""

from collections.abc import Iterator

from coldfront.core.allocation.models import AllocationAttributeType
from coldfront.core.resource.models import Resource, ResourceAttributeType
from django.conf import settings as django_settings

from coldfront_storage_api import setup_types
from coldfront_storage_api.connection import client
from coldfront_storage_api.failures import Refused, told
from coldfront_storage_api.kinds import KINDS
from coldfront_storage_api.selection import Target, endpoint_of
from coldfront_storage_api.settings import Mode, Policy, current
from storage_api_client import ApiError, Client, ConfigurationError

_ROLES = ("USER", "ADMIN", "UBER_ADMIN")
_HOOK = "coldfront_storage_api.hooks.on_expire"

Finding = tuple[bool, str]


def findings() -> Iterator[Finding]:
    """Each thing that was looked at: whether it is fine, and what to know of it."""
    try:
        current()
        talking = client()
    except (Refused, ConfigurationError) as error:
        yield False, f"settings: {error}"
        return
    yield True, "settings"
    yield from _types()
    yield from _expiry()
    yield from _queue()
    try:
        yield from _service(talking)
    except (ApiError, ConfigurationError) as error:
        text = str(error) if isinstance(error, ConfigurationError) else told(error)
        yield False, f"service: {text}"


def _types() -> Iterator[Finding]:
    on_resources = [name for name, _ in setup_types.RESOURCE]
    on_allocations = [one.name for one in setup_types.ALLOCATION]
    for model, names in (
        (ResourceAttributeType, on_resources),
        (AllocationAttributeType, on_allocations),
    ):
        for name in names:
            if not model.objects.filter(name=name).exists():
                yield False, f"attribute type {name}: missing; run storage_api_setup"


def _expiry() -> Iterator[Finding]:
    wanted = current().on_expire is not Policy.NONE
    hooks = getattr(django_settings, "ALLOCATION_FUNCS_ON_EXPIRE", [])
    if wanted and _HOOK not in hooks:
        yield False, f"expiry: add {_HOOK!r} to ALLOCATION_FUNCS_ON_EXPIRE"


def _queue() -> Iterator[Finding]:
    if current().mode is Mode.QUEUE:
        cluster = getattr(django_settings, "Q_CLUSTER", {})
        broker = "ColdFront's database" if "orm" in cluster else "Redis"
        yield True, f"queue: tasks wait in {broker} for coldfront qcluster"


def _service(talking: Client) -> Iterator[Finding]:
    roles = talking.my_roles()
    for role in _ROLES:
        yield role in roles, f"role {role}"
    for resource in Resource.objects.order_by("pk"):
        try:
            endpoint = endpoint_of(resource)
            if endpoint is not None:
                target = Target(None, resource, endpoint)
                KINDS[target.kind](talking, target, None).check()
                yield True, f"resource {resource.name}: {target.kind} on {endpoint}"
        except Refused as error:
            yield False, f"resource {resource.name}: {error}"
