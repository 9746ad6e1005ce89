"""How ONTAP's snapshots become ours, and which of them may go."""

from datetime import UTC, datetime
from typing import Any

import pytest

from storage_api.backends.netapp import mapping_snapshots as mapping


def row(name: str, created: str | None = None, **more: Any) -> dict[str, Any]:
    return {"name": name, **({"create_time": created} if created else {}), **more}


@pytest.mark.parametrize(
    ("size", "kbytes"), [(0, 0), (1, 1), (1024, 1), (1025, 2), (61440, 60), (None, None)]
)
def test_sizes_are_rounded_up_to_kib_and_unknown_stays_so(
    size: int | None, kbytes: int | None
) -> None:
    found = mapping.snapshot_record(row("s") if size is None else row("s", size=size))
    assert found.size_kbytes == kbytes


@pytest.mark.parametrize(
    "text", ["2026-11-21T05:05:06+01:00", "2026-11-21T04:05:06.000+0000", "2026-11-21T04:05:06Z"]
)
def test_times_keep_their_offset(text: str) -> None:
    found = mapping.snapshot_record(row("s", text))
    assert found.creation_time == datetime(2026, 11, 21, 4, 5, 6, tzinfo=UTC)


def test_age_is_compared_across_offsets_and_ties_stay_as_they_are() -> None:
    rows = [
        row("c", "2026-11-21T05:00:00+01:00"),
        row("unknown"),
        row("b", "2026-11-21T04:00:00+00:00"),
        row("a", "2026-11-21T03:30:00-01:00"),
    ]
    assert [found["name"] for found in mapping.oldest_first(rows)] == ["c", "b", "a", "unknown"]


@pytest.mark.parametrize(
    ("found", "may_go"),
    [
        (row("s"), True),
        (row("s", owners=[]), True),
        (row("s", owners=["volume_clone_dependent"]), True),
        (row("s", owners=["volume_clone"]), False),
        (row("s", owners=["snapmirror", "x_dependent"]), False),
        (row("snapmirror.d5f4_2147484.2026-11-21_040506"), False),
        (row("vserverdr.0.d5f4.2026-11-21_040506"), False),
    ],
    ids=lambda value: str(value.get("owners", value["name"])) if isinstance(value, dict) else "",
)
def test_what_something_needs_is_never_purged(found: dict[str, Any], may_go: bool) -> None:
    assert bool(mapping.purgeable([found])) is may_go
