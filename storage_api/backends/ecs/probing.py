"""Whether the cluster answers, and our accounts may do their work."""

from storage_api.backends.ecs.base import EcsBase
from storage_api.backends.ecs.reading import texts
from storage_api.backends.ecs.wire import Json
from storage_api.domain.errors import BackendRefused

_ADMIN = "SYSTEM_ADMIN"
_READERS = frozenset({_ADMIN, "SYSTEM_MONITOR"})


class Probing(EcsBase):
    def probe(self) -> None:
        """ECS tells the roles of the account whose token it is asked with.

        Raises:
            BackendRefused: an account is refused, or lacks its role.
        """
        admin, *monitors = self._ecs.accounts()
        if _ADMIN not in _roles(admin):
            raise BackendRefused(
                f"{self._name} accepts our account (option username), but it lacks the role "
                f"{_ADMIN}."
            )
        if any(not _READERS & _roles(monitor) for monitor in monitors):
            raise BackendRefused(
                f"{self._name} accepts our account (option monitor_username), but it lacks the "
                "role SYSTEM_MONITOR."
            )


def _roles(account: Json) -> set[str]:
    """Spelled ``roles`` or, since 4.x, ``role``."""
    return {*texts(account.get("roles")), *texts(account.get("role"))}
