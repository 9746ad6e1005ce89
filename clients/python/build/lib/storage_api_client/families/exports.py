"""Export policies and their rules."""

from collections.abc import Iterator
from typing import ClassVar, Unpack, cast

from storage_api_client.errors import ConfigurationError
from storage_api_client.families.family import Family
from storage_api_client.records import ExportPolicy, ExportPolicyFilters, PolicyPost


class Exports(Family):
    """``/v3/<e>/export``. Names and rules may have slashes."""

    slashes: ClassVar[bool] = True

    def _at(self, name: str, tail: str = "") -> str:
        """Raises ``ConfigurationError`` for a name whose path means a rule of another policy."""
        path = super()._at(name, tail)
        if "rule" in name.split("/")[1:]:
            raise ConfigurationError(f"the API has no path for a policy of this name: {name!r}")
        return path

    def list(self, **filters: Unpack[ExportPolicyFilters]) -> Iterator[ExportPolicy]:
        return self._caller.pages(self._path, filters)

    def get(self, name: str, /) -> ExportPolicy:
        return cast("ExportPolicy", self._caller.get(self._at(name)))

    def create(self, name: str, /, **body: Unpack[PolicyPost]) -> ExportPolicy:
        return cast("ExportPolicy", self._caller.post(self._at(name), body))

    def delete(self, name: str, /) -> None:
        self._caller.delete(self._at(name))

    def add_rule(self, name: str, rule: str) -> ExportPolicy:
        """Nothing changes if it is there."""
        return cast("ExportPolicy", self._caller.put(self._rule(name, rule)))

    def remove_rule(self, name: str, rule: str) -> None:
        """Nothing changes if it is not there."""
        self._caller.delete(self._rule(name, rule))

    def _rule(self, name: str, rule: str) -> str:
        return self._at(name, "/rule") + self._caller.name(rule, slashes=True)
