"""Whether the filer answers, knows our SVM, is new enough, and lets our account do its work."""

import re

from storage_api.backends.netapp.base import VOLUMES, NetappBase
from storage_api.backends.netapp.refusals import code_of
from storage_api.domain.errors import BackendMisbehaved, BackendRefused, NotFound

_OLDEST = (9, 12, 1)
_FORBIDDEN = frozenset({"6", "6691623"})
#: What the role of an account of the SVM must hold, as far as reading can tell.
_NEEDED = (VOLUMES, "protocols/nfs/export-policies", "protocols/locks", "cluster/jobs")


class Probing(NetappBase):
    _proven = False

    def probe(self) -> None:
        """One read proves credential and SVM; until all is well, more say what is wrong.

        Raises:
            BackendRefused: the account or the SVM is wrong, or the account's role lacks something.
            BackendMisbehaved: the filer's release is too old.
        """
        self._check_svm()
        if not self._proven:
            self._check_version()
            self._check_role()
            self._proven = True

    def _check_version(self) -> None:
        version = self._version()
        if version is not None and version < _OLDEST:
            raise BackendMisbehaved(
                f"{self._name} runs ONTAP {'.'.join(map(str, version))}; "
                f"at least {'.'.join(map(str, _OLDEST))} is needed."
            )

    def _version(self) -> tuple[int, ...] | None:
        """``None`` if nobody says: an account of an SVM may not ask."""
        if self._options.version is not None:
            return tuple(int(part) for part in re.findall(r"\d+", self._options.version))
        try:
            told = self._ontap.get("cluster", {"fields": "version"}).get("version")
        except BackendRefused as error:
            if code_of(error) not in _FORBIDDEN:
                raise
            return None
        if not isinstance(told, dict):
            return None
        parts = [told.get(part) for part in ("generation", "major", "minor")]
        return tuple(part for part in parts if isinstance(part, int)) or None

    def _check_role(self) -> None:
        lacking = [path for path in _NEEDED if not self._may_read(path)]
        if lacking:
            paths = ", ".join(f"/api/{path}" for path in lacking)
            raise BackendRefused(
                f"{self._name} accepts our account, but its role does not reach {paths}."
            )

    def _may_read(self, path: str) -> bool:
        scope = {} if path == "cluster/jobs" else self._svm()
        try:
            self._ontap.get(path, {**scope, "return_records": "false", "max_records": 1})
        except (BackendRefused, NotFound) as error:
            if code_of(error) not in _FORBIDDEN:
                raise
            return False
        return True
