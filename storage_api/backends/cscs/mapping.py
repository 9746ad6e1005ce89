"""What a resource of Waldur means: pure functions from its row to an allocation.

The rules are those of the CSCS storage proxy 0.8 and later, with one difference: a row
that makes no sense raises ``Malformed``, so that it costs its own item and no other.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from posixpath import dirname

from storage_api.backends.cscs.ids import dashed
from storage_api.backends.cscs.quotas import OutOfRange, QuotaRules, Quotas
from storage_api.backends.cscs.rows import (
    SEGMENT,
    Json,
    Malformed,
    mapping_of,
    optional_text_of,
    segment_of,
    text_of,
    uuid_of,
)
from storage_api.backends.cscs.targets import Nonsense, clean_target

STATUSES: Mapping[str, str] = {
    "Creating": "pending",
    "OK": "active",
    "Updating": "updating",
    "Erred": "error",
    "Terminating": "removing",
    "Terminated": "removed",
}
DEFAULT_DATA_TYPE = "store"
DEFAULT_MODE = "775"
_USER_DATA_TYPES = frozenset({"users", "scratch"})
_MODE = re.compile(r"[0-7]{3,4}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_LONGEST_PATH = 4096


@dataclass(frozen=True, slots=True)
class OpenOrder:
    """The order that a resource waits for; ``uuid`` is dashed."""

    uuid: str
    type: str
    state: str
    url: str | None
    created: str | None


@dataclass(frozen=True, slots=True)
class Allocation:
    """A resource of Waldur: space for one project on one storage system.

    ``state`` is Waldur's own, ``effective_state`` the one that counts (a change that its
    consumer has not confirmed is none yet). ``path`` is where it is, or is to be, mounted.
    ``target`` is the target item that Waldur keeps for it, if any. ``used_space`` is in TB.
    """

    uuid: str
    slug: str
    state: str
    effective_state: str
    status: str
    offering_uuid: str
    offering_slug: str
    data_type: str
    tenant_slug: str
    tenant_name: str
    customer_uuid: str | None
    customer_slug: str
    project_slug: str
    path: str
    backend_id: str
    mode: str
    quotas: Quotas | None
    old_quotas: Quotas | None
    new_quotas: Quotas | None
    order: OpenOrder | None
    options: Json
    target: Json | None
    used_space: object
    created: str | None

    @property
    def target_type(self) -> str:
        return "user" if self.data_type.lower() in _USER_DATA_TYPES else "project"

    @property
    def tenant_path(self) -> str:
        return dirname(dirname(self.backend_id.rstrip("/"))) or self._own_tenant_path

    @property
    def customer_path(self) -> str:
        above = dirname(self.backend_id.rstrip("/"))
        return above or f"{self._own_tenant_path}/{self.customer_slug}"

    @property
    def _own_tenant_path(self) -> str:
        return f"/{self.offering_slug}/{self.data_type.lower()}/{self.tenant_slug}"


@dataclass(frozen=True)
class Rules:
    """What of the configuration decides about the mapping."""

    quotas: QuotaRules
    ignore_targets: bool = False


def read_allocation(row: Json, rules: Rules) -> Allocation:
    """The allocation that ``row`` of ``marketplace-provider-resources`` is.

    Raises:
        Malformed: a part of it makes no sense.
    """
    attributes, options = mapping_of(row, "attributes"), mapping_of(row, "options")
    limits = mapping_of(row, "limits")
    state = row.get("state") if isinstance(row.get("state"), str) else ""
    order = _open_order(row)
    effective = _effective_state(str(state), order)
    data_type = _data_type(attributes)
    offering = segment_of(row, "offering_slug")
    tenant, customer = segment_of(row, "provider_slug"), segment_of(row, "customer_slug")
    project = segment_of(row, "project_slug")
    backend_id = _backend_id(row)
    default_path = f"/{offering}/{data_type.lower()}/{tenant}/{customer}/{project}"
    try:
        quotas = rules.quotas.quotas(limits, options)
    except OutOfRange:
        raise Malformed("limits or options") from None
    old, new = _update_quotas(row, limits, options, rules.quotas)
    return Allocation(
        uuid=uuid_of(row, "uuid"),
        slug=text_of(row, "slug"),
        state=str(state),
        effective_state=effective,
        status=STATUSES.get(effective, "pending"),
        offering_uuid=uuid_of(row, "offering_uuid"),
        offering_slug=offering,
        data_type=data_type,
        tenant_slug=tenant,
        tenant_name=optional_text_of(row, "provider_name") or tenant.upper(),
        customer_uuid=dashed(row.get("customer_uuid")),
        customer_slug=customer,
        project_slug=project,
        path=backend_id or default_path,
        backend_id=backend_id,
        mode=_mode(attributes, options),
        quotas=quotas,
        old_quotas=old,
        new_quotas=new,
        order=order,
        options=options,
        target=None if rules.ignore_targets else _kept_target(row, data_type),
        used_space=_used_space(row),
        created=optional_text_of(row, "created"),
    )


def _effective_state(state: str, order: OpenOrder | None) -> str:
    unconfirmed = order is not None and order.state == "pending-consumer"
    return "OK" if unconfirmed and state in {"Updating", "Terminating"} else state


def _data_type(attributes: Json) -> str:
    found = attributes.get("storage_data_type")
    if not isinstance(found, str) or not found.strip():
        return DEFAULT_DATA_TYPE
    if not SEGMENT.fullmatch(found.strip()):
        raise Malformed("attributes.storage_data_type")
    return found.strip()


def _mode(attributes: Json, options: Json) -> str:
    """Never guessed: what somebody gave wrongly must not become more than was meant."""
    for name, source in (("options", options), ("attributes", attributes)):
        given = source.get("permissions")
        if given is None or given == "":
            continue
        if not isinstance(given, str) or not _MODE.fullmatch(given):
            raise Malformed(f"{name}.permissions")
        return given
    return DEFAULT_MODE


def _backend_id(row: Json) -> str:
    """The path that the provider has set, if any; Waldur keeps whatever it is told."""
    found = row.get("backend_id")
    if not isinstance(found, str) or not found.strip():
        return ""
    if len(found) > _LONGEST_PATH or _CONTROL.search(found):
        raise Malformed("backend_id")
    if any(part in {".", ".."} for part in found.split("/")) or not found.strip("/"):
        raise Malformed("backend_id")
    return found


def _open_order(row: Json) -> OpenOrder | None:
    order = row.get("order_in_progress")
    if order is None:
        return None
    if not isinstance(order, Mapping):
        raise Malformed("order_in_progress")
    return OpenOrder(
        uuid=dashed(order.get("uuid")) or "",
        type=optional_text_of(order, "type") or "",
        state=optional_text_of(order, "state") or "",
        url=optional_text_of(order, "url"),
        created=optional_text_of(order, "created"),
    )


def _update_quotas(
    row: Json, limits: Json, options: Json, rules: QuotaRules
) -> tuple[Quotas | None, Quotas | None]:
    """Before and after the open order, if that is an update of limits or of options.

    New options replace all former ones, as Waldur does it.
    """
    order = row.get("order_in_progress")
    if not isinstance(order, Mapping) or order.get("type") != "Update":
        return None, None
    told = order.get("attributes")
    if not isinstance(told, Mapping):
        return None, None
    old_limits = told.get("old_limits") if "old_limits" in told else None
    new_limits = order.get("limits") if "old_limits" in told else None
    old_options, new_options = told.get("old_options"), told.get("new_options")
    given = (old_limits, new_limits, old_options, new_options)
    if not any(given) or not all(isinstance(part, Mapping) for part in given if part):
        return None, None
    try:
        return (
            rules.quotas(old_limits or limits, old_options or options),
            rules.quotas(new_limits or limits, new_options or options),
        )
    except OutOfRange:
        return None, None


def _kept_target(row: Json, data_type: str) -> Json | None:
    """The target item that the provider has stored with the resource."""
    kept = row.get("backend_metadata")
    kind = "user_item" if data_type.lower() in _USER_DATA_TYPES else "project_item"
    found = kept.get(kind) if isinstance(kept, Mapping) else None
    if not found:
        return None
    try:
        return clean_target(found)
    except Nonsense:
        raise Malformed(f"backend_metadata.{kind}") from None


def _used_space(row: Json) -> object:
    used = row.get("current_usages")
    return used.get("storage") if isinstance(used, Mapping) else None
