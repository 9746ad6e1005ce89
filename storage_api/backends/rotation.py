"""Ends the old key of a rotation, whose new one exists already, where answers may be lost."""

from abc import ABC, abstractmethod

import structlog

from storage_api.domain.errors import BackendError, BackendTimeout, BackendUnavailable
from storage_api.transport.context import extra_time

log = structlog.get_logger(__name__)


class Rotation(ABC):
    @abstractmethod
    def _delete_key_of(self, uid: str, access_key: str) -> None:
        """One that is gone is done."""

    @abstractmethod
    def _has_key_now(self, uid: str, access_key: str) -> bool:
        """Looked up; raises a ``BackendError`` if that tells nothing."""

    def _end_key(self, uid: str, old: str, new: str) -> None:
        """An error drops ``new`` only where ``old`` surely stays."""
        try:
            self._delete_key_of(uid, old)
        except BackendError as error:
            stays = self._stays(uid, old)
            if stays is False:
                return
            # A request without an answer may still be carried out, whatever a look shows now.
            if stays and not isinstance(error, BackendTimeout):
                self._drop_key(uid, new)
                raise
            log.warning("rotation-unfinished", uid=uid, old=old, new=new, reason=str(error))
            raise _both_may_be_valid(error, old, new) from error

    def _stays(self, uid: str, access_key: str) -> bool | None:
        try:
            with extra_time():
                return self._has_key_now(uid, access_key)
        except BackendError:
            return None

    def _drop_key(self, uid: str, access_key: str) -> None:
        try:
            with extra_time():
                self._delete_key_of(uid, access_key)
        except BackendError as error:
            log.warning("new-key-left-over", uid=uid, access_key=access_key, reason=str(error))


def _both_may_be_valid(error: BackendError, old: str, new: str) -> BackendError:
    kind = BackendTimeout if isinstance(error, BackendTimeout) else BackendUnavailable
    return kind(
        f"{error} Nobody knows whether the key {old!r} has ended, and {new!r} was made already: "
        f"both may be valid. Rotate {old!r} once more, or {new!r} if the other is gone."
    )
