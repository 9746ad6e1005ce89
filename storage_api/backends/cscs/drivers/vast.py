"""VAST: each resource is a quota, which is also its mark, on a directory with a view."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from storage_api.backends.cscs.drivers.base import (
    DeletePolicy,
    Driver,
    PathCollision,
    Wanted,
    lowered_limits,
    refuse_below_use,
)
from storage_api.backends.cscs.drivers.tree import above_of, parts_of
from storage_api.backends.cscs.drivers.vms import Json, VmsClient, number_of
from storage_api.domain.errors import (
    BackendMisbehaved,
    BackendTimeout,
    BackendUnavailable,
    Conflict,
    Invalid,
    NotFound,
    StorageError,
)
from storage_api.domain.models import Quota

#: After one of these a write may or may not have happened: look before doing anything else.
_AMBIGUOUS = (BackendUnavailable, BackendTimeout, BackendMisbehaved, Conflict)
_MARK = "waldur-"
_ABSENT = "There is no directory at the mount point."
_NOT_OURS = "What is at the mount point was not made for this resource."


class VastDriver(Driver):
    """The quota on the path carries the resource's UUID in its name.

    One request makes directory and quota, so there is never a directory without its mark.
    VMS cannot rename directories: what is archived stays where it is, without a view, under
    a quota that says when that was. It sets a mode when it makes a directory and not later.
    """

    def __init__(self, vms: VmsClient, policy: str) -> None:
        self._vms = vms
        self._policy = policy

    def provide(self, wanted: Wanted, *, new: bool) -> Quota | None:
        parts_of(wanted.path)
        quota = self._limited(self._quota(wanted, new=new), wanted)
        self._own(wanted)
        self._expose(wanted)
        return _limits(quota)

    def remove(self, resource: str, path: str, policy: DeletePolicy) -> None:
        parts_of(path)
        quota = _find(self._vms.list_quotas(path=path), path)
        if quota is None:
            if self._vms.stat(path) is not None:
                raise PathCollision(_NOT_OURS)
            return
        if quota.get("name") != _name(resource):
            return  # another resource has it, or this one is archived already
        if policy is DeletePolicy.KEEP:
            return
        view = _find(self._vms.list_views(path=path), path)
        if view is not None and view.get("name") == _name(resource):
            self._vms.delete_view(number_of(view))
        if policy is DeletePolicy.ARCHIVE:
            archived = f"archived-{resource}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
            self._vms.update_quota(number_of(quota), {"name": archived})
            return
        self._vms.delete_folder(path)
        self._vms.delete_quota(number_of(quota))

    def differences(self, wanted: Sequence[Wanted]) -> Mapping[str, list[str]]:
        try:
            quotas = {row.get("path"): row for row in self._vms.list_quotas()}
            views = {row.get("path"): row for row in self._vms.list_views()}
        except StorageError as error:
            return {item.resource: [str(error)] for item in wanted}
        found = {
            item.resource: _differing(item, quotas.get(item.path), views.get(item.path))
            for item in wanted
        }
        return {resource: differing for resource, differing in found.items() if differing}

    def _quota(self, wanted: Wanted, *, new: bool) -> Json:
        """The quota that marks the directory as ours, made together with it."""
        quota = _find(self._vms.list_quotas(path=wanted.path), wanted.path)
        if quota is None:
            if self._vms.stat(wanted.path) is not None:
                raise PathCollision(_NOT_OURS)
            if not new:
                raise NotFound(_ABSENT)
            self._refuse_within(wanted.path)
            values = {
                "name": _name(wanted.resource),
                "path": wanted.path,
                "create_dir": True,
                # The digits of the octal mode, as the vendor's own examples give it.
                "create_dir_mode": int(f"{wanted.mode:o}"),
                **_values(wanted.quota),
            }
            quota = self._made(values, wanted.path)
        if quota.get("name") != _name(wanted.resource):
            raise PathCollision(_NOT_OURS)
        return quota

    def _refuse_within(self, path: str) -> None:
        """Quotas of the operator's own above it are none of our business."""
        above = set(above_of(path))
        for row in self._vms.list_quotas():
            if row.get("path") in above and str(row.get("name")).startswith(_MARK):
                raise PathCollision("The mount point lies within another resource's directory.")

    def _made(self, values: Mapping[str, Any], path: str) -> Json:
        try:
            self._vms.create_quota(values)
        except _AMBIGUOUS:
            quota = _find(self._vms.list_quotas(path=path), path)
            if quota is None:
                raise
            return quota
        return self._seen(path)

    def _seen(self, path: str) -> Json:
        """The quota as VAST has it after our write, which may have rounded."""
        quota = _find(self._vms.list_quotas(path=path), path)
        if quota is None:
            raise BackendMisbehaved("VAST does not show the quota that it has just taken.")
        return quota

    def _limited(self, quota: Json, wanted: Wanted) -> Json:
        values = _values(wanted.quota)
        if all((quota.get(name) or 0) == value for name, value in values.items()):
            return quota
        lowered = lowered_limits(_limits(quota), wanted.quota or Quota())
        if lowered != (None, None):
            used = (_whole(quota, "used_effective_capacity"), _whole(quota, "used_inodes"))
            refuse_below_use(lowered, used)
        self._vms.update_quota(number_of(quota), values)
        return self._seen(wanted.path)

    def _own(self, wanted: Wanted) -> None:
        found = self._vms.stat(wanted.path)
        if found is None:
            raise NotFound(_ABSENT)
        owners: dict[str, str] = {}
        if found.get("owning_gid") != wanted.gid:
            owners["group"] = self._named("groups", "gid", wanted.gid)
        if wanted.uid is not None and found.get("owning_uid") != wanted.uid:
            owners["user"] = self._named("users", "uid", wanted.uid)
        if owners:
            self._vms.modify_folder(wanted.path, owners)

    def _named(self, kind: str, key: str, number: int) -> str:
        name = self._vms.name_of(kind, key, number)
        if name is None:
            raise Invalid(f"VAST knows none of its {kind} with the {key} {number}.")
        return name

    def _expose(self, wanted: Wanted) -> None:
        view = _find(self._vms.list_views(path=wanted.path), wanted.path)
        if view is None:
            number = self._vms.find_policy(self._policy)
            if number is None:
                raise Invalid("VAST has no view policy of the name that was configured.")
            values = {
                "name": _name(wanted.resource),
                "path": wanted.path,
                "policy_id": number,
                "protocols": ["NFS"],
                "create_dir": False,
            }
            try:
                self._vms.create_view(values)
            except _AMBIGUOUS:
                view = _find(self._vms.list_views(path=wanted.path), wanted.path)
                if view is None:
                    raise
        if view is not None and view.get("name") != _name(wanted.resource):
            raise PathCollision("The mount point has a view that was not made for this resource.")


def _find(rows: list[Json], path: str) -> Json | None:
    """The one on this very path, whatever else the filter let through."""
    found = [row for row in rows if row.get("path") == path]
    if len(found) > 1:
        raise PathCollision("VAST has several objects at the mount point.")
    return found[0] if found else None


def _name(resource: str) -> str:
    return f"{_MARK}{resource}"


def _values(quota: Quota | None) -> dict[str, int]:
    """Every limit; 0 is not enforced."""
    wanted = quota or Quota()
    return {
        "hard_limit": wanted.max_bytes or 0,
        "soft_limit": wanted.soft_bytes or 0,
        "hard_limit_inodes": wanted.max_objects or 0,
        "soft_limit_inodes": wanted.soft_objects or 0,
    }


def _limits(quota: Json) -> Quota:
    """What VAST enforces."""
    return Quota(
        max_bytes=_whole(quota, "hard_limit") or None,
        soft_bytes=_whole(quota, "soft_limit") or None,
        max_objects=_whole(quota, "hard_limit_inodes") or None,
        soft_objects=_whole(quota, "soft_limit_inodes") or None,
    )


def _whole(row: Json, name: str) -> int | None:
    found = row.get(name)
    return found if isinstance(found, int) and not isinstance(found, bool) else None


def _differing(wanted: Wanted, quota: Json | None, view: Json | None) -> list[str]:
    if quota is None:
        return [_ABSENT]
    if quota.get("name") != _name(wanted.resource):
        return [_NOT_OURS]
    found = [
        f"Its {name} is {quota.get(name)} instead of {value}."
        for name, value in _values(wanted.quota).items()
        if (quota.get(name) or 0) != value
    ]
    return found if view else [*found, "It has no view."]
