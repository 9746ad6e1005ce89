"""Between Waldur's units and bytes."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from waldur_site_agent.backend.exceptions import BackendError

from waldur_site_agent_storage_api.kinds.base import Limits

_MOST = 2**63
_COUNTED = {"bytes": "max_bytes", "objects": "max_objects"}


class Units:
    """``components``: as the agent gives them; only ``served`` are looked at."""

    def __init__(
        self, components: Mapping[str, Mapping[str, Any]], served: set[str], option_unit: int
    ) -> None:
        self._components = {name: components[name] for name in sorted(served)}
        self._option_unit = option_unit

    @property
    def names(self) -> list[str]:
        return list(self._components)

    def measured(self, *measures: str) -> list[str]:
        return [name for name, row in self._components.items() if row["measure"] in measures]

    @property
    def limited(self) -> list[str]:
        """Those whose limit is the quota."""
        return [
            name
            for name, row in self._components.items()
            if row.get("accounting_type") == "limit" and row["measure"] in _COUNTED
        ]

    def known(self, limits: Mapping[str, Any]) -> dict[str, Any]:
        return {name: limits[name] for name in self.limited if name in limits}

    def to_limits(self, limits: Mapping[str, Any], attributes: Mapping[str, Any]) -> Limits:
        """Out of an order's limits; without one, out of ``storage_limit`` and ``object_limit``.

        These two are what the offering's form asks for: in units of ``option_storage_unit``,
        and a number.

        Raises:
            BackendError: one of these two is given, and no number. It must not mean unlimited.
        """
        found = {
            _COUNTED[self._measure(name)]: int(value * self._factor(name))
            for name, value in self.known(limits).items()
            if value is not None
        }
        for what, option, unit in (
            ("max_bytes", "storage_limit", self._option_unit),
            ("max_objects", "object_limit", 1),
        ):
            given = attributes.get(option)
            if what not in found and given is not None and given != "":
                found[what] = int(_number(option, given) * unit)
        return Limits(**found)

    def from_limits(self, limits: Limits) -> dict[str, int]:
        """Rounded down, for back-ends round up; unlimited ones are left out."""
        found = {}
        for name in self.limited:
            value = getattr(limits, _COUNTED[self._measure(name)])
            if value is not None:
                found[name] = int(value // self._factor(name))
        return found

    def from_used(self, used: Limits) -> dict[str, float]:
        """Usage of all components that count what is there now; unknown ones are left out."""
        figures = {"bytes": used.max_bytes, "objects": used.max_objects}
        return {
            name: figure / self._factor(name)
            for name in self.measured("bytes", "objects")
            if (figure := figures[self._measure(name)]) is not None
        }

    def from_days(self, byte_days: float | None, object_days: float | None) -> dict[str, float]:
        figures = {"byte_days": byte_days, "object_days": object_days}
        return {
            name: figure / self._factor(name)
            for name in self.measured("byte_days", "object_days")
            if (figure := figures[self._measure(name)]) is not None
        }

    def _measure(self, name: str) -> str:
        measure: str = self._components[name]["measure"]
        return measure

    def _factor(self, name: str) -> float:
        return float(self._components[name].get("unit_factor") or 1)


def _number(option: str, value: Any) -> Decimal:
    """A form may send it as text."""
    try:
        found = Decimal(str(value))
        if not isinstance(value, bool) and 0 <= found <= _MOST:
            return found
    except InvalidOperation:
        pass
    raise BackendError(f"{option} is no number that can be a limit")
