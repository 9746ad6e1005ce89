"""Object users. What ECS's own user has no field for is kept in tags of the user."""

from collections.abc import Mapping

from storage_api.backends.ecs import mapping_users as mapping
from storage_api.backends.ecs.errors import AMBIGUOUS, is_absent, is_refused
from storage_api.backends.ecs.key_making import log
from storage_api.backends.ecs.keys import Keys
from storage_api.backends.ecs.making import Made
from storage_api.backends.ecs.reading import text
from storage_api.backends.ecs.wire import Json
from storage_api.domain.errors import (
    AlreadyExists,
    BackendError,
    BackendMisbehaved,
    Conflict,
    NotFound,
    StorageError,
)
from storage_api.domain.models import Ref, User
from storage_api.domain.requests import UserCreate, UserPatch

_USERS = ("object", "users")
_NAMED_BUCKETS = 10


class Users(Keys):
    def list_users(self, namespace: str | None) -> list[User]:
        name = self._namespace(namespace)
        found = self._ecs.listed((*_USERS, name), "blobuser")
        if not found:
            self._existing_namespace(name)
        return sorted(map(mapping.listed_user, found), key=lambda user: user.name)

    def get_user(self, user: Ref) -> User:
        namespace = self._namespace(user.namespace)
        found = self._existing_user(namespace, user.name)
        return mapping.user_record(found, self._keys_of(namespace, user.name))

    def create_user(self, user: Ref, fields: UserCreate) -> tuple[User, bool]:
        mapping.refuse_foreign(fields)
        namespace = self._namespace(user.namespace)
        with self._changing_namespace(namespace), self._changing_user(namespace, user.name):
            self._existing_namespace(namespace)
            made = Made.BY_ANOTHER
            if self._find_user(namespace, user.name) is None:
                made = self._make_user(namespace, user.name, mapping.tags_of(fields))
            if made is Made.BY_ANOTHER:
                return self._matching_user(namespace, user.name, fields), False
            return self._finished_user(namespace, user.name, fields, made), True

    def _make_user(self, namespace: str, uid: str, tags: Mapping[str, str]) -> Made:
        body: Json = {"user": uid, "namespace": namespace}
        if tags:
            body["tags"] = [{"name": name, "value": value} for name, value in tags.items()]
        try:
            self._ecs.post(_USERS, body)
        except AMBIGUOUS as error:
            if self._after(error, lambda: self._find_user(namespace, uid)) is None:
                raise
            return Made.PERHAPS
        except StorageError as error:
            # Which code a name in use gives is not known, so a look decides.
            if not is_refused(error) or isinstance(error, BackendError):
                raise
            if self._find_user(namespace, uid) is not None:
                return Made.BY_ANOTHER
            if isinstance(error, AlreadyExists):
                raise AlreadyExists(
                    f"The user name {uid!r} is in use in another namespace of this cluster."
                ) from error
            raise
        return Made.SURELY

    def _finished_user(self, namespace: str, uid: str, fields: UserCreate, made: Made) -> User:
        """The new user, locked if asked for; taken back if that cannot be."""
        try:
            row = self._appeared(lambda: self._find_user(namespace, uid))
            if fields.get("suspended"):
                self._set_lock(namespace, uid, locked=True)
                row = self._existing_user(namespace, uid)
            found = mapping.user_record(row, [])
            if mapping.differing(found, fields):
                raise BackendMisbehaved(f"{self._name} did not keep the user's settings.")
        except StorageError as error:
            error.args = (f"{error} {self._user_taken_back(namespace, uid, made)}",)
            raise
        return found

    def _user_taken_back(self, namespace: str, uid: str, made: Made) -> str:
        """Remove a user whom this request made a moment ago, without keys and buckets."""
        if made is not Made.SURELY:
            return "The user is there, perhaps without these settings."
        try:
            with self._extra_time():
                self._deactivate(namespace, uid)
        except StorageError as error:
            log.warning("half-made-user", uid=uid, namespace=namespace, reason=str(error))
            return "The user is there, perhaps without these settings."
        return "The user was removed again."

    def _matching_user(self, namespace: str, uid: str, fields: UserCreate) -> User:
        found = self.get_user(Ref(namespace, uid))
        if differing := mapping.differing(found, fields):
            raise AlreadyExists(f"User {uid!r} exists with another {', '.join(differing)}.")
        return found

    def update_user(self, user: Ref, changes: UserPatch) -> User:
        mapping.refuse_foreign(changes)
        namespace = self._namespace(user.namespace)
        with self._changing_user(namespace, user.name):
            found = self._existing_user(namespace, user.name)
            if "display_name" in changes:
                self._set_tag(namespace, found, mapping.DISPLAY_NAME, changes["display_name"])
            if changes.get("suspended", mapping.is_locked(found)) != mapping.is_locked(found):
                self._set_lock(namespace, user.name, locked=changes["suspended"])
            changed = self.get_user(Ref(namespace, user.name))
        if missed := mapping.differing(changed, changes):
            raise BackendMisbehaved(f"{self._name} accepted, but does not show {missed[0]}.")
        return changed

    def _set_tag(self, namespace: str, user: Json, name: str, value: str) -> None:
        """A tag that exists is rewritten by another verb than the one that adds."""
        tags = mapping.user_tags(user)
        if tags.get(name) == value:
            return
        path = (*_USERS, mapping.user_name(user), "tags")
        body: Json = {"namespace": namespace, "tags": [{"name": name, "value": value}]}
        query = {"namespace": namespace}
        if name in tags:
            self._ecs.put(path, body, query)
        else:
            self._ecs.post(path, body, query, repeatable=True)

    def _set_lock(self, namespace: str, uid: str, *, locked: bool) -> None:
        body: Json = {"user": uid, "namespace": namespace, "isLocked": locked}
        self._ecs.put((*_USERS, "lock"), body)

    def delete_user(self, user: Ref) -> None:
        namespace = self._namespace(user.namespace)
        with self._changing_user(namespace, user.name):
            if self._find_user(namespace, user.name) is None:
                return
            owned = self._owned(namespace, user.name)
            if owned:
                more = "" if len(owned) <= _NAMED_BUCKETS else ", …"
                raise Conflict(
                    f"User {user.name!r} still owns {len(owned)} bucket(s): "
                    f"{', '.join(owned[:_NAMED_BUCKETS])}{more}."
                )
            self._deactivate(namespace, user.name)

    def _owned(self, namespace: str, uid: str) -> list[str]:
        """The names of the user's buckets, which would stay with an owner who is no more."""
        found = self._ecs.listed(("object", "bucket"), "object_bucket", {"namespace": namespace})
        return sorted(str(row.get("name")) for row in found if text(row.get("owner")) == uid)

    def _deactivate(self, namespace: str, uid: str) -> None:
        try:
            self._ecs.post((*_USERS, "deactivate"), {"user": uid, "namespace": namespace})
            self._vanished(lambda: self._find_user(namespace, uid))
        except NotFound as error:
            if not is_absent(error):
                raise
        except AMBIGUOUS as error:
            if self._after(error, lambda: self._find_user(namespace, uid)) is not None:
                raise
