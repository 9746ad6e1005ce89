"""Reports only, for sites where another back-end does the orders."""

from __future__ import annotations

from typing import Any

from waldur_site_agent.backend import logger
from waldur_site_agent.backend.exceptions import BackendError
from waldur_site_agent.backend.structures import BackendResourceInfo

from waldur_site_agent_storage_api.backend import StorageApiBackend
from waldur_site_agent_storage_api.errors import StorageApiUnavailable
from waldur_site_agent_storage_api.keys import Key


class UsageBackend(StorageApiBackend):
    """Changes nothing, whatever the agent is configured to do with it.

    While the service is away a resource is skipped: the agent would else try each resource
    ten times, five seconds apart.
    """

    def __init__(
        self, backend_settings: dict[str, Any], backend_components: dict[str, dict[str, Any]]
    ) -> None:
        super().__init__(backend_settings, backend_components)
        self.supports_resource_api_keys = False

    def pull_resource(self, waldur_resource: Any) -> BackendResourceInfo | None:
        if not waldur_resource.backend_id:
            return None
        try:
            return self._pull_backend_resource(waldur_resource.backend_id)
        except StorageApiUnavailable as error:
            logger.warning("No report of %s: %s", waldur_resource.backend_id, error)
            return None

    def create_resource_with_id(
        self,
        waldur_resource: Any,
        resource_backend_id: str,
        user_context: dict[str, Any] | None = None,
    ) -> BackendResourceInfo:
        raise _refusal()

    def delete_resource(self, waldur_resource: Any, **kwargs: str) -> str | None:
        raise _refusal()

    def set_resource_limits(self, resource_backend_id: str, limits: dict[str, int]) -> str | None:
        raise _refusal()

    def rotate_resource_key(
        self, client_id: str, resource_backend_id: str, known_client_ids: list[str] | None = None
    ) -> Key:
        raise _refusal()

    def downscale_resource(self, resource_backend_id: str) -> bool:
        return False

    def pause_resource(self, resource_backend_id: str) -> bool:
        return False

    def restore_resource(self, resource_backend_id: str) -> bool:
        return False


def _refusal() -> BackendError:
    return BackendError("storage-api-usage only reports; orders need storage-api")
