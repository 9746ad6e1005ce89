"""What the body of a POST or PATCH asks of a volume."""

from dataclasses import dataclass
from typing import Any

from tests.simulators.ontap.body import Body
from tests.simulators.ontap.errors import OntapError, bad_value

BLOCK = 4096
_LONGEST_NAME = 203
_LONGEST_PATH = 255
# [D] Characters that a junction path must not have.
_REFUSED_IN_PATH = frozenset('*#"><|?\\')

# Kept and shown, without any effect here.
_EXTRA_TEXTS = (
    "language",
    "snapshot_policy.name",
    "tiering.policy",
    "qos.policy.name",
    "snaplock.type",
)
_EXTRA_NUMBERS = ("nas.unix_permissions", "nas.uid", "nas.gid")
_EXTRA_FLAGS = ("encryption.enabled", "space.snapshot.autodelete_enabled")


@dataclass(frozen=True)
class Changes:
    """None: not asked for. Sizes are bytes, rounded up to 4 KiB ([D])."""

    name: str | None
    state: str | None
    size: int | None
    path: str | None
    policy: str | None
    reserve: int | None
    mode: str | None
    maximum: int | None
    minimum: int | None
    grow_threshold: int | None
    shrink_threshold: int | None
    compression: str | None
    dedupe: str | None
    guarantee: str | None
    security_style: str | None
    comment: str | None
    extras: tuple[tuple[str, Any], ...]

    @classmethod
    def taken_from(cls, body: Body) -> "Changes":
        return cls(
            name=_name(body.text("name")),
            state=_choice(body, "state", "online", "offline", "restricted"),
            size=_size(body),
            path=_path(body.text("nas.path")),
            policy=body.text("nas.export_policy.name"),
            reserve=_percent(body, "space.snapshot.reserve_percent"),
            mode=_choice(body, "autosize.mode", "off", "grow", "grow_shrink"),
            maximum=rounded(body.size("autosize.maximum")),
            minimum=rounded(body.size("autosize.minimum")),
            grow_threshold=_percent(body, "autosize.grow_threshold"),
            shrink_threshold=_percent(body, "autosize.shrink_threshold"),
            compression=_efficiency(body, "efficiency.compression"),
            dedupe=_efficiency(body, "efficiency.dedupe"),
            guarantee=_choice(body, "guarantee.type", "volume", "none"),
            security_style=_choice(body, "nas.security_style", "unix", "ntfs", "mixed"),
            comment=body.text("comment"),
            extras=_extras(body),
        )

    @property
    def of_sizes(self) -> bool:
        asked = (self.size, self.reserve, self.mode, self.maximum, self.minimum)
        return any(value is not None for value in asked)

    @property
    def of_autosize(self) -> bool:
        asked = (
            self.size,
            self.mode,
            self.maximum,
            self.minimum,
            self.grow_threshold,
            self.shrink_threshold,
        )
        return any(value is not None for value in asked)


def rounded(size: int | None) -> int | None:
    return None if size is None else -(-size // BLOCK) * BLOCK


def _size(body: Body) -> int | None:
    size, other = body.size("size"), body.size("space.size")
    if size is not None and other is not None and size != other:
        raise bad_value("space.size", other)
    return rounded(other if size is None else size)


def _name(name: str | None) -> str | None:
    if name is None:
        return None
    if len(name) > _LONGEST_NAME:
        raise OntapError(917886, f"Volume name is longer than {_LONGEST_NAME}.", target="name")
    if not name or not (name[0].isascii() and (name[0].isalpha() or name[0] == "_")):
        text = "A volume name must begin with a letter or an underscore."
        raise OntapError(917887, text, target="name")
    if not all(letter.isascii() and (letter.isalnum() or letter == "_") for letter in name):
        text = "A volume name may hold letters, digits and underscores only."
        raise OntapError(917888, text, target="name")
    return name


def _path(path: str | None) -> str | None:
    """An empty path asks for an unmount."""
    if not path:
        return path
    root = path == "/"
    broken = not path.startswith("/") or path.endswith("/") or "//" in path
    if root or broken or len(path) > _LONGEST_PATH or _REFUSED_IN_PATH & set(path):
        raise OntapError(918252, f'The junction path "{path}" is invalid.', target="nas.path")
    return path


def _choice(body: Body, path: str, *known: str) -> str | None:
    value = body.text(path)
    if value is not None and value not in known:
        raise bad_value(path, value)
    return value


def _efficiency(body: Body, path: str) -> str | None:
    return _choice(body, path, "none", "inline", "background", "both")


def _percent(body: Body, path: str) -> int | None:
    value = body.integer(path)
    if value is not None and not 0 <= value <= 100:
        raise bad_value(path, value)
    return value


def _extras(body: Body) -> tuple[tuple[str, Any], ...]:
    found: list[tuple[str, Any]] = [(path, body.text(path)) for path in _EXTRA_TEXTS]
    found += [(path, body.integer(path)) for path in _EXTRA_NUMBERS]
    found += [(path, body.boolean(path)) for path in _EXTRA_FLAGS]
    return tuple((path, value) for path, value in found if value is not None)
