"""Whatever Waldur sends: an allocation that can be shown in every form, or ``Malformed``."""

from typing import Any

import orjson
from hypothesis import example, given, settings
from hypothesis import strategies as st

from storage_api.backends.cscs.actions import origin_of
from storage_api.backends.cscs.items import ItemWriter, kept_gid
from storage_api.backends.cscs.mapping import Rules, read_allocation
from storage_api.backends.cscs.quotas import QuotaRules
from storage_api.backends.cscs.records import volume_record
from storage_api.backends.cscs.rows import Malformed
from storage_api.backends.cscs.snapshot import Entry
from storage_api.domain.units import MAX_BYTES

RULES = Rules(QuotaRules(1.33, 2.0, 1_000_000, 10**12))
WRITER = ItemWriter("lustre", origin_of("https://waldur.example.org") or ("", "", 0))
UUID = "0f3c2a7b9d8e4f6fb1d3c5a7e9b1d3f5"
GOOD: dict[str, Any] = {
    "uuid": UUID,
    "slug": "climate-1",
    "state": "OK",
    "backend_id": "/capstor/store/cscs/lab/climate",
    "created": "2026-11-21T02:46:50.854871Z",
    "offering_uuid": UUID,
    "offering_slug": "capstor",
    "project_slug": "climate",
    "customer_uuid": UUID,
    "customer_slug": "lab",
    "provider_slug": "cscs",
    "provider_name": "CSCS",
    "limits": {"storage": 10},
    "attributes": {"storage_data_type": "store", "permissions": "775"},
    "options": {"hard_quota_space": 12},
    "backend_metadata": {"project_item": {"itemId": UUID, "unixGid": 7}},
    "current_usages": {"storage": "1.5"},
    "order_in_progress": {
        "uuid": UUID,
        "type": "Update",
        "state": "executing",
        "url": f"https://waldur.example.org/api/marketplace-orders/{UUID}/",
        "attributes": {"old_limits": {"storage": 10}, "new_options": {"permissions": "700"}},
        "limits": {"storage": 20},
        "created": "2026-11-21T02:46:50.854871Z",
    },
}
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20)
    | st.sampled_from(["..", "/", "1e400", "nan", "-1", "9" * 50, UUID, "OK", "Update"])
)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)


def places(value: Any, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """Where something can be replaced."""
    found = [path] if path else []
    if isinstance(value, dict):
        for key, part in value.items():
            found += places(part, (*path, key))
    return found


def replaced(value: dict[str, Any], path: tuple[str, ...], new: Any) -> dict[str, Any]:
    head, *rest = path
    return value | {head: replaced(value[head], tuple(rest), new) if rest else new}


@settings(max_examples=200)
@example(("current_usages", "storage"), "9" * 50)
@example(("current_usages", "storage"), 1e300)
@example(("options", "hard_quota_inodes"), "1e300")
@example(("limits", "storage"), 9.3e6)
@example(("created",), "0001-01-01T00:00:00+14:00")
@given(st.sampled_from(places(GOOD)), JSON)
def test_any_answer_is_shown_or_malformed(path: tuple[str, ...], new: Any) -> None:
    try:
        allocation = read_allocation(replaced(GOOD, path, new), RULES)
    except Malformed:
        return
    gid = kept_gid(allocation)
    item = orjson.loads(orjson.dumps(WRITER.project(allocation, gid or 1, None)))
    for key, url in item.items():
        if key.endswith("_url"):
            assert url.startswith("https://waldur.example.org/")
    parts = item["mountPoint"]["default"].split("/")
    assert not {".", ".."}.intersection(parts)
    assert not any(ord(char) < 32 for char in item["mountPoint"]["default"])
    volume = volume_record(Entry(allocation, gid, None), RULES.quotas)
    orjson.dumps(volume)
    assert volume.size_total is None or 0 <= volume.size_total <= MAX_BYTES
    assert volume.quota is None or 0 <= (volume.quota.max_objects or 0) <= MAX_BYTES
