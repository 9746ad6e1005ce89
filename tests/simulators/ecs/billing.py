"""What metering tells: /object/billing…"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from tests.simulators.ecs import bucket_views, listing
from tests.simulators.ecs.call import Call, Reply
from tests.simulators.ecs.clock import iso
from tests.simulators.ecs.errors import invalid, no_entity
from tests.simulators.ecs.meter import SAMPLE_SECONDS, Usage
from tests.simulators.ecs.records import Bucket

# Powers of 1024, whatever the letters suggest.
_UNITS = {"KB": 1, "MB": 2, "GB": 3}
_UNITS_4 = {**_UNITS, "BYTE": 0, "KiB": 1, "MiB": 2, "GiB": 3}
_MINUTES = "%Y-%m-%dT%H:%M"


def bucket_info(call: Call) -> Reply:
    bucket = call.world.bucket(_namespace(call), call.names["bucket"])
    if not _sampled(call, bucket):
        raise no_entity(f"billing of {bucket.name}")
    return Reply("bucket_billing_info", _bucket_info(call, bucket))


def bucket_infos(call: Call) -> Reply:
    buckets = [call.world.bucket(_namespace(call), name) for name in _ids(call)]
    found = [_bucket_info(call, bucket) for bucket in buckets if _sampled(call, bucket)]
    return Reply("bucket_billing_infos", {"bucket_billing_infos": found})


def namespace_info(call: Call) -> Reply:
    return Reply("namespace_billing_info", _namespace_info(call, _namespace(call)))


def namespace_infos(call: Call) -> Reply:
    found = [_namespace_info(call, _entered(call, name)) for name in _ids(call)]
    return Reply("namespace_billing_infos", {"namespace_billing_infos": found})


def bucket_sample(call: Call) -> Reply:
    bucket = call.world.bucket(_namespace(call), call.names["bucket"])
    return Reply("bucket_billing_sample", _bucket_sample(call, bucket))


def bucket_samples(call: Call) -> Reply:
    buckets = [call.world.bucket(_namespace(call), name) for name in _ids(call)]
    found = [_bucket_sample(call, bucket) for bucket in buckets]
    return Reply("bucket_billing_sample_infos", {"bucket_billing_sample_infos": found})


def namespace_sample(call: Call) -> Reply:
    return Reply("namespace_billing_sample", _namespace_sample(call, _namespace(call)))


def namespace_samples(call: Call) -> Reply:
    """[?] The list's name, by analogy with that of buckets."""
    found = [_namespace_sample(call, _entered(call, name)) for name in _ids(call)]
    return Reply("namespace_billing_sample_infos", {"namespace_billing_sample_infos": found})


def _namespace(call: Call) -> str:
    return _entered(call, call.names["namespace"])


def _entered(call: Call, name: str) -> str:
    call.enter(name)
    return call.world.namespace(name).name


def _ids(call: Call) -> list[str]:
    found: list[str] = call.body({"id": [str]}).get("id", [])
    return found


def _sampled(call: Call, bucket: Bucket) -> bool:
    seen = bucket.made <= call.world.meter.sampled_at(bucket=True)
    return seen or call.settings.new_bucket_billing == "zero"


def _bucket_info(call: Call, bucket: Bucket) -> dict[str, Any]:
    sample = call.world.meter.sampled_at(bucket=True)
    return {
        "name": bucket.name,
        "namespace": bucket.namespace,
        "vpool_id": bucket.vpool,
        **_state(call, bucket.namespace, bucket.name, sample),
        "sample_time": iso(sample),
        "uptodate_till": iso(call.world.meter.certain_until(sample)),
        "Tag" if call.settings.release == "2.x" else "TagSet": bucket_views.tags(bucket),
    }


def _namespace_info(call: Call, namespace: str) -> dict[str, Any]:
    sample = call.world.meter.sampled_at()
    found: dict[str, Any] = {
        "namespace": namespace,
        **_state(call, namespace, None, sample),
        "sample_time": iso(sample),
        "uptodate_till": iso(call.world.meter.certain_until(sample)),
    }
    return found | _detail(call, namespace, "bucket_billing_info", _bucket_info)


def _bucket_sample(call: Call, bucket: Bucket) -> dict[str, Any]:
    found = {"name": bucket.name, "vpool_id": bucket.vpool}
    return {**found, **_flow(call, bucket.namespace, bucket.name)}


def _namespace_sample(call: Call, namespace: str) -> dict[str, Any]:
    found = _flow(call, namespace, None)
    return found | _detail(call, namespace, "bucket_billing_sample", _bucket_sample)


def _detail(call: Call, namespace: str, key: str, shown: Any) -> dict[str, Any]:
    """A page of the buckets, where they are asked for."""
    if not call.flag("include_bucket_detail"):
        return {}
    buckets = [
        bucket
        for _, bucket in sorted(call.world.namespace(namespace).buckets.items())
        if _sampled(call, bucket)
    ]
    here, more = listing.after(
        buckets, lambda row: row.name, call.query.get("marker", ""), call.settings.page_limit
    )
    found: dict[str, Any] = {key: [shown(call, bucket) for bucket in here]}
    return {**found, "next_marker": listing.marker(here[-1].name)} if more else found


def _state(call: Call, namespace: str, bucket: str | None, sample: datetime) -> dict[str, Any]:
    until = call.world.meter.certain_until(sample)
    return _totals(call, call.world.meter.usage(namespace, bucket, until))


def _totals(call: Call, usage: Usage) -> dict[str, Any]:
    """The key tells the unit in 2.x; a number with a fraction is a later release's."""
    unit, power = _unit(call)
    size, mpu_size = (_size(call, value, power) for value in (usage.size, usage.mpu_size))
    old = call.settings.release == "2.x"
    return {
        f"total_size_in_{unit.lower()}" if old else "total_size": size,
        "total_size_unit": unit,
        "total_objects": usage.objects,
        **({} if old else {"total_mpu_size": mpu_size, "total_mpu_parts": usage.mpu_parts}),
    }


def _unit(call: Call) -> tuple[str, int]:
    units = _UNITS_4 if call.settings.release == "4.x" else _UNITS
    unit = call.query.get("sizeunit", "GB")
    if unit not in units:
        raise invalid("sizeunit", unit)
    return unit, units[unit]


def _size(call: Call, size: int, power: int) -> float:
    """Whole until 3.2, for which 3.x stands here; [?] cut off, not rounded."""
    parts: int = 1024**power
    return size // parts if call.settings.release == "3.x" else size / parts


def _flow(call: Call, namespace: str, bucket: str | None) -> dict[str, Any]:
    start, end = _times(call)
    usages = list(_between(call, namespace, bucket, start, end))
    sizes = [usage.size for usage in usages]
    objects = [usage.objects for usage in usages]
    return {
        "namespace": namespace,
        **_state(call, namespace, bucket, end),
        "sample_start_time": iso(start),
        "sample_end_time": iso(end),
        "objects_created": sum(count for count in objects if count > 0),
        "objects_deleted": -sum(count for count in objects if count < 0),
        "bytes_delta": sum(sizes),
        "ingress": sum(size for size in sizes if size > 0),
        # Nobody reads from the simulator.
        "egress": 0,
    }


def _between(
    call: Call, namespace: str, bucket: str | None, start: datetime, end: datetime
) -> Iterator[Usage]:
    known = min(end, call.world.meter.certain_until(call.world.meter.sampled_at()))
    for change in call.world.meter.changes(namespace, bucket):
        if start < change.at <= known:
            yield change.usage


def _times(call: Call) -> tuple[datetime, datetime]:
    start, end = _time(call, "start_time"), _time(call, "end_time")
    if start >= end:
        raise invalid("end_time", call.query.get("end_time"))
    return start, end


def _time(call: Call, name: str) -> datetime:
    text = call.query.get(name, "")
    try:
        found = datetime.strptime(text, _MINUTES).replace(tzinfo=UTC)
    except ValueError:
        raise invalid(name, text) from None
    if found.timestamp() % SAMPLE_SECONDS:
        raise invalid(name, text)
    return found
