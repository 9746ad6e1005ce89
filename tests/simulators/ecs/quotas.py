"""Quotas of namespaces and buckets: their bodies, rules and looks."""

from typing import Any

from tests.simulators.ecs.errors import EcsError, missing
from tests.simulators.ecs.records import Quota
from tests.simulators.ecs.settings import Release

_SIZES = ("blockSize", "notificationSize")
_COUNTS = ("blockSizeInCount", "notificationSizeInCount")


def shape(release: Release) -> dict[str, type]:
    """The counts came with 3.x."""
    return dict.fromkeys(_SIZES if release == "2.x" else _SIZES + _COUNTS, int)


def wanted(fields: dict[str, Any]) -> Quota:
    """What a PUT asks for; [?] it replaces all, so that counts left out are none.

    Raises:
        EcsError: 1005, a size is missing; 1032, no quota can be like that.
    """
    for name in _SIZES:
        if name not in fields:
            raise missing(name)
    quota = _checked(fields, least=1)
    if quota == Quota():
        raise EcsError(1032, "A quota without limits is removed with DELETE")
    return quota


def limits(fields: dict[str, Any]) -> Quota:
    """What the creation of a bucket asks for, where all of it may be left out.

    A 0 is taken there, and kept: objectscale-client sends it for what is not set.
    """
    return _checked(fields, least=0)


def _checked(fields: dict[str, Any], *, least: int) -> Quota:
    quota = Quota(*(fields.get(name, -1) for name in _SIZES + _COUNTS))
    _check(quota.block, quota.notify, least)
    _check(quota.block_count, quota.notify_count, least)
    return quota


def _check(block: int, notify: int, least: int) -> None:
    for value in (block, notify):
        if value != -1 and value < least:
            raise EcsError(1032, f"{value} is neither -1 nor at least {least}")
    if -1 < block < notify:
        raise EcsError(1032, "The notification size is above the block size")


def shown(quota: Quota, release: Release) -> dict[str, int]:
    values = (quota.block, quota.notify, quota.block_count, quota.notify_count)
    return dict(zip(shape(release), values, strict=False))
