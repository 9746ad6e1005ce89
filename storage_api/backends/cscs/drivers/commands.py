"""The operator's own commands for quotas: argument lists, never a shell."""

import re
import shlex
import subprocess
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from string import Formatter

from storage_api.backends.cscs.drivers.base import ItemRefused
from storage_api.domain.errors import BackendMisbehaved, BackendTimeout, BackendUnavailable
from storage_api.domain.models import Quota
from storage_api.domain.units import KIB, ceil_div

_SECONDS = 60.0
#: Nothing of our own environment, which holds credentials.
_ENVIRONMENT = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "LC_ALL": "C",
}
_BYTES = {"soft": ("soft_bytes", "soft_kib"), "hard": ("hard_bytes", "hard_kib")}
_INODES = {"soft": "soft_inodes", "hard": "hard_inodes"}
#: What a command may be told of a directory, and what of its limits.
ABOUT = frozenset({"path", "gid", "project_id"})
LIMITS = frozenset(
    {"soft_bytes", "hard_bytes", "soft_kib", "hard_kib", "soft_inodes", "hard_inodes"}
)
_USAGE = re.compile(r"\s*(\d{1,20})\s+(\d{1,20})\s*")


class Template:
    """A command with placeholders such as ``lfs setquota -p {project_id} -B {hard_kib} {path}``.

    It is split into arguments before anything is filled in, so no value can become two.
    """

    def __init__(self, text: str, known: AbstractSet[str]) -> None:
        """Raise ``ValueError`` in words for what is no command."""
        try:
            self._parts = shlex.split(text)
            found = {name for part in self._parts for _, name, _, _ in Formatter().parse(part)}
        except ValueError:
            raise ValueError("is no command with {placeholders}") from None
        self.names = frozenset(name for name in found if name is not None)
        if not self._parts:
            raise ValueError("is empty")
        if unknown := self.names - known:
            raise ValueError(
                f"has an unknown placeholder {min(unknown)!r} (known: {', '.join(sorted(known))})"
            )

    def run(self, values: Mapping[str, str | int]) -> str:
        """What the command printed.

        Raises:
            ItemRefused: it failed; the text ends with its last line.
            BackendTimeout: it took longer than a minute.
            BackendUnavailable: there is no such program.
        """
        command = [part.format_map(values) for part in self._parts]
        name = command[0].rpartition("/")[2]
        try:
            done = subprocess.run(  # noqa: S603  # the operator's own, and no shell
                command,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=_SECONDS,
                check=False,
                cwd="/",
                env=_ENVIRONMENT,
            )
        except subprocess.TimeoutExpired:
            raise BackendTimeout(f"The command {name} took longer than {_SECONDS:g} s.") from None
        except OSError as error:
            raise BackendUnavailable(f"The command {name} cannot be run.") from error
        if done.returncode:
            raise ItemRefused(
                f"The command {name} failed ({done.returncode}): {_last_line(done.stderr)}"
            )
        return done.stdout.decode("utf-8", "replace")


@dataclass(frozen=True)
class QuotaCommands:
    """``limit`` are run one after the other; ``usage`` prints bytes and inodes in use."""

    limit: Sequence[Template] = ()
    usage: Template | None = None

    def apply(self, about: Mapping[str, str | int], quota: Quota | None) -> Quota | None:
        """Put ``quota`` in force, and tell which of its limits the commands could take."""
        values = {**about, **_values(quota or Quota())}
        for template in self.limit:
            template.run(values)
        return self.taken(quota)

    def taken(self, quota: Quota | None) -> Quota | None:
        """Of ``quota`` what the commands can put in force; ``None`` without commands."""
        if not self.limit:
            return None
        wanted = quota or Quota()
        return Quota(
            max_bytes=self._taken(wanted.max_bytes, "hard"),
            soft_bytes=self._taken(wanted.soft_bytes, "soft"),
            max_objects=wanted.max_objects if self._takes(_INODES["hard"]) else None,
            soft_objects=wanted.soft_objects if self._takes(_INODES["soft"]) else None,
        )

    def in_use(self, about: Mapping[str, str | int]) -> tuple[int, int] | None:
        """Bytes and inodes as the usage command tells them; ``None`` without one."""
        if self.usage is None:
            return None
        found = _USAGE.fullmatch(self.usage.run(about))
        if found is None:
            raise BackendMisbehaved("The usage command did not print two numbers.")
        return int(found[1]), int(found[2])

    def _takes(self, name: str) -> bool:
        return any(name in template.names for template in self.limit)

    def _taken(self, size: int | None, kind: str) -> int | None:
        exact, rounded = _BYTES[kind]
        if size is None or self._takes(exact):
            return size
        return ceil_div(size, KIB) * KIB if self._takes(rounded) else None


def _values(quota: Quota) -> dict[str, int]:
    """Every limit as a number; 0 is what file systems call unlimited."""
    soft, hard = quota.soft_bytes or 0, quota.max_bytes or 0
    return {
        "soft_bytes": soft,
        "hard_bytes": hard,
        "soft_kib": ceil_div(soft, KIB),
        "hard_kib": ceil_div(hard, KIB),
        "soft_inodes": quota.soft_objects or 0,
        "hard_inodes": quota.max_objects or 0,
    }


def _last_line(output: bytes) -> str:
    lines = output.decode("utf-8", "replace").strip().splitlines() or ["it said nothing"]
    return "".join(char if char.isprintable() else " " for char in lines[-1])[:200]
