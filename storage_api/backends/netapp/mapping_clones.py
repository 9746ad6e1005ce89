"""What ONTAP must be sent for a FlexClone. Pure functions."""

from storage_api.backends.netapp.base import path_of
from storage_api.backends.netapp.mapping import Row, checked
from storage_api.backends.netapp.mapping_changes import (
    Place,
    change_body,
    check_name,
    own_name,
    place_of,
)
from storage_api.domain.errors import Invalid
from storage_api.domain.requests import VolumeCreate, VolumePatch


def clone_place(name: str, fields: VolumeCreate) -> Place:
    """As for a new volume, but a clone may do without a junction path: it is not mounted then."""
    if path_of(name) is None and "junction_path" not in fields:
        check_name(own_name(name, fields))
        return Place(name, "")
    return place_of(name, fields)


def clone_settings(fields: VolumeCreate) -> VolumePatch:
    """What a PATCH can set; the rest says which volume it is."""
    settings = VolumePatch()
    for key in VolumePatch.__annotations__:
        if key in fields:
            settings[key] = fields[key]  # type: ignore[literal-required]
    return settings


@checked
def check_clone(fields: VolumeCreate, parent: Row) -> None:
    """Find what is wrong while nothing is made yet: a clone begins with its parent's settings.

    Raises:
        Invalid: the fields contradict each other or what the clone inherits.
    """
    aggregate = parent["aggregates"][0]["name"]
    if fields.get("aggregate_name", aggregate) != aggregate:
        raise Invalid(f"A clone lies on the aggregate of its parent, {aggregate!r}.")
    change_body(clone_settings(fields), parent)


@checked
def clone_body(place: Place, svm: str, parent: Row, snapshot: str, mark: str) -> Row:
    """ONTAP refuses aggregate, size and efficiency here (code 918247).

    ``mark`` tells the clone from others' volumes.
    """
    body: Row = {
        "name": place.name,
        "svm": {"name": svm},
        "comment": mark,
        "clone": {
            "is_flexclone": True,
            "parent_volume": {"name": parent["name"]},
            "parent_snapshot": {"name": snapshot},
        },
    }
    return {**body, "nas": {"path": place.path}} if place.path else body
