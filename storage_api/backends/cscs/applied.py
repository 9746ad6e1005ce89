"""What Waldur is told when an order's work is done, and what it will say itself by then.

Waldur replaces all of a resource's options by those that an approval brings along.
"""

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from storage_api.backends.cscs.quotas import OVERRIDES, OutOfRange, QuotaRules
from storage_api.backends.cscs.rows import Malformed
from storage_api.domain.models import Quota

Json = dict[str, Any]

_CLOSE = 1e-6


def applied_options(
    applied: Quota | None, options: Mapping[str, Any], rules: QuotaRules
) -> dict[str, Any]:
    """The options to approve with: applied numbers, and beside them the others of ``options``.

    Empty if no number is known, which leaves all as it is. Soft space is never told: it is what
    was ordered.
    """
    if applied is None:
        return {}
    numbers = rules.options(replace(applied, soft_bytes=None))
    return joined(options, numbers) if numbers else {}


def joined(options: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    """``wanted`` and those of ``options`` that it says nothing of."""
    kept = {name: value for name, value in options.items() if _survives(name, wanted)}
    return kept | dict(wanted)


def _survives(name: str, wanted: Mapping[str, Any]) -> bool:
    """Options that nobody speaks of stay; a misspelt one must not stay beside the right one."""
    return name not in OVERRIDES or name.replace("indoes", "inodes") not in wanted


def after_order(row: Json, rules: QuotaRules) -> Json:
    """The row of a resource as it will be once its open order, if that is an update, is done.

    Raises:
        Malformed: what the order asks for makes no sense.
    """
    order = row.get("order_in_progress")
    if not isinstance(order, Mapping) or order.get("type") != "Update":
        return row
    told = order.get("attributes") or {}
    if not isinstance(told, Mapping):
        raise Malformed("order_in_progress.attributes")
    after = dict(row)
    if "old_limits" in told:
        after["limits"] = order.get("limits") or row.get("limits")
        after["options"] = _without_echoes(row, told, rules)
    if told.get("new_options") is not None:
        after["options"] = told["new_options"]
    return after


def _without_echoes(row: Json, told: Mapping[str, Any], rules: QuotaRules) -> object:
    """The options without the numbers that only repeat what the old limits came to.

    Waldur keeps what we report as applied in the place of an operator's overrides. Were they
    taken for overrides, no later change of the limits would ever change anything.
    """
    options = row.get("options")
    old = told.get("old_limits") or row.get("limits")
    if not isinstance(options, Mapping) or not isinstance(old, Mapping):
        return options
    try:
        echoes = rules.options(rules.record(rules.quotas(old, {})) or Quota())
    except OutOfRange:
        raise Malformed("order_in_progress.attributes.old_limits") from None
    return {
        name: value for name, value in options.items() if not _is_close(value, echoes.get(name))
    }


def _is_close(value: object, other: float | None) -> bool:
    """Equal but for what a storage system rounds."""
    if other is None or isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return math.isclose(value, other, rel_tol=_CLOSE)
