"""How a user comes into being: in steps, of which a repeated request does what is missing.

croit gives every new user a key that nobody asked for. Until that key is gone and the
limits are set, the user's display name says that it is unfinished; whoever asks for the
same user again goes on from there. Nothing is undone: after a lost answer the user may be
somebody else's just as well.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from storage_api.backends.croit import limits, mapping
from storage_api.backends.croit.base import log
from storage_api.backends.croit.client import Json
from storage_api.backends.croit.keys import Keys
from storage_api.backends.croit.refusals import AMBIGUOUS, Reason, reason_of
from storage_api.backends.rgw_rules import in_whole_kib
from storage_api.backends.rows import existing
from storage_api.domain.errors import BackendError, Conflict, Invalid, StorageError
from storage_api.domain.models import Quota
from storage_api.domain.requests import UserPatch


class Making(Keys):
    """The caller of everything here holds ``_changing_user``."""

    def _begin_user(self, uid: str, email: str | None) -> bool:
        """Make the user, unfinished; ``False`` if somebody else did so at the same moment."""
        self._require_free(email, uid)
        self._require_placement(
            self._options.default_placement, self._options.default_storage_class
        )
        defaults = {
            "defaultPlacement": self._options.default_placement,
            "defaultStorageClass": self._options.default_storage_class,
        }
        known = {name: value for name, value in defaults.items() if value}
        try:
            self._croit.create_user(mapping.new_user_fields(uid, email, known))
        except AMBIGUOUS as error:
            if not self._looked(lambda: self._croit.find_user(uid) is not None, error):
                raise _about_user(error) from error
            return reason_of(error) is not Reason.EXISTS
        return True

    def _finish_user(self, uid: str, quotas: Mapping[str, Quota], settings: UserPatch) -> Json:
        """The user's row when all is done; the display name is among ``settings``."""
        with _told_as_half_made(uid):
            self._drop_unknown_keys(uid)
            self._set_quotas(uid, quotas)
            self._modify_user(uid, mapping.user_fields(settings))
            return existing(self._croit.find_user(uid))

    def _drop_unknown_keys(self, uid: str) -> None:
        """Nobody was ever told a key of a user who is still unfinished after it was listed."""
        rows = mapping.all_keys(uid, self._keys_of(uid))
        if rows and mapping.is_unfinished(existing(self._croit.find_user(uid))):
            for row in rows:
                self._croit.delete_key(uid, mapping.access_key(row))

    def _set_quotas(self, uid: str, quotas: Mapping[str, Quota]) -> None:
        for kind, quota in quotas.items():
            self._set_user_quota(uid, kind, quota)

    def _set_user_quota(self, uid: str, kind: str, quota: Quota) -> None:
        wanted = limits.user_limits(quota)

        def holds() -> bool:
            record = mapping.user_record(existing(self._croit.find_user(uid)))
            held = record.quota if kind == "quota" else record.bucket_quota
            return held == in_whole_kib(quota)

        self._sure(lambda: self._croit.set_user_quota(uid, kind, wanted), holds)

    def _modify_user(self, uid: str, wanted: dict[str, Any]) -> None:
        if not wanted:
            return

        def holds() -> bool:
            return mapping.has_fields(existing(self._croit.find_user(uid)), wanted)

        try:
            self._sure(lambda: self._croit.modify_user(uid, wanted), holds)
        except AMBIGUOUS as error:
            raise _about_user(error) from error

    def _require_free(self, email: str | None, uid: str) -> None:
        """Raises ``Conflict`` for an address that another user has."""
        owner = self._croit.find_by_address(email) if email else None
        if owner is not None and mapping.user_id(owner) != uid:
            raise Conflict("That e-mail address belongs to another user.")

    def _require_placement(self, placement: str | None, storage_class: str | None) -> None:
        """Raises ``Invalid`` for what croit does not list; without a placement it is the default.

        The gateway itself takes some unknown names, and fails when the first object comes.
        """
        if placement is None and storage_class is None:
            return
        default, known = self._croit.placements()
        classes = mapping.storage_classes(known)
        if placement is not None and placement not in classes:
            raise Invalid(f"There is no placement {placement!r}.")
        name = default if placement is None else placement
        if storage_class is not None and storage_class not in classes.get(name, set()):
            raise Invalid(f"There is no storage class {storage_class!r} in placement {name!r}.")


@contextmanager
def _told_as_half_made(uid: str) -> Iterator[None]:
    try:
        yield
    except StorageError as error:
        log.warning("half-made-user", uid=uid, reason=str(error))
        there = "The user is there, but not finished; the same request finishes it."
        error.args = (f"{error} {there}",)
        raise


def _about_user(error: BackendError) -> StorageError:
    match reason_of(error):
        case Reason.ADDRESS_IN_USE:
            return Conflict("That e-mail address belongs to another user.")
        case Reason.UNACCEPTABLE:
            return Invalid("The object store does not accept one of the user's settings.")
        case _:
            return error
