"""Reports only, for sites where another back-end does the orders."""

from __future__ import annotations

from typing import Any

from waldur_site_agent.backend import logger
from waldur_site_agent.backend.exceptions import BackendError
from waldur_site_agent.backend.structures import BackendResourceInfo

from waldur_site_agent_storage_api.backend import StorageApiBackend
from waldur_site_agent_storage_api.errors import StorageApiUnavailable


class UsageBackend(StorageApiBackend):
    """Changes nothing. While the service is away a resource is skipped.

    The agent would else try each resource ten times, five seconds apart.
    """

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
        raise BackendError("storage-api-usage only reports; orders need storage-api")

    def delete_resource(self, waldur_resource: Any, **kwargs: str) -> str | None:
        raise BackendError("storage-api-usage only reports; orders need storage-api")

    def set_resource_limits(self, resource_backend_id: str, limits: dict[str, int]) -> str | None:
        raise BackendError("storage-api-usage only reports; orders need storage-api")
