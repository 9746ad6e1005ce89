"""Sizes, autosize and efficiency of a volume after a change, or why the change is refused."""

from dataclasses import replace
from math import ceil

from tests.simulators.ontap.changes import BLOCK, Changes, rounded
from tests.simulators.ontap.errors import OntapError
from tests.simulators.ontap.records import Autosize, Volume
from tests.simulators.ontap.world import World

SMALLEST = 20 << 20
_LARGEST_RESERVE_ON_CREATE = 90


def default_maximum(size: int) -> int:
    """[C] 1.2 times the rounded size, also with autosize off."""
    return ceil(size * 6 / 5 / BLOCK) * BLOCK


def default_minimum(size: int) -> int:
    # [I] what the default is; half keeps it below every maximum.
    return rounded(size // 2) or 0


def check_size(size: int) -> None:
    if size < SMALLEST:
        text = f"The size is below the minimum of {SMALLEST >> 20} MB."
        raise OntapError(917534, text, target="size")


def check_reserve(changes: Changes) -> None:
    """On creation only: a PATCH may go further ([D])."""
    if changes.reserve is not None and changes.reserve > _LARGEST_RESERVE_ON_CREATE:
        text = f"The snapshot reserve must not exceed {_LARGEST_RESERVE_ON_CREATE} %."
        raise OntapError(917835, text, target="space.snapshot.reserve_percent")


def autosize(before: Autosize, size: int, changes: Changes, largest: int) -> Autosize:
    """[C] With autosize off the maximum follows a growing size; [I] with it on it does not."""
    if not changes.of_autosize:
        return before
    after = Autosize(
        mode=changes.mode or before.mode,
        maximum=before.maximum if changes.maximum is None else changes.maximum,
        minimum=before.minimum if changes.minimum is None else changes.minimum,
        grow_threshold=changes.grow_threshold or before.grow_threshold,
        shrink_threshold=changes.shrink_threshold or before.shrink_threshold,
    )
    if changes.maximum is None and after.mode == "off" and size > after.maximum:
        after = replace(after, maximum=default_maximum(size))
    if changes.minimum is None and (size < after.minimum or after.minimum >= after.maximum):
        after = replace(after, minimum=default_minimum(size))
    _check_autosize(after, size, largest, asked_minimum=changes.minimum is not None)
    return after


def _check_autosize(after: Autosize, size: int, largest: int, *, asked_minimum: bool) -> None:
    # [I] which of the four codes of sizes against limits means which.
    refusals = [
        (after.minimum >= after.maximum, 917831, "minimum", "not below the maximum"),
        (after.maximum < size, 918521, "maximum", "below the size"),
        (after.minimum > size, 918524, "minimum", "above the size"),
        (after.maximum > largest, 918639, "maximum", "above the largest volume's size"),
        (asked_minimum and after.minimum < SMALLEST, 918647, "minimum", "too small"),
        (
            after.shrink_threshold >= after.grow_threshold,
            917829,
            "shrink_threshold",
            "not below the grow threshold",
        ),
    ]
    for refused, code, field, reason in refusals:
        if refused:
            raise OntapError(code, f"The autosize {field} is {reason}.", target=f"autosize.{field}")


def efficiency(world: World, before: Volume, changes: Changes) -> tuple[str | None, str | None]:
    """Compression and deduplication afterwards."""
    compression = changes.compression or before.compression
    dedupe = changes.dedupe or before.dedupe
    platform = world.settings.platform
    if platform == "hdd" and changes.compression not in {None, "none"} and dedupe == "none":
        raise OntapError(6881332, "The operation is not enabled on the volume.")
    if platform == "aff" and "none" in {changes.compression, changes.dedupe}:
        raise OntapError(6881654, "Efficiency cannot be disabled on this platform.")
    return compression, dedupe


def check_space(world: World, volume: Volume, needed: int) -> None:
    """Raises: OntapError: an aggregate of ``volume`` has fewer than its part of ``needed``."""
    if needed <= 0:
        return
    used = world.used_bytes()
    for ref in volume.aggregates:
        available = world.available(world.aggregates[ref.name], used)
        if needed // len(volume.aggregates) > available:
            # [I] the code; clients must read the text.
            raise OntapError(
                917536,
                f'Request failed because there is not enough space in aggregate "{ref.name}": '
                f"{available} bytes are available.",
            )
