"""Limits and overrides of Waldur turned into the four quotas that CSCS' clients know."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from typing import Any, NamedTuple

from storage_api.domain.models import Quota
from storage_api.domain.units import MAX_BYTES

Json = Mapping[str, Any]

#: Under which names an operator may override each number; the first that is given counts.
#: The second spelling is the one that the proxies before us asked for.
_SOFT_SPACE = ("soft_quota_space",)
_HARD_SPACE = ("hard_quota_space",)
_SOFT_INODES = ("soft_quota_inodes", "soft_quota_indoes")
_HARD_INODES = ("hard_quota_inodes", "hard_quota_indoes")
OVERRIDES = frozenset({*_SOFT_SPACE, *_HARD_SPACE, *_SOFT_INODES, *_HARD_INODES})


class OutOfRange(ValueError):
    """A limit that no storage system could hold."""


class Quotas(NamedTuple):
    """Space in TB, inodes in numbers."""

    space_soft: float
    space_hard: float
    inodes_soft: int
    inodes_hard: int

    def document(self) -> list[dict[str, Any]]:
        """As the CSCS document lists them: in this order, all numbers with a point."""
        return [
            _entry("space", self.space_soft, "tera", "soft"),
            _entry("space", self.space_hard, "tera", "hard"),
            _entry("inodes", float(self.inodes_soft), "none", "soft"),
            _entry("inodes", float(self.inodes_hard), "none", "hard"),
        ]


@dataclass(frozen=True)
class QuotaRules:
    """How inodes follow from space, and what a TB is."""

    soft_coefficient: float
    hard_coefficient: float
    multiplier: float
    tb_bytes: int

    def quotas(self, limits: Json, options: Json) -> Quotas | None:
        """``None`` where there is neither a limit nor an override of space.

        What is no number counts as not given. Overrides of space leave the inodes alone.

        Raises:
            OutOfRange: a number is larger than any storage system takes.
        """
        space = number(limits.get("storage")) or 0.0
        soft = _override(options, _SOFT_SPACE, space)
        hard = _override(options, _HARD_SPACE, space)
        inodes = space * self.multiplier
        soft_inodes = _override(options, _SOFT_INODES, inodes * self.soft_coefficient)
        hard_inodes = _override(options, _HARD_INODES, inodes * self.hard_coefficient)
        if max(soft, hard) * self.tb_bytes > MAX_BYTES or max(soft_inodes, hard_inodes) > MAX_BYTES:
            raise OutOfRange("a quota is larger than any storage system takes")
        if soft <= 0 and hard <= 0:
            return None
        return Quotas(soft, hard, int(soft_inodes), int(hard_inodes))

    def record(self, quotas: Quotas | None) -> Quota | None:
        """In our own terms: bytes, and inodes as objects."""
        if quotas is None:
            return None
        return Quota(
            max_bytes=self.in_bytes(quotas.space_hard),
            max_objects=quotas.inodes_hard,
            soft_bytes=self.in_bytes(quotas.space_soft),
            soft_objects=quotas.inodes_soft,
        )

    def in_bytes(self, space: float) -> int:
        """Exact for what people write (33.333 TB), rounded up to a whole byte."""
        exact = Decimal(repr(space)) * self.tb_bytes
        return int(exact.to_integral_value(rounding=ROUND_CEILING))

    def options(self, quota: Quota) -> dict[str, float | int]:
        """What ``quota`` says, as the options with which Waldur keeps applied numbers."""
        told: dict[str, float | int | None] = {
            "soft_quota_space": self._in_tb(quota.soft_bytes),
            "hard_quota_space": self._in_tb(quota.max_bytes),
            "soft_quota_inodes": quota.soft_objects,
            "hard_quota_inodes": quota.max_objects,
        }
        return {name: value for name, value in told.items() if value is not None}

    def _in_tb(self, size: int | None) -> float | None:
        return None if size is None else float(Decimal(size) / self.tb_bytes)


def number(value: object) -> float | None:
    """``value``, or the text of a number, unless it is negative, endless or no number."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) and found >= 0 else None


def _override(options: Json, names: tuple[str, ...], default: float) -> float:
    for name in names:
        found = number(options.get(name))
        if found is not None:
            return found
    return default


def _entry(kind: str, quota: float, unit: str, enforcement: str) -> dict[str, Any]:
    return {"type": kind, "quota": quota, "unit": unit, "enforcementType": enforcement}
