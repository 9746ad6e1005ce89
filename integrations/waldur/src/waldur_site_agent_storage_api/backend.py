"""The class that the agent loads: its hooks, in the order in which an operator meets them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from waldur_api_client.models.request_types import RequestTypes
from waldur_site_agent.backend import logger
from waldur_site_agent.backend.backends import BaseBackend, PendingOrderDecision
from waldur_site_agent.backend.exceptions import BackendError
from waldur_site_agent.backend.structures import BackendResourceInfo

from storage_api_client import ApiError
from waldur_site_agent_storage_api.access import AccessHooks
from waldur_site_agent_storage_api.connection import client_of
from waldur_site_agent_storage_api.errors import StorageApiUnavailable, translated
from waldur_site_agent_storage_api.keys import KeyHooks
from waldur_site_agent_storage_api.kinds import kind_of
from waldur_site_agent_storage_api.kinds.base import Limits
from waldur_site_agent_storage_api.ledger import Ledger
from waldur_site_agent_storage_api.metering import days_of
from waldur_site_agent_storage_api.names import pattern_of
from waldur_site_agent_storage_api.objects import Objects
from waldur_site_agent_storage_api.settings import checked_measures, checked_settings
from waldur_site_agent_storage_api.units import Units

TOTAL = "TOTAL_ACCOUNT_USAGE"


class StorageApiBackend(KeyHooks, AccessHooks, BaseBackend):
    """Sells volumes, buckets, users or namespaces of one back-end of storage-api.

    Raises:
        ConfigurationError: the settings or components are wrong.
    """

    # Usage is what is stored now, so it may fall.
    supports_decreasing_usage = True
    # While the service is away orders wait, rather than fail.
    supports_cycle_preflight = True
    # Waldur may tell of an order before its team is there.
    team_fetch_attempts = 4

    def __init__(
        self, backend_settings: dict[str, Any], backend_components: dict[str, dict[str, Any]]
    ) -> None:
        super().__init__(backend_settings, backend_components)
        self.backend_type = "storage-api"
        self.settings = checked_settings(backend_settings)
        served = checked_measures(backend_components, self.settings.kind)
        self.units = Units(backend_components, served, self.settings.option_storage_unit)
        self.api = client_of(self.settings)
        self.kind = kind_of(self.settings, self.api)
        self.ledger = Ledger(self.settings.state_directory, self.kind.place)
        self.objects = Objects(self.kind, self.ledger, adopts=self.settings.adopt_imported)
        self.supports_resource_api_keys = self.kind.has_keys
        self._first = {}

    # Is it there

    def ping(self, raise_exception: bool = False) -> bool:  # noqa: FBT001, FBT002 - the agent's
        """Whether the service answers, knows the back-end, and last found it up."""
        try:
            state = self._state()
        except (BackendError, StorageApiUnavailable):
            if raise_exception:
                raise
            return False
        return state.get("state") != "down"

    def diagnostics(self) -> bool:
        """Log what the service says of the back-end; False where orders could not be done."""
        try:
            state = self._state()
            with translated():
                roles = self.api.request("GET", "/conf/me/roles")
        except (BackendError, StorageApiUnavailable) as error:
            logger.error("storage-api cannot be used: %s", error)
            return False
        logger.info("Back-end %s: %s", self.settings.subsystem, state)
        logger.info("Roles at the service: %s", roles)
        able = self.kind.family in state["capabilities"]
        if not able:
            logger.error("Back-end %s has no %s", self.settings.subsystem, self.kind.family)
        return able and state["state"] != "down"

    def list_components(self) -> list[str]:
        return self.units.names

    def _state(self) -> Mapping[str, Any]:
        with translated():
            state: Mapping[str, Any] = self.api.request(
                "GET", f"/conf/subsystems/{self.settings.subsystem}"
            )
        return state

    # Orders

    def evaluate_pending_order(self, order: Any, waldur_rest_client: Any) -> PendingOrderDecision:
        """Reject what can never be done; with ``check_capacity`` wait until there is room."""
        del waldur_rest_client
        if order.type_ not in (RequestTypes.CREATE, RequestTypes.UPDATE):
            return PendingOrderDecision.ACCEPT
        try:
            limits = self.units.to_limits(_mapping(order.limits), _mapping(order.attributes))
        except BackendError as error:
            logger.error("Order %s is rejected: %s", order.uuid, error)
            return PendingOrderDecision.REJECT
        creates = order.type_ == RequestTypes.CREATE
        if creates and self.settings.kind == "volume" and not limits.max_bytes:
            logger.error("Order %s is rejected: a volume needs a size", order.uuid)
            return PendingOrderDecision.REJECT
        if creates and self.settings.check_capacity and not self._has_room(limits):
            logger.warning("Order %s waits: the back-end has no room for it", order.uuid)
            return PendingOrderDecision.PENDING
        return PendingOrderDecision.ACCEPT

    def create_resource_with_id(
        self,
        waldur_resource: Any,
        resource_backend_id: str,
        user_context: dict[str, Any] | None = None,
    ) -> BackendResourceInfo:
        """Make it, or go on with what an earlier attempt made for this very resource.

        The name follows from ``name_template``; ``resource_backend_id`` holds only for a resource
        that has it already.

        Raises:
            BackendError: something else has that name, and is left alone.
        """
        limits = self.units.to_limits(
            _mapping(waldur_resource.limits), _mapping(waldur_resource.attributes)
        )
        former = waldur_resource.backend_id or ""
        with translated():
            made = self.objects.ensure(waldur_resource, former, limits)
            if former and made.name != former:
                raise BackendError(f"{former} is now called {made.name}; correct its backend id")
            if self.kind.has_keys:
                self.remember_keys(made)
        info = BackendResourceInfo(backend_id=made.name, limits=self.get_resource_limits(made.name))
        self.post_create_resource(info, waldur_resource, user_context)
        return info

    def recreate_missing_resource(self, waldur_resource: Any) -> bool:
        """In a forced sync. What is there is left as it is, paused or not."""
        name = waldur_resource.backend_id
        if not name:
            return False
        with translated():
            if self.kind.find(name) is not None:
                return False
        self.create_resource_with_id(waldur_resource, name)
        return True

    def post_create_resource(
        self,
        resource: BackendResourceInfo,
        waldur_resource: Any,
        user_context: dict[str, Any] | None = None,
    ) -> None:
        del waldur_resource, user_context
        resource.backend_metadata = self.get_resource_metadata(resource.backend_id)
        resource.endpoints = self.endpoints(resource.backend_metadata)

    def delete_resource(self, waldur_resource: Any, **kwargs: str) -> str | None:
        """Remove what was made for the resource, and nothing else.

        The agent's own method would also remove what is named like the project.
        """
        del kwargs
        with translated():
            self.objects.remove(waldur_resource, self.settings.delete_policy)
        return None

    # Limits

    def set_resource_limits(self, resource_backend_id: str, limits: dict[str, int]) -> str | None:
        """Limits in Waldur's units. What is not named stays as it is.

        Raises:
            BackendError: below what is stored, or not ours.
        """
        with translated():
            wanted = self.units.to_limits(limits, {})
            self.objects.resize(resource_backend_id, wanted)
        return None

    def get_resource_limits(self, resource_backend_id: str) -> dict[str, int]:
        """In Waldur's units, because the agent compares them with Waldur's. Empty: unknown."""
        try:
            with translated():
                return self.units.from_limits(self.objects.limits(resource_backend_id))
        except StorageApiUnavailable as error:
            logger.warning("No limits of %s: %s", resource_backend_id, error)
            return {}

    def get_resource_user_limits(self, resource_backend_id: str) -> dict[str, dict[str, int]]:
        """Storage is limited for a resource as a whole."""
        del resource_backend_id
        return {}

    def set_resource_user_limits(
        self, resource_backend_id: str, username: str, limits: dict[str, int]
    ) -> None:
        raise BackendError(
            f"{resource_backend_id}: {username} cannot have limits of their own ({sorted(limits)})"
        )

    def _collect_resource_limits(
        self, waldur_resource: Any
    ) -> tuple[dict[str, int], dict[str, int]]:
        waldur = self.units.known(_mapping(waldur_resource.limits))
        factors = {name: self.backend_components[name].get("unit_factor") or 1 for name in waldur}
        return {name: int(value * factors[name]) for name, value in waldur.items()}, waldur

    def _pre_create_resource(
        self, waldur_resource: Any, user_context: dict[str, Any] | None = None
    ) -> None:
        """Nothing: what a resource needs is made with it."""

    # Reports

    def pull_resource(self, waldur_resource: Any) -> BackendResourceInfo | None:
        """None only where the API says that there is none; an outage is an error."""
        if not waldur_resource.backend_id:
            return None
        with translated():
            self.objects.adopt(waldur_resource)
        return self._pull_backend_resource(waldur_resource.backend_id)

    def _pull_backend_resource(self, resource_backend_id: str) -> BackendResourceInfo | None:
        with translated():
            if self.kind.find(resource_backend_id) is None:
                return None
        report = self._get_usage_report([resource_backend_id])
        return BackendResourceInfo(
            backend_id=resource_backend_id,
            users=self.ledger.members(resource_backend_id),
            usage=report.get(resource_backend_id, {}),
        )

    def list_resources(self) -> list[BackendResourceInfo]:
        """What an administrator may import: nobody's, named as ``name_template`` would."""
        pattern = pattern_of(self.settings.name_template)
        found = []
        with translated():
            for name in self.kind.names():
                match = pattern.fullmatch(name)
                if match and "project_slug" in match.groupdict() and self.objects.is_free(name):
                    parent = self._get_project_backend_id(match["project_slug"])
                    found.append(BackendResourceInfo(backend_id=name, parent_id=parent))
        return found

    def _get_usage_report(self, resource_backend_ids: list[str]) -> dict[str, Any]:
        """In Waldur's units; a component whose figure is unknown is left out, never 0."""
        report = {}
        for name in resource_backend_ids:
            with translated():
                record = self.kind.find(name)
                if record is None:
                    continue
                usage = self.units.from_used(self.kind.used(name, record))
                usage |= self._days(name, None)
            if usage:
                report[name] = {TOTAL: usage}
        return report

    def get_usage_report_for_period(
        self,
        resource_backend_ids: list[str],
        year: int,
        month: int,
        waldur_resource: Any = None,
    ) -> dict[str, Any]:
        """Only what the service's metering knows of a past month; else nothing."""
        del waldur_resource
        report = {}
        for name in resource_backend_ids:
            with translated():
                usage = self._days(name, f"{year:04}-{month:02}")
            if usage:
                report[name] = {TOTAL: usage}
        return report

    def _days(self, name: str, month: str | None) -> dict[str, float]:
        if not self.units.measured("byte_days", "object_days"):
            return {}
        return self.units.from_days(*days_of(self.kind, name, month))

    def _has_room(self, limits: Limits) -> bool:
        if limits.max_bytes is None:
            return True
        try:
            with translated():
                capacity = self.api.request("GET", f"/v3/{self.settings.subsystem}/capacity")
        except BackendError as error:
            if isinstance(error.__context__, ApiError):
                logger.warning("Capacity is unknown: %s", error)
            return True
        free = capacity.get("free_bytes")
        return free is None or free >= limits.max_bytes


def _mapping(value: Any) -> dict[str, Any]:
    """What Waldur's client keeps as objects of its own; empty for what it was not told."""
    if isinstance(value, dict):
        return value
    found = getattr(value, "additional_properties", None)
    return found if isinstance(found, dict) else {}
