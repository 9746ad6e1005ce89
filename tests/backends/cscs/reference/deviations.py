"""Where we differ from the published proxy 0.10.0, and why. Nothing else may differ.

The sections are those of the contract, which came before both the proxy and us.
"""

from dataclasses import dataclass, field
from typing import Any

from tests.backends.cscs.lab import Lab
from tests.backends.cscs.reference.sides import ABSENT
from tests.backends.cscs.reference.site import KEPT_ID
from tests.simulators.waldur.records import Resource

Pair = tuple[Any, Any]


@dataclass(frozen=True)
class _Case:
    """A resource, in a project of this slug, that is not as it should be.

    ``made`` is what it is made with; ``shown`` and ``missing`` are keys of its row that Waldur
    then shows otherwise, or not at all.
    """

    slug: str
    why: str
    made: dict[str, Any] = field(default_factory=dict)
    shown: dict[str, Any] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    gid: int = 39_000

    def add(self, lab: Lab) -> Resource:
        waldur = lab.waldur
        lab.gids.add(self.slug, self.gid)
        project = lab.project(self.slug, gid=False)
        made = {"limits": {"storage": 10}, **self.made}
        resource = waldur.add_resource(waldur.offering("vast"), project, **made)
        waldur.spoil(resource, *self.missing, **self.shown)
        return resource


@dataclass(frozen=True, kw_only=True)
class ItemDeviation(_Case):
    """Both list the item: ``fields`` has the path of each difference, what they say, and we."""

    fields: dict[str, Pair]


@dataclass(frozen=True, kw_only=True)
class LeftOut(_Case):
    """We leave the item out for ``reason``. ``status`` is that of their list: 200 if it has it."""

    reason: str
    status: int


@dataclass(frozen=True, kw_only=True)
class Listed(_Case):
    """Their whole list fails with ``status``; we show the item with these quotas and this mode."""

    status: int
    quotas: list[float] | None = field(default_factory=lambda: [10, 10, 13.3e6, 20e6])
    mode: str = "775"


#: In every item of a user.
USER_NUMBER = (
    "target.targetItem.unixUid",
    "theirs changes with every start of it, ours never (§10)",
)

ITEMS = (
    ItemDeviation(
        "misspelt",
        "§13.4: both spellings count, and the right one more",
        {"options": {"soft_quota_indoes": 5, "hard_quota_indoes": "9"}},
        fields={"quotas.2.quota": (13.3e6, 5.0), "quotas.3.quota": (20e6, 9.0)},
    ),
    ItemDeviation(
        "soft-space",
        "§6.3: an option of 0.7.6 that its documents name; 0.8 forgot it",
        {"options": {"soft_quota_space": "8"}},
        fields={"quotas.0.quota": (10.0, 8.0)},
    ),
    ItemDeviation(
        "blank-id",
        "§13.3: blanks are no place; theirs is mounted at '  '",
        {"backend_id": "  "},
        fields={"mountPoint.default": ("  ", "/vast/store/cscs/climate-lab/blank-id")},
    ),
    ItemDeviation(
        "kept-without-group",
        "§13.5: a target without its group cannot be provisioned",
        {"backend_metadata": {"project_item": {"itemId": KEPT_ID, "name": "n"}}},
        gid=38_001,
        fields={"target.targetItem.unixGid": (None, 38_001)},
    ),
    ItemDeviation(
        "kept-without-project",
        "§13.5: the same of a user",
        {"data_type": "users", "backend_metadata": {"user_item": {"itemId": KEPT_ID}}},
        gid=38_002,
        fields={
            "target.targetItem.primaryProject": (None, ABSENT),
            "target.targetItem.primaryProject.name": (ABSENT, "kept-without-project"),
            "target.targetItem.primaryProject.unixGid": (ABSENT, 38_002),
            "target.targetItem.primaryProject.active": (ABSENT, True),
        },
    ),
    ItemDeviation(
        "elsewhere",
        "§13.8: who follows an order's address sends a token there",
        shown={
            "order_in_progress": {
                "uuid": KEPT_ID,
                "type": "Create",
                "state": "pending-provider",
                "url": "http://evil.example.org/orders/7/",
            }
        },
        fields={
            f"{action}_url": (f"http://evil.example.org/orders/7/{action}/", ABSENT)
            for action in ("approve_by_provider", "reject_by_provider", "set_state_done")
        },
    ),
)

#: §6.5: an identifier is that of the type as Waldur spells it (0.8.1); 0.10.0 lowers it first.
CAPITAL_TYPE = {
    "storageDataType.itemId": (
        "1bbb85a8-bb81-51cd-8bc4-affd7e97e2aa",
        "d6cbd33f-56ae-5ca5-894e-25328dc44ef9",
    )
}

_PATHS = "§13.3: a volume is made there, so the path leads nowhere else"
_ISOLATED = "§13.5: a bad resource costs its own item"

LEFT_OUT = (
    LeftOut(
        "type-with-slash",
        _PATHS,
        {"data_type": "a/b"},
        reason="attributes.storage_data_type",
        status=200,
    ),
    LeftOut(
        "type-upwards",
        _PATHS,
        {"data_type": ".."},
        reason="attributes.storage_data_type",
        status=200,
    ),
    LeftOut("id-upwards", _PATHS, {"backend_id": "/a/../b"}, reason="backend_id", status=200),
    LeftOut("id-of-root", _PATHS, {"backend_id": "/"}, reason="backend_id", status=200),
    LeftOut("id-of-two-lines", _PATHS, {"backend_id": "/a\nb"}, reason="backend_id", status=200),
    LeftOut(
        "slug-upwards",
        _PATHS,
        shown={"project_slug": "../x"},
        reason="project_slug",
        # Nobody knows its group.
        status=200,
    ),
    LeftOut(
        "provider-unknown", _PATHS, missing=("provider_slug",), reason="provider_slug", status=200
    ),
    LeftOut(
        "beyond-any-storage",
        "§6.3: eight million TB and more are no bytes that fit anywhere",
        {"limits": {"storage": 1e9}},
        reason="limits or options",
        status=200,
    ),
    LeftOut(
        "mode-of-letters",
        _ISOLATED,
        {"permissions": "rwx"},
        reason="attributes.permissions",
        status=500,
    ),
    LeftOut(
        "mode-too-short",
        _ISOLATED,
        {"options": {"permissions": "99"}},
        reason="options.permissions",
        status=500,
    ),
    LeftOut(
        "mode-of-number",
        _ISOLATED,
        {"options": {"permissions": 770}},
        reason="options.permissions",
        status=500,
    ),
    LeftOut("without-slug", _ISOLATED, missing=("slug",), reason="slug", status=500),
    LeftOut(
        "without-project", _ISOLATED, missing=("project_slug",), reason="project_slug", status=500
    ),
    LeftOut(
        "without-customer",
        _ISOLATED,
        missing=("customer_slug",),
        reason="customer_slug",
        status=500,
    ),
    LeftOut(
        "without-offering",
        _ISOLATED,
        missing=("offering_uuid",),
        reason="offering_uuid",
        status=500,
    ),
    LeftOut(
        "kept-target-of-nobody",
        _ISOLATED,
        {"backend_metadata": {"project_item": {"itemId": "x"}}},
        reason="backend_metadata.project_item",
        status=500,
    ),
)

LISTED = (
    Listed("attributes-null", _ISOLATED, shown={"attributes": None}, status=502),
    Listed("limits-null", _ISOLATED, shown={"limits": None}, status=502, quotas=None),
    Listed("metadata-null", _ISOLATED, shown={"backend_metadata": None}, status=502),
    Listed("state-unheard-of", _ISOLATED, shown={"state": "Resting"}, status=502),
    Listed("limit-no-number", _ISOLATED, {"limits": {"storage": "x"}}, status=500, quotas=None),
    Listed("limit-negative", _ISOLATED, {"limits": {"storage": -1}}, status=500, quotas=None),
    Listed("hard-no-number", _ISOLATED, {"options": {"hard_quota_space": "abc"}}, status=500),
    Listed("hard-negative", _ISOLATED, {"options": {"hard_quota_space": -1}}, status=500),
    Listed("hard-blank", _ISOLATED, {"options": {"hard_quota_space": ""}}, status=500),
    Listed("inodes-no-number", _ISOLATED, {"options": {"soft_quota_inodes": "abc"}}, status=500),
    Listed("inodes-negative", _ISOLATED, {"options": {"hard_quota_inodes": -5}}, status=500),
    Listed("mode-null", _ISOLATED, {"attributes": {"permissions": None}}, status=500),
    Listed(
        "mode-empty",
        _ISOLATED,
        {"permissions": "770", "options": {"permissions": ""}},
        status=500,
        mode="770",
    ),
    Listed("kept-target-empty", _ISOLATED, {"backend_metadata": {"project_item": {}}}, status=500),
    Listed("without-name", _ISOLATED, missing=("name",), status=500),
    Listed("without-state", _ISOLATED, missing=("state",), status=500),
    # Older servers tell of an order only where one resource is asked for.
    Listed("without-order", _ISOLATED, missing=("order_in_progress",), status=500),
)
