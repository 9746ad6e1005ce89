"""The three roles. They are distinct: ADMIN does not contain USER."""

from enum import StrEnum


class Role(StrEnum):
    USER = "USER"
    ADMIN = "ADMIN"
    UBER_ADMIN = "UBER_ADMIN"


class RoleTable:
    """Which groups give which role."""

    def __init__(self, groups: dict[Role, tuple[str, ...]]) -> None:
        self._groups = groups

    @property
    def everybody_is_user(self) -> bool:
        """Without groups for USER everybody is one, signed on or not."""
        return not self._groups[Role.USER]

    def groups(self, role: Role) -> list[str]:
        return list(self._groups[role])

    def roles_of(self, groups: frozenset[str]) -> frozenset[Role]:
        """The roles of somebody in ``groups``; a role without groups is given to nobody."""
        roles = {role for role, wanted in self._groups.items() if groups.intersection(wanted)}
        return frozenset(roles | ({Role.USER} if self.everybody_is_user else set()))
