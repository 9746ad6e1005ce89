"""Namespaces."""

from collections.abc import Iterator
from typing import Unpack, cast

from storage_api_client.families.family import Holders
from storage_api_client.records import (
    Namespace,
    NamespaceCreate,
    NamespaceFilters,
    NamespacePatch,
)


class Namespaces(Holders):
    """``/v3/<e>/namespaces``."""

    def list(self, **filters: Unpack[NamespaceFilters]) -> Iterator[Namespace]:
        return self._caller.pages(self._path, filters)

    def get(self, name: str, /) -> Namespace:
        return cast("Namespace", self._caller.get(self._at(name)))

    def create(self, name: str, /, **body: Unpack[NamespaceCreate]) -> Namespace:
        """Make it, or find it just so."""
        return cast("Namespace", self._caller.post(self._at(name), body, repeatable=True))

    def update(self, name: str, /, **body: Unpack[NamespacePatch]) -> Namespace:
        return cast("Namespace", self._caller.patch(self._at(name), body))

    def delete(self, name: str, /) -> None:
        self._caller.delete(self._at(name))
