"""A Waldur with resources of every state, type of data, quota and order."""

from itertools import product
from typing import Any

from tests.backends.cscs.lab import Lab
from tests.simulators.waldur.records import RESOURCE_STATES, Resource

#: A system's name, its offering's slug and its key need not be the same.
SYSTEMS = {"capstor": "capstor", "fast": "vast", "Big Storage": "BigStor"}
OFFERINGS = (*SYSTEMS.values(), "unconfigured")
DATA_TYPES = ("store", "archive", "users", "scratch", "workspace")
KEPT_ID = "5afaedc41ab753bfadca4fd5b3f66fdf"

#: What both read alike: how the resource of each project differs from an ordinary one.
ALIKE: dict[str, dict[str, Any]] = {
    "limit-of-text": {"limits": {"storage": "7"}},
    "limit-with-fraction": {"limits": {"storage": 33.333}},
    "limit-rounded-down": {"limits": {"storage": 1.1}},
    "limit-null": {"limits": {"storage": None}},
    "limit-zero": {"limits": {"storage": 0}},
    "limit-zero-hard-space": {"limits": {"storage": 0}, "options": {"hard_quota_space": 5}},
    "limit-absent": {"limits": {}},
    "hard-space": {"options": {"hard_quota_space": "6"}},
    "hard-space-zero": {"options": {"hard_quota_space": 0}},
    "inodes": {"options": {"soft_quota_inodes": "100.9", "hard_quota_inodes": 1e6}},
    "options-null": {"options": {"hard_quota_space": None, "permissions": None}},
    "options-empty": {"options": {}},
    "options-unknown": {"options": {"colour": "blue"}},
    "right-spelling-wins": {"options": {"soft_quota_inodes": 6, "soft_quota_indoes": 5}},
    "mode-of-attributes": {"permissions": "2770"},
    "mode-of-options": {"permissions": "700", "options": {"permissions": "2775"}},
    "type-blank": {"data_type": "  "},
    "type-null": {"attributes": {"storage_data_type": None}},
    "type-number": {"attributes": {"storage_data_type": 5}},
    "type-with-blanks": {"data_type": " users "},
    "type-unheard-of": {"data_type": "dataset"},
    "id-no-path": {"backend_id": "vol_x"},
    "id-short": {"backend_id": "/short"},
    "id-with-slash": {"backend_id": "/a/b/c/d/"},
    "target-kept": {
        "backend_metadata": {
            "project_item": {
                "itemId": KEPT_ID,
                "key": "k",
                "name": "n",
                "status": "error",
                "unixGid": 7,
                "active": False,
                "unknown": 1,
            }
        }
    },
    "target-kept-of-user": {
        "data_type": "scratch",
        "backend_metadata": {
            "user_item": {
                "itemId": KEPT_ID,
                "email": "a@example.org",
                "unixUid": 5,
                "active": True,
                "primaryProject": {"name": "p", "unixGid": 9, "active": True},
            }
        },
    },
    "target-kept-of-another-type": {"backend_metadata": {"user_item": {"itemId": KEPT_ID}}},
}


def fill(lab: Lab) -> None:
    for number, (state, data_type) in enumerate(product(RESOURCE_STATES, DATA_TYPES)):
        slug = list(SYSTEMS.values())[number % len(SYSTEMS)]
        path = f"/{slug}/elsewhere/{number}" if number % 2 else ""
        lab.resource(
            f"{state.lower()}-{data_type}",
            slug,
            state=state,
            data_type=data_type,
            backend_id=path,
            limits={"storage": 1 + number},
        )
    for slug, more in ALIKE.items():
        lab.resource(slug, "vast", **more)
    lab.resource("unconfigured", "unconfigured")
    waldur = lab.waldur
    nameless = lab.resource("nameless-provider", "BigStor", data_type="nameless")
    waldur.spoil(nameless, provider_name="")
    waldur.add_resource(waldur.offering("vast"), lab.project("no-group", gid=False))
    gone = waldur.add_customer("Gone", slug="gone")
    lab.gids.add("gone", 39_999)
    waldur.add_resource(
        waldur.offering("vast"), waldur.add_project(gone, "Gone", slug="gone"), state="Terminated"
    )
    _orders(lab)


def _orders(lab: Lab) -> None:
    """Every kind of order in every state in which it is open."""
    waldur = lab.waldur
    for kind in ("create", "limits", "options", "hard-options", "mode", "terminate"):
        waiting = _order(lab, kind, "unconfirmed")
        waldur.change(waiting, state="pending-consumer")
        if kind != "create":
            # Servers turn the resource over before or after the consumer has confirmed.
            state = "Terminating" if kind == "terminate" else "Updating"
            waldur.change(waiting.resource, state=state)
        _order(lab, kind, "ordered")
        for state in ("pending-project", "pending-start-date"):
            waldur.change(_order(lab, kind, state), state=state)
        waldur.approve(_order(lab, kind, "executing"))
        failed = _order(lab, kind, "failed")
        waldur.approve(failed)
        waldur.fail(failed, "no space")
    rejected = _order(lab, "limits", "rejected")
    waldur.reject(rejected, "no")


def _order(lab: Lab, kind: str, slug: str) -> Any:
    waldur, name = lab.waldur, f"{slug}-{kind}"
    if kind == "create":
        return waldur.create(waldur.offering("capstor"), lab.project(name), by=waldur.staff)
    resource = _ordinary(lab, name)
    if kind == "limits":
        return waldur.change_limits(resource, 25, by=waldur.staff)
    if kind == "terminate":
        return waldur.terminate(resource, by=waldur.staff)
    wanted: dict[str, dict[str, Any]] = {
        "options": {"soft_quota_inodes": 5},
        "hard-options": {"hard_quota_space": 15},
        "mode": {"permissions": "700"},
    }
    return waldur.change_options(resource, wanted[kind], by=waldur.staff)


def _ordinary(lab: Lab, name: str) -> Resource:
    return lab.resource(name, "BigStor", options={"hard_quota_space": 12}, limits={"storage": 10})
