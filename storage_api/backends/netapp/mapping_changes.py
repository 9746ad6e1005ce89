"""What ONTAP must be sent for what a caller asks for. Pure functions.

``size_total`` is what users can fill, ONTAP's ``space.afs_total``. ONTAP is told the
provisioned ``size``, which holds the snapshot reserve too, and rounds it up to 4 KiB.
"""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from storage_api.backends.netapp.base import VOLUME_NAME, is_path, path_of
from storage_api.backends.netapp.mapping import Row, checked
from storage_api.domain.errors import Conflict, Invalid
from storage_api.domain.requests import VolumeCreate, VolumePatch
from storage_api.domain.units import MAX_BYTES, ceil_div

#: Of a volume that is to be changed: what the change depends on.
FIELDS = (
    "space.afs_total,space.size,space.snapshot.reserve_percent,autosize.mode,autosize.maximum,"
    "efficiency.compression"
)
_STEP = 4096
_WHOLE = 100
_CACHING_POLICY = re.compile(r"[A-Za-z0-9_-]{1,64}")


class Place(NamedTuple):
    """How a new volume is called, and where it is mounted."""

    name: str
    path: str


def place_of(name: str, fields: VolumeCreate) -> Place:
    """From ``name`` and the body's junction path, or from ``node:/path`` and the body's name.

    Raises:
        Invalid: one of the two is missing, or ONTAP does not take it.
    """
    mounted = path_of(name)
    wanted = fields.get("junction_path")
    if mounted is None:
        place = Place(own_name(name, fields), wanted or "")
    elif wanted not in {None, mounted}:
        raise Invalid("'junction_path' and the path in the volume's name differ.")
    else:
        place = Place(fields.get("name", ""), mounted)
    if not (place.name and place.path):
        raise Invalid(
            "A new volume needs a name and a junction path: "
            "either its name in the URL and 'junction_path', or node:/path in the URL and 'name'."
        )
    check_name(place.name)
    if not is_path(place.path):
        raise Invalid("A junction path begins with / and holds no empty part, no .. and no / last.")
    return place


def own_name(name: str, fields: VolumeCreate) -> str:
    """``name``, which is in the URL; the body may repeat it, but not have another one."""
    if fields.get("name", name) != name:
        raise Invalid("'name' and the volume's name in the URL differ.")
    return name


def check_name(name: str) -> None:
    """Raises ``Invalid`` for what ONTAP does not take as a volume's name."""
    if not VOLUME_NAME.fullmatch(name):
        raise Invalid(
            f"ONTAP cannot call a volume {name[:64]!r}: a name begins with a letter or an "
            "underscore and holds only these and digits, 203 at most."
        )


def creation_body(place: Place, svm: str, fields: VolumeCreate, mark: str) -> Row:
    """The whole volume in one request, without its aggregate; ``mark`` tells it from others'.

    Raises:
        Invalid: a key is missing, or the keys contradict each other.
    """
    if "size_total" not in fields:
        raise Invalid("A new volume needs 'size_total'.")
    reserve = fields.get("percentage_snapshot_reserve", 0)
    size = provisioned(fields["size_total"], reserve)
    nas: Row = {"path": place.path}
    if "active_policy_name" in fields:
        nas["export_policy"] = {"name": fields["active_policy_name"]}
    background = fields.get("compression_enabled", True)
    return {
        "name": place.name,
        "svm": {"name": svm},
        "style": "flexvol",
        "comment": mark,
        "size": size,
        "nas": nas,
        "space": {"snapshot": {"reserve_percent": reserve}},
        "autosize": _new_autosize(size, fields),
        "efficiency": {
            "compression": _compression(
                background=background, inline=fields.get("inline_compression", background)
            )
        },
    }


def _new_autosize(size: int, fields: VolumeCreate) -> Row:
    wanted = fields.get("max_autosize")
    maximum = None if wanted is None else _rounded(wanted)
    if not fields.get("autosize_enabled", True):
        return {"mode": "off"} if maximum is None else {"mode": "off", "maximum": maximum}
    _check_maximum(maximum, size)
    return {"mode": "grow", "maximum": default_maximum(size) if maximum is None else maximum}


def needs_present(changes: VolumePatch) -> bool:
    """Whether the change depends on how the volume is now."""
    return (
        bool({"size_total", "percentage_snapshot_reserve", "max_autosize"} & changes.keys())
        or changes.get("autosize_enabled") is True
        or ("compression_enabled" in changes) != ("inline_compression" in changes)
    )


@checked
def change_body(changes: VolumePatch, present: Row) -> Row:
    """Only what changes; empty if nothing does that REST can set. ``present`` has ``FIELDS``.

    Raises:
        Invalid: the changes contradict each other or the volume.
        Conflict: the volume is offline, so that its size is not known.
    """
    body: Row = {}
    if "active_policy_name" in changes:
        body["nas"] = {"export_policy": {"name": changes["active_policy_name"]}}
    if "percentage_snapshot_reserve" in changes:
        reserve = changes["percentage_snapshot_reserve"]
        body["space"] = {"snapshot": {"reserve_percent": reserve}}
    if {"size_total", "percentage_snapshot_reserve"} & changes.keys():
        size = _new_size(changes, present.get("space", {}))
        if size is not None:
            body["size"] = size
    if autosize := _changed_autosize(changes, present, body.get("size")):
        body["autosize"] = autosize
    if {"compression_enabled", "inline_compression"} & changes.keys():
        body["efficiency"] = {"compression": _changed_compression(changes, present)}
    return body


def _new_size(changes: VolumePatch, space: Row) -> int | None:
    """``None`` if it stays: what ONTAP shows is rounded, so a size made from it might creep up."""
    reserve_now = space.get("snapshot", {}).get("reserve_percent")
    usable_now = space.get("afs_total")
    reserve = changes.get("percentage_snapshot_reserve", reserve_now)
    usable = changes.get("size_total", usable_now)
    if reserve is None or usable is None:
        raise Conflict("The volume is offline, so its size cannot be changed.")
    if (usable, reserve) == (usable_now, reserve_now):
        return None
    return provisioned(usable, reserve)


def _changed_autosize(changes: VolumePatch, present: Row, new_size: int | None) -> Row:
    """A maximum that the new size would exceed is raised, unless the caller sets it."""
    autosize: Mapping[str, Any] = present.get("autosize", {})
    changed: Row = {}
    mode = autosize.get("mode")
    if "autosize_enabled" in changes:
        shrinks = "grow" if mode in {None, "off"} else mode
        mode = changed["mode"] = shrinks if changes["autosize_enabled"] else "off"
    size = new_size if new_size is not None else present.get("space", {}).get("size")
    maximum = autosize.get("maximum")
    if "max_autosize" in changes:
        maximum = changed["maximum"] = _rounded(changes["max_autosize"])
    elif new_size is not None and maximum is not None and maximum < new_size:
        maximum = changed["maximum"] = default_maximum(new_size)
    if mode not in {None, "off"} and size is not None and changed:
        _check_maximum(maximum, size)
    return changed


def _check_maximum(maximum: int | None, size: int) -> None:
    if maximum is not None and maximum < size:
        raise Invalid(
            f"max_autosize is smaller than the volume, which with its snapshot reserve "
            f"has {size} bytes."
        )


def _changed_compression(changes: VolumePatch, present: Row) -> str:
    now = present.get("efficiency", {}).get("compression")
    return _compression(
        background=changes.get("compression_enabled", now in {"background", "both"}),
        inline=changes.get("inline_compression", now in {"inline", "both"}),
    )


def _compression(*, background: bool, inline: bool) -> str:
    if inline and not background:
        raise Invalid("'inline_compression' needs 'compression_enabled': switch off both, or none.")
    if not background:
        return "none"
    return "both" if inline else "background"


def caching_policy_body(policy: str) -> Row:
    """As the private command line wants it: keys with dashes."""
    if not _CACHING_POLICY.fullmatch(policy):
        raise Invalid("'caching_policy' is not the name of a policy.")
    return {"caching-policy": policy}


# Sizes


def provisioned(usable: int, reserve: int) -> int:
    """The size with the reserve (in percent) of which ``usable`` bytes are for users."""
    if reserve >= _WHOLE:
        raise Invalid("The whole volume is reserved for snapshots, so it has no size for users.")
    return _rounded(ceil_div(usable * _WHOLE, _WHOLE - reserve))


def default_maximum(size: int) -> int:
    """1.2 times the size, as ONTAP has it by default."""
    return _rounded(ceil_div(size * 6, 5))


def _rounded(size: int) -> int:
    """Up to 4 KiB, as ONTAP would do; said by us it compares with what was asked for."""
    rounded = ceil_div(size, _STEP) * _STEP
    if rounded > MAX_BYTES:
        raise Invalid("The volume would be larger than any can be.")
    return rounded
