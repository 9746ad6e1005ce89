"""What the families share: where they are, and how holders' quotas and usage are reached."""

from typing import ClassVar, Unpack, cast

from storage_api_client.caller import Caller
from storage_api_client.records import Quota, Usage


class Family:
    """Things of one kind, below one path."""

    #: Whether names of this kind may have slashes.
    slashes: ClassVar[bool] = False

    def __init__(self, caller: Caller, path: str) -> None:
        self._caller = caller
        self._path = path

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._path}>"

    def _at(self, name: str, tail: str = "") -> str:
        """The path of one of them, or of something below it."""
        return self._path + self._caller.name(name, slashes=self.slashes) + tail


class Holders(Family):
    """Things that have a quota and usage, where the back-end offers that."""

    def quota(self, name: str, /) -> Quota:
        """The quota; ``None`` is unlimited, 0 that nothing may be written."""
        return cast("Quota", self._caller.get(self._at(name, "/quota")))

    def set_quota(self, name: str, /, **quota: Unpack[Quota]) -> Quota:
        """Replace the whole quota: what is not given becomes unlimited.

        Answers what the back-end then says, rounding included.
        """
        return cast("Quota", self._caller.put(self._at(name, "/quota"), quota))

    def delete_quota(self, name: str, /) -> None:
        """Everything is unlimited then."""
        self._caller.delete(self._at(name, "/quota"))

    def usage(self, name: str, /) -> Usage:
        """What is stored now."""
        return cast("Usage", self._caller.get(self._at(name, "/usage")))
