"""What a cluster holds: folders, quotas, views, and the names of users and groups."""

import itertools
import posixpath
import threading
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]

_LIMITS = ("soft_limit", "hard_limit", "soft_limit_inodes", "hard_limit_inodes")


class Refusal(Exception):
    def __init__(self, status: int, detail: str, code: str = "invalid") -> None:
        super().__init__(detail)
        self.status = status
        self.document = {"detail": detail, "code": code}


@dataclass
class Folder:
    mode: str = "755"
    uid: int = 0
    gid: int = 0


@dataclass
class Cluster:
    """Change it under ``lock``."""

    folders: dict[str, Folder] = field(default_factory=lambda: {"/": Folder()})
    quotas: list[Json] = field(default_factory=list)
    views: list[Json] = field(default_factory=list)
    policies: list[Json] = field(default_factory=lambda: [{"id": 1, "name": "default"}])
    groups: dict[int, str] = field(default_factory=dict)
    users: dict[int, str] = field(default_factory=dict)
    trash: list[str] = field(default_factory=list)
    lock: threading.RLock = field(default_factory=threading.RLock)
    _numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(7))

    def add_folder(self, path: str, mode: str = "755") -> None:
        """With those above it, as ``create_dir`` does."""
        while path not in self.folders:
            self.folders[path] = Folder(mode)
            path, mode = posixpath.dirname(path), "755"

    def use(self, path: str, *, size: int, inodes: int) -> None:
        """Data of users under the quota on ``path``."""
        quota = next(row for row in self.quotas if row["path"] == path)
        quota.update(used_capacity=size, used_effective_capacity=size, used_inodes=inodes)

    def add_quota(self, wanted: Json) -> Json:
        path = self._path(wanted)
        self._make_or_find(path, wanted)
        if any(row["name"] == wanted.get("name") for row in self.quotas):
            raise Refusal(400, "quota with this name already exists.")
        quota = {
            "id": next(self._numbers),
            "name": wanted.get("name") or path,
            "path": path,
            **dict.fromkeys(_LIMITS, 0),
            "grace_period": None,
            "used_inodes": 1,
            "used_capacity": 0,
            "used_effective_capacity": 0,
            "tenant_id": wanted.get("tenant_id", 1),
            "state": "OK",
        }
        self.change_quota(quota, wanted)
        self.quotas.append(quota)
        return quota

    def change_quota(self, quota: Json, wanted: Json) -> Json:
        limits = {name: wanted[name] for name in _LIMITS if name in wanted}
        for name, value in limits.items():
            if value is not None and (isinstance(value, bool) or not isinstance(value, int)):
                raise Refusal(400, f"{name}: A valid integer is required.")
        merged = {**quota, **limits}
        for soft, hard in (_LIMITS[:2], _LIMITS[2:]):
            if merged[hard] and (merged[soft] or 0) > merged[hard]:
                raise Refusal(400, "The soft limit must not exceed the hard limit.")
        quota.update(limits)
        if "name" in wanted:
            quota["name"] = wanted["name"]
        return quota

    def add_view(self, wanted: Json) -> Json:
        path = self._path(wanted)
        self._make_or_find(path, wanted)
        if not any(row["id"] == wanted.get("policy_id") for row in self.policies):
            raise Refusal(400, "policy_id: Invalid pk - object does not exist.")
        if any(row["path"] == path for row in self.views):
            raise Refusal(400, "A view with this path already exists.")
        view = {
            "id": next(self._numbers),
            "name": wanted.get("name"),
            "path": path,
            "policy_id": wanted["policy_id"],
            "protocols": wanted.get("protocols", ["NFS"]),
            "tenant_id": wanted.get("tenant_id", 1),
        }
        self.views.append(view)
        return view

    def folder(self, wanted: Json) -> Folder:
        found = self.folders.get(self._path(wanted))
        if found is None:
            text = "Template directory path wasn't found"
            raise Refusal(503, text, "service_unavailable")
        return found

    def modify_folder(self, wanted: Json) -> Json:
        folder = self.folder(wanted)
        if "group" in wanted:
            folder.gid = _number(self.groups, wanted["group"], "group")
        if "user" in wanted:
            folder.uid = _number(self.users, wanted["user"], "user")
        return {}

    def delete_folder(self, wanted: Json) -> Json:
        path = self._path(wanted)
        self.folder(wanted)
        for name in [name for name in self.folders if name == path or name.startswith(f"{path}/")]:
            del self.folders[name]
        self.trash.append(path)
        return {}

    def _path(self, wanted: Json) -> str:
        path = wanted.get("path")
        if (
            not isinstance(path, str)
            or not path.startswith("/")
            or posixpath.normpath(path) != path
        ):
            raise Refusal(400, "path: must begin with / and not end with it.")
        return path

    def _make_or_find(self, path: str, wanted: Json) -> None:
        if path in self.folders:
            return
        if not wanted.get("create_dir"):
            raise Refusal(400, f"Directory {path} does not exist.")
        self.add_folder(path, str(wanted.get("create_dir_mode", 755)))


def _number(names: dict[int, str], wanted: Any, kind: str) -> int:
    for number, name in names.items():
        if name == wanted:
            return number
    raise Refusal(503, f"Couldn't resolve the {kind}.", "service_unavailable")
