"""Access keys: two for each account, minted here and told to Waldur."""

from __future__ import annotations

from waldur_site_agent.backend.exceptions import BackendError

from storage_api_client import NotFound
from waldur_site_agent_storage_api.errors import translated
from waldur_site_agent_storage_api.kinds.base import Kind, Record
from waldur_site_agent_storage_api.kinds.user import UserKind
from waldur_site_agent_storage_api.objects import Made, Objects

Key = dict[str, str]
#: As many as the agent asks for where Waldur has none.
_ALL = 2


class KeyHooks:
    """The agent calls these only where ``supports_resource_api_keys`` is set."""

    kind: Kind
    objects: Objects
    #: By account; until they are told.
    _first: dict[str, Key]

    def remember_keys(self, made: Made) -> None:
        """An account comes with a key, which is told once: it becomes the first of the two."""
        connection = made.record.get("connection") or {}
        if connection.get("secret_key"):
            key = {"client_id": connection["access_key"], "api_key": connection["secret_key"]}
            self._first[made.name] = key

    def generate_resource_keys(self, resource_backend_id: str, count: int) -> list[Key]:
        """``count`` more, for Waldur has the rest.

        Where Waldur has none, an earlier attempt's keys go: nobody knows their secrets.
        """
        users, name = self._users, resource_backend_id
        with translated():
            self.objects.need_own(name)
            first = self._first.pop(name, None)
            if count >= _ALL:
                for key_id in users.key_ids(name):
                    if first is None or key_id != first["client_id"]:
                        users.delete_key(name, key_id)
            elif count < 1 and first is not None:
                users.delete_key(name, first["client_id"])
            keys = [first] if first is not None and count > 0 else []
            while len(keys) < count:
                keys.append(_told(users.new_key(name)))
        return keys

    def rotate_resource_key(
        self, client_id: str, resource_backend_id: str, known_client_ids: list[str] | None = None
    ) -> Key:
        """The new key; the old one has ended.

        Where the old one is gone already, an earlier rotation's answer was lost: its key, which
        Waldur never learned of, is rotated, or else a new one is made.
        """
        users = self._users
        with translated():
            self.objects.need_own(resource_backend_id)
            try:
                return _told(users.rotate_key(resource_backend_id, client_id))
            except NotFound:
                if users.find(resource_backend_id) is None:
                    raise
            known = set(known_client_ids or ())
            lost = [key for key in users.key_ids(resource_backend_id) if key not in known]
            if known and lost:
                return _told(users.rotate_key(resource_backend_id, lost[0]))
            return _told(users.new_key(resource_backend_id))

    def prune_unknown_resource_keys(self, resource_backend_id: str, keep: list[str]) -> None:
        users = self._users
        first = self._first.get(resource_backend_id, {}).get("client_id")
        with translated():
            self.objects.need_own(resource_backend_id)
            for key_id in users.key_ids(resource_backend_id):
                if key_id not in keep and key_id != first:
                    users.delete_key(resource_backend_id, key_id)

    @property
    def _users(self) -> UserKind:
        if not isinstance(self.kind, UserKind):
            raise BackendError(f"{self.kind.family} have no keys")
        return self.kind


def _told(key: Record) -> Key:
    return {"client_id": key.get("id") or key["access_key"], "api_key": key["secret_key"]}
